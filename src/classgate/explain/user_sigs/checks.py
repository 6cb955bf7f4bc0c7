"""The checks of a UserSig in the order of the cloud, each with the causes of a failure."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from classgate.explain.causes import cause
from classgate.explain.models import (
    Cause,
    CauseCode,
    Check,
    ExplainContext,
    is_previous,
)
from classgate.explain.pasted_text import Surroundings, shown
from classgate.explain.user_sigs.claims import Claims, is_in_milliseconds
from classgate.explain.user_sigs.key_mistakes import Mistake, find_mistake
from classgate.signing.encoding import LAST_EPOCH_SECOND
from classgate.signing.user_sig import IDENTIFIER_PATTERN

_TOLERANCE: Final = timedelta(minutes=5)
_MAX_IDENTIFIER_BYTES: Final = 32
_PRINTABLE_ASCII = re.compile(r"[ -~]*")


@dataclass(frozen=True)
class Outcome:
    """A check, and the causes if it failed or could not be made."""

    check: Check
    causes: tuple[Cause, ...] = ()


def check_version(claims: Claims, context: ExplainContext) -> Outcome:
    """Check that the version is 1 (key file) or 2 (secret key)."""
    if claims.version is None:
        detail = context.say("TLS.ver is neither absent nor 2.0", "TLS.ver 既非缺省也非 2.0")
        return Outcome(
            Check("version", ok=False, detail=detail),
            (cause(context, CauseCode.UNKNOWN_VERSION, detail),),
        )
    words = {1: ("version 1, ECDSA", "第 1 版，ECDSA"), 2: ("version 2, HMAC", "第 2 版，HMAC")}
    return Outcome(Check("version", ok=True, detail=context.say(*words[claims.version])))


def check_sdk_app_id(
    sdk_app_id: int | None, context: ExplainContext, surroundings: Surroundings
) -> Outcome:
    """Check the SDKAppID against the configured one and the one that it was used with (70014)."""
    expected = [each for each in (surroundings.sdk_app_id, context.sdk_app_id) if each is not None]
    if sdk_app_id is None:
        return Outcome(Check("sdk_app_id", ok=None, detail=_unreadable(context)))
    if not expected:
        detail = context.say(
            f"{sdk_app_id}; no SDKAppID is configured to compare it with",
            f"{sdk_app_id}；没有配置可比较的 SDKAppID",
        )
        return Outcome(Check("sdk_app_id", ok=None, detail=detail))
    other = next((each for each in expected if each != sdk_app_id), None)
    if other is None:
        return Outcome(Check("sdk_app_id", ok=True, detail=str(sdk_app_id)))
    evidence = context.say(
        f"it is for SDKAppID {sdk_app_id}, and {other} is expected (70014)",
        f"其中的 SDKAppID 是 {sdk_app_id}，应为 {other}（70014）",
    )
    if str(sdk_app_id) == context.cloud_app_id:
        evidence += context.say(
            "; it is the APPID of the account, not an SDKAppID", "；它是账号的 APPID，不是 SDKAppID"
        )
    return Outcome(
        Check("sdk_app_id", ok=False, detail=evidence),
        (cause(context, CauseCode.WRONG_SDK_APP_ID, evidence),),
    )


def check_identifier(
    identifier: str | None, context: ExplainContext, surroundings: Surroundings
) -> Outcome:
    """Check the identifier against the one that logs in (70013), and its form."""
    expected = context.identifier or surroundings.identifier
    if identifier is None:
        return Outcome(Check("identifier", ok=None, detail=_unreadable(context)))
    if expected is not None and expected != identifier:
        evidence = context.say(
            f"it is for {shown(identifier)}, and {shown(expected)} logs in (70013)",
            f"其中的用户 ID 是 {shown(identifier)}，登录的是 {shown(expected)}（70013）",
        ) + _difference(identifier, expected, context)
        return Outcome(
            Check("identifier", ok=False, detail=evidence),
            (cause(context, CauseCode.WRONG_IDENTIFIER, evidence),),
        )
    if IDENTIFIER_PATTERN.fullmatch(identifier) is None:
        evidence, is_known_by_im = _bad_form(identifier, context)
        return Outcome(
            Check("identifier", ok=None if is_known_by_im else False, detail=evidence),
            (cause(context, CauseCode.INVALID_IDENTIFIER, evidence),),
        )
    detail = shown(identifier)
    if expected is None:
        detail += context.say("; not compared: none was given", "；未比较：没有给出用户 ID")
    return Outcome(Check("identifier", ok=True, detail=detail))


def check_signature(claims: Claims, context: ExplainContext, surroundings: Surroundings) -> Outcome:
    """Check the signature with every configured key, then try the known mistakes (70009)."""
    keys = _names(claims, context)
    text, given = claims.signed_text().encode(errors="replace"), claims.signature
    verified = _verified_by(claims, context, text) if given is not None else None
    is_of_another_app = context.sdk_app_id is not None and claims.sdk_app_id != context.sdk_app_id
    if verified is not None:
        detail = context.say(f"verified with {verified}", f"用 {verified} 校验通过")
        if not is_previous(verified):
            return Outcome(Check("signature", ok=True, detail=detail))
        return Outcome(
            Check("signature", ok=None, detail=detail),
            (cause(context, CauseCode.PREVIOUS_KEY, detail),),
        )
    mistake = find_mistake(claims, context, _other_identifiers(claims, context, surroundings))
    if mistake is not None:
        return _proven(mistake, context)
    if not keys:
        evidence = _no_key(claims, context)
        return Outcome(
            Check("signature", ok=None, detail=evidence),
            (cause(context, CauseCode.KEY_NOT_CONFIGURED, evidence),),
        )
    if is_of_another_app:
        detail = context.say(
            f"no key of application {claims.sdk_app_id} is configured",
            f"没有配置应用 {claims.sdk_app_id} 的密钥",
        )
        return Outcome(Check("signature", ok=None, detail=detail))
    evidence = context.say(
        f"neither {', '.join(keys)} nor a known mistake gives this signature (70009)",
        f"{'、'.join(keys)} 以及已知的误用都得不到这个签名（70009）",
    )
    return Outcome(
        Check("signature", ok=False, detail=evidence),
        (cause(context, CauseCode.WRONG_KEY, evidence),),
    )


def check_time(issued_at: int | None, lifetime: int | None, context: ExplainContext) -> Outcome:
    """Check that the lifetime is not over (70001; the client says 6206)."""
    if issued_at is None or lifetime is None:
        return Outcome(Check("time", ok=None, detail=_unreadable(context)))
    now = int(context.now.timestamp())
    found: tuple[CauseCode, str, str] | None = None
    if is_in_milliseconds(issued_at):
        found = (
            CauseCode.TIME_IN_MILLISECONDS,
            f"TLS.time is {issued_at}",
            f"TLS.time 为 {issued_at}",
        )
    elif lifetime > LAST_EPOCH_SECOND:
        found = (
            CauseCode.LIFETIME_IN_MILLISECONDS,
            f"the lifetime is {lifetime}, which are {lifetime // 31_536_000} years",
            f"有效时长为 {lifetime} 秒，合 {lifetime // 31_536_000} 年",
        )
    elif lifetime == 0:
        found = CauseCode.LIFETIME_ZERO, "the lifetime is 0", "有效时长为 0"
    elif now > issued_at + lifetime:
        ago = _duration(now - issued_at - lifetime)
        found = (
            CauseCode.EXPIRED,
            f"it expired {ago[0]} ago (70001), after a lifetime of {_duration(lifetime)[0]}",
            f"已过期 {ago[1]}（70001），有效时长为 {_duration(lifetime)[1]}",
        )
    if found is not None:
        evidence = context.say(found[1], found[2])
        return Outcome(
            Check("time", ok=False, detail=evidence), (cause(context, found[0], evidence),)
        )
    if issued_at > now + _TOLERANCE.total_seconds():
        ahead = _duration(issued_at - now)
        evidence = context.say(
            f"it was issued {ahead[0]} in the future; libraries accept that, the cloud may not",
            f"签发时间在 {ahead[1]} 之后；官方库会接受，云端未必",
        )
        return Outcome(
            Check("time", ok=None, detail=evidence),
            (cause(context, CauseCode.CLOCK_SKEW, evidence),),
        )
    left = _duration(issued_at + lifetime - now)
    detail = context.say(f"valid for {left[0]} more", f"剩余有效时间 {left[1]}")
    return Outcome(Check("time", ok=True, detail=detail))


def _verified_by(claims: Claims, context: ExplainContext, text: bytes) -> str | None:
    """Return the setting of the key that verifies; a current key before a previous one."""
    given = claims.signature or b""
    found = []
    if claims.version == 1:
        found = [each.name for each in context.public_keys if each.key.verify(given, text)]
    elif claims.version == 2:
        found = [each.name for each in context.sdk_secrets if each.key.verify(given, text)]
    return min(found, key=is_previous, default=None)


def _names(claims: Claims, context: ExplainContext) -> list[str]:
    if claims.version == 1:
        return [each.name for each in context.public_keys]
    return [each.name for each in context.sdk_secrets] if claims.version == 2 else []


def _no_key(claims: Claims, context: ExplainContext) -> str:
    if claims.version == 1 and context.sdk_secrets:
        return context.say(
            "version 1 is signed with a key file, and only a secret key is configured",
            "第 1 版 用密钥文件签名，而这里只配置了应用密钥",
        )
    if claims.version == 2 and context.public_keys:
        return context.say(
            "version 2 is signed with a secret key, and only a key file is configured",
            "第 2 版 用应用密钥签名，而这里只配置了密钥文件",
        )
    return context.say("no key is configured that could check it", "没有配置能校验它的密钥")


def _other_identifiers(
    claims: Claims, context: ExplainContext, surroundings: Surroundings
) -> tuple[str, ...]:
    own = claims.identifier or ""
    others = [context.identifier, surroundings.identifier, own.strip(), own.lower(), own.upper()]
    return tuple(dict.fromkeys(each for each in others if each and each != own))


def _proven(mistake: Mistake, context: ExplainContext) -> Outcome:
    detail = context.say(*mistake.detail)
    evidence = context.say(
        f"tried: this mistake with {mistake.key} gives the pasted signature",
        f"经试算，{mistake.key} 加上这一误用正好得到所粘贴的签名",
    ) + (f" ({detail})" if detail else "")
    failed = context.say(
        "the signature is not that of the content (70009)", "签名与内容不符（70009）"
    )
    return Outcome(
        Check("signature", ok=False, detail=failed), (cause(context, mistake.cause, evidence),)
    )


def _difference(identifier: str, expected: str, context: ExplainContext) -> str:
    if identifier.lower() == expected.lower():
        return context.say("; they differ in case", "；两者大小写不同")
    if identifier.strip() == expected.strip():
        return context.say("; they differ by blanks", "；两者相差空格")
    return ""


def _bad_form(identifier: str, context: ExplainContext) -> tuple[str, bool]:
    """Return what is wrong, and whether IM takes it: printable ASCII of up to 32 bytes."""
    size = len(identifier.encode(errors="replace"))
    if size > _MAX_IDENTIFIER_BYTES:
        english = f"{shown(identifier)} has {size} bytes, and 32 is the limit"
        return context.say(english, f"{shown(identifier)} 有 {size} 字节，上限为 32"), False
    if not identifier or not _PRINTABLE_ASCII.fullmatch(identifier):
        english = f"{shown(identifier)} is empty or has characters that are not printable ASCII"
        return context.say(english, f"{shown(identifier)} 为空，或含有非可打印 ASCII 字符"), False
    return context.say(
        f"{shown(identifier)} has characters that IM takes, and TRTC and classgate do not",
        f"{shown(identifier)} 含有 IM 接受、而 TRTC 和 classgate 不接受的字符",
    ), True


def _unreadable(context: ExplainContext) -> str:
    return context.say("not readable", "无法读出")


def _duration(seconds: int) -> tuple[str, str]:
    """Return a duration in its largest unit, in English and in Chinese."""
    for size, english, chinese in (
        (86400, "day", "天"),
        (3600, "hour", "小时"),
        (60, "minute", "分钟"),
    ):
        if seconds >= size:
            number = seconds // size
            return f"{number} {english}{'s' if number > 1 else ''}", f"{number} {chinese}"
    return f"{seconds} s", f"{seconds} 秒"
