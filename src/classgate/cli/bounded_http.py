"""uvicorn's HTTP, with an end to what it waits for and what it takes.

It has no limit of its own on how long a request takes to arrive, on how long its head is, nor on
how many connections there are: a stranger could hold connections for ever, fill the memory, or
leave no open file to the database and the cloud, without logging in.
"""

import asyncio
import contextlib
import resource

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger("classgate")

MOST_FILES = 65_536
SPARE_FILES = 128  # for the database, the cloud and the log
_TELL_EVERY = 60.0  # seconds

MOST_HEAD = 64 * 1024  # bytes of a head that has not ended; the piece that goes over it still comes


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request does not arrive in time, or has an endless head.

    And at once each that would take the files that the service itself needs.
    """

    within = 20.0  # seconds, from its first byte, or from connecting, to its last

    _told_at = -_TELL_EVERY  # by the loop's clock; of all connections

    _ends: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            self._turn_away(transport)
            return
        self._begin()

    def data_received(self, data: bytes) -> None:
        if self._in_head and self._head > MOST_HEAD:
            self.transport.close()
            return
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
        if self._ends is None and (self.cycle is None or self.cycle.response_complete):
            # A line's end after an answer: no request yet, but no idle connection any more either.
            self._begin()

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

    def _turn_away(self, transport: asyncio.Transport) -> None:
        transport.abort()
        if self.loop.time() - BoundedHttp._told_at >= _TELL_EVERY:
            BoundedHttp._told_at = self.loop.time()
            log.warning("connections turned away: too many are open", most=most_connections())

    def _begin(self) -> None:
        self._cancel()
        self._in_head, self._head = True, 0
        self._ends = self.loop.call_later(self.within, self.transport.close)

    def _cancel(self) -> None:
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None


def most_connections() -> int:
    """How many may be open at once: as many files as this process may open, but for some."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MOST_FILES
    return max(files - SPARE_FILES, files // 2)


def allow_many_files() -> None:
    """Each connection is an open file, of which most systems allow a program 1024 unless it asks.

    It may ask for as many as whoever started it allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # the system's own limit is lower
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
