"""Explains a request to COS without a credential: a preflight, or a missing signature."""

from classgate.explain.cos.answers import read_answer
from classgate.explain.cos.cors import check_cors
from classgate.explain.cos.findings import Finding, to_causes
from classgate.explain.models import CauseCode, Check, ExplainContext, Explanation, Kind
from classgate.explain.requests.models import PastedRequest
from classgate.signing.cos_hosts import find_bucket_host

_MAX_SCHEME = 20
_KNOWN_SCHEMES = ("AWS", "AWS4-HMAC-SHA256", "TC3-HMAC-SHA256", "Bearer", "Basic")


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
    scheme = (pasted.header("authorization") or "").strip().partition(" ")[0]
    if scheme:
        finding = _foreign(scheme[:_MAX_SCHEME])
        checks.append(Check("format", False, finding.detail(context)))
        causes.append(finding)
    elif pasted.method != "OPTIONS":
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


def _foreign(scheme: str) -> Finding:
    """Return the fault of a header that is no signature of COS. Only known words are repeated."""
    shown = scheme if scheme in _KNOWN_SCHEMES else "of an unknown form"
    return Finding(
        CauseCode.WRONG_SIGNATURE_VERSION,
        f"the Authorization header is {shown}; the XML API takes q-sign-algorithm=sha1&…",
        f"Authorization 头是 {shown}；XML API 使用 q-sign-algorithm=sha1&…",
    )
