"""The signature of Tencent's cloud API 3.0: TC3-HMAC-SHA256.

Signs and verifies one request. The caller sends it, or looks up the key of a SecretId.
Sources: the signature v3 document (cloud document 1278/46710), "tencentcloud-sdk-python-common".
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import encode_utf8, from_epoch, parse_decimal, to_epoch
from classgate.signing.keyed_hmac import KeyedHmac
from classgate.signing.keys import key_bytes, require_secret_id

ALGORITHM: Final = "TC3-HMAC-SHA256"
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
TOLERANCE: Final = timedelta(seconds=300)
"""The accepted difference between a request's time and the server's, in both directions."""

_SIGNED_HEADERS: Final = ("content-type", "host")
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/,\s]{1,128})/(\d{4}-\d{2}-\d{2})/([a-z0-9-]{1,64})/tc3_request"
    r",\s*SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+)*),\s*Signature=([0-9a-f]{64})",
    re.ASCII,
)


@dataclass(frozen=True)
class CloudApiRequest:
    """One call. `unsigned_payload` excludes the body from the signature."""

    host: str
    service: str
    action: str
    version: str
    region: str
    payload: bytes
    content_type: str = "application/json"
    method: str = "POST"
    query: str = ""
    unsigned_payload: bool = False


@dataclass(frozen=True)
class CloudApiCredential:
    """The unverified fields of an Authorization header."""

    secret_id: str
    date: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def canonical_request(
    *,
    method: str,
    path: str = "/",
    query: str,
    headers: Mapping[str, str],
    signed_headers: Collection[str],
    payload: bytes,
    unsigned_payload: bool = False,
) -> str:
    """Return the canonical request. The names in `headers` are in lower case.

    Content-Type and Host keep the case of their values; other values are in lower case (signature
    v3 document). KeyError if a signed header is missing.
    """
    names = sorted(signed_headers)
    lines = "".join([f"{name}:{_canonical_value(name, headers[name])}\n" for name in names])
    body = UNSIGNED_PAYLOAD.encode() if unsigned_payload else payload
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}\n{path}\n{query}\n{lines}\n{';'.join(names)}\n{digest}"


def string_to_sign(canonical: str, *, service: str, issued_at: datetime) -> str:
    """Return the text that the HMAC signs."""
    seconds = to_epoch(issued_at)
    return _string_to_sign(canonical, seconds, _scope(_date(seconds), service))


def _string_to_sign(canonical: str, seconds: int, scope: str) -> str:
    digest = hashlib.sha256(encode_utf8(canonical)).hexdigest()
    return f"{ALGORITHM}\n{seconds}\n{scope}\n{digest}"


def _scope(date: str, service: str) -> str:
    return f"{date}/{service}/tc3_request"


def issue_authorization(
    request: CloudApiRequest, *, secret_id: str, secret_key: str, issued_at: datetime
) -> str:
    """Return the Authorization header of a call.

    SigningError for a SecretId or a header value that could inject a line or a field.
    """
    require_secret_id(secret_id)
    if not f"{request.host}{request.content_type}{request.service}{request.query}".isprintable():
        raise SigningError("a header of a cloud call contains a control character")
    seconds = to_epoch(issued_at)
    date = _date(seconds)
    scope = _scope(date, request.service)
    canonical = canonical_request(
        method=request.method,
        query=request.query,
        headers={"content-type": request.content_type, "host": request.host},
        signed_headers=_SIGNED_HEADERS,
        payload=request.payload,
        unsigned_payload=request.unsigned_payload,
    )
    text = _string_to_sign(canonical, seconds, scope)
    signature = _signature(text, secret_key, date, request.service)
    return (
        f"{ALGORITHM} Credential={secret_id}/{scope}, "
        f"SignedHeaders={';'.join(_SIGNED_HEADERS)}, Signature={signature}"
    )


def sign_headers(
    request: CloudApiRequest,
    *,
    secret_id: str,
    secret_key: str,
    issued_at: datetime,
    session_token: str | None = None,
) -> dict[str, str]:
    """Return all headers to send with a call. SigningError as in `issue_authorization`."""
    headers = {
        "Authorization": issue_authorization(
            request, secret_id=secret_id, secret_key=secret_key, issued_at=issued_at
        ),
        "Content-Type": request.content_type,
        "Host": request.host,
        "X-TC-Action": request.action,
        "X-TC-Version": request.version,
        "X-TC-Timestamp": str(to_epoch(issued_at)),
    }
    if request.region:
        headers["X-TC-Region"] = request.region
    if session_token is not None:
        headers["X-TC-Token"] = session_token
    if request.unsigned_payload:
        headers["X-TC-Content-SHA256"] = UNSIGNED_PAYLOAD
    return headers


def read_credential(authorization: str) -> CloudApiCredential:
    """Parse an Authorization header without verifying it. VerificationFailed (format)."""
    found = _AUTHORIZATION.fullmatch(authorization.strip())
    if found is None:
        raise VerificationFailed(
            "format", "the authorization does not have the TC3-HMAC-SHA256 form"
        )
    secret_id, date, service, names, signature = found.groups()
    signed_headers = tuple(names.split(";"))
    if len(set(signed_headers)) != len(signed_headers) or not set(signed_headers).issuperset(
        _SIGNED_HEADERS
    ):
        raise VerificationFailed("format", "Content-Type and Host must be signed, each once")
    return CloudApiCredential(secret_id, date, service, signed_headers, signature)


def verify_authorization(
    *,
    method: str,
    path: str = "/",
    query: str,
    headers: Mapping[str, str],
    payload: bytes,
    authorization: str,
    timestamp: str,
    service: str,
    secret_key: str,
    at: datetime,
) -> CloudApiCredential:
    """Verify a call and return its credential.

    Args:
        method: the HTTP method.
        path: the path, which is `/` for all services.
        query: the query, as received.
        headers: all headers; their names may be in any case. If X-TC-Content-SHA256 is
            UNSIGNED-PAYLOAD, the signature does not cover the body.
        payload: the body, as received.
        authorization: the value of the Authorization header.
        timestamp: the value of X-TC-Timestamp, in Unix seconds.
        service: the expected service, such as `sts`.
        secret_key: the SecretKey of the header's SecretId.
        at: the time of the verification.

    Raises:
        VerificationFailed: checked in this order: format, signature, expired (more than 300
            seconds from `at`, past or future).
    """
    credential = read_credential(authorization)
    issued_at = from_epoch(parse_decimal(timestamp))
    received = {name.lower(): value for name, value in headers.items()}
    if not received.keys() >= set(credential.signed_headers):
        raise VerificationFailed("signature", "a header that was signed is not in the request")
    canonical = canonical_request(
        method=method,
        path=path,
        query=query,
        headers=received,
        signed_headers=credential.signed_headers,
        payload=payload,
        unsigned_payload=received.get("x-tc-content-sha256") == UNSIGNED_PAYLOAD,
    )
    try:
        text = string_to_sign(canonical, service=service, issued_at=issued_at)
    except SigningError:
        raise VerificationFailed("format", "the request contains text that is not UTF-8") from None
    date = _date(to_epoch(issued_at))
    expected = _signature(text, secret_key, date, service)
    scope_agrees = (credential.date, credential.service) == (date, service)
    if not (hmac.compare_digest(expected, credential.signature) and scope_agrees):
        raise VerificationFailed("signature", "the signature does not match this key and call")
    if abs(at - issued_at) > TOLERANCE:
        raise VerificationFailed(
            "expired", "the call's time is more than 300 seconds from the server's"
        )
    return credential


def _canonical_value(name: str, value: str) -> str:
    return value.strip() if name in _SIGNED_HEADERS else value.strip().lower()


def _date(seconds: int) -> str:
    return from_epoch(seconds).date().isoformat()


def _signature(text: str, secret_key: str, date: str, service: str) -> str:
    return _signing_hmac(secret_key, date, service).hexdigest(encode_utf8(text))


# A derived key signs all calls of one service on one day. The limit also bounds how long keys of
# the past stay in memory.
@lru_cache(maxsize=16)
def _signing_hmac(secret_key: str, date: str, service: str) -> KeyedHmac:
    key = key_bytes(f"TC3{secret_key}")
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return KeyedHmac(key, SHA256())
