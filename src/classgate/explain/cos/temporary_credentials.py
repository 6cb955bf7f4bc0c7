"""Recognizes temporary credentials and key pairs that were pasted, and never repeats them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from classgate.explain.cos.findings import Finding, to_causes
from classgate.explain.models import CauseCode, Check, ExplainContext, Explanation, Kind
from classgate.input_bounds import JsonBounds
from classgate.signing.encoding import EPOCH

BOUNDS: Final = JsonBounds(size=64 * 1024, values=500)
_LEVELS: Final = 4
# What STS answers, what its SDKs make of it, and what cos-js-sdk-v5 takes.
_SECRET_NAMES: Final = ("tmpsecretkey", "secretkey")
_TOKEN_NAMES: Final = ("token", "sessiontoken", "securitytoken", "xcossecuritytoken")
_ID_NAMES: Final = ("tmpsecretid", "secretid")
_END_NAMES: Final = ("expiredtime", "expires_at")
_START_NAMES: Final = ("starttime",)
_PAIR: Final = re.compile(r"AKID[A-Za-z0-9_-]{9,}")
_SECRET: Final = re.compile(
    r"secret[_-]?key[\"']?\s{0,5}[:=]\s{0,5}[\"']?[A-Za-z0-9/+=]{16,}", re.IGNORECASE
)


def read_credentials(text: str) -> dict[str, Any] | None:
    """Return the members of an answer of STS, names in lower case; None if the text is none."""
    document = read_object(text)
    if document is None:
        return None
    members: dict[str, Any] = {}
    _collect(document, members, _LEVELS)
    has_pair = any(name in members for name in _SECRET_NAMES) and any(
        name in members for name in _ID_NAMES
    )
    return members if has_pair else None


def read_object(text: str) -> dict[str, Any] | None:
    """Return a JSON object within the bounds; None for anything else."""
    given = text.strip()
    if not given.startswith("{") or not BOUNDS.allows(given.encode(errors="replace")):
        return None
    try:
        document = json.loads(given)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _collect(value: object, members: dict[str, Any], levels: int) -> None:
    if not isinstance(value, dict) or levels == 0:
        return
    for name, each in value.items():
        members.setdefault(name.lower(), each)
        _collect(each, members, levels - 1)


def explain_credentials(members: Mapping[str, Any], context: ExplainContext) -> Explanation:
    """Explain temporary credentials: what they have, and whether they are still valid."""
    token = _first(members, _TOKEN_NAMES)
    findings: list[Finding] = []
    checks = []
    has_token = isinstance(token, str) and bool(token)
    if not has_token:
        findings.append(
            Finding(
                CauseCode.SESSION_TOKEN_MISSING,
                "the answer has no token, without which the keys are refused",
                "返回中没有 token，缺少它密钥会被拒绝",
            )
        )
    checks.append(Check("format", has_token, "" if has_token else findings[0].detail(context)))
    end = _moment(_first(members, _END_NAMES))
    time, more = _time(context, _moment(_first(members, _START_NAMES)), end)
    checks.append(time)
    exposed = Finding(
        CauseCode.KEY_EXPOSED,
        "these are usable credentials until they expire: do not paste or log them",
        "这些密钥在过期前可以使用：不要粘贴到别处或写入日志",
    )
    return Explanation(
        kind=Kind.TEMPORARY_CREDENTIALS,
        content={
            "has_token": has_token,
            "expires_at": None if end is None else _iso(end),
            "request_id": str(members.get("requestid", ""))[:80],
        },
        checks=checks,
        causes=to_causes(context, [*findings, *more, exposed]),
    )


def _time(
    context: ExplainContext, start: datetime | None, end: datetime | None
) -> tuple[Check, list[Finding]]:
    if end is None:
        return Check("time", None, context.say("no expiry is given", "没有给出过期时间")), []
    if context.now > end:
        finding = Finding(CauseCode.EXPIRED, f"they ended at {_iso(end)}", f"已于 {_iso(end)} 过期")
        return Check("time", False, finding.detail(context)), [finding]
    if start is not None and start > context.now + timedelta(seconds=30):
        finding = Finding(
            CauseCode.CLOCK_SKEW,
            f"startTime {_iso(start)} is in the future; clients do not use them before",
            f"startTime {_iso(start)} 在将来；在此之前客户端不会使用",
        )
        return Check("time", False, finding.detail(context)), [finding]
    return Check("time", True, context.say(f"until {_iso(end)}", f"有效期至 {_iso(end)}")), []


def holds_key_pair(text: str) -> bool:
    """Return whether a text, such as a piece of code, holds a SecretId and its SecretKey."""
    return _PAIR.search(text) is not None and _SECRET.search(text) is not None


def explain_key_pair(context: ExplainContext) -> Explanation:
    """Explain code or settings with a key pair: it is in the wrong place."""
    finding = Finding(
        CauseCode.KEY_EXPOSED,
        "the text holds a SecretId and a SecretKey: whoever reads it has all rights of the key",
        "内容中有 SecretId 和 SecretKey：任何看到的人都拥有该密钥的全部权限",
    )
    return Explanation(
        kind=Kind.UNKNOWN,
        checks=[Check("exposure", False, finding.detail(context))],
        causes=to_causes(context, [finding]),
    )


def _first(members: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((members[name] for name in names if name in members), None)


def _moment(value: object) -> datetime | None:
    if isinstance(value, str) and value.isdecimal() and len(value) <= 10:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**33:
        return None
    return (EPOCH + timedelta(seconds=value)).astimezone(UTC)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
