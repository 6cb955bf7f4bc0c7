"""The signature of the COS JSON API (version 4): single-use, or reusable until it expires.

The credential is a MAC followed by the signed plaintext, so no value may inject a field. The store
remembers whether a single-use signature was used.
Sources: the COS JSON API signature document, "tencentyun/cos-php-sdk-v4", "cos-nodejs-sdk-v5".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import (
    encode_utf8,
    from_epoch,
    parse_decimal,
    percent_encode,
    to_epoch,
)
from classgate.signing.keys import require_secret_id
from classgate.signing.object_paths import is_printable, require_object_path
from classgate.signing.signed_text import sign_text, split_signature, verify_signed_text

__all__ = [
    "FIELD_ORDER",
    "JsonApiSignature",
    "allows_object",
    "issue_reusable",
    "issue_single_use",
    "object_file_id",
    "plaintext",
    "read_json_api_signature",
    "require_object_path",
    "verify_json_api_signature",
]

FIELD_ORDER: Final = "abketrf"
"""The document's order. The server parses fields by name, so any order is valid."""

MAX_NONCE: Final = 9_999_999_999

_CLOUD_APP_ID = re.compile(r"[0-9]{1,20}")
_BUCKET_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?")


@dataclass(frozen=True)
class JsonApiSignature:
    """The content of a signature. `expires_at` is None if it is single-use and never expires."""

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
        """Return whether it is valid for one use only."""
        return self.expires_at is None


def object_file_id(cloud_app_id: str, bucket_name: str, path: str) -> str:
    """Return the field `f` of one object: `/appid/bucket/path`, percent-encoded except slashes.

    A path without a leading slash gets one. `require_object_path` validates paths; this does not.
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
    """Issue a signature for one use on one object. It is valid until it is used.

    Args:
        cloud_app_id: the APPID. Not the SDKAppID.
        bucket_name: the bucket without its APPID.
        secret_id: the SecretId.
        secret_key: its SecretKey.
        file_id: the object, as from `object_file_id`.
        issued_at: rounded down to a second.
        nonce: a random number of at most ten digits.
        field_order: the order of the fields in the plaintext.

    Raises:
        SigningError: a value could inject a field, or the file id names no object of the bucket.
    """
    prefix = f"/{cloud_app_id}/{bucket_name}/"
    if not file_id.startswith(prefix) or file_id == prefix:
        raise SigningError("a single-use signature must name one object of its bucket")
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
    """Issue a signature that is valid until it expires.

    Args:
        cloud_app_id: the APPID. Not the SDKAppID.
        bucket_name: the bucket without its APPID.
        secret_id: the SecretId.
        secret_key: its SecretKey.
        issued_at: rounded down to a second.
        expires_at: the last second in which it is valid.
        nonce: a random number of at most ten digits.
        file_id: one object, or a prefix that ends with a slash; empty means the whole bucket.
        field_order: the order of the fields in the plaintext.

    Raises:
        SigningError: a value could inject a field, or the expiry is not after the issue.
    """
    end = to_epoch(expires_at)
    if end <= to_epoch(issued_at):
        raise SigningError("a reusable signature must expire after it is issued")
    return _issue(
        _fields(cloud_app_id, bucket_name, secret_id, end, issued_at, nonce, file_id),
        field_order,
        secret_key,
    )


def plaintext(fields: Mapping[str, str], field_order: str = FIELD_ORDER) -> bytes:
    """Return the signed text: `a=…&b=…`, in this order. SigningError for a missing field."""
    if sorted(field_order) != sorted(FIELD_ORDER) or set(fields) != set(FIELD_ORDER):
        raise SigningError("the fields must be a, b, k, e, t, r and f, each once")
    return encode_utf8("&".join(f"{name}={fields[name]}" for name in field_order))


def read_json_api_signature(text: str) -> JsonApiSignature:
    """Parse a signature without verifying it. VerificationFailed (format).

    Duplicate fields are refused, because parsers disagree on which one counts. Unknown fields are
    ignored, because old signers write a raw `&` of a path.
    """
    digest, rest = split_signature(text)
    fields = _read_fields(rest)
    end = parse_decimal(fields["e"])
    if end == 0 and not fields["f"]:
        raise VerificationFailed("format", "a single-use signature names no object")
    return JsonApiSignature(
        cloud_app_id=fields["a"],
        bucket_name=fields["b"],
        secret_id=fields["k"],
        expires_at=from_epoch(end) if end else None,
        issued_at=from_epoch(parse_decimal(fields["t"])),
        nonce=parse_decimal(fields["r"]),
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
    """Verify a signature and return its content. `allows_object` checks the object.

    Args:
        text: the signature.
        secret_id: the expected SecretId.
        secret_key: its SecretKey.
        cloud_app_id: the expected APPID.
        bucket_name: the expected bucket, without its APPID.
        at: the time of the verification; the last second is valid.

    Raises:
        VerificationFailed: checked in this order: format of the whole, signature, format of the
            fields, access_key, appid, bucket, expired.
    """
    verify_signed_text(text, secret_key)
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


def allows_object(signature: JsonApiSignature, path: str) -> bool:
    """Return whether the signature allows this object of its bucket.

    A reusable signature without a file id allows all objects; one whose file id ends with a slash
    allows all objects below it. File ids are percent-decoded. In a reusable signature, a file id
    may omit `/appid/bucket`.
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
            raise SigningError(f"the {name} is not valid in a COS signature")
    if not 0 <= nonce <= MAX_NONCE:
        raise SigningError("a nonce must have at most ten digits")
    if "&" in file_id or not is_printable(file_id):
        raise SigningError("a file id must not contain '&' or a control character")
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
    return sign_text(plaintext(fields, field_order), secret_key)


def _read_fields(text: bytes) -> dict[str, str]:
    try:
        pairs = [pair.partition("=")[::2] for pair in text.decode().split("&")]
    except UnicodeDecodeError:
        raise VerificationFailed("format", "the signed text is not UTF-8") from None
    known = [(name, value) for name, value in pairs if name in FIELD_ORDER and name]
    fields = dict(known)
    if len(fields) != len(known) or len(fields) != len(FIELD_ORDER):
        raise VerificationFailed("format", "a field of the signature is missing or duplicate")
    return fields
