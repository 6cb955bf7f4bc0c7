"""Reads a v4 signature tolerantly: base64 of a digest and the signed fields."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from classgate.explain.cos.findings import Finding
from classgate.explain.models import CauseCode
from classgate.signing.cos_json_request import FIELD_ORDER

MAX_CHARACTERS: Final = 8192
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_ \t\r\n-]{40,}={0,2}")
_DIGEST_BYTES: Final = 20
_KNOWN: Final = frozenset(FIELD_ORDER)
# So many of the seven fields make a text a v4 signature, whole or cut.
_ENOUGH: Final = 3


@dataclass(frozen=True)
class V4Claims:
    """The fields of a signature, what was signed, and the faults of its form."""

    fields: Mapping[str, str]
    digest: bytes = field(repr=False)
    plaintext: bytes = field(repr=False)
    faults: tuple[Finding, ...] = ()


def read_v4(text: str, *, in_header: bool = False) -> V4Claims | None:
    """Read a v4 signature; None if the text is none.

    `in_header`: percent-encoding is a fault there, while a URL has to have it.
    """
    given = text.strip().strip("\"'")[:MAX_CHARACTERS]
    given = given.removeprefix("sign=")
    faults = []
    if re.search(r"%(?:25)?(?:2B|2F|3D)", given, re.IGNORECASE):
        if in_header:
            faults.append(Finding(CauseCode.PERCENT_ENCODED))
        given = unquote(unquote(given))
    if _BASE64.match(given) is None:
        return None
    given, more = _restored(given)
    data = _decoded(given)
    if data is None:
        return None
    position = _find_fields(data)
    if position is None:
        return None
    rest = data[position:]
    fields = _fields(rest)
    if len(fields) < _ENOUGH or "k" not in fields:
        return None
    faults += [*more, *_faults(fields, position)]
    return V4Claims(fields, data[:position], rest, tuple(faults))


def _restored(text: str) -> tuple[str, list[Finding]]:
    """Return the text in standard base64, and what was wrong with it."""
    faults = []
    if re.search(r"[\r\n\t]", text):
        faults.append(Finding(CauseCode.LINE_BREAK_INSIDE))
        text = re.sub(r"[\r\n\t]+ *", "", text)
    if " " in text:
        faults.append(Finding(CauseCode.PLUS_BECAME_SPACE))
        text = text.replace(" ", "+")
    if re.search(r"[-_]", text):
        faults.append(Finding(CauseCode.BASE64URL_ALPHABET))
        text = text.replace("-", "+").replace("_", "/")
    found = re.match(r"[A-Za-z0-9+/]*={0,2}", text)
    body = found[0] if found else ""
    if len(body) < len(text):
        faults.append(Finding(CauseCode.TRAILING_TEXT))
    bare = body.rstrip("=")
    padding = -len(bare) % 4
    if padding == 3:
        faults.append(Finding(CauseCode.TRUNCATED))
        return bare[:-1], faults
    if len(body) - len(bare) != padding:
        faults.append(Finding(CauseCode.PADDING_MISSING))
    return bare + "=" * padding, faults


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


def _find_fields(data: bytes) -> int | None:
    """Return where the fields begin. After 20 bytes of digest, unless it was made otherwise."""
    for position in (_DIGEST_BYTES, 2 * _DIGEST_BYTES, 32, 64, 0):
        if re.match(rb"[abketrf]=[^&]*&[abketrf]=", data[position:]):
            return position
    return None


def _fields(data: bytes) -> dict[str, str]:
    pairs = [item.partition("=")[::2] for item in data.decode(errors="replace").split("&")]
    return {name: value for name, value in pairs if name in _KNOWN}


def _faults(fields: Mapping[str, str], position: int) -> list[Finding]:
    faults = []
    missing = [name for name in FIELD_ORDER if name not in fields]
    if missing:
        names = ", ".join(missing)
        faults.append(
            Finding(CauseCode.TRUNCATED, f"missing fields: {names}", f"缺少字段：{names}")
        )
    if position in {2 * _DIGEST_BYTES, 64}:
        faults.append(
            Finding(
                CauseCode.SIGNATURE_IN_HEX,
                "the digest stands there as hex digits; it must be its 20 bytes",
                "摘要写成了十六进制文本，应为 20 个字节",
            )
        )
    elif position == 32:
        faults.append(
            Finding(
                CauseCode.WRONG_HASH,
                "the digest has 32 bytes, as HMAC-SHA256 makes; v4 takes HMAC-SHA1",
                "摘要有 32 字节，是 HMAC-SHA256 的结果；v4 使用 HMAC-SHA1",
            )
        )
    elif position == 0:
        faults.append(Finding(CauseCode.INCOMPLETE, "the digest is missing", "缺少摘要"))
    return faults
