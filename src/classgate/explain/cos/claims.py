"""Reads a v5 signature tolerantly: what it claims, and what is wrong with its form.

`signing.cos_request` refuses any fault. Here a fault is a finding, and what can be repaired is
repaired, so that the later checks can be made too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from classgate.errors import VerificationFailed
from classgate.explain.cos.findings import Finding
from classgate.explain.models import CauseCode
from classgate.signing.cos_request import PARAMETER_NAMES, Authorization, read_pairs

MAX_CHARACTERS: Final = 16_384
_TIME_NAMES: Final = ("q-sign-time", "q-key-time")
_SIGNATURE: Final = re.compile(
    r"(?P<text>[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[A-Za-z0-9+/]{27}=)(?P<rest>.*)", re.DOTALL
)
_BEGIN: Final = re.compile(r"q-sign-algorithm(?P<encoded>%(?:25)?3D|=)", re.IGNORECASE)
_MILLISECONDS: Final = re.compile(r"([0-9]{10})[0-9]{3}")
_INVISIBLE: Final = re.compile("[\u00a0\u00ad\u200b-\u200f\u2060\ufeff]")
_REPAIRED_SIGNATURE: Final = "0" * 40

LINE_BREAK: Final = Finding(
    CauseCode.LINE_BREAK_INSIDE,
    "a line end or a space stands inside the signature",
    "签名中间有换行或空格",
)


@dataclass(frozen=True)
class Claims:
    """The values of a signature, the faults of its form, and the signature as it was given."""

    authorization: Authorization | None
    signature: str
    faults: tuple[Finding, ...]
    secret_id: str = ""


def find_authorization(text: str) -> str | None:
    """Return the part of a text from the first value of a signature on; None if there is none."""
    found = _BEGIN.search(text)
    return None if found is None else text[found.start() : found.start() + MAX_CHARACTERS]


def read_header(text: str) -> Claims | None:
    """Read the value of an Authorization header. None if it has no value of a v5 signature."""
    value = text.strip().strip("\"'")
    begin = _BEGIN.search(value[:MAX_CHARACTERS])
    if begin is None:
        return None
    faults = []
    if begin.start():
        faults.append(
            Finding(
                CauseCode.LEADING_TEXT,
                "something stands before q-sign-algorithm; COS has no scheme word such as Bearer",
                "q-sign-algorithm 前面还有内容；COS 不使用 Bearer 之类的前缀",
            )
        )
    begun = value[begin.start() : begin.start() + MAX_CHARACTERS]
    if begin["encoded"] != "=":
        faults.append(Finding(CauseCode.PERCENT_ENCODED))
        begun = unquote(unquote(begun))
    words = begun.split()
    if len(words) > 1 and "&q-signature=" in words[0]:
        faults.append(Finding(CauseCode.TRAILING_TEXT))
        words = words[:1]
    elif len(words) > 1:
        faults.append(LINE_BREAK)
    pairs = [item.partition("=")[::2] for item in "".join(words).strip("&").split("&")]
    return _read(pairs, tuple(faults), encoded=CauseCode.SEMICOLON_ENCODED)


def read_query(parameters: Iterable[tuple[str, str]]) -> Claims | None:
    """Read the signature in the decoded query of a URL. None if it has no value of one."""
    pairs = [pair for pair in parameters if pair[0] in PARAMETER_NAMES]
    return _read(pairs, (), encoded=CauseCode.ENCODED_TWICE) if pairs else None


def _read(
    pairs: list[tuple[str, str]], faults: tuple[Finding, ...], *, encoded: CauseCode
) -> Claims:
    found = list(faults)
    values = dict(pairs)
    missing = [name for name in PARAMETER_NAMES if name not in values]
    if missing:
        found.append(_missing(missing))
    elif len(pairs) != len(values):
        found.append(Finding(CauseCode.ALTERED, "a value stands there twice", "有的字段出现了两次"))
    if any("%3b" in value.lower() for value in values.values()):
        found.append(
            Finding(
                encoded,
                "the semicolons are percent-encoded (%3B)",
                "分号被百分号编码了（%3B）",
            )
        )
        values = {name: unquote(value) for name, value in values.items()}
    found += _time_faults(values)
    signature = values.get("q-signature", "")
    found += _signature_faults(signature) if "q-signature" in values else []
    if values.get("q-sign-algorithm", "sha1") != "sha1":
        found.append(
            Finding(
                CauseCode.WRONG_HASH,
                "q-sign-algorithm is not sha1, the only one that COS has",
                "q-sign-algorithm 不是 sha1，而 COS 只支持 sha1",
            )
        )
    authorization = _repaired(values)
    if authorization is None and not found:
        found.append(Finding(CauseCode.INCOMPLETE))
    return Claims(authorization, signature, tuple(found), values.get("q-ak", ""))


def _missing(names: list[str]) -> Finding:
    listed = ", ".join(names)
    # The last ones are missing together: the text was cut.
    is_cut = names == list(PARAMETER_NAMES[-len(names) :])
    return Finding(
        CauseCode.TRUNCATED if is_cut else CauseCode.INCOMPLETE,
        f"missing: {listed}",
        f"缺少：{listed}",
    )


def _time_faults(values: dict[str, str]) -> list[Finding]:
    found = []
    for name in _TIME_NAMES:
        times = values.get(name, "")
        if _MILLISECONDS.search(times):
            found.append(
                Finding(
                    CauseCode.TIME_IN_MILLISECONDS,
                    f"{name} has 13 digits: milliseconds instead of seconds",
                    f"{name} 有 13 位数字：用了毫秒，应为秒",
                )
            )
            values[name] = _MILLISECONDS.sub(r"\1", times)
        start, joint, end = values.get(name, "").partition(";")
        if joint and start.isdecimal() and end.isdecimal() and int(end) < int(start):
            found.append(
                Finding(
                    CauseCode.TIMES_REVERSED,
                    f"the end of {name} is before its start",
                    f"{name} 的结束时间早于开始时间",
                )
            )
            values[name] = f"{end};{start}"
    return found


def _signature_faults(signature: str) -> list[Finding]:
    found = _SIGNATURE.fullmatch(signature)
    visible = _INVISIBLE.sub("", signature)
    if visible != signature and _SIGNATURE.fullmatch(visible) is not None:
        return [Finding(CauseCode.INVISIBLE_CHARACTER)]
    if found is None and len(signature) < 40:
        count = len(signature)
        return [
            Finding(
                CauseCode.TRUNCATED,
                f"q-signature has {count} of its 40 hex digits",
                f"q-signature 只有 {count} 位，应为 40 位十六进制",
            )
        ]
    if found is None:
        return [Finding(CauseCode.ALTERED, "q-signature is not hex", "q-signature 不是十六进制")]
    if found["rest"]:
        return [Finding(CauseCode.TRAILING_TEXT)]
    return _other_form(found["text"])


def _other_form(text: str) -> list[Finding]:
    if text.endswith("="):
        return [Finding(CauseCode.SIGNATURE_IN_BASE64)]
    if len(text) == 64:
        return [
            Finding(
                CauseCode.WRONG_HASH,
                "q-signature has 64 hex digits, as HMAC-SHA256 makes; COS takes HMAC-SHA1",
                "q-signature 有 64 位十六进制，是 HMAC-SHA256 的结果；COS 使用 HMAC-SHA1",
            )
        ]
    if text != text.lower():
        return [
            Finding(
                CauseCode.CASE_CHANGED,
                "q-signature has upper-case hex digits",
                "q-signature 用了大写的十六进制",
            )
        ]
    return []


def _repaired(values: dict[str, str]) -> Authorization | None:
    """Return the values with a placeholder for the signature, if nothing else is missing."""
    filled = {"q-header-list": "", "q-url-param-list": "", **values}
    filled["q-sign-algorithm"] = "sha1"
    filled["q-signature"] = _REPAIRED_SIGNATURE
    if "q-key-time" not in filled and "q-sign-time" in filled:
        filled["q-key-time"] = filled["q-sign-time"]
    try:
        return read_pairs((name, filled.get(name, "")) for name in PARAMETER_NAMES)
    except VerificationFailed:
        return None
