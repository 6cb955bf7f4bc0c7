"""Undoes what happens to a UserSig on its way, until its compressed text can be read.

The checksum of the compressed text proves each repair, without any key.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from classgate.explain.models import CauseCode
from classgate.explain.pasted_text import PastedToken, unescape_json
from classgate.explain.user_sigs.claims import VERSION_1_LINES, VERSION_2_LINES
from classgate.explain.user_sigs.token_search import is_in_one_case
from classgate.signing.token_envelope import MAX_JSON_BYTES, MAX_TOKEN_CHARACTERS

_INVISIBLE = re.compile("[\u00a0\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_WHITE_SPACE = re.compile(r"[ \t\r\n\v\f]+")
_WRAPPED = re.compile(r"(?:[ \t\r\n\v\f]+[A-Za-z0-9*_+/=%-]+)+")
_CHARACTERS = re.compile(r"[A-Za-z0-9*_+/=-]*")
_STEP: Final = 16

# Spellings of the 62nd and 63rd character and of padding, each with what it is called.
_SPELLINGS: Final = (
    (str.maketrans("*-_", "+/="), "*-_", None),
    (str.maketrans("", ""), "+/=", CauseCode.STANDARD_BASE64),
    (str.maketrans("-_", "+/"), "-_=", CauseCode.BASE64URL_ALPHABET),
    (str.maketrans("*-_", "+/="), "*-_+/=", CauseCode.STANDARD_BASE64),
    (str.maketrans("*-_", "++/"), "*-_+/=", CauseCode.BASE64URL_ALPHABET),
)


@dataclass(frozen=True)
class TokenText:
    """The text in a token. `mistakes` are those that had to be undone to read it."""

    text: bytes
    is_complete: bool
    mistakes: tuple[CauseCode, ...] = ()
    follows: int = 0
    """How many characters follow the token itself."""


def read_token_text(pasted: PastedToken) -> TokenText:
    """Return the text of a token, whole if any repair gives it, or what can be read of it."""
    first: TokenText | None = None
    for spelt, mistakes in _texts(pasted):
        if len(spelt) > MAX_TOKEN_CHARACTERS:
            continue
        for read in _spelt(spelt, mistakes):
            if read.is_complete and set(read.mistakes) <= {CauseCode.LINE_BREAK_INSIDE}:
                return read  # as the verifiers of Tencent read it
            if read.is_complete and first is None:
                first = read
    if first is not None:
        return first
    text, is_faulty = _readable(pasted.text)
    lost = _what_is_lost(pasted, text, is_faulty=is_faulty)
    return TokenText(text, is_complete=False, mistakes=(lost,))


def _texts(pasted: PastedToken) -> Iterator[tuple[str, tuple[CauseCode, ...]]]:
    """Yield the text as it is, then repaired; with the mistake that a repair undoes."""
    text = pasted.text
    if pasted.is_url_value:
        text = unquote(text, errors="replace")
    for decoded in _percent_decoded(text):
        yield decoded, (CauseCode.PERCENT_ENCODED,)
        if " " in decoded:
            yield decoded.replace(" ", "+"), (CauseCode.PLUS_BECAME_SPACE,)
    yield text, ()
    wrapped = _WRAPPED.match(pasted.after)
    if wrapped is not None:
        yield from _joined(text + wrapped[0])
    if _WHITE_SPACE.search(text):
        yield from _joined(text)
    unescaped = unescape_json(text)
    if unescaped is not None:
        yield unescaped, (CauseCode.JSON_ESCAPED,)
    elif "\\" in text:
        yield text.partition("\\")[0], (CauseCode.TRAILING_TEXT,)
    visible = _INVISIBLE.sub("", text + pasted.after)
    if visible != text + pasted.after:
        yield visible, (CauseCode.INVISIBLE_CHARACTER,)
    if not text.startswith("eJ"):
        for lost in ("e", "eJ", "eJw", "eJx", "eJy", "eJz"):
            yield lost + text, (CauseCode.CUT_AT_START,)


def _joined(text: str) -> Iterator[tuple[str, tuple[CauseCode, ...]]]:
    mistake = CauseCode.LINE_BREAK_INSIDE
    if re.search(r"[\r\n\t]", text) is None:
        # A form that is read turns + into a blank; official libraries write * where it was.
        yield text.replace(" ", "+"), (CauseCode.PLUS_BECAME_SPACE,)
        yield text.replace(" ", "*"), (CauseCode.PLUS_BECAME_SPACE,)
    yield _WHITE_SPACE.sub("", text), (mistake,)


def _percent_decoded(text: str) -> Iterator[str]:
    for _ in range(2):
        decoded = unquote(text, errors="replace")
        if decoded == text:
            return  # a prompt of zsh ends with %
        text = decoded
        yield text


def _spelt(text: str, mistakes: tuple[CauseCode, ...]) -> Iterator[TokenText]:
    text = _WHITE_SPACE.sub("", text)
    found = _CHARACTERS.match(text)
    run = found[0] if found is not None else ""
    for table, alphabet, mistake in _SPELLINGS:
        signs = set(re.sub(r"[A-Za-z0-9]", "", run))
        if not signs <= set(alphabet):
            continue
        standard = run.translate(table)
        body, _, rest = standard.partition("=")
        following = len(rest.lstrip("=")) + len(text) - len(run)
        read = _unpacked(body)
        if mistake is not None and signs:
            read = _with(read, mistake)
        if read.is_complete:
            padding = standard[len(body) :].count("=")
            if (len(body) + padding) % 4 and not read.follows and not following:
                lost = CauseCode.TRUNCATED if padding else CauseCode.PADDING_MISSING
                read = _with(read, lost)
            if not read.follows and not following and not _is_canonical(body):
                read = _with(read, CauseCode.ALTERED)
            if following or read.follows:
                read = TokenText(
                    read.text,
                    True,
                    (*read.mistakes, CauseCode.TRAILING_TEXT),
                    read.follows + following,
                )
        yield TokenText(read.text, read.is_complete, (*mistakes, *read.mistakes), read.follows)


def _is_canonical(body: str) -> bool:
    """Return whether the unused bits of the last character are 0, as every encoder leaves them."""
    last = body[len(body) // 4 * 4 :]
    padded = last + "=" * (-len(last) % 4)
    return base64.b64encode(base64.b64decode(padded)) == padded.encode()


def _with(read: TokenText, mistake: CauseCode) -> TokenText:
    return TokenText(read.text, read.is_complete, (*read.mistakes, mistake), read.follows)


def _unpacked(body: str) -> TokenText:
    """Return the text of unpadded base64, by the ways in which libraries compress."""
    whole = len(body) // 4 * 4
    rest = len(body) - whole
    padded = body if rest == 0 else body + "=" * (4 - rest) if rest > 1 else body[:whole]
    try:
        data = base64.b64decode(padded)
    except (binascii.Error, ValueError):
        return TokenText(b"", is_complete=False)
    read = _inflated(data, zlib.MAX_WBITS)
    if read.is_complete:
        return _opened(read, 1 if rest == 1 else 0)
    if data[:1] == b"{" and b'"TLS.' in data[:MAX_JSON_BYTES]:
        return TokenText(data[:MAX_JSON_BYTES], True, (CauseCode.NOT_COMPRESSED,))
    if data[:2] == b"\x1f\x8b":
        unzipped = _inflated(data, zlib.MAX_WBITS | 16)
        if unzipped.is_complete:
            return _with(unzipped, CauseCode.GZIP)
    if data[:1] != b"\x78":
        raw = _inflated(data, -zlib.MAX_WBITS)
        if raw.is_complete and b'"TLS.' in raw.text:
            return _with(raw, CauseCode.RAW_DEFLATE)
    return read


def _opened(read: TokenText, cut: int) -> TokenText:
    """Return the text, and that of the inner token where it was compressed or encoded twice."""
    text = read.text
    follows = (read.follows * 4 + 2) // 3 + cut
    inner = text
    if text[:1] != b"\x78" and re.fullmatch(rb"eJ[A-Za-z0-9*_+/=-]+", text):
        spelt = text.translate(bytes.maketrans(b"*-_", b"+/=")).rstrip(b"=")
        inner = base64.b64decode(spelt[: len(spelt) // 4 * 4] + _padded_rest(spelt))
    if inner[:1] == b"\x78":
        again = _inflated(inner, zlib.MAX_WBITS)
        if again.is_complete:
            return TokenText(again.text, True, (CauseCode.ENCODED_TWICE,), follows)
    return TokenText(text, True, read.mistakes, follows)


def _padded_rest(spelt: bytes) -> bytes:
    rest = spelt[len(spelt) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _inflated(data: bytes, window: int) -> TokenText:
    """Inflate up to the bound; an incomplete result is what could be read before the fault."""
    unpacker = zlib.decompressobj(window)
    try:
        text = unpacker.decompress(data, MAX_JSON_BYTES)
    except zlib.error:
        return TokenText(b"", is_complete=False)
    return TokenText(text, unpacker.eof, (), len(unpacker.unused_data))


def _readable(token: str) -> tuple[bytes, bool]:
    """Return the text before the first fault of a token that cannot be repaired, and whether there
    is a fault before the end.
    """
    spelt = _CHARACTERS.match(token)
    standard = "" if spelt is None else spelt[0].translate(_SPELLINGS[0][0]).partition("=")[0]
    data = base64.b64decode(standard[: len(standard) // 4 * 4])
    unpacker = zlib.decompressobj()
    text = b""
    for start in range(0, len(data), _STEP):
        try:
            text += unpacker.decompress(data[start : start + _STEP], MAX_JSON_BYTES - len(text))
        except zlib.error:
            return text, True
        if len(text) >= MAX_JSON_BYTES:
            break
    return text, False


_UNPRINTABLE = re.compile(rb"[^\x20-\x7e\s\x80-\xff]")
_NAMES = re.compile(rb'"(TLS\.[^"]*)"\s*:')
_KNOWN_NAMES: Final = frozenset(
    each.encode()
    for each in (*VERSION_1_LINES, *VERSION_2_LINES, "TLS.ver", "TLS.version", "TLS.sig")
)
_SIGNATURE = re.compile(rb'"TLS\.sig"\s*:\s*"([^"]*)')
_LONGEST_SIGNATURE: Final = 110


def _what_is_lost(pasted: PastedToken, text: bytes, *, is_faulty: bool) -> CauseCode:
    """Return whether the end of an unreadable token is missing, or something in it was changed."""
    if is_in_one_case(pasted.text):
        return CauseCode.CASE_CHANGED
    if len(text) >= MAX_JSON_BYTES:
        return CauseCode.TOO_LONG
    if not pasted.text.startswith("e"):
        return CauseCode.CUT_AT_START
    if is_faulty or pasted.text.endswith(("_", "=")) or _is_garbled(text):
        return CauseCode.ALTERED  # padding is the end
    return CauseCode.TRUNCATED


def _is_garbled(text: bytes) -> bool:
    """Return whether the text, which was inflated without a fault, is still not that of a token."""
    signature = _SIGNATURE.search(text)
    return (
        _UNPRINTABLE.search(text) is not None
        or text[:1] not in {b"{", b""}
        or not set(_NAMES.findall(text)) <= _KNOWN_NAMES
        or (signature is not None and len(signature[1]) > _LONGEST_SIGNATURE)
    )
