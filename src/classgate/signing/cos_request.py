"""The signature of the COS XML API (version 5, `q-sign-algorithm=sha1`) in a header.

A signature covers the method, the path, and the headers and parameters that it lists.
`cos_presigned` has the signature in a URL, `cos_post_policy` that of a form. A verifier calls
`read_authorization` first, to look up the secret key of the SecretId.
Sources: the COS request signature document, "tencentyun/cos-python-sdk-v5" (cos_auth.py).
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Self
from urllib.parse import unquote

from cryptography.hazmat.primitives.hashes import SHA1

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.encoding import (
    encode_utf8,
    from_epoch,
    parse_decimal,
    percent_encode,
    to_epoch,
)
from classgate.signing.keyed_hmac import KeyedHmac
from classgate.signing.keys import key_bytes, require_secret_id

Pairs = Sequence[tuple[str, str]]
Encoded = list[tuple[str, str]]

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
_AUTHORIZATION: Final = "&".join(f"{name}=%s" for name in PARAMETER_NAMES)
_HEX_SHA1 = re.compile(r"[0-9a-f]{40}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class CosRequest:
    """A request to sign. The path is decoded, with a leading slash and without the query."""

    method: str
    path: str
    parameters: Pairs = ()
    headers: Pairs = ()


@dataclass(frozen=True)
class KeyTime:
    """The period in which a signature is valid, both ends included."""

    starts_at: datetime
    ends_at: datetime

    def to_wire(self) -> str:
        """Return `start;end` in Unix seconds. SigningError if the end is before the start."""
        start, end = to_epoch(self.starts_at), to_epoch(self.ends_at)
        if end < start:
            raise SigningError("the end of a signature is before its start")
        return f"{start};{end}"

    @classmethod
    def from_wire(cls, text: str) -> Self:
        """Parse `start;end`. VerificationFailed (format)."""
        start, separator, end = text.partition(";")
        if not separator:
            raise VerificationFailed("format", "a time of the signature must be start;end")
        times = cls(from_epoch(parse_decimal(start)), from_epoch(parse_decimal(end)))
        if times.ends_at < times.starts_at or times.to_wire() != text:
            raise VerificationFailed("format", "a time of the signature must be start;end")
        return times

    def require_valid_at(self, at: datetime, *, leeway: timedelta = timedelta()) -> None:
        """Require that the period contains the time. VerificationFailed: not_yet_valid, expired.

        `leeway` is for the start only.
        """
        if at + leeway < self.starts_at:
            raise VerificationFailed("not_yet_valid", "the signature is not valid yet")
        if at > self.ends_at:
            raise VerificationFailed("expired", "the signature has expired")


@dataclass(frozen=True)
class Authorization:
    """The seven values of a signature. Names in the lists are encoded and in lower case."""

    secret_id: str
    sign_time: KeyTime
    key_time: KeyTime
    header_list: tuple[str, ...]
    url_param_list: tuple[str, ...]
    signature: str

    def pairs(self) -> list[tuple[str, str]]:
        """Return names and values in the document's order."""
        return list(zip(PARAMETER_NAMES, self._values(), strict=True))

    def to_wire(self) -> str:
        """Return the value of the Authorization header."""
        return _AUTHORIZATION % self._values()

    def _values(self) -> tuple[str, ...]:
        return (
            "sha1",
            self.secret_id,
            self.sign_time.to_wire(),
            self.key_time.to_wire(),
            ";".join(self.header_list),
            ";".join(self.url_param_list),
            self.signature,
        )


def sign_key(secret_key: str, key_time: str) -> str:
    """Return the signing key of a period: a hex HMAC-SHA1, whose text is the next HMAC key."""
    return hmac.digest(key_bytes(secret_key), key_time.encode(), "sha1").hex()


# All signatures of one second have the same period. The limit also bounds how long keys of the past
# stay in memory.
@lru_cache(maxsize=16)
def _signing_hmac(secret_key: str, key_time: str) -> KeyedHmac:
    return KeyedHmac(sign_key(secret_key, key_time).encode(), SHA1())  # noqa: S303


