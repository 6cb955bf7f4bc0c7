"""uvicorn's HTTP, with an end to what it waits for and what it takes.

It has no limit of its own on how long a request takes to arrive, nor on how long its head is: a
stranger could hold connections for ever, or fill the memory, without logging in.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 64 * 1024  # bytes of a head that has not ended; the piece that goes over it still comes


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request does not arrive in time, or has an endless head."""

    within = 20.0  # seconds, from its first byte, or from connecting, to its last

    _ends: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        if self._in_head and self._head > MOST_HEAD:
            self.transport.close()
            return
        super().data_received(data)
        if self._in_head:
            self._head += len(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._cancel()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._cancel()
        self._in_head, self._head = True, 0
        self._ends = self.loop.call_later(self.within, self.transport.close)

    def _cancel(self) -> None:
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None
