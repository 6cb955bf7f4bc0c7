"""A small HTTP/1.1 client for load: keep-alive connections, and a parser of the answers."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

_HEAD_END: Final = b"\r\n\r\n"
_BODYLESS: Final = frozenset({204, 304})


class UnexpectedAnswer(Exception):
    """The server sent something that this parser does not read."""


@dataclass(frozen=True)
class Response:
    """One answer."""

    status: int
    body: bytes


class ResponseParser:
    """Parses a stream of answers. Every answer has a Content-Length, or no body."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> list[Response]:
        """Return the answers that are complete. UnexpectedAnswer."""
        self._received += data
        answers = []
        while (answer := self._take()) is not None:
            answers.append(answer)
        return answers

    def _take(self) -> Response | None:
        end = self._received.find(_HEAD_END)
        if end < 0:
            return None
        status, length = _read_head(bytes(self._received[:end]))
        start = end + len(_HEAD_END)
        if len(self._received) < start + length:
            return None
        body = bytes(self._received[start : start + length])
        del self._received[: start + length]
        return Response(status, body)


def _read_head(head: bytes) -> tuple[int, int]:
    first, _, rest = head.partition(b"\r\n")
    version, _, status = first.partition(b" ")
    if version != b"HTTP/1.1" or not status[:3].isdigit():
        raise UnexpectedAnswer(f"no HTTP/1.1 answer: {first[:80]!r}")
    code = int(status[:3])
    for line in rest.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return code, int(value)
        if name == b"transfer-encoding":
            raise UnexpectedAnswer("the answer has no Content-Length")
    if code not in _BODYLESS:
        raise UnexpectedAnswer("the answer has no Content-Length")
    return code, 0


def request_text(
    method: str,
    target: str,
    *,
    token: str | None = None,
    body: Mapping[str, Any] | None = None,
) -> str:
    """Return a whole request as ASCII text."""
    content = "" if body is None else json.dumps(body)
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Accept: */*"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines.append("Content-Type: application/json")
    if method != "GET":
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join(lines) + "\r\n\r\n" + content


Answered = Callable[["Connection", Response | None], None]


class Connection(asyncio.Protocol):
    """One keep-alive connection. `answered` is called once for each request; None: it was lost."""

    def __init__(self, answered: Answered) -> None:
        self._answered = answered
        self._parser = ResponseParser()
        self._waits = False
        self._transport: asyncio.Transport | None = None
        self.sent_at = 0.0

    @property
    def is_open(self) -> bool:
        """Return whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, at: float) -> None:
        """Send a request. The one before must have been answered."""
        assert self._transport is not None
        self._waits, self.sent_at = True, at
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        try:
            answers = self._parser.feed(data)
        except UnexpectedAnswer:
            self.close()
            return
        for answer in answers:
            self._waits = False
            self._answered(self, answer)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._waits:
            self._waits = False
            self._answered(self, None)

    def close(self) -> None:
        """Close the connection; a request without an answer is lost."""
        if self._transport is not None:
            self._transport.close()
