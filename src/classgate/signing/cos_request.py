"""The signature of the COS XML API (version 5, `q-sign-algorithm=sha1`) in a header.

A signature covers the method, the path, and those headers and parameters that it names; nothing
else counts. The same steps in a URL are `cos_presigned`'s, in a form the browser's. Looking up the
secret key of a SecretId is the caller's: `read_authorization` first.
Sources: the COS request signature document, "tencentyun/cos-python-sdk-v5" (cos_auth.py).
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self
from urllib.parse import unquote

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import from_epoch, percent_encode, read_decimal, to_epoch, utf_8
from classgate.signing.keys import key_bytes, require_secret_id

Pairs = Sequence[tuple[str, str]]

PARAMETER_NAMES: Final = (
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
)
MAX_AUTHORIZATION_CHARACTERS: Final = 16_384
_HEX_SHA1 = re.compile(r"[0-9a-f]{40}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class CosRequest:
    """A request as it is signed: the path decoded, with its leading slash and without the query."""

    method: str
    path: str
    parameters: Pairs = ()
    headers: Pairs = ()


@dataclass(frozen=True)
class KeyTime:
    """From when until when a signature is good, both ends included."""

    starts_at: datetime
    ends_at: datetime

    def to_wire(self) -> str:
        """`start;end` in Unix seconds. SigningError when it ends before it starts."""
        start, end = to_epoch(self.starts_at), to_epoch(self.ends_at)
        if end < start:
            raise SigningError("the time of a signature ends before it starts")
        return f"{start};{end}"

    @classmethod
    def from_wire(cls, text: str) -> Self:
        """Read `start;end`. VerificationFailed (format)."""
        start, separator, end = text.partition(";")
        if not separator:
            raise VerificationFailed("format", "a time of the signature is not start;end")
        times = cls(from_epoch(read_decimal(start)), from_epoch(read_decimal(end)))
        if times.ends_at < times.starts_at or times.to_wire() != text:
            raise VerificationFailed("format", "a time of the signature is not start;end")
        return times

    def require(self, at: datetime) -> None:
        """VerificationFailed: not_yet_valid or expired."""
        if at < self.starts_at:
            raise VerificationFailed("not_yet_valid", "the signature is not valid yet")
        if at > self.ends_at:
            raise VerificationFailed("expired", "the signature has expired")


@dataclass(frozen=True)
class Authorization:
    """The seven values of a signature. The lists hold names encoded and in lower case."""

    secret_id: str
    sign_time: KeyTime
    key_time: KeyTime
    header_list: tuple[str, ...]
    url_param_list: tuple[str, ...]
    signature: str

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values in the document's order."""
        values = (
            "sha1",
            self.secret_id,
            self.sign_time.to_wire(),
            self.key_time.to_wire(),
            ";".join(self.header_list),
            ";".join(self.url_param_list),
            self.signature,
        )
        return list(zip(PARAMETER_NAMES, values, strict=True))

    def to_wire(self) -> str:
        """The text of the Authorization header."""
        return "&".join(f"{name}={value}" for name, value in self.pairs())


def sign_key(secret_key: str, key_time: str) -> str:
    """The signing key for a span of time, as the hex text that is itself the next HMAC key."""
    return hmac.new(key_bytes(secret_key), key_time.encode(), hashlib.sha1).hexdigest()


def http_string(request: CosRequest) -> str:
    """What of the request is signed; all its parameters and headers are."""
    return (
        f"{request.method.lower()}\n{request.path}\n"
        f"{_joined(request.parameters)}\n{_joined(request.headers)}\n"
    )


def string_to_sign(sign_time: str, signed: str) -> str:
    """The text under the last HMAC, from the q-sign-time and the HttpString."""
    digest = hashlib.sha1(utf_8(signed), usedforsecurity=False).hexdigest()
    return f"sha1\n{sign_time}\n{digest}\n"


def sign(
    request: CosRequest,
    *,
    secret_id: str,
    secret_key: str,
    key_time: KeyTime,
    sign_time: KeyTime | None = None,
) -> Authorization:
    """Sign a request with all the parameters and headers that it holds.

    SigningError for a relative path or a bad time. InvalidSigningKey.
    """
    if not request.path.startswith("/") or _CONTROL.search(request.path):
        raise SigningError("a COS path starts with a slash and holds no control characters")
    require_secret_id(secret_id)
    times = sign_time or key_time
    return Authorization(
        secret_id,
        times,
        key_time,
        _names(request.headers),
        _names(request.parameters),
        _signature(request, secret_key, key_time.to_wire(), times.to_wire()),
    )


