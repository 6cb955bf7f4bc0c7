"""Explains a UserSig of any version, and the PrivateMapKey that a UserSig with userbuf may be."""

import re
from collections.abc import Sequence
from typing import Final

from classgate.explain.causes import cause
from classgate.explain.models import (
    Cause,
    CauseCode,
    Check,
    Explain,
    ExplainContext,
    Explanation,
    Kind,
)
from classgate.explain.pasted_text import PastedToken, Surroundings, read_json
from classgate.explain.user_sigs.checks import (
    Outcome,
    check_identifier,
    check_sdk_app_id,
    check_signature,
    check_time,
    check_version,
)
from classgate.explain.user_sigs.claims import Claims, read_claims
from classgate.explain.user_sigs.notation import without_notation
from classgate.explain.user_sigs.private_map_key import check_record, read_record
from classgate.explain.user_sigs.token_search import (
    find_tokens,
    has_empty_user_sig,
    is_in_one_case,
    may_be_token,
)
from classgate.explain.user_sigs.token_text import TokenText, read_token_text

_CODE_OF_FORM: Final = 70003
# A line end inside is read by every verifier of Tencent.
_HARMLESS: Final = frozenset({CauseCode.LINE_BREAK_INSIDE})
_REPAIRS_WITH_WHAT_FOLLOWS: Final = frozenset(
    {CauseCode.LINE_BREAK_INSIDE, CauseCode.PLUS_BECAME_SPACE, CauseCode.INVISIBLE_CHARACTER}
)
_COLUMNS: Final = frozenset({64, 100, 127, 128, 200, 250, 254, 255, 256, 300, 500, 511, 512})
# Long, in the alphabet of UserSigs and of nothing else that is known here.
_CUT_AT_START = re.compile(r"(?=[A-Za-z0-9-]*[*_])[A-Za-z0-9*-]{80,}_{0,2}")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]+")


def recognize(text: str) -> Explain | None:
    """Return what explains the UserSigs in the text; None: there are none."""
    tokens = find_tokens(text)
    if not tokens and may_be_token(text) and _is_token(PastedToken(text.strip())):
        tokens = [PastedToken(text.strip())]
    if tokens:
        return lambda context: _least_valid([_explain_token(each, context) for each in tokens])
    if (members := read_json(text)) is not None and "TLS.sig" in members:
        return lambda context: _explain_decoded(text.strip(), context)
    if has_empty_user_sig(text):
        return _explain_empty
    return None


def _is_token(pasted: PastedToken) -> bool:
    read = read_token_text(pasted)
    if read.is_complete:
        return read_claims(read.text, is_complete=True) is not None
    return is_in_one_case(pasted.text) or _CUT_AT_START.fullmatch(pasted.text) is not None


def _least_valid(explanations: Sequence[Explanation]) -> Explanation:
    """Return the one that is refused, of several credentials of one text."""
    order = {False: 0, None: 1, True: 2}
    return min(explanations, key=lambda each: order[each.valid])


def _explain_empty(context: ExplainContext) -> Explanation:
    evidence = context.say("the UserSig is empty (70002)", "UserSig 为空（70002）")
    return Explanation(
        kind=Kind.USER_SIG,
        checks=[Check("format", ok=False, detail=evidence)],
        causes=[cause(context, CauseCode.INCOMPLETE, evidence)],
    )


def _explain_decoded(text: str, context: ExplainContext) -> Explanation:
    """Explain the text of a token, as tools print it. The form of 2014 is sent like that."""
    claims = read_claims(text.encode(), is_complete=True)
    detail = context.say(
        "this is the decoded text; the token around it was not pasted",
        "这是解码后的文本，没有粘贴外层的 token",
    )
    return _explain_claims(claims, context, PastedToken(text), [Check("format", None, detail)], [])


def _explain_token(pasted: PastedToken, context: ExplainContext) -> Explanation:
    read = read_token_text(pasted)
    claims = read_claims(read.text, is_complete=read.is_complete)
    causes = [
        *(cause(context, each, _evidence(each, read, pasted, context)) for each in read.mistakes),
        *_around(pasted, read, context),
    ]
    if claims is None and read.is_complete:
        evidence = context.say("the content is not that of a UserSig", "内容不是 UserSig 的内容")
        causes.append(cause(context, CauseCode.INCOMPLETE, evidence))
    for fault in () if claims is None else claims.faults:
        evidence = context.say(f"{fault.member} is at fault", f"{fault.member} 有误")
        causes.append(cause(context, fault.cause, evidence if fault.member else ""))
    harmful = [each for each in causes if each.code not in _HARMLESS]
    detail = harmful[0].evidence + f" ({_CODE_OF_FORM})" if harmful else ""
    check = Check("format", ok=not harmful, detail=detail)
    return _explain_claims(claims, context, pasted, [check], causes)


