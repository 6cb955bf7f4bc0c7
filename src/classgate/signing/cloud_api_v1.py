"""The older signatures of the cloud API: HmacSHA1 and HmacSHA256 over the parameters.

API 3.0 calls it signature v1; API 2.0 has no other, and writes dots for underscores in names. All
parameters are signed, unencoded and joined with `&`, so a value that reads as further parameters
would be one: such a value is neither signed nor accepted here. Sending, and looking up the key of a
SecretId, are others' work.
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
    from_epoch,
    read_decimal,
    to_epoch,
    utf_8,
)
from classgate.signing.keys import key_bytes, require_secret_id

SignatureMethod = Literal["HmacSHA1", "HmacSHA256"]

TOLERANCE: Final = timedelta(seconds=300)
"""How far a call's time may be from the server's, either way."""

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
    """A call that is its parameters, in a query or a form. `dotted_names` is how API 2.0 signs."""

    host: str
    parameters: Mapping[str, str]
    method: Literal["GET", "POST"] = "POST"
    path: str = "/"
    dotted_names: bool = False


@dataclass(frozen=True)
class CallSignature:
    """What the parameters of a signed call say about the signature."""

    secret_id: str
    issued_at: datetime
    nonce: int
    method: SignatureMethod
    signature: str


def source_string(call: ParameterCall) -> str:
    """The text under the HMAC. Joins whatever it is given.

    Sorted by the names as they are, before any dots. As the PHP SDK does it for API 2.0, a name
    that begins with an underscore keeps all of its own, and a POST value that begins with `@`, by
    which PHP meant a file, is left out.
    """
    pairs = [
        (_dotted(name) if call.dotted_names else name, value)
        for name, value in sorted(call.parameters.items())
        if name != "Signature" and not _is_file(call, value)
    ]
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return f"{call.method}{call.host}{call.path}?{joined}"


def sign_source(text: str, *, secret_key: str, method: SignatureMethod) -> str:
    """base64 of the HMAC of a text, percent-encoded only when sent. Signs whatever it is given."""
    return encode_base64(hmac.digest(key_bytes(secret_key), utf_8(text), _DIGESTS[method]))


def issue_signature(call: ParameterCall, *, secret_key: str) -> str:
    """The `Signature` of a call with all its other parameters, by the SignatureMethod among them.

    SigningError for a parameter that could be read as two, or would be left out, and for a call
    that does not say who calls and when.
    """
    try:
        _require_sound(call)
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
    """All the parameters to send with a call: its own, then those of the signature.

    Without a `method` none is named, which means HmacSHA1. SigningError as `issue_signature`, and
    for a call that brings a parameter of the signature itself.
    """
    require_secret_id(secret_id)
    if not _OWN.isdisjoint(call.parameters):
        raise SigningError("the call brings a parameter that only signing it may add")
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
    """What the parameters say about their signature, unverified. VerificationFailed (format)."""
    method = _method_of(parameters)
    signature = parameters.get("Signature", "")
    if len(decode_base64(signature)) != {"HmacSHA1": 20, "HmacSHA256": 32}[method]:
        raise VerificationFailed("format", "Signature is missing, or not of its method's length")
    return _read(parameters, method, signature)


def verify_call(call: ParameterCall, *, secret_key: str, at: datetime) -> CallSignature:
    """The signature of a call that was received, when it is good for it at this moment.

    VerificationFailed, in this order: format, signature, expired (over 300 seconds away, past or
    future).
    """
    read = read_call_signature(call.parameters)
    _require_sound(call)
    try:
        expected = sign_source(source_string(call), secret_key=secret_key, method=read.method)
    except SigningError:
        raise VerificationFailed("format", "the call holds text that is not UTF-8") from None
    if not hmac.compare_digest(expected, read.signature):
        raise VerificationFailed("signature", "the signature is not this key's over this call")
    if abs(at - read.issued_at) > TOLERANCE:
        raise VerificationFailed("expired", "the call's time is over 300 seconds from the server's")
    return read


def _dotted(name: str) -> str:
    return name if name.startswith("_") else name.replace("_", ".")


def _is_file(call: ParameterCall, value: str) -> bool:
    return call.dotted_names and call.method == "POST" and value.startswith("@")


def _require_sound(call: ParameterCall) -> None:
    """VerificationFailed (format) when the signed text could be that of another call."""
    if _HOST.fullmatch(call.host) is None or _PATH.fullmatch(call.path) is None:
        raise VerificationFailed("format", "the host or the path is not plain")
    for name, value in call.parameters.items():
        if _NAME.fullmatch(name) is None:
            raise VerificationFailed("format", "the name of a parameter is not plain")
        if _FURTHER_PARAMETER.search(value):
            raise VerificationFailed("format", f"{name} would be read as further parameters")
        if _is_file(call, value):
            raise VerificationFailed("format", f"{name} begins with '@' and would not be signed")
    signed = {_dotted(name) if call.dotted_names else name for name in call.parameters}
    if len(signed) != len(call.parameters):
        raise VerificationFailed("format", "two parameters are signed under one name")


def _method_of(parameters: Mapping[str, str]) -> SignatureMethod:
    match parameters.get("SignatureMethod", "HmacSHA1"):
        case ("HmacSHA1" | "HmacSHA256") as method:
            return method
    raise VerificationFailed("format", "SignatureMethod is neither HmacSHA1 nor HmacSHA256")


def _read(parameters: Mapping[str, str], method: SignatureMethod, signature: str) -> CallSignature:
    secret_id = parameters.get("SecretId", "")
    if _SECRET_ID.fullmatch(secret_id) is None:
        raise VerificationFailed("format", "SecretId is missing, or none")
    nonce = read_decimal(parameters.get("Nonce", ""), digits=20)
    if nonce > MAX_NONCE:
        raise VerificationFailed("format", "Nonce is too large")
    issued_at = from_epoch(read_decimal(parameters.get("Timestamp", "")))
    return CallSignature(secret_id, issued_at, nonce, method, signature)
