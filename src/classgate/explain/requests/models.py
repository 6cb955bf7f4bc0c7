"""A request as it was pasted, and the answer to it if that was pasted too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import unquote_to_bytes

Pairs = tuple[tuple[str, str], ...]

_URL: Final = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>[^/?#\s]+)(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
MAX_PARAMETERS: Final = 200


@dataclass(frozen=True)
class Url:
    """The parts of a URL, as they are sent: nothing is decoded."""

    scheme: str
    host: str
    path: str
    query: str

    @classmethod
    def parse(cls, text: str) -> "Url | None":
        """Return the parts of a URL; a missing scheme is http. None if it is none."""
        found = _URL.fullmatch(text.strip())
        if found is None:
            return None
        # What stands before an @ is a user and a password, which are not part of the host.
        host = found["host"].rpartition("@")[2]
        scheme = (found["scheme"] or "http").lower()
        return cls(scheme, host, found["path"] or "/", found["query"] or "")

    @property
    def host_header(self) -> str:
        """Return the host as clients send it: in lower case, without the port of the scheme."""
        port = {"http": ":80", "https": ":443"}[self.scheme]
        return self.host.lower().removesuffix(port)

    @property
    def decoded_path(self) -> str:
        """Return the path as the server reads it."""
        return _decoded(self.path)

    def parameters(self) -> Pairs:
        """Return the decoded query; a plus sign is a space, as COS reads it."""
        items = [item.partition("=") for item in self.query.split("&")[:MAX_PARAMETERS] if item]
        return tuple(
            (_decoded(name.replace("+", " ")), _decoded(value.replace("+", " ")))
            for name, _, value in items
        )


@dataclass(frozen=True)
class Answer:
    """What the server answered, as far as it was pasted."""

    status: int | None = None
    headers: Pairs = ()
    body: str = ""

    def header(self, name: str) -> str | None:
        """Return the first header with this name."""
        return find_header(self.headers, name)

    @property
    def server_time(self) -> datetime | None:
        """Return the time of the Date header."""
        try:
            moment = parsedate_to_datetime(self.header("date") or "")
        except (ValueError, OverflowError):
            return None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class PastedRequest:
    """A request. Header names are in lower case, their values as pasted.

    `source` is `curl`, `fetch`, `har`, `raw` or `url`.
    """

    source: str
    method: str
    url: Url
    headers: Pairs = ()
    body: str | None = None
    form: Pairs | None = None
    """The fields of a form in parts, without the file."""
    sent_at: datetime | None = None
    """By the clock of the client."""
    answer: Answer = field(default_factory=Answer)

    def header(self, name: str) -> str | None:
        """Return the first header with this name."""
        return find_header(self.headers, name)

    @property
    def host(self) -> str:
        """Return the Host header, or else the host of the URL."""
        return self.header("host") or self.url.host_header


def find_header(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """Return the first header with this name, in lower case."""
    return next((value for held, value in headers if held == name), None)


def _decoded(text: str) -> str:
    data = unquote_to_bytes(text.encode(errors="replace"))
    return data.decode(errors="replace")
