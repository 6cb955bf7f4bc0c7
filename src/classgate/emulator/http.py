"""HTTP requests and responses over raw ASGI.

Signatures need the host, the path and the body unchanged. A request that cannot be parsed raises
`MalformedRequest`; each service answers it with its own error format.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Pairs = tuple[tuple[str, str], ...]

READ_SIZE = 1 << 18
_ABSOLUTE_FORM = re.compile(rb"(?is)(?P<scheme>https?)://(?P<host>[^/@]+)(?P<path>/.*)?")


class MalformedRequest(Exception):
    """The request contradicts its headers, or is not valid UTF-8."""


class BodyTooLarge(MalformedRequest):
    """The body exceeds the limit of the call."""


class ClientGone(Exception):
    """The client closed the connection before it had sent the whole body."""


class Request:
    """One request. Header names are in lower case; everything else is as received."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.scheme: str = scope.get("scheme", "http")
        self.raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.is_for_proxy = False
        self._raw_query: bytes = scope.get("query_string", b"")
        self.headers: Pairs = tuple(
            (name.decode("latin-1").lower(), _header_text(value))
            for name, value in scope["headers"]
        )
        self.client: str = (scope.get("client") or ("", 0))[0]
        self._receive = receive
        self._has_more = True
        if not self.raw_path.startswith(b"/"):
            self._read_absolute_form()

    def _read_absolute_form(self) -> None:
        """Take scheme, host and path from a target such as `http://host/path`.

        Clients send it to a proxy (RFC 9112, section 3.2.2). Its host replaces the Host header.
        """
        found = _ABSOLUTE_FORM.fullmatch(self.raw_path)
        if found is None:
            return
        self.is_for_proxy = True
        self.scheme = found["scheme"].decode().lower()
        self.raw_path = found["path"] or b"/"
        host = found["host"].decode("latin-1")
        others = (pair for pair in self.headers if pair[0] != "host")
        self.headers = (("host", host), *others)

    def header(self, name: str) -> str | None:
        """Return the first header with this name."""
        return next((value for held, value in self.headers if held == name), None)

    @property
    def host(self) -> str:
        return self.header("host") or ""

    @property
    def url(self) -> str:
        """Return the URL without the query."""
        return f"{self.scheme}://{self.host}{self.raw_path.decode('latin-1')}"

    @cached_property
    def path(self) -> str:
        """Return the decoded path. Raises `MalformedRequest` unless it is UTF-8."""
        return _decoded(self.raw_path)

    @cached_property
    def parameters(self) -> Pairs:
        """Return the decoded query parameters in order. Raises `MalformedRequest` unless UTF-8."""
        fields = [item.partition(b"=") for item in self._raw_query.split(b"&") if item]
        return tuple(
            (_decoded(_spaced(name)), _decoded(_spaced(value))) for name, _, value in fields
        )

    @property
    def raw_query(self) -> str:
        return self._raw_query.decode("latin-1")

    def parameter(self, name: str) -> str | None:
        """Return the first query parameter with this name."""
        return next((value for held, value in self.parameters if held == name), None)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it arrives. Raises `ClientGone` when the client disconnects."""
        while self._has_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            self._has_more = message.get("more_body", False)
            if chunk := message.get("body", b""):
                yield chunk

    async def body(self, limit: int) -> bytes:
        """Return the whole body. Raises `BodyTooLarge` over `limit` bytes."""
        held = bytearray()
        async for chunk in self.chunks():
            held += chunk
            if len(held) > limit:
                raise BodyTooLarge
        return bytes(held)

    async def drain(self, limit: int) -> None:
        """Read and discard the rest of the body, up to `limit` bytes.

        A client that is still sending when the response arrives reports a broken connection instead
        of the refusal.
        """
        size = 0
        with suppress(ClientGone):
            async for chunk in self.chunks():
                size += len(chunk)
                if size > limit:
                    return

    async def json_object(self, limit: int) -> dict[str, Any]:
        """Return the body as a JSON object. Raises `MalformedRequest`."""
        return parse_json_object(await self.body(limit))


def parse_json_object(text: bytes) -> dict[str, Any]:
    """Parse a JSON object; empty text is `{}`. Raises `MalformedRequest`."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise MalformedRequest from error
    if not isinstance(value, dict):
        raise MalformedRequest
    return value


@dataclass
class Response:
    """A response whose body is bytes, or `length` bytes of a file from its current position."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    file: BinaryIO | None = None
    length: int | None = None

    async def send(self, send: Send, *, with_body: bool) -> None:
        """Send the response. Without the body, `content-length` is that of the body."""
        try:
            await send(self._start())
            if self.file is None or not with_body:
                await send({"type": "http.response.body", "body": self.body if with_body else b""})
            else:
                await _send_file(self.file, self.length or 0, send)
        finally:
            if self.file is not None:
                self.file.close()

    def _start(self) -> Message:
        length = len(self.body) if self.length is None else self.length
        headers = [*self.headers]
        if self.status != 204:
            headers.append(("content-length", str(length)))
        encoded = [(_wire_name(name).encode("latin-1"), value.encode()) for name, value in headers]
        return {"type": "http.response.start", "status": self.status, "headers": encoded}


def json_response(value: object, status: int = 200, headers: Pairs = ()) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return Response(status, [("content-type", "application/json"), *headers], body)


def dated(response: Response, at: datetime) -> Response:
    """With the time of the emulator's clock: clients correct theirs by it."""
    response.headers.append(("date", format_datetime(at.astimezone(UTC), usegmt=True)))
    return response


async def _send_file(file: BinaryIO, length: int, send: Send) -> None:
    while chunk := await asyncio.to_thread(file.read, min(length, READ_SIZE)):
        length -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _wire_name(name: str) -> str:
    # cos-python-sdk-v5 hands headers on in a plain dict, so the cloud's own spelling counts.
    if name == "etag":
        return "ETag"
    return name if name.startswith("x-") else "-".join(map(str.capitalize, name.split("-")))


def _header_text(value: bytes) -> str:
    # Clients send x-cos-meta-* as UTF-8; a signature is made over those characters.
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _spaced(text: bytes) -> bytes:
    # Python's clients write a space as "+"; a plus sign arrives as %2B from all of them.
    return text.replace(b"+", b" ")


def _decoded(text: bytes) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise MalformedRequest from error
