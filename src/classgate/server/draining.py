"""How a worker that is replaced lets its connections go: without a request that gets no answer.

A client that sends a request on an idle connection, just as the server closes it, cannot know
whether the request was handled. Other workers go on serving, so there is time: an idle connection
may send one more request, whose answer says `Connection: close`.
"""

import signal
from types import FrameType
from typing import ClassVar

from classgate.server.bounded_http import BoundedHttpProtocol

IDLE_GRACE = 5.0  # seconds that an idle connection may wait for one more request


class Drain:
    """Whether this process takes leave of its connections."""

    def __init__(self) -> None:
        self.has_begun = False
        self.is_over = False
        """No more waiting: the other workers end too."""
        self.connections: set[DrainingHttpProtocol] = set()

    def begin_on_sigterm(self) -> None:
        """Begin with SIGTERM, before the handler that is set now."""
        stop = signal.getsignal(signal.SIGTERM)

        def begin(number: int, frame: FrameType | None) -> None:
            self.has_begun = True
            if callable(stop):
                stop(number, frame)

        signal.signal(signal.SIGTERM, begin)

    def end(self) -> None:
        """Close idle connections at once, now and from now on."""
        self.is_over = True
        for connection in tuple(self.connections):
            connection.shutdown()


class DrainingHttpProtocol(BoundedHttpProtocol):
    """Answers one more request of each connection while `drain` goes on."""

    drain: ClassVar[Drain] = Drain()  # of the process, as its signals are

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.drain.has_begun:
            self._close_after_last_request()

    def shutdown(self) -> None:
        """Close the connection after its next answer, or when it stays idle."""
        if self.drain.is_over or self in self.drain.connections:
            super().shutdown()
            return
        self.drain.connections.add(self)
        self._close_after_last_request()
        self.loop.call_later(IDLE_GRACE, self.shutdown)

    def _close_after_last_request(self) -> None:
        last = self.pipeline[0][0] if self.pipeline else self._current_request  # the newest is left
        if last is not None:
            last.keep_alive = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.drain.connections.discard(self)
        super().connection_lost(exc)
