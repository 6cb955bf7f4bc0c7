"""Small encodings that several formats share: base64, percent-encoding and epoch seconds.

It knows no format; the formats say which of these they use.
"""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from classgate.errors import SigningError, VerificationFailed

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_EPOCH_SECOND = 2**32 - 1
"""Times and lifetimes beyond this are no credential's: the formats hold 32 bits or ten digits."""

_ONE_SECOND = timedelta(seconds=1)
_TO_USER_SIG = bytes.maketrans(b"+/=", b"*-_")
_FROM_USER_SIG = bytes.maketrans(b"*-_", b"+/=")
# After this, what was of the standard alphabet is of no alphabet at all.
_FOREIGN_TO_USER_SIG = frozenset(b"+/=")
_WHITE_SPACE = str.maketrans("", "", " \t\r\n\v\f")


def utf_8(text: str) -> bytes:
    """The text's UTF-8 bytes. SigningError for a lone surrogate, which has none."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise SigningError("the text holds half a character and cannot be encoded") from None


def percent_encode(text: str, safe: str = "-_.~") -> str:
    """`%XX`, upper-case, for every byte but letters, digits and `safe` (RFC 3986, section 2.1).

    SigningError for a lone surrogate. `-_.~` are always left alone.
    """
    return quote(utf_8(text), safe=safe)


def strip_white_space(text: str) -> str:
    """Without any ASCII white space: tokens come out of files and mails with line ends in them."""
    return text.translate(_WHITE_SPACE)


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """The bytes of a standard base64 text in its one canonical spelling.

    VerificationFailed (format) for another alphabet, missing padding, or unused bits that are not
    zero: with those, one credential would have several texts.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise VerificationFailed("format", "this is not base64") from None
    if encode_base64(data) != text:
        raise VerificationFailed("format", "this is not base64 as an encoder writes it")
    return data


def encode_user_sig_base64(data: bytes) -> str:
    """Standard base64 with `*-_` for `+/=`, as "tencentyun/tls-sig-api" writes it.

    This is not base64url: there `-` is 62 and `_` is 63; here `-` is 63 and `_` is padding.
    """
    return base64.b64encode(data).translate(_TO_USER_SIG).decode("ascii")


def decode_user_sig_base64(text: str) -> bytes:
    """The bytes of a text in the UserSig alphabet. VerificationFailed (format) for any other."""
    try:
        spelt = text.encode("ascii")
    except UnicodeEncodeError:
        raise VerificationFailed(
            "format", "the token holds a character that is not ASCII"
        ) from None
    if not _FOREIGN_TO_USER_SIG.isdisjoint(spelt):
        raise VerificationFailed(
            "format", "the token is in the standard base64 alphabet; a UserSig has * - _ for + / ="
        )
    return decode_base64(spelt.translate(_FROM_USER_SIG).decode("ascii"))


def to_epoch(moment: datetime) -> int:
    """Whole Unix seconds, rounded down. SigningError outside 0..2**32-1."""
    seconds = (moment - EPOCH) // _ONE_SECOND
    if not 0 <= seconds <= LAST_EPOCH_SECOND:
        raise SigningError("the time is outside what the formats can hold")
    return seconds


def from_epoch(seconds: int) -> datetime:
    """The aware UTC datetime. VerificationFailed (format) outside 0..2**32-1."""
    if not 0 <= seconds <= LAST_EPOCH_SECOND:
        raise VerificationFailed("format", "a time is outside what the formats can hold")
    return EPOCH + timedelta(seconds=seconds)


def to_seconds(lifetime: timedelta) -> int:
    """A lifetime in whole seconds, rounded down. SigningError when shorter than one second."""
    seconds = lifetime // _ONE_SECOND
    if not 1 <= seconds <= LAST_EPOCH_SECOND:
        raise SigningError("a lifetime is at least one second and fits 32 bits")
    return seconds


def read_decimal(text: str, *, digits: int = 10) -> int:
    """A number written in ASCII digits only. VerificationFailed (format) for anything else."""
    if not (0 < len(text) <= digits and text.isascii() and text.isdigit()):
        raise VerificationFailed("format", "a number is not written in decimal digits")
    return int(text)
