"""How a v5 signature is computed from a signed text, rightly and in well-known wrong ways."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from classgate.explain.cos.findings import Finding
from classgate.explain.cos.signed_text import SignedText
from classgate.explain.models import CauseCode

ToText = Callable[[SignedText, str], bytes]
"""Returns the text that the HMAC signs, from the parts and the signed time."""


@dataclass(frozen=True)
class Derivation:
    """How the signing key is made, and with which hash. `finding` is None for the right way."""

    make_key: Callable[[str, str], bytes]
    algorithm: str = "sha1"
    finding: Finding | None = None


@dataclass(frozen=True)
class Layout:
    """How the text for the HMAC is laid out. `finding` is None for the right way."""

    to_text: ToText
    finding: Finding | None = None


def _hex_key(secret: str, time: str, algorithm: str = "sha1") -> bytes:
    return hmac.digest(_bytes(secret), time.encode(), algorithm).hex().encode()


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


RIGHT: Final = Derivation(lru_cache(maxsize=256)(_hex_key))

_RAW: Final = Finding(CauseCode.RAW_SIGN_KEY)
_SHA256: Final = Finding(
    CauseCode.WRONG_HASH,
    "it was made with HMAC-SHA256; COS takes HMAC-SHA1",
    "签名用了 HMAC-SHA256；COS 使用 HMAC-SHA1",
)
_NO_KEY: Final = Finding(
    CauseCode.RAW_SIGN_KEY,
    "the SecretKey signed the text itself, without the SignKey that is derived from it",
    "直接用 SecretKey 签名，没有先派生 SignKey",
)
_SWAPPED: Final = Finding(
    CauseCode.RAW_SIGN_KEY,
    "key and message were swapped when the SignKey was derived",
    "派生 SignKey 时把密钥和消息弄反了",
)
_NO_TIME: Final = Finding(
    CauseCode.RAW_SIGN_KEY,
    "the SignKey was derived from another text than q-key-time",
    "派生 SignKey 时用的不是 q-key-time",
)


def derivations(sign_time: str) -> Iterator[Derivation]:
    """Yield wrong ways of making the signing key; `sign_time` is that of the signature."""
    yield Derivation(lambda secret, time: hmac.digest(_bytes(secret), time.encode(), "sha1"),
                     finding=_RAW)  # fmt: skip
    yield Derivation(lambda secret, time: _hex_key(secret, time).upper(), finding=_RAW)
    yield Derivation(lambda secret, _: _bytes(secret), finding=_NO_KEY)
    yield Derivation(lambda secret, time: hmac.digest(time.encode(), _bytes(secret), "sha1").hex()
                     .encode(), finding=_SWAPPED)  # fmt: skip
    yield Derivation(lambda secret, time: _hex_key(secret, time, "sha256"), "sha256", _SHA256)
    yield Derivation(_hex_key, "sha256", _SHA256)
    yield Derivation(lambda secret, time: _hex_key(secret, time, "sha256"), "sha1", _SHA256)
    yield Derivation(lambda secret, time: hmac.digest(_bytes(secret), time.encode(), "sha256"),
                     "sha256", _SHA256)  # fmt: skip
    yield Derivation(lambda secret, _: _hex_key(secret, sign_time), finding=_times())
    yield Derivation(lambda secret, time: _hex_key(secret, time.partition(";")[0]),
                     finding=_NO_TIME)  # fmt: skip
    yield Derivation(lambda secret, time: _hex_key(secret, time.replace(";", "%3B")),
                     finding=Finding(CauseCode.SEMICOLON_ENCODED))  # fmt: skip


def _times() -> Finding:
    return Finding(CauseCode.TIMES_DIFFER)


RIGHT_LAYOUT: Final = Layout(lambda text, time: _laid_out(text.format_string, time))


def layouts(key_time: str) -> Iterator[Layout]:
    """Yield wrong ways of laying out the text; `key_time` is that of the signature."""
    yield Layout(lambda text, _: _laid_out(text.format_string, key_time), _times())
    yield Layout(
        lambda text, time: _laid_out(text.format_string, time.replace(";", "%3B")),
        Finding(CauseCode.SEMICOLON_ENCODED),
    )
    for english, chinese, to_text in (
        ("the FormatString had no line end at its end", "FormatString 末尾缺少换行",
         lambda text, time: _laid_out(text.format_string.removesuffix("\n"), time)),
        ("the StringToSign had no line end at its end", "StringToSign 末尾缺少换行",
         lambda text, time: _laid_out(text.format_string, time).removesuffix(b"\n")),
        ("the line ends were CRLF", "换行用了 CRLF",
         lambda text, time: _laid_out(text.format_string.replace("\n", "\r\n"), time)),
        ("the digest of the FormatString was in upper case", "FormatString 的摘要用了大写",
         lambda text, time: _laid_out(text.format_string, time, str.upper)),
        ("the FormatString was signed itself, not its digest", "签的是 FormatString 本身而不是摘要",
         lambda text, time: f"sha1\n{time}\n{text.format_string}\n".encode(errors="replace")),
        ("only the FormatString was signed", "只签了 FormatString",
         lambda text, _: _bytes(text.format_string)),
        ("the StringToSign had no first line sha1", "StringToSign 缺少第一行 sha1",
         lambda text, time: _laid_out(text.format_string, time).removeprefix(b"sha1\n")),
        ("an empty line of parameters or headers was left out", "漏掉了空的参数行或请求头行",
         lambda text, time: _laid_out(text.format_string.replace("\n\n", "\n"), time)),
    ):  # fmt: skip
        yield Layout(to_text, Finding(CauseCode.SIGNED_TEXT_DIFFERS, english, chinese))
    yield Layout(lambda text, time: _with_hash(text, time, "sha256", "sha256"), _SHA256)
    yield Layout(lambda text, time: _with_hash(text, time, "sha1", "sha256"), _SHA256)
    yield Layout(lambda text, time: _with_hash(text, time, "sha1", "md5"), _SHA256)


def _laid_out(format_string: str, time: str, spell: Callable[[str], str] = str) -> bytes:
    digest = hashlib.sha1(_bytes(format_string), usedforsecurity=False).hexdigest()
    return f"sha1\n{time}\n{spell(digest)}\n".encode(errors="replace")


def _with_hash(text: SignedText, time: str, name: str, algorithm: str) -> bytes:
    digest = hashlib.new(algorithm, _bytes(text.format_string), usedforsecurity=False).hexdigest()
    return f"{name}\n{time}\n{digest}\n".encode(errors="replace")
