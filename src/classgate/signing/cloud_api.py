"""The signature of Tencent's cloud API 3.0: TC3-HMAC-SHA256.

Signs and checks one request. Sending it, and looking up the key of a SecretId, are others' work.
Sources: the signature v3 document (cloud document 1278/46710), "tencentcloud-sdk-python-common".
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import from_epoch, read_decimal, to_epoch, utf_8
from classgate.signing.keys import key_bytes, require_secret_id

ALGORITHM: Final = "TC3-HMAC-SHA256"
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
TOLERANCE: Final = timedelta(seconds=300)
"""How far a request's time may be from the server's, either way."""

_SIGNED_HEADERS: Final = ("content-type", "host")
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/,\s]{1,128})/(\d{4}-\d{2}-\d{2})/([a-z0-9-]{1,64})/tc3_request"
    r",\s*SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+)*),\s*Signature=([0-9a-f]{64})",
    re.ASCII,
)


@dataclass(frozen=True)
class CloudApiRequest:
    """One call. `unsigned_payload` leaves the body out of the signature."""

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
    """What an Authorization header of this kind says, unverified."""

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
    """The request as it is hashed. `headers` has its names in lower case.

    KeyError when a signed header is missing. Content-Type and Host count byte for byte as they are
    sent; the values of other headers count in lower case (signature v3 document).
    """
    names = sorted(signed_headers)
    lines = "".join(f"{name}:{_canonical_value(name, headers[name])}\n" for name in names)
    body = UNSIGNED_PAYLOAD.encode() if unsigned_payload else payload
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}\n{path}\n{query}\n{lines}\n{';'.join(names)}\n{digest}"


def string_to_sign(canonical: str, *, service: str, issued_at: datetime) -> str:
    """The text under the HMAC."""
    digest = hashlib.sha256(utf_8(canonical)).hexdigest()
    scope = f"{_date(issued_at)}/{service}/tc3_request"
    return f"{ALGORITHM}\n{to_epoch(issued_at)}\n{scope}\n{digest}"


def issue_authorization(
    request: CloudApiRequest, *, secret_id: str, secret_key: str, issued_at: datetime
) -> str:
    """The Authorization header of a call.

    SigningError for a header value that could bring its own line or field. InvalidSigningKey.
    """
    require_secret_id(secret_id)
    for value in (request.host, request.content_type, request.service, request.query):
        if not value.isprintable():
            raise SigningError("a header of a cloud call holds a control character")
    canonical = canonical_request(
        method=request.method,
        query=request.query,
        headers={"content-type": request.content_type, "host": request.host},
        signed_headers=_SIGNED_HEADERS,
        payload=request.payload,
        unsigned_payload=request.unsigned_payload,
    )
    text = string_to_sign(canonical, service=request.service, issued_at=issued_at)
    signature = _signature(text, secret_key, _date(issued_at), request.service)
    scope = f"{secret_id}/{_date(issued_at)}/{request.service}/tc3_request"
    return (
        f"{ALGORITHM} Credential={scope}, "
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
    """All the headers to send with a call. SigningError as `issue_authorization`."""
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
    """What an Authorization header says, unverified. VerificationFailed (format)."""
    found = _AUTHORIZATION.fullmatch(authorization.strip())
    if found is None:
        raise VerificationFailed("format", "the authorization is not of the TC3-HMAC-SHA256 form")
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
    """The credential of a call that is good at this moment.

    `timestamp` is the text of X-TC-Timestamp; `headers` may have names in any case. A body is left
    out of the signature when X-TC-Content-SHA256 says so. VerificationFailed, in this order:
    format, signature, expired (over 300 seconds away, past or future).
    """
    credential = read_credential(authorization)
    issued_at = from_epoch(read_decimal(timestamp))
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
        raise VerificationFailed("format", "the request holds text that is not UTF-8") from None
    expected = _signature(text, secret_key, _date(issued_at), service)
    scope_agrees = (credential.date, credential.service) == (_date(issued_at), service)
    if not (hmac.compare_digest(expected, credential.signature) and scope_agrees):
        raise VerificationFailed("signature", "the signature is not this key's over this call")
    if abs(at - issued_at) > TOLERANCE:
        raise VerificationFailed("expired", "the call's time is over 300 seconds from the server's")
    return credential


def _canonical_value(name: str, value: str) -> str:
    return value.strip() if name in _SIGNED_HEADERS else value.strip().lower()


def _date(moment: datetime) -> str:
    return from_epoch(to_epoch(moment)).strftime("%Y-%m-%d")


def _signature(text: str, secret_key: str, date: str, service: str) -> str:
    key = key_bytes(f"TC3{secret_key}")
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, utf_8(text), hashlib.sha256).hexdigest()
