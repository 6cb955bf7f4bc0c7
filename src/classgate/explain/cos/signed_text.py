"""The text that a v5 signature covers, in parts that a mistake can change one by one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from classgate.explain.scrubbing import HIDDEN
from classgate.signing.cos_request import Authorization, string_to_sign
from classgate.signing.encoding import percent_encode

Encoded = tuple[tuple[str, str], ...]

_HIDDEN: Final = frozenset({"authorization", "cookie", "sign", "q-signature"})
_HIDDEN_PARTS: Final = ("token", "secret", "password", "customer-key")


@dataclass(frozen=True)
class SignedText:
    """The HttpString of a request, which the cloud calls FormatString, and the signed time.

    Names and values are encoded and in the order in which they are signed.
    """

    method: str
    path: str
    parameters: Encoded
    headers: Encoded
    sign_time: str

    @property
    def format_string(self) -> str:
        """Return the text whose digest is signed."""
        lines = (self.method, self.path, joined(self.parameters), joined(self.headers))
        return "\n".join(lines) + "\n"

    @property
    def string_to_sign(self) -> str:
        """Return the text that the HMAC signs."""
        return string_to_sign(self.sign_time, self.format_string)


@dataclass(frozen=True)
class Request:
    """A request as the server receives it: the path and the query decoded, header names lower-case.

    The query is without the values of a signature in it.
    """

    method: str
    path: str
    raw_path: str
    raw_query: str
    host: str
    parameters: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: str | None = None
    form_key: str = ""
    """The field `key` of a form, whose path is `/`."""


def required_text(request: Request, authorization: Authorization) -> SignedText:
    """Return what the signature should cover: the request, and what it lists of it."""
    return SignedText(
        method=request.method.lower(),
        path=request.path,
        parameters=encode(named(request.parameters, authorization.url_param_list)),
        headers=encode(named(request.headers, authorization.header_list)),
        sign_time=authorization.sign_time.to_wire(),
    )


def missing_names(pairs: Iterable[tuple[str, str]], listed: Sequence[str]) -> list[str]:
    """Return the names of a list that are not among the pairs."""
    present = {encode_name(name) for name, _ in pairs}
    return [name for name in listed if name not in present]


def named(pairs: Iterable[tuple[str, str]], listed: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs whose name is in a list."""
    return tuple((name, value) for name, value in pairs if encode_name(name) in listed)


def encode(pairs: Iterable[tuple[str, str]]) -> Encoded:
    """Return the encoded pairs in the order in which they are signed."""
    return tuple(sorted((encode_name(name), encode_value(value)) for name, value in pairs))


def encode_name(name: str) -> str:
    """Return a name as it is signed."""
    return encode_value(name).lower()


def encode_value(value: str) -> str:
    """Return a value as it is signed. What cannot be encoded becomes a replacement character."""
    return percent_encode(value.encode(errors="replace").decode())


def joined(pairs: Encoded) -> str:
    """Return pairs as one line of the text."""
    return "&".join(f"{name}={value}" for name, value in pairs)


def hide_tokens(text: str) -> str:
    """Hide the values of session tokens and the like in a canonical text."""
    lines = text.split("\n")
    return "\n".join("&".join(_hidden(item) for item in line.split("&")) for line in lines)


def _hidden(item: str) -> str:
    name, joint, _ = item.partition("=")
    return f"{name}={HIDDEN}" if joint and is_hidden(name) else item


def is_hidden(name: str) -> bool:
    """Return whether the value of a header or parameter must not be shown."""
    lowered = name.lower()
    return lowered in _HIDDEN or any(part in lowered for part in _HIDDEN_PARTS)