def http_string(request: CosRequest) -> str:
    """Return the HttpString: the method, the path, and all parameters and headers."""
    parameters, headers = _encode(request.parameters), _encode(request.headers)
    return _http_string(request.method, request.path, parameters, headers)


def _http_string(method: str, path: str, parameters: Encoded, headers: Encoded) -> str:
    return f"{method.lower()}\n{path}\n{_joined(parameters)}\n{_joined(headers)}\n"


def string_to_sign(sign_time: str, signed: str) -> str:
    """Return the text that the last HMAC signs, from q-sign-time and the HttpString."""
    digest = hashlib.sha1(encode_utf8(signed), usedforsecurity=False).hexdigest()
    return f"sha1\n{sign_time}\n{digest}\n"


def sign(
    request: CosRequest,
    *,
    secret_id: str,
    secret_key: str,
    key_time: KeyTime,
    sign_time: KeyTime | None = None,
) -> Authorization:
    """Sign a request with all its parameters and headers.

    Args:
        request: the request.
        secret_id: the SecretId, permanent or temporary.
        secret_key: its SecretKey.
        key_time: the period of the signing key.
        sign_time: the period of the signature; None means `key_time`.

    Raises:
        SigningError: the path is relative, the SecretId could inject a field, or a time is out of
            range.
    """
    _require_signable(request.path, secret_id)
    key_period = key_time.to_wire()
    sign_period = key_period if sign_time is None else sign_time.to_wire()
    names, parameter_names, signature = _sign(
        request, request.headers, secret_key, key_period, sign_period
    )
    return Authorization(
        secret_id, sign_time or key_time, key_time, names, parameter_names, signature
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
    """Return the Authorization header of a request.

    It signs all parameters, and the headers named in `signed_headers` (None: all). SigningError as
    in `sign`.
    """
    headers = request.headers
    if signed_headers is not None:
        wanted = {name.lower() for name in signed_headers}
        headers = [(name, value) for name, value in headers if name.lower() in wanted]
    _require_signable(request.path, secret_id)
    key_period = key_time.to_wire()
    sign_period = key_period if sign_time is None else sign_time.to_wire()
    names, parameter_names, signature = _sign(request, headers, secret_key, key_period, sign_period)
    return _AUTHORIZATION % (
        "sha1",
        secret_id,
        sign_period,
        key_period,
        ";".join(names),
        ";".join(parameter_names),
        signature,
    )


def _require_signable(path: str, secret_id: str) -> None:
    if not path.startswith("/") or _CONTROL.search(path):
        raise SigningError("a COS path must begin with a slash, without control characters")
    require_secret_id(secret_id)


def _sign(
    request: CosRequest,
    headers: Pairs,
    secret_key: str,
    key_period: str,
    sign_period: str,
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Return the names of the signed headers and parameters, and the signature."""
    encoded_headers, encoded_parameters = _encode(headers), _encode(request.parameters)
    text = _http_string(request.method, request.path, encoded_parameters, encoded_headers)
    signature = _signature(text, secret_key, key_period, sign_period)
    return _names(encoded_headers), _names(encoded_parameters), signature


def read_authorization(text: str) -> Authorization:
    """Parse an Authorization header without verifying it. VerificationFailed (format)."""
    if len(text) > MAX_AUTHORIZATION_CHARACTERS:
        raise VerificationFailed("format", "the authorization is too long")
    return read_pairs([pair.partition("=")[::2] for pair in text.strip().split("&")])


def read_pairs(pairs: Iterable[tuple[str, str]]) -> Authorization:
    """Parse exactly the seven values, each once. VerificationFailed (format)."""
    given = list(pairs)
    values = dict(given)
    if len(values) != len(given) or set(values) != set(PARAMETER_NAMES):
        raise VerificationFailed("format", "the authorization must have its seven values once each")
    if not all(value.isascii() for value in values.values()):
        raise VerificationFailed(
            "format", "the authorization contains a character that is not ASCII"
        )
    if values["q-sign-algorithm"] != "sha1":
        raise VerificationFailed("format", "q-sign-algorithm must be sha1")
    if _HEX_SHA1.fullmatch(values["q-signature"]) is None:
        raise VerificationFailed("format", "q-signature must be 40 lower-case hex digits")
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
    """Verify the Authorization header of a received request and return its values.

    Only the parameters and headers that it lists are signed, and each must be in the request.

    Raises:
        VerificationFailed: checked in this order: format, signature, not_yet_valid, expired.
    """
    return verify(request, read_authorization(text), secret_key=secret_key, at=at)


def verify(
    request: CosRequest,
    authorization: Authorization,
    *,
    secret_key: str,
    at: datetime,
    leeway: timedelta = timedelta(),
) -> Authorization:
    """Verify a request as `verify_authorization` does, with a parsed authorization.

    With a `leeway`, the signature may start that much later than `at`.
    """
    key_time, sign_time = authorization.key_time, authorization.sign_time
    try:
        signed = replace(
            request,
            parameters=_listed(request.parameters, authorization.url_param_list),
            headers=_listed(request.headers, authorization.header_list),
        )
        expected = _signature(
            http_string(signed), secret_key, key_time.to_wire(), sign_time.to_wire()
        )
    except SigningError:
        raise VerificationFailed("format", "the request contains text that is not UTF-8") from None
    if not hmac.compare_digest(expected, authorization.signature):
        raise VerificationFailed("signature", "the signature does not match this key and request")
    sign_time.require_valid_at(at, leeway=leeway)
    key_time.require_valid_at(at, leeway=leeway)
    return authorization


def signed_texts(request: CosRequest, authorization: Authorization) -> tuple[str, str]:
    """Return the HttpString and the StringToSign of a received request, without any secret.

    A listed parameter or header that is missing is left out. SigningError for a lone surrogate.
    """
    signed = replace(
        request,
        parameters=_named(request.parameters, authorization.url_param_list),
        headers=_named(request.headers, authorization.header_list),
    )
    text = http_string(signed)
    return text, string_to_sign(authorization.sign_time.to_wire(), text)


def _signature(signed: str, secret_key: str, key_time: str, sign_time: str) -> str:
    text = string_to_sign(sign_time, signed)
    return _signing_hmac(secret_key, key_time).hexdigest(text.encode())


@lru_cache(maxsize=256)
def _encode_name(name: str) -> str:
    return percent_encode(name).lower()


def _encode(pairs: Pairs) -> Encoded:
    """Return the encoded pairs in the order in which they are signed."""
    return sorted([(_encode_name(name), percent_encode(value)) for name, value in pairs])


def _joined(encoded: Encoded) -> str:
    return "&".join(["=".join(pair) for pair in encoded])


def _names(encoded: Encoded) -> tuple[str, ...]:
    return tuple(dict.fromkeys([name for name, _ in encoded]))


def _read_list(text: str) -> tuple[str, ...]:
    # One SDK encodes the names in a URL once less than the document requires.
    names = tuple(_encode_name(unquote(name)) for name in text.split(";")) if text else ()
    if len(set(names)) != len(names) or "" in names:
        raise VerificationFailed("format", "a list of the signature has an empty or duplicate name")
    return names


def _listed(pairs: Pairs, names: tuple[str, ...]) -> list[tuple[str, str]]:
    found = _named(pairs, names)
    if {_encode_name(name) for name, _ in found} != set(names):
        raise VerificationFailed("signature", "a signed header or parameter is not in the request")
    return found


def _named(pairs: Pairs, names: tuple[str, ...]) -> list[tuple[str, str]]:
    wanted = set(names)
    return [(name, value) for name, value in pairs if _encode_name(name) in wanted]
