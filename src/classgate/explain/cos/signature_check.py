"""Judges the signature of a request: right, wrong for a known reason, or not to be judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from classgate.explain.cos import comparison
from classgate.explain.cos.findings import Finding
from classgate.explain.cos.key_check import own_key
from classgate.explain.cos.server_text import differences
from classgate.explain.cos.signature_search import Match, find_signed, unknown_headers
from classgate.explain.cos.signed_text import Request, SignedText, missing_names, required_text
from classgate.explain.cos.subject import Subject, place_of
from classgate.explain.models import CauseCode, Check, ExplainContext
from classgate.signing.cos_request import Authorization

# What a bucket in strict signature mode wants to be signed:
# https://github.com/PicGo/PicGo-Core/pull/182.
_STRICT_HEADERS: Final = ("content-type", "content-length")


@dataclass(frozen=True)
class Judgement:
    """The check, what explains it and the canonical strings; for a URL the signed method."""

    check: Check
    findings: tuple[Finding, ...] = ()
    comparison: tuple[str, ...] = ()
    method: str | None = None


def judge_signature(
    context: ExplainContext, subject: Subject, authorization: Authorization
) -> Judgement:
    """Return the check `signature`."""
    request = subject.request
    if request is None:
        detail = context.say(
            "the request is needed: paste it as curl, copy as fetch or HAR",
            "需要请求本身：请用 curl、copy as fetch 或 HAR 粘贴",
        )
        return Judgement(Check("signature", None, detail))
    signature, place = subject.claims.signature, place_of(request, context)
    match = find_signed(request, authorization, signature, context.cloud_keys, place)
    required = match.required if match else required_text(request, authorization)
    changed = _changed_on_the_way(subject, required)
    if match is not None and not changed and (match.mistakes or not _is_refused(subject)):
        return _matched(context, subject, match)
    lines = _compared(context, subject, required, match)
    if changed:
        mistakes = match.mistakes if match else ()
        return _failed(context, (*changed, *mistakes), lines)
    if match is not None:
        return _failed(context, tuple(_refused_though_right(context, subject, required)), lines)
    return _unmatched(context, subject, request, authorization, lines)


def _is_refused(subject: Subject) -> bool:
    return subject.refusal.check == "signature"


def _refused_though_right(
    context: ExplainContext, subject: Subject, required: SignedText
) -> Iterator[Finding]:
    """Yield why the cloud may refuse a signature that is right for the key that is known here."""
    signed = {name for name, _ in required.headers}
    sent = {name for name, _ in subject.request.headers} if subject.request else set()
    unsigned = [name for name in _STRICT_HEADERS if name in sent - signed]
    if unsigned and subject.request is not None and subject.request.method in {"PUT", "POST"}:
        names = ", ".join(unsigned)
        yield Finding(
            CauseCode.UNSIGNED_HEADER,
            f"right for the key here; a bucket in strict mode also demands {names} signed",
            f"对这里的密钥而言签名正确；开启严格签名模式的存储桶还要求对 {names} 签名",
        )
    key = own_key(context, subject.claims.secret_id)
    name = "" if key is None else key.name
    yield Finding(
        CauseCode.WRONG_KEY,
        f"right for {name}, and refused: the cloud has another SecretKey for this SecretId",
        f"对 {name} 而言签名正确，却被拒绝：云端该 SecretId 的 SecretKey 与之不同",
    )


def _matched(context: ExplainContext, subject: Subject, match: Match) -> Judgement:
    mistakes, signed = match.mistakes, match.signed
    is_other_method = [each.code for each in mistakes] == [CauseCode.WRONG_METHOD]
    if not subject.is_method_known and is_other_method and signed.method.islower():
        # A URL does not say its method, so the signed one is right.
        return Judgement(Check("signature", True), method=signed.method.upper())
    if not mistakes:
        detail = ""
        if match.completed:
            names = ", ".join(match.completed)
            detail = context.say(
                f"with the {names} that clients add", f"已补上客户端自动添加的 {names}"
            )
        return Judgement(
            Check("signature", True, detail),
            method=subject.request.method if subject.request else None,
        )
    lines = _compared(context, subject, match.required, match)
    return _failed(context, tuple(each.proven() for each in mistakes), lines)


def _failed(
    context: ExplainContext, findings: tuple[Finding, ...], lines: tuple[str, ...]
) -> Judgement:
    return Judgement(Check("signature", False, findings[0].detail(context)), findings, lines)


def _unmatched(
    context: ExplainContext,
    subject: Subject,
    request: Request,
    authorization: Authorization,
    lines: tuple[str, ...],
) -> Judgement:
    """Judge a signature that no key and no mistake reproduces."""
    unsent = _unsent(request, authorization)
    if unsent is not None:
        return _failed(context, (unsent,), lines)
    is_refused = _is_refused(subject)
    key = own_key(context, subject.claims.secret_id)
    absent = ", ".join(unknown_headers(request, authorization))
    if key is not None and absent and not is_refused:
        finding = Finding(
            CauseCode.INCOMPLETE_PASTE,
            f"the pasted request lacks the signed {absent}, which clients add themselves",
            f"粘贴的请求中没有参与签名的 {absent}（由客户端自动添加）",
        )
        return Judgement(Check("signature", None, finding.detail(context)), (finding,), lines)
    if key is not None:
        guess = Finding(
            CauseCode.WRONG_KEY,
            f"neither {key.name} nor a well-known mistake reproduces the signature",
            f"{key.name} 和各种常见错误都得不到这个签名",
        )
        more = Finding(
            CauseCode.SIGNED_TEXT_DIFFERS,
            "or another text was signed; compare the StringToSign with that of the signer",
            "或者签的是别的内容；请与签名方的 StringToSign 对比",
        )
        return _failed(context, (guess, more), lines)
    if is_refused:
        guesses = (
            Finding(
                CauseCode.SIGNED_TEXT_DIFFERS,
                "compare the StringToSign below with that of the signer; the SecretKey is not here",
                "这里没有 SecretKey；请把下面的 StringToSign 与签名方的对比",
            ),
            Finding(CauseCode.WRONG_KEY),
        )
        return _failed(context, guesses, lines)
    detail = context.say(
        "the SecretKey of this SecretId is not configured here",
        "这里没有配置该 SecretId 的 SecretKey",
    )
    return Judgement(Check("signature", None, detail), (), lines)


def _unsent(request: Request, authorization: Authorization) -> Finding | None:
    """Return the fault of a signed header or parameter that the request does not have."""
    filled = set(unknown_headers(request, authorization))
    headers = [
        name
        for name in missing_names(request.headers, authorization.header_list)
        if name not in filled
    ]
    if headers:
        names = ", ".join(headers)
        return Finding(
            CauseCode.HEADER_CHANGED,
            f"{names} stands in q-header-list, but the request does not have it",
            f"{names} 写在 q-header-list 中，但请求里没有",
        )
    parameters = missing_names(request.parameters, authorization.url_param_list)
    if parameters:
        names = ", ".join(parameters)
        return Finding(
            CauseCode.UNSIGNED_PARAMETER,
            f"{names} stands in q-url-param-list, but the request does not have it",
            f"{names} 写在 q-url-param-list 中，但请求里没有",
        )
    return None


def _changed_on_the_way(subject: Subject, required: SignedText) -> tuple[Finding, ...]:
    """Return how the request that the cloud received differs from the pasted one."""
    received = subject.refusal.format_string
    return () if received is None else tuple(differences(required, received))


def _compared(
    context: ExplainContext, subject: Subject, required: SignedText, match: Match | None
) -> tuple[str, ...]:
    wanted = context.say("of the pasted request", "粘贴的请求")
    refusal = subject.refusal
    if refusal.format_string is not None:
        name = context.say("of the cloud's answer", "云端的回包")
        lines = comparison.compare(
            "FormatString", wanted, required.format_string, name, refusal.format_string
        )
        if refusal.string_to_sign is not None:
            lines += comparison.compare(
                "StringToSign", wanted, required.string_to_sign, name, refusal.string_to_sign
            )
        return tuple(lines)
    if match is not None and match.signed != required:
        name = context.say("was signed", "实际签名的内容")
        own, other = required, match.signed
        return (
            *comparison.compare(
                "FormatString", wanted, own.format_string, name, other.format_string
            ),
            *comparison.compare(
                "StringToSign", wanted, own.string_to_sign, name, other.string_to_sign
            ),
        )
    return (
        *comparison.show("FormatString", wanted, required.format_string),
        *comparison.show("StringToSign", wanted, required.string_to_sign),
    )