def _explain_claims(
    claims: Claims | None,
    context: ExplainContext,
    pasted: PastedToken,
    checks: list[Check],
    causes: list[Cause],
) -> Explanation:
    if claims is None:
        return Explanation(kind=_named_kind(pasted), checks=checks, causes=causes)
    around = pasted.surroundings
    record = read_record(claims.userbuf)
    outcomes = [
        check_version(claims, context),
        check_sdk_app_id(claims.sdk_app_id, context, around),
        check_identifier(claims.identifier, context, around),
        _signature(claims, context, around),
        check_time(claims.issued_at, claims.lifetime, context),
        *_check_use(claims, context, pasted, is_record=record is not None),
    ]
    content = claims.shown()
    kind = Kind.USER_SIG
    if record is not None:
        kind = Kind.PRIVATE_MAP_KEY
        content, inner = check_record(record, content, context, around)
        outcomes += inner
    found = [each for outcome in outcomes for each in outcome.causes]
    return Explanation(
        kind=kind,
        content=content,
        checks=[*checks, *(each.check for each in outcomes)],
        causes=_ranked([*causes, *found]),
    )


def _signature(claims: Claims, context: ExplainContext, around: Surroundings) -> Outcome:
    if "TLS.sig" in claims.members:
        return check_signature(claims, context, around)
    detail = context.say("the signature is not readable", "签名无法读出")
    return Outcome(Check("signature", ok=None, detail=detail))


def _check_use(
    claims: Claims, context: ExplainContext, pasted: PastedToken, *, is_record: bool
) -> list[Outcome]:
    """Check that a userbuf is there where a PrivateMapKey is used, and only there."""
    found: CauseCode | None = None
    if pasted.is_named_private_map_key and not claims.has_userbuf:
        found = CauseCode.USER_SIG_AS_PRIVATE_MAP_KEY
    elif pasted.is_named_user_sig and claims.has_userbuf:
        found = CauseCode.PRIVATE_MAP_KEY_AS_USER_SIG
    elif pasted.is_named_private_map_key and not is_record:
        found = CauseCode.INCOMPLETE
    if found is not None:
        evidence = context.say(
            f"its name is {pasted.name}, and it has {'a' if claims.has_userbuf else 'no'} userbuf",
            f"名称是 {pasted.name}，而它{'带有' if claims.has_userbuf else '没有'} userbuf",
        )
        return [
            Outcome(Check("userbuf", ok=False, detail=evidence), (cause(context, found, evidence),))
        ]
    if not claims.has_userbuf:
        return []
    detail = context.say(
        "valid only where a userbuf is expected, not as a plain UserSig",
        "只在需要 userbuf 的地方有效，不能当作普通 UserSig",
    )
    return [Outcome(Check("userbuf", ok=True, detail=detail))]


def _ranked(causes: Sequence[Cause]) -> list[Cause]:
    """Return the causes in the order of the checks. What fails no check, and the missing key, which
    is no cause, are the last.
    """
    last = {*_HARMLESS, CauseCode.KEY_NOT_CONFIGURED}
    return sorted(causes, key=lambda each: each.code in last)


def _named_kind(pasted: PastedToken) -> Kind:
    return Kind.PRIVATE_MAP_KEY if pasted.is_named_private_map_key else Kind.USER_SIG


def _around(pasted: PastedToken, read: TokenText, context: ExplainContext) -> list[Cause]:
    """Return the causes in the text around a credential that was pasted without a name."""
    if pasted.name:
        return []
    before, after = without_notation(pasted.before, pasted.after)
    if _REPAIRS_WITH_WHAT_FOLLOWS & set(read.mistakes):
        after = ""
    found = []
    for text, code in ((after, CauseCode.TRAILING_TEXT), (before, CauseCode.LEADING_TEXT)):
        if _INVISIBLE.fullmatch(text):
            found.append(cause(context, CauseCode.INVISIBLE_CHARACTER, _code_points(text)))
        elif text and not (code is CauseCode.TRAILING_TEXT and code in read.mistakes):
            evidence = context.say(
                f"{len(text)} characters stand there that do not belong to it",
                f"有 {len(text)} 个不属于它的字符",
            )
            found.append(cause(context, code, evidence))
    return found


def _code_points(text: str) -> str:
    return ", ".join(f"U+{ord(each):04X}" for each in text[:5])


def _evidence(
    code: CauseCode, read: TokenText, pasted: PastedToken, context: ExplainContext
) -> str:
    """Return the evidence for a mistake of the way; most were undone, which proves them."""
    size = len(pasted.text)
    if code is CauseCode.TRUNCATED:
        text = context.say(
            f"the compressed text has no end; {size} characters, {len(read.text)} bytes readable",
            f"压缩数据没有结尾；共 {size} 个字符，可读出 {len(read.text)} 字节",
        )
        if size in _COLUMNS:
            text += context.say(
                f"; {size} is a usual size of columns and buffers",
                f"；{size} 是数据库字段和缓冲区常见的长度",
            )
        return text
    if code is CauseCode.ALTERED and read.is_complete:
        return context.say(
            "the last character has bits that no encoder writes",
            "最后一个字符含有编码程序不会写出的比特",
        )
    if code is CauseCode.ALTERED:
        return context.say(
            "the compressed text is damaged: its checksum does not match",
            "压缩数据已损坏：校验和不符",
        )
    if code is CauseCode.TRAILING_TEXT:
        return context.say(
            f"the token ends before the last {max(1, read.follows)} characters",
            f"token 在最后 {max(1, read.follows)} 个字符之前已经结束",
        )
    if code in {CauseCode.TOO_LONG, CauseCode.CASE_CHANGED} or not read.is_complete:
        return ""
    return context.say(
        "tried: with this undone the token can be read, and its checksum matches",
        "经试算，撤销这一改动后 token 可以读出，校验和一致",
    )
