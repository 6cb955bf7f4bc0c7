"""The signature with which a client uploads to VOD by itself.

The credential is its own plaintext with a MAC before it, as in the COS JSON API; here the text is
form-encoded, so no value can bring a field of its own. Whether a signature that is good once was
used is the service's to remember.
Sources: the VOD client upload signature document (266/9221, 266/33922),
"zhaoyang21cn/SuiXinBoInEduServer" (VodGetClientSignCmd.php).
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, quote_plus

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import (
    decode_base64,
    encode_base64,
    from_epoch,
    read_decimal,
    to_epoch,
    utf_8,
)
from classgate.signing.keys import require_secret_id

Pairs = Sequence[tuple[str, str]]

MAX_LIFETIME: Final = timedelta(days=90)
MAX_NONCE: Final = 2**32 - 1
MAX_SIGNATURE_CHARACTERS: Final = 8192
MAX_FIELDS: Final = 32

_DIGEST_BYTES = 20
_REQUIRED: Final = ("secretId", "currentTimeStamp", "expireTime", "random")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


@dataclass(frozen=True)
class UploadSignature:
    """What a signature says. `options` are its further fields, such as `procedure`, in order."""

    secret_id: str
    issued_at: datetime
    expires_at: datetime
    nonce: int
    options: tuple[tuple[str, str], ...] = ()

    @property
    def single_use(self) -> bool:
        """Whether it is used up by its first use."""
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
    """A signature that lets its holder upload until it expires.

    SigningError for a lifetime over 90 days, a nonce over 32 bits, or an option that has no plain
    name or stands twice. InvalidSigningKey.
    """
    require_secret_id(secret_id)
    if not timedelta(seconds=1) <= lifetime <= MAX_LIFETIME:
        raise SigningError("a VOD signature lives a second at least and 90 days at most")
    if not 0 <= nonce <= MAX_NONCE:
        raise SigningError("a nonce fits 32 bits")
    names = [name for name, _ in options]
    if len(names) > MAX_FIELDS - len(_REQUIRED) or len({*names, *_REQUIRED}) != len(names) + 4:
        raise SigningError("a field of the signature stands twice, or there are too many")
    if not all(_NAME.fullmatch(name) for name in names):
        raise SigningError("a field of the signature has a name of letters and digits")
    start, end = to_epoch(issued_at), to_epoch(issued_at + lifetime)
    values = (secret_id, str(start), str(end), str(nonce))
    token = sign_plaintext(plaintext([*zip(_REQUIRED, values, strict=True), *options]), secret_key)
    if len(token) > MAX_SIGNATURE_CHARACTERS:
        raise SigningError("the options of the signature are too long")
    return token


def plaintext(fields: Pairs) -> bytes:
    """The text that is signed, in this order: a form as PHP encodes it, a space becoming `+`."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in fields).encode()


def sign_plaintext(text: bytes, secret_key: str) -> str:
    """base64 of the HMAC-SHA1 of the text and the text itself. Signs whatever it is given."""
    return encode_base64(_mac(text, secret_key) + text)


def read_upload_signature(text: str) -> UploadSignature:
    """What a signature says, unverified. VerificationFailed (format)."""
    return _require_lifetime(_read_fields(_parts(text)[1]))


def verify_upload_signature(
    text: str, *, secret_id: str, secret_key: str, at: datetime
) -> UploadSignature:
    """The content of a signature that is good at this moment, its last second included.

    VerificationFailed, in this order: format of the whole, signature, format of the fields,
    access_key, expired, format of the lifetime.
    """
    digest, signed = _parts(text)
    if not hmac.compare_digest(digest, _mac(signed, secret_key)):
        raise VerificationFailed("signature", "the signature is not this key's over its fields")
    content = _read_fields(signed)
    if content.secret_id != secret_id:
        raise VerificationFailed("access_key", "the signature was made with another SecretId")
    if at > content.expires_at:
        raise VerificationFailed("expired", "the signature has expired")
    return _require_lifetime(content)


def _parts(text: str) -> tuple[bytes, bytes]:
    if len(text) > MAX_SIGNATURE_CHARACTERS:
        raise VerificationFailed("format", "the signature is far longer than any")
    data = decode_base64(text)
    if len(data) <= _DIGEST_BYTES:
        raise VerificationFailed(
            "format", "the signature is cut: there is nothing after the digest"
        )
    return data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]


def _read_fields(text: bytes) -> UploadSignature:
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise VerificationFailed("format", "the signed text is not a form in UTF-8") from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or not fields.keys() >= set(_REQUIRED):
        raise VerificationFailed("format", "a field of the signature is missing or stands twice")
    secret_id, start, end, nonce = (fields[name] for name in _REQUIRED)
    content = UploadSignature(
        secret_id,
        from_epoch(read_decimal(start)),
        from_epoch(read_decimal(end)),
        read_decimal(nonce),
        tuple(pair for pair in pairs if pair[0] not in _REQUIRED),
    )
    if content.nonce > MAX_NONCE:
        raise VerificationFailed("format", "the random number does not fit 32 bits")
    return content


def _require_lifetime(content: UploadSignature) -> UploadSignature:
    if not timedelta(0) < content.expires_at - content.issued_at <= MAX_LIFETIME:
        raise VerificationFailed("format", "the signature does not live up to 90 days")
    return content


def _encode(text: str) -> str:
    # Python's form encoding leaves a tilde alone; PHP's, which the document shows, does not.
    return quote_plus(utf_8(text)).replace("~", "%7E")


def _mac(text: bytes, secret_key: str) -> bytes:
    return hmac.digest(utf_8(secret_key), text, "sha1")
