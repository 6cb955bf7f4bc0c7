"""The signature of the COS JSON API (version 4): single-use, or reusable until it expires.

The credential is its own plaintext with a MAC before it, so the rule of this room is that no value
may bring a field of its own. Who may upload what is decided elsewhere; whether a single-use
signature was used is the store's to remember.
Sources: the COS JSON API signature document, "tencentyun/cos-php-sdk-v4", "cos-nodejs-sdk-v5".
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import (
    decode_base64,
    encode_base64,
    from_epoch,
    percent_encode,
    read_decimal,
    to_epoch,
    utf_8,
)
from classgate.signing.keys import key_bytes, require_secret_id
from classgate.signing.object_paths import is_printable, require_object_path

__all__ = [
    "FIELD_ORDER",
    "JsonApiSignature",
    "issue_reusable",
    "issue_single_use",
    "names_object",
    "object_file_id",
    "plaintext",
    "read_json_api_signature",
    "require_object_path",
    "sign_plaintext",
    "verify_json_api_signature",
]

FIELD_ORDER: Final = "abketrf"
"""The document's order. The server reads fields by name, so any order is good."""

MAX_NONCE: Final = 9_999_999_999
MAX_SIGNATURE_CHARACTERS: Final = 8192

_DIGEST_BYTES = 20
_CLOUD_APP_ID = re.compile(r"[0-9]{1,20}")
_BUCKET_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?")


@dataclass(frozen=True)
class JsonApiSignature:
    """What a signature says. `expires_at` is None when it is good for one use, without end."""

    cloud_app_id: str
    bucket_name: str
    secret_id: str
    expires_at: datetime | None
    issued_at: datetime
    nonce: int
    file_id: str
    digest: bytes = field(repr=False)
    plaintext: bytes = field(repr=False)

    @property
    def single_use(self) -> bool:
        """Whether it is used up by its first use."""
        return self.expires_at is None


def object_file_id(cloud_app_id: str, bucket_name: str, path: str) -> str:
    """`/appid/bucket/path`, percent-encoded but for the slashes: how `f` names one object.

    A path without a leading slash gets one. Only encodes; `require_object_path` is strict.
    """
    slashed = path if path.startswith("/") else f"/{path}"
    return percent_encode(f"/{cloud_app_id}/{bucket_name}{slashed}", safe="/")


def issue_single_use(
    *,
    cloud_app_id: str,
    bucket_name: str,
    secret_id: str,
    secret_key: str,
    file_id: str,
    issued_at: datetime,
    nonce: int,
    field_order: str = FIELD_ORDER,
) -> str:
    """A signature for one use on one named object. It never expires unused.

    SigningError when a value cannot be a field, or the file id names no object of this bucket.
    """
    prefix = f"/{cloud_app_id}/{bucket_name}/"
    if not file_id.startswith(prefix) or file_id == prefix:
        raise SigningError("a single-use signature names one object of its own bucket")
    return _issue(
        _fields(cloud_app_id, bucket_name, secret_id, 0, issued_at, nonce, file_id),
        field_order,
        secret_key,
    )


def issue_reusable(
    *,
    cloud_app_id: str,
    bucket_name: str,
    secret_id: str,
    secret_key: str,
    issued_at: datetime,
    expires_at: datetime,
    nonce: int,
    file_id: str = "",
    field_order: str = FIELD_ORDER,
) -> str:
    """A signature that works until it expires; for the whole bucket when `file_id` is empty.

    SigningError when a value cannot be a field, or the end is not after the beginning.
    """
    end = to_epoch(expires_at)
    if end <= to_epoch(issued_at):
        raise SigningError("a reusable signature expires after it is issued")
    return _issue(
        _fields(cloud_app_id, bucket_name, secret_id, end, issued_at, nonce, file_id),
        field_order,
        secret_key,
    )


def plaintext(fields: Mapping[str, str], field_order: str = FIELD_ORDER) -> bytes:
    """The text that is signed: `a=…&b=…`, in this order. SigningError for a missing field."""
    if sorted(field_order) != sorted(FIELD_ORDER) or set(fields) != set(FIELD_ORDER):
        raise SigningError("the fields are a, b, k, e, t, r and f, each once")
    return utf_8("&".join(f"{name}={fields[name]}" for name in field_order))


def sign_plaintext(text: bytes, secret_key: str) -> str:
    """base64 of the HMAC-SHA1 of the text and the text itself. Signs whatever it is given."""
    return encode_base64(_mac(text, secret_key) + text)


