"""Judges cross-origin requests: a refused preflight, and headers that a page cannot read."""

from collections.abc import Sequence

from classgate.explain.cos.answers import Refusal
from classgate.explain.cos.findings import Finding
from classgate.explain.models import CauseCode, Check, ExplainContext
from classgate.explain.requests.models import PastedRequest

_RULE = (
    "AllowedOrigin {origin}, AllowedMethod GET PUT POST HEAD DELETE, AllowedHeader *, "
    "ExposeHeader ETag x-cos-request-id Date Content-Length, MaxAgeSeconds 600"
)


def check_cors(
    context: ExplainContext, pasted: PastedRequest | None, refusal: Refusal
) -> tuple[Check | None, Sequence[Finding]]:
    """Return the check `cors` for a request of a page with its answer; None for any other."""
    origin = None if pasted is None else pasted.header("origin")
    if pasted is None or origin is None or refusal.status is None:
        return (None, []) if refusal.check != "cors" else _refused(context, origin or "*")
    answer = pasted.answer
    if refusal.check == "cors" or answer.header("access-control-allow-origin") is None:
        return _refused(context, origin)
    exposed = (answer.header("access-control-expose-headers") or "").lower()
    is_upload = pasted.method in {"PUT", "POST"} and refusal.was_accepted
    if is_upload and "*" not in exposed and "etag" not in exposed:
        finding = Finding(
            CauseCode.ETAG_NOT_EXPOSED,
            "the answer has no ETag in Access-Control-Expose-Headers, so the page cannot read it "
            "and cannot complete a multipart upload",
            "应答的 Access-Control-Expose-Headers 中没有 ETag，网页读不到，分块上传无法完成",
        )
        return Check("cors", False, finding.detail(context)), [finding]
    return Check("cors", True), []


def _refused(context: ExplainContext, origin: str) -> tuple[Check, list[Finding]]:
    rule = _RULE.format(origin=origin)
    finding = Finding(
        CauseCode.CORS_RULE_MISSING,
        f"no rule of the bucket allows the origin {origin}; add the rule: {rule}",
        f"存储桶没有允许来源 {origin} 的跨域规则；请添加规则：{rule}",
    )
    return Check("cors", False, finding.detail(context)), [finding]
