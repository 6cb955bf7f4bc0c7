"""The signature with which a client uploads directly to VOD.

The credential is a MAC followed by the signed plaintext, as in the COS JSON API. The text is
form-encoded, so no value can inject a field. The service remembers whether a single-use signature
was used.
Sources: the VOD client upload signature document (266/9221, 266/33922),
"zhaoyang21cn/SuiXinBoInEduServer" (VodGetClientSignCmd.php).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote_plus

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import (
    encode_utf8,
    from_epoch,
    parse_decimal,
    to_epoch,
)
from classgate.signing.forms import parse_form_strictly
from classgate.signing.keys import require_secret_id
from classgate.signing.signed_text import (
    MAX_SIGNATURE_CHARACTERS,
    sign_text,
    split_signature,
    verify_signed_text,
)

Pairs = Sequence[tuple[str, str]]

MAX_LIFETIME: Final = timedelta(days=90)
MAX_NONCE: Final = 2**32 - 1
MAX_FIELDS: Final = 32

_REQUIRED: Final = ("secretId", "currentTimeStamp", "expireTime", "random")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


@dataclass(frozen=True)
class UploadSignature:
    """The content of a signature. `options`: its other fields, such as `procedure`, in order."""

    secret_id: str
    issued_at: datetime
    expires_at: datetime
    nonce: int
    options: tuple[tuple[str, str], ...] = ()

    @property
    def single_use(self) -> bool:
        """Return whether it is valid for one use only."""
        return ("oneTimeValid", "1") in self.options


def issue_upload_signature(
    *,
    secret_id: str,
    secret_key: str,
    issued_at: datetime,
    lifetime: timedelta,
    nonce: int,
    options: Pairs = (),
) -> str:
    """Issue a signature with which a client uploads until it expires.

    Args:
        secret_id: the SecretId.
        secret_key: its SecretKey.
        issued_at: rounded down to a second.
        lifetime: one second to 90 days.
        nonce: a random number of at most 32 bits.
        options: further fields, such as `procedure`; their names have letters and digits only.

    Raises:
        SigningError: a value is out of range, or an option is malformed or duplicate.
    """
    require_secret_id(secret_id)
    if not timedelta(seconds=1) <= lifetime <= MAX_LIFETIME:
        raise SigningError("the lifetime of a VOD signature must be one second to 90 days")
    if not 0 <= nonce <= MAX_NONCE:
        raise SigningError("a nonce must fit 32 bits")
    names = [name for name, _ in options]
    if len(names) > MAX_FIELDS - len(_REQUIRED) or len({*names, *_REQUIRED}) != len(names) + 4:
        raise SigningError("the signature has duplicate fields or too many")
    if not all(_NAME.fullmatch(name) for name in names):
        raise SigningError("the names of fields must have letters and digits only")
    start, end = to_epoch(issued_at), to_epoch(issued_at + lifetime)
    values = (secret_id, str(start), str(end), str(nonce))
    token = sign_text(plaintext([*zip(_REQUIRED, values, strict=True), *options]), secret_key)
    if len(token) > MAX_SIGNATURE_CHARACTERS:
        raise SigningError("the options of the signature are too long")
    return token


def plaintext(fields: Pairs) -> bytes:
    """Return the signed text, in this order: a form as PHP encodes it, with `+` for a space."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in fields).encode()


def read_upload_signature(text: str) -> UploadSignature:
    """Parse a signature without verifying it. VerificationFailed (format)."""
    return _require_lifetime(_read_fields(split_signature(text)[1]))


def verify_upload_signature(
    text: str, *, secret_id: str, secret_key: str, at: datetime
) -> UploadSignature:
    """Verify a signature and return its content. The last second is valid.

    Raises:
        VerificationFailed: checked in this order: format of the whole, signature, format of the
            fields, access_key, expired, format of the lifetime.
    """
    content = _read_fields(verify_signed_text(text, secret_key))
    if content.secret_id != secret_id:
        raise VerificationFailed("access_key", "the signature was made with another SecretId")
    if at > content.expires_at:
        raise VerificationFailed("expired", "the signature has expired")
    return _require_lifetime(content)


def _read_fields(text: bytes) -> UploadSignature:
    pairs = parse_form_strictly(text, max_fields=MAX_FIELDS, what="the signed text")
    fields = dict(pairs)
    if not fields.keys() >= set(_REQUIRED):
        raise VerificationFailed("format", "a field of the signature is missing")
    secret_id, start, end, nonce = (fields[name] for name in _REQUIRED)
    content = UploadSignature(
        secret_id,
        from_epoch(parse_decimal(start)),
        from_epoch(parse_decimal(end)),
        parse_decimal(nonce),
        tuple(pair for pair in pairs if pair[0] not in _REQUIRED),
    )
    if content.nonce > MAX_NONCE:
        raise VerificationFailed("format", "random does not fit 32 bits")
    return content


def _require_lifetime(content: UploadSignature) -> UploadSignature:
    if not timedelta(0) < content.expires_at - content.issued_at <= MAX_LIFETIME:
        raise VerificationFailed("format", "the lifetime must be above 0 and up to 90 days")
    return content


def _encode(text: str) -> str:
    # PHP, which the document shows, encodes a tilde; Python does not.
    return quote_plus(encode_utf8(text)).replace("~", "%7E")