def issue_authorization(
    request: CosRequest,
    *,
    secret_id: str,
    secret_key: str,
    key_time: KeyTime,
    signed_headers: Collection[str] | None = None,
    sign_time: KeyTime | None = None,
) -> str:
    """The Authorization header of a request. All its parameters are signed.

    Of its headers those named in `signed_headers`, or all. SigningError as `sign`.
    """
    headers = request.headers
    if signed_headers is not None:
        wanted = {name.lower() for name in signed_headers}
        headers = [(name, value) for name, value in headers if name.lower() in wanted]
    return sign(
        replace(request, headers=headers),
        secret_id=secret_id,
        secret_key=secret_key,
        key_time=key_time,
        sign_time=sign_time,
    ).to_wire()


def read_authorization(text: str) -> Authorization:
    """The seven values of an Authorization header, unverified. VerificationFailed (format)."""
    if len(text) > MAX_AUTHORIZATION_CHARACTERS:
        raise VerificationFailed("format", "the authorization is far longer than any")
    return read_pairs([pair.partition("=")[::2] for pair in text.strip().split("&")])


def read_pairs(pairs: Iterable[tuple[str, str]]) -> Authorization:
    """The seven values, each there once and nothing else. VerificationFailed (format)."""
    given = list(pairs)
    values = dict(given)
    if len(values) != len(given) or set(values) != set(PARAMETER_NAMES):
        raise VerificationFailed("format", "the authorization does not have its seven values once")
    if not all(value.isascii() for value in values.values()):
        raise VerificationFailed("format", "the authorization holds a character that is not ASCII")
    if values["q-sign-algorithm"] != "sha1":
        raise VerificationFailed("format", "q-sign-algorithm is not sha1")
    if _HEX_SHA1.fullmatch(values["q-signature"]) is None:
        raise VerificationFailed("format", "q-signature is not forty lower-case hex digits")
    if not values["q-ak"]:
        raise VerificationFailed("format", "q-ak is empty")
    return Authorization(
        values["q-ak"],
        KeyTime.from_wire(values["q-sign-time"]),
        KeyTime.from_wire(values["q-key-time"]),
        _read_list(values["q-header-list"]),
        _read_list(values["q-url-param-list"]),
        values["q-signature"],
    )


def verify_authorization(
    request: CosRequest, text: str, *, secret_key: str, at: datetime
) -> Authorization:
    """The authorization of a request that was received, when it is good for it at this moment.

    Only the parameters and headers that it names count, and each must be in the request.
    VerificationFailed, in this order: format, signature, not_yet_valid, expired.
    """
    return verify(request, read_authorization(text), secret_key=secret_key, at=at)


def verify(
    request: CosRequest, authorization: Authorization, *, secret_key: str, at: datetime
) -> Authorization:
    """As `verify_authorization`, for an authorization that is already read."""
    key_time, sign_time = authorization.key_time, authorization.sign_time
    try:
        signed = replace(
            request,
            parameters=_listed(request.parameters, authorization.url_param_list),
            headers=_listed(request.headers, authorization.header_list),
        )
        expected = _signature(signed, secret_key, key_time.to_wire(), sign_time.to_wire())
    except SigningError:
        raise VerificationFailed("format", "the request holds text that is not UTF-8") from None
    if not hmac.compare_digest(expected, authorization.signature):
        raise VerificationFailed("signature", "the signature is not this key's over this request")
    sign_time.require(at)
    key_time.require(at)
    return authorization


def _signature(request: CosRequest, secret_key: str, key_time: str, sign_time: str) -> str:
    text = string_to_sign(sign_time, http_string(request))
    return hmac.new(
        sign_key(secret_key, key_time).encode(), text.encode(), hashlib.sha1
    ).hexdigest()


def _encode_name(name: str) -> str:
    return percent_encode(name).lower()


def _joined(pairs: Pairs) -> str:
    encoded = [(_encode_name(name), percent_encode(value)) for name, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _names(pairs: Pairs) -> tuple[str, ...]:
    return tuple(sorted({_encode_name(name) for name, _ in pairs}))


def _read_list(text: str) -> tuple[str, ...]:
    # One SDK leaves the names of a URL encoded once less than the document says.
    names = tuple(_encode_name(unquote(name)) for name in text.split(";")) if text else ()
    if len(set(names)) != len(names) or "" in names:
        raise VerificationFailed("format", "a list of the signature has an empty or repeated name")
    return names


def _listed(pairs: Pairs, names: tuple[str, ...]) -> list[tuple[str, str]]:
    wanted = set(names)
    found = [(name, value) for name, value in pairs if _encode_name(name) in wanted]
    if {_encode_name(name) for name, _ in found} != wanted:
        raise VerificationFailed("signature", "something that was signed is not in the request")
    return found
