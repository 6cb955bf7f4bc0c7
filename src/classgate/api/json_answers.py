"""Answers in JSON, without the parts of the framework's response that no route here uses.

Cookies, background tasks, other media types and a second set of headers are looked at in each
answer of the framework's own class; that took a quarter of the time of a heartbeat.
"""

from typing import Any

import msgspec
from litestar import Response
from litestar.types import (
    ASGIApp,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Receive,
    Scope,
    Send,
)

_ENCODER = msgspec.json.Encoder()
_JSON = (b"content-type", b"application/json")


class JsonAnswer(Response[Any]):
    """What a handler returned, encoded; nothing for a handler that returns None."""

    def __init__(self, content: Any, *, status_code: int, **_defaults: Any) -> None:
        """`_defaults`: settings of the route that have no value here."""
        self.content = content
        self.status_code = status_code

    def to_asgi_response(self, *_args: Any, **_defaults: Any) -> ASGIApp:  # type: ignore[override]
        """Return the application that sends the answer."""
        status, body = self.status_code or 200, b""
        headers: list[tuple[bytes, bytes]] = []
        if status != 204:
            body = _ENCODER.encode(self.content)
            headers = [_JSON, (b"content-length", b"%d" % len(body))]

        start: HTTPResponseStartEvent = {
            "type": "http.response.start",
            "status": status,
            "headers": headers,
        }
        rest: HTTPResponseBodyEvent = {
            "type": "http.response.body",
            "body": body,
            "more_body": False,
        }

        async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send(start)
            await send(rest)

        return answer