def read_json_api_signature(text: str) -> JsonApiSignature:
    """What a signature says, unverified. VerificationFailed (format).

    A field that stands twice is refused: it would be read differently by different readers. Fields
    that are not known are ignored, because old signers write a raw `&` from a path.
    """
    digest, rest = _parts(text)
    fields = _read_fields(rest)
    end = read_decimal(fields["e"])
    if end == 0 and not fields["f"]:
        raise VerificationFailed("format", "a single-use signature names no object")
    return JsonApiSignature(
        cloud_app_id=fields["a"],
        bucket_name=fields["b"],
        secret_id=fields["k"],
        expires_at=from_epoch(end) if end else None,
        issued_at=from_epoch(read_decimal(fields["t"])),
        nonce=read_decimal(fields["r"]),
        file_id=fields["f"],
        digest=digest,
        plaintext=rest,
    )


def verify_json_api_signature(
    text: str,
    *,
    secret_id: str,
    secret_key: str,
    cloud_app_id: str,
    bucket_name: str,
    at: datetime,
) -> JsonApiSignature:
    """The content of a signature that is good for this bucket and moment.

    Which object it is good for is `names_object`'s to say. VerificationFailed, in this order:
    format of the whole, signature, format of the fields, access_key, appid, bucket, expired.
    """
    digest, signed = _parts(text)
    if not hmac.compare_digest(digest, _mac(signed, secret_key)):
        raise VerificationFailed("signature", "the signature is not this key's over its fields")
    signature = read_json_api_signature(text)
    if signature.secret_id != secret_id:
        raise VerificationFailed("access_key", "the signature was made with another SecretId")
    if signature.cloud_app_id != cloud_app_id:
        raise VerificationFailed("appid", "the signature was issued for another APPID")
    if signature.bucket_name != bucket_name:
        raise VerificationFailed("bucket", "the signature was issued for another bucket")
    if signature.expires_at is not None and at > signature.expires_at:
        raise VerificationFailed("expired", "the signature has expired")
    return signature


def names_object(signature: JsonApiSignature, path: str) -> bool:
    """Whether the signature may be used on this object of its bucket.

    Reusable ones without a file id are good for all, and those whose file id ends with a slash for
    what lies below it. A file id is read as percent-encoded. It may lack the `/appid/bucket` before
    the path, but in a single-use signature.
    """
    slashed = path if path.startswith("/") else f"/{path}"
    if not signature.file_id:
        return not signature.single_use
    try:
        named = unquote(signature.file_id, errors="strict")
    except UnicodeDecodeError:
        return False
    place = f"/{signature.cloud_app_id}/{signature.bucket_name}"
    if signature.single_use:
        return named == f"{place}{slashed}"
    wanted = f"{place}{slashed}" if named.startswith(f"{place}/") else slashed
    return named == wanted or (named.endswith("/") and wanted.startswith(named))


def _fields(
    cloud_app_id: str,
    bucket_name: str,
    secret_id: str,
    expires_at: int,
    issued_at: datetime,
    nonce: int,
    file_id: str,
) -> dict[str, str]:
    require_secret_id(secret_id)
    for pattern, value, name in (
        (_CLOUD_APP_ID, cloud_app_id, "APPID"),
        (_BUCKET_NAME, bucket_name, "bucket name"),
    ):
        if pattern.fullmatch(value) is None:
            raise SigningError(f"this cannot be signed as the {name} of a COS signature")
    if not 0 <= nonce <= MAX_NONCE:
        raise SigningError("a nonce has at most ten digits")
    if "&" in file_id or not is_printable(file_id):
        raise SigningError("a file id with '&' or a control character would bring its own field")
    return {
        "a": cloud_app_id,
        "b": bucket_name,
        "k": secret_id,
        "e": str(expires_at),
        "t": str(to_epoch(issued_at)),
        "r": str(nonce),
        "f": file_id,
    }


def _issue(fields: Mapping[str, str], field_order: str, secret_key: str) -> str:
    return sign_plaintext(plaintext(fields, field_order), secret_key)


def _parts(text: str) -> tuple[bytes, bytes]:
    if len(text) > MAX_SIGNATURE_CHARACTERS:
        raise VerificationFailed("format", "the signature is far longer than any")
    data = decode_base64(text)
    if len(data) <= _DIGEST_BYTES:
        raise VerificationFailed(
            "format", "the signature is cut: there is nothing after the digest"
        )
    return data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]


def _read_fields(text: bytes) -> dict[str, str]:
    try:
        pairs = [pair.partition("=")[::2] for pair in text.decode().split("&")]
    except UnicodeDecodeError:
        raise VerificationFailed("format", "the signed text is not UTF-8") from None
    known = [(name, value) for name, value in pairs if name in FIELD_ORDER and name]
    fields = dict(known)
    if len(fields) != len(known) or len(fields) != len(FIELD_ORDER):
        raise VerificationFailed("format", "a field of the signature is missing or stands twice")
    return fields


def _mac(text: bytes, secret_key: str) -> bytes:
    return hmac.digest(key_bytes(secret_key), text, "sha1")
