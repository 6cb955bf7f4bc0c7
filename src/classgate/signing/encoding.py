"""Encodings that several formats share: base64, percent-encoding and epoch seconds."""

import base64
import binascii
import re
from binascii import b2a_base64
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from classgate.errors import SigningError, VerificationFailed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_EPOCH_SECOND = 2**32 - 1
"""The limit of times and lifetimes: the formats have 32 bits or ten digits."""

# RFC 3986, section 2.3.
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")
_TO_USER_SIG = bytes.maketrans(b"+/=", b"*-_")
_FROM_USER_SIG = bytes.maketrans(b"*-_", b"+/=")
# Standard base64 characters that the UserSig alphabet does not contain.
_FOREIGN_TO_USER_SIG = frozenset(b"+/=")
_WHITE_SPACE = str.maketrans("", "", " \t\r\n\v\f")


def encode_utf8(text: str) -> bytes:
    """Return the text's UTF-8 bytes. SigningError for a lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise SigningError("the text contains a lone surrogate") from None


def percent_encode(text: str, safe: str = "-_.~") -> str:
    """Encode every byte except letters, digits, `-_.~` and `safe` as upper-case `%XX`.

    RFC 3986, section 2.1. SigningError for a lone surrogate.
    """
    if _UNRESERVED.fullmatch(text):
        return text
    if text.isascii():
        return text.translate(_ascii_escapes(safe))
    return quote(encode_utf8(text), safe=safe)


@lru_cache(maxsize=8)
def _ascii_escapes(safe: str) -> list[str]:
    """Return what `percent_encode` writes for each ASCII character."""
    return [quote(chr(code), safe=safe) for code in range(128)]


def strip_white_space(text: str) -> str:
    """Remove all ASCII white space: tokens from files and mails contain line ends."""
    return text.translate(_WHITE_SPACE)


def encode_base64(data: bytes) -> str:
    """Encode as standard base64 with padding (RFC 4648, section 4)."""
    return b2a_base64(data, newline=False).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Decode canonical standard base64.

    VerificationFailed (format) for another alphabet, missing padding, or unused bits that are not
    zero: these would give one credential several texts.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise VerificationFailed("format", "this is not base64") from None
    if encode_base64(data) != text:
        raise VerificationFailed("format", "this is not canonical base64")
    return data


def encode_user_sig_base64(data: bytes) -> str:
    """Encode as base64 with `*-_` for `+/=`, as "tencentyun/tls-sig-api" does.

    This is not base64url, where `-` is 62 and `_` is 63. Here `-` is 63 and `_` is padding.
    """
    return b2a_base64(data, newline=False).translate(_TO_USER_SIG).decode("ascii")


def decode_user_sig_base64(text: str) -> bytes:
    """Decode base64 in the UserSig alphabet. VerificationFailed (format) for any other."""
    try:
        spelt = text.encode("ascii")
    except UnicodeEncodeError:
        raise VerificationFailed(
            "format", "the token contains a character that is not ASCII"
        ) from None
    if not _FOREIGN_TO_USER_SIG.isdisjoint(spelt):
        raise VerificationFailed(
            "format", "the token has the standard base64 alphabet; a UserSig has * - _ for + / ="
        )
    return decode_base64(spelt.translate(_FROM_USER_SIG).decode("ascii"))


def to_epoch(moment: datetime) -> int:
    """Return whole Unix seconds, rounded down. SigningError outside 0..2**32-1."""
    # `seconds` is never negative, so this rounds down. `//` would count in microseconds first.
    since = moment - EPOCH
    seconds = since.days * 86400 + since.seconds
    if not 0 <= seconds <= LAST_EPOCH_SECOND:
        raise SigningError("the time is out of range")
    return seconds


def from_epoch(seconds: int) -> datetime:
    """Return the UTC time of Unix seconds. VerificationFailed (format) outside 0..2**32-1."""
    if not 0 <= seconds <= LAST_EPOCH_SECOND:
        raise VerificationFailed("format", "a time is out of range")
    return EPOCH + timedelta(seconds=seconds)


def to_seconds(lifetime: timedelta) -> int:
    """Return a lifetime in whole seconds, rounded down. SigningError outside 1..2**32-1."""
    seconds = lifetime.days * 86400 + lifetime.seconds  # as in `to_epoch`
    if not 1 <= seconds <= LAST_EPOCH_SECOND:
        raise SigningError("a lifetime must have at least one second and fit 32 bits")
    return seconds


def parse_decimal(text: str, *, digits: int = 10) -> int:
    """Parse a number of ASCII digits, at most `digits`. VerificationFailed (format)."""
    if not (0 < len(text) <= digits and text.isascii() and text.isdigit()):
        raise VerificationFailed("format", "a number must consist of decimal digits")
    return int(text)
