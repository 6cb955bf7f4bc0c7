"""The older signatures of the cloud API: HmacSHA1 and HmacSHA256 over the parameters.

API 3.0 calls it signature v1; API 2.0 has no other, and signs names with dots for underscores. The
signed text joins all parameters with `&`, unencoded. A value that looks like further parameters is
therefore neither signed nor accepted. The caller sends the call, or looks up the key of a SecretId.
Sources: the API 2.0 signature document, "tencentcloud-sdk-python-common" (sign.py),
"qcloudapi-sdk-php" (Common/Sign.php), "tencentyun/qcloud-cos-sts-sdk".
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import (
    decode_base64,
    encode_base64,
    encode_utf8,
    from_epoch,
    parse_decimal,
    to_epoch,
)
from classgate.signing.keys import key_bytes, require_secret_id

SignatureMethod = Literal["HmacSHA1", "HmacSHA256"]

TOLERANCE: Final = timedelta(seconds=300)
"""The accepted difference between a call's time and the server's, in both directions."""

MAX_NONCE: Final = 2**64 - 1
API_2_PATH: Final = "/v2/index.php"

_DIGESTS: Final[Mapping[str, str]] = {"HmacSHA1": "sha1", "HmacSHA256": "sha256"}
_OWN: Final = frozenset({"SecretId", "Timestamp", "Nonce", "SignatureMethod", "Token", "Signature"})
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")
_PATH = re.compile(r"/[A-Za-z0-9._/-]{0,255}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SECRET_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_FURTHER_PARAMETER = re.compile(r"&[^&]*=")


@dataclass(frozen=True)
class ParameterCall:
    """A call with all its data in parameters: in the query (GET) or a form (POST).

    `dotted_names`: sign with dots for underscores in names, as API 2.0 does.
    """

    host: str
    parameters: Mapping[str, str]
    method: Literal["GET", "POST"] = "POST"
    path: str = "/"
    dotted_names: bool = False


@dataclass(frozen=True)
class CallSignature:
    """The parameters of a signed call that describe its signature."""

    secret_id: str
    issued_at: datetime
    nonce: int
    method: SignatureMethod
    signature: str


def source_string(call: ParameterCall) -> str:
    """Return the text that the HMAC signs, without validating the parameters.

    The parameters are sorted by their original names, before dots replace underscores. As in the
    PHP SDK for API 2.0, a name that begins with an underscore keeps its underscores, and a POST
    value that begins with `@`, which means a file in PHP, is omitted.
    """
    pairs = [
        (_dotted(name) if call.dotted_names else name, value)
        for name, value in sorted(call.parameters.items())
        if name != "Signature" and not _is_file(call, value)
    ]
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return f"{call.method}{call.host}{call.path}?{joined}"


def sign_source(text: str, *, secret_key: str, method: SignatureMethod) -> str:
    """Return base64 of the HMAC of any text. It is percent-encoded only when it is sent."""
    return encode_base64(hmac.digest(key_bytes(secret_key), encode_utf8(text), _DIGESTS[method]))


def issue_signature(call: ParameterCall, *, secret_key: str) -> str:
    """Return the `Signature` of a call that has all its other parameters.

    SigningError for a parameter that could be parsed as two or would be omitted, and for a call
    without SecretId, Timestamp or Nonce.
    """
    try:
        _require_unambiguous(call)
        method = _method_of(call.parameters)
        _read(call.parameters, method, signature="")
    except VerificationFailed as fault:
        raise SigningError(f"the call cannot be signed: {fault.message}") from None
    return sign_source(source_string(call), secret_key=secret_key, method=method)


def sign_parameters(
    call: ParameterCall,
    *,
    secret_id: str,
    secret_key: str,
    issued_at: datetime,
    nonce: int,
    method: SignatureMethod | None = None,
    session_token: str | None = None,
) -> dict[str, str]:
    """Return all parameters to send with a call: its own, then those of the signature.

    Args:
        call: the call, without parameters of the signature.
        secret_id: the SecretId.
        secret_key: its SecretKey.
        issued_at: becomes Timestamp, in Unix seconds.
        nonce: a random number of at most 64 bits.
        method: becomes SignatureMethod; None omits it, which means HmacSHA1.
        session_token: becomes Token, for temporary credentials.

    Raises:
        SigningError: as in `issue_signature`, or the call has a parameter of the signature.
    """
    require_secret_id(secret_id)
    if not _OWN.isdisjoint(call.parameters):
        raise SigningError("the call contains a parameter of the signature")
    parameters = dict(call.parameters) | {
        "SecretId": secret_id,
        "Timestamp": str(to_epoch(issued_at)),
        "Nonce": str(nonce),
    }
    if method is not None:
        parameters["SignatureMethod"] = method
    if session_token is not None:
        parameters["Token"] = session_token
    signature = issue_signature(replace(call, parameters=parameters), secret_key=secret_key)
    return parameters | {"Signature": signature}


def read_call_signature(parameters: Mapping[str, str]) -> CallSignature:
    """Parse the parameters of the signature without verifying it. VerificationFailed (format)."""
    method = _method_of(parameters)
    signature = parameters.get("Signature", "")
    if len(decode_base64(signature)) != {"HmacSHA1": 20, "HmacSHA256": 32}[method]:
        raise VerificationFailed("format", "Signature is missing or has the wrong length")
    return _read(parameters, method, signature)


def verify_call(call: ParameterCall, *, secret_key: str, at: datetime) -> CallSignature:
    """Verify a received call and return its signature.

    Raises:
        VerificationFailed: checked in this order: format, signature, expired (more than 300
            seconds from `at`, past or future).
    """
    read = read_call_signature(call.parameters)
    _require_unambiguous(call)
    try:
        expected = sign_source(source_string(call), secret_key=secret_key, method=read.method)
    except SigningError:
        raise VerificationFailed("format", "the call contains text that is not UTF-8") from None
    if not hmac.compare_digest(expected, read.signature):
        raise VerificationFailed("signature", "the signature does not match this key and call")
    if abs(at - read.issued_at) > TOLERANCE:
        raise VerificationFailed(
            "expired", "the call's time is more than 300 seconds from the server's"
        )
    return read


def _dotted(name: str) -> str:
    return name if name.startswith("_") else name.replace("_", ".")


def _is_file(call: ParameterCall, value: str) -> bool:
    return call.dotted_names and call.method == "POST" and value.startswith("@")


def _require_unambiguous(call: ParameterCall) -> None:
    """Require that no other call has the same signed text. VerificationFailed (format)."""
    if _HOST.fullmatch(call.host) is None or _PATH.fullmatch(call.path) is None:
        raise VerificationFailed("format", "the host or the path contains a special character")
    for name, value in call.parameters.items():
        if _NAME.fullmatch(name) is None:
            raise VerificationFailed("format", "a parameter's name contains a special character")
        if _FURTHER_PARAMETER.search(value):
            raise VerificationFailed("format", f"{name} could be parsed as further parameters")
        if _is_file(call, value):
            raise VerificationFailed("format", f"{name} begins with '@' and would not be signed")
    signed = {_dotted(name) if call.dotted_names else name for name in call.parameters}
    if len(signed) != len(call.parameters):
        raise VerificationFailed("format", "two parameters have the same name in the signed text")


def _method_of(parameters: Mapping[str, str]) -> SignatureMethod:
    match parameters.get("SignatureMethod", "HmacSHA1"):
        case ("HmacSHA1" | "HmacSHA256") as method:
            return method
    raise VerificationFailed("format", "SignatureMethod must be HmacSHA1 or HmacSHA256")


def _read(parameters: Mapping[str, str], method: SignatureMethod, signature: str) -> CallSignature:
    secret_id = parameters.get("SecretId", "")
    if _SECRET_ID.fullmatch(secret_id) is None:
        raise VerificationFailed("format", "SecretId is missing or malformed")
    nonce = parse_decimal(parameters.get("Nonce", ""), digits=20)
    if nonce > MAX_NONCE:
        raise VerificationFailed("format", "Nonce is too large")
    issued_at = from_epoch(parse_decimal(parameters.get("Timestamp", "")))
    return CallSignature(secret_id, issued_at, nonce, method, signature)
