"""Judges the SecretId and the session token of a signature."""

from typing import Final

from classgate.explain.cos.findings import Finding
from classgate.explain.cos.subject import Subject
from classgate.explain.models import CauseCode, Check, CloudKey, ExplainContext

_PERMANENT_LENGTH: Final = 36
"""AKID and 32 characters. Temporary SecretIds are longer."""


def own_key(context: ExplainContext, secret_id: str) -> CloudKey | None:
    """Return the configured key with this SecretId."""
    return next((key for key in context.cloud_keys if key.secret_id == secret_id), None)


def looks_temporary(context: ExplainContext, secret_id: str) -> bool:
    """Return whether a SecretId is one of STS, as far as its length tells."""
    return own_key(context, secret_id) is None and len(secret_id) > _PERMANENT_LENGTH


def check_key_id(context: ExplainContext, subject: Subject) -> tuple[Check, list[Finding]]:
    """Return the check `key_id` and what explains its failure."""
    secret_id = subject.claims.secret_id
    key = own_key(context, secret_id)
    if key is not None:
        return Check("key_id", True, context.say(f"of {key.name}", f"属于 {key.name}")), []
    near = _near(context, secret_id)
    if near is not None:
        return Check("key_id", False, near.detail(context)), [near]
    if subject.refusal.check == "key_id":
        finding = Finding(
            CauseCode.UNKNOWN_KEY_ID,
            f"the cloud answered {subject.refusal.code}: it does not know {secret_id}",
            f"云端返回 {subject.refusal.code}：没有 SecretId {secret_id}",
        )
        if looks_temporary(context, secret_id) and not subject.session_token:
            return Check("key_id", False, finding.detail(context)), [_token_missing(), finding]
        return Check("key_id", False, finding.detail(context)), [finding]
    return Check("key_id", None, _not_configured(context, secret_id)), []


def _not_configured(context: ExplainContext, secret_id: str) -> str:
    if looks_temporary(context, secret_id):
        return context.say(
            "a temporary key of STS, as its length tells; its SecretKey is not known here",
            "从长度看是 STS 的临时密钥，这里没有它的 SecretKey",
        )
    if not context.cloud_keys:
        return context.say("no API key is configured here", "这里没有配置 API 密钥")
    names = ", ".join(key.name for key in context.cloud_keys)
    return context.say(f"it is not the one of {names}", f"不是 {names} 的 SecretId")


def _near(context: ExplainContext, secret_id: str) -> Finding | None:
    """Return a fault if the SecretId is a configured one that was changed."""
    for key in context.cloud_keys:
        known = key.secret_id
        if secret_id.strip().lower() == known.lower() and secret_id != known:
            how, how_zh = "in case or white space", "大小写或空白"
        elif len(secret_id) >= 8 and known.startswith(secret_id):
            how, how_zh = "by being cut at its end", "末尾被截断"
        elif secret_id.startswith(known) and len(secret_id) <= len(known) + 3:
            how, how_zh = "by additional characters at its end", "末尾多了字符"
        elif secret_id == key.secret_key:
            return Finding(
                CauseCode.UNKNOWN_KEY_ID,
                f"the SecretKey of {key.name} stands where the SecretId belongs; replace the key",
                f"把 {key.name} 的 SecretKey 填到了 SecretId 的位置；该密钥已泄露，请更换",
            )
        else:
            continue
        return Finding(
            CauseCode.UNKNOWN_KEY_ID,
            f"it differs from the SecretId of {key.name} only {how}",
            f"与 {key.name} 的 SecretId 只差在{how_zh}",
        )
    return None


def check_token(context: ExplainContext, subject: Subject) -> tuple[Check | None, list[Finding]]:
    """Return the check `token`, or None for a permanent key without one."""
    finding = _token_fault(context, subject)
    if finding is not None:
        return Check("token", False, finding.detail(context)), [finding]
    if subject.request is None:
        return None, []
    if subject.session_token and own_key(context, subject.claims.secret_id) is not None:
        detail = context.say(
            "a permanent key needs no session token; whether the cloud refuses it is unknown",
            "永久密钥不需要 session token；云端是否会因此拒绝未知",
        )
        return Check("token", None, detail), [Finding(CauseCode.SESSION_TOKEN_WRONG)]
    if " " in subject.session_token:
        detail = context.say("it contains a space", "其中有空格")
        return Check("token", None, detail), [
            Finding(
                CauseCode.PLUS_BECAME_SPACE,
                "the session token contains a space: a + of the URL was not encoded as %2B",
                "session token 中有空格：URL 中的 + 没有编码为 %2B",
            )
        ]
    if subject.session_token or looks_temporary(context, subject.claims.secret_id):
        detail = context.say("present; only the cloud can check it", "已携带；只有云端才能校验")
        return Check("token", None, detail), []
    return None, []


def _token_fault(context: ExplainContext, subject: Subject) -> Finding | None:
    if subject.refusal.code == "ExpiredToken":
        return Finding(
            CauseCode.EXPIRED,
            "the cloud answered ExpiredToken: the temporary key is over, even if the signature "
            "is not",
            "云端返回 ExpiredToken：临时密钥已过期，即使签名本身还在有效期内",
        )
    if subject.request is None:
        return None
    is_temporary = looks_temporary(context, subject.claims.secret_id)
    if is_temporary and not subject.session_token:
        return _token_missing()
    if subject.refusal.check == "token":
        return Finding(CauseCode.SESSION_TOKEN_WRONG)
    return None


def _token_missing() -> Finding:
    return Finding(CauseCode.SESSION_TOKEN_MISSING)
