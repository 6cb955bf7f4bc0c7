"""Explains a request to COS without a credential: a preflight, or a missing signature."""

from classgate.explain.cos.answers import read_answer
from classgate.explain.cos.cors import check_cors
from classgate.explain.cos.findings import Finding, to_causes
from classgate.explain.models import CauseCode, Check, ExplainContext, Explanation, Kind
from classgate.explain.requests.models import PastedRequest
from classgate.signing.cos_hosts import find_bucket_host


def is_storage_request(pasted: PastedRequest) -> bool:
    """Return whether a request goes to a host of COS."""
    return find_bucket_host(pasted.host) is not None


def explain_unsigned(pasted: PastedRequest, context: ExplainContext) -> Explanation:
    """Explain a request without a signature."""
    refusal = read_answer(pasted.answer)
    checks: list[Check] = []
    cors, findings = check_cors(context, pasted, refusal)
    causes = list(findings)
    if cors is not None:
        checks.append(cors)
    if pasted.method != "OPTIONS":
        finding = Finding(
            CauseCode.NOT_SIGNED,
            "the request has neither an Authorization header nor a signature in its query",
            "请求既没有 Authorization 头，查询串中也没有签名",
        )
        is_refused = None if refusal.was_accepted or refusal.status is None else False
        checks.append(Check("anonymous", is_refused, finding.detail(context)))
        causes += [] if refusal.was_accepted else [finding]
    return Explanation(
        kind=Kind.COS_V5,
        content={
            "source": pasted.source,
            "method": pasted.method,
            "host": pasted.host,
            "path": pasted.url.decoded_path,
        },
        checks=checks,
        causes=to_causes(context, causes),
    )
