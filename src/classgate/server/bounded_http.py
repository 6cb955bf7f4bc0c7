"""uvicorn's HTTP, with an end to what it waits for and what it takes.

It has no limit of its own on how long a request takes to arrive or an answer to leave, on how much
of a request is not its body, on how many requests wait in one connection, nor on how many
connections there are: a stranger could hold connections for ever, fill the memory, or leave no open
file to the database and the cloud, without logging in.
"""

import asyncio
import contextlib
import resource
from typing import Any

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

log = structlog.get_logger("classgate")

MAX_OPEN_FILES = 65_536
SPARE_FILES = 128  # for the database, the cloud and the log
_REPORT_INTERVAL = 60.0  # seconds

# Bytes of one request, each as far as one piece more that still comes from the network.
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 200  # lines of a head: each costs some hundred bytes, however short it is
MAX_TARGET_BYTES = 8 * 1024  # path and query; nginx takes as many
MAX_FRAMING_BYTES = 256 * 1024  # of the head, the sizes of chunks and what may follow the body
MAX_BODY_BYTES = 4 * 1024 * 1024  # more than any call reads on of a body that it refuses
MAX_BODY_PIECES = 4096  # of a body: chunks and network reads; each is one call
MAX_PIPELINED = 16  # requests sent before earlier answers


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not arrive, or whose answer does not leave, in time.

    Also one that sends too much, and at once each that would take the files that the service needs.
    """

    within = 20.0
    """Seconds: from a request's first byte, or from connecting, to its last; and how long an answer
    may wait for a client that does not read."""

    _reported_at = -_REPORT_INTERVAL  # by the loop's clock; of all connections

    _read_timeout: asyncio.TimerHandle | None = None
    _write_timeout: asyncio.TimerHandle | None = None
    _running: RequestResponseCycle | None = None
    _is_aborted = False  # what else comes is not looked at
    _is_new = True  # this request began in the piece that is being read
    _in_head = True
    _framing = 0
    _body = 0
    _pieces = 0
    _collected: bytearray

    # ── connections ─────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._collected = bytearray()
        super().connection_made(transport)
        if len(self.connections) > max_connections():
            self._reject_connection()
            return
        self._start_read_timeout()

    def _reject_connection(self) -> None:
        self.transport.abort()
        if self.loop.time() - BoundedHttpProtocol._reported_at >= _REPORT_INTERVAL:
            BoundedHttpProtocol._reported_at = self.loop.time()
            log.warning("connections turned away: too many are open", limit=max_connections())

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_read_timeout()
        self._cancel_write_timeout()
        self._unset_keepalive_if_required()  # uvicorn's would keep all of this for as long
        self.pipeline.clear()
        if (running := self._unanswered) is not None:  # uvicorn tells only the last of several
            running.disconnected = True
            running.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whoever sent all of a request, and says so, still gets the answer."""
        if self._answer_what_is_whole():
            return True
        self._start_write_timeout()
        return False

    def shutdown(self) -> None:
        """As uvicorn's; but a request of which a part is missing is not waited for."""
        if not self._answer_what_is_whole():
            self.transport.close()

    @property
    def _is_idle(self) -> bool:
        """Nothing is being answered, and nothing of a request has come."""
        return self._read_timeout is None and self._unanswered is None

    def _release_last_request(self) -> None:
        """An idle connection keeps nothing of the request before."""
        self.headers, self.cycle.scope = [], {}  # type: ignore[typeddict-item]
        self.scope = self.cycle.scope

    @property
    def _unanswered(self) -> RequestResponseCycle | None:
        """What is being answered; others may wait behind it."""
        running = self._running
        return None if running is None or running.response_complete else running

    def _answer_what_is_whole(self) -> bool:
        """Answer the requests that have come, look at nothing else, close. False: there is none."""
        self._is_aborted = True
        running = self._unanswered
        if running is None or running.more_body:
            return False
        self._cancel_read_timeout()
        if self.pipeline and self.pipeline[0][0].more_body:  # the newest is on the left
            self.pipeline.popleft()
        last = self.pipeline[0][0] if self.pipeline else running
        last.keep_alive = False
        return True

    # ── what comes ──────────────────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        if self._is_aborted:
            return
        self._unset_keepalive_if_required()
        self._is_new = False
        self._feed(data)
        if self._is_aborted or self.transport.is_closing():
            return
        if not self._is_new:
            self._framing += len(data)
        if (
            self._framing > (MAX_HEAD_BYTES if self._in_head else MAX_FRAMING_BYTES)
            or self._body > MAX_BODY_BYTES
        ):
            self._abort()
        elif self._is_idle and self.timeout_keep_alive_task is None:
            # A line's end after an answer: no request yet, but no idle connection any more either.
            self._start_read_timeout()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
            self._hand_on()
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if not self.transport.is_closing():
                self.send_400_response("Invalid HTTP request received.")

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Some clients offer another protocol with each request, and their parser ends at that.

        It is declined: the request is read anew without the offer (RFC 9110, 7.8).
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response("This is no proxy.")
            return
        lines = [method + b" " + self.url + b" HTTP/" + self.parser.get_http_version().encode()]
        for name, value in self.headers:
            if name == b"connection":
                tokens = [each.strip() for each in value.split(b",")]
                value = b", ".join(each for each in tokens if each.lower() != b"upgrade")  # noqa: PLW2901
            if name != b"upgrade" and (name != b"connection" or value):
                lines.append(name + b": " + value)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self._feed(b"\r\n".join([*lines, b"", b""]) + rest)

    def on_message_begin(self) -> None:
        """Raises inside of the parser, and so ends its work, when too many requests wait."""
        if len(self.pipeline) >= MAX_PIPELINED:
            self._abort()
            raise _ConnectionAborted
        super().on_message_begin()
        self._is_new = True
        self._start_read_timeout()

    def on_url(self, url: bytes) -> None:
        """Raises inside of the parser, which makes it no request, when the address is too long."""
        super().on_url(url)
        if len(self.url) > MAX_TARGET_BYTES:
            raise _ConnectionAborted

    def on_header(self, name: bytes, value: bytes) -> None:
        """Raises inside of the parser when there are too many."""
        if not self._in_head:  # what follows the body is no header, whatever it says
            return
        if len(self.headers) >= MAX_HEADERS:
            self._abort()
            raise _ConnectionAborted
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Raises inside of the parser when it comes in too many pieces."""
        self._pieces += 1
        if self._pieces > MAX_BODY_PIECES:
            self._abort()
            raise _ConnectionAborted
        self._framing -= 0 if self._is_new else len(body)
        self._body += len(body)
        self._collected += body

    def _hand_on(self) -> None:
        """Give what came of a body to its request, at once: for each chunk it is dear."""
        if self._collected:
            super().on_body(bytes(self._collected))
            self._collected = bytearray()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._cancel_read_timeout()
        self._hand_on()
        super().on_message_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            # It was refused before its body had come; only now is the connection idle.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
            self._release_last_request()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no request, but not before what was asked before it is answered."""
        if not self._answer_what_is_whole():
            super().send_400_response(msg)
            self._start_write_timeout()

    def _start_read_timeout(self) -> None:
        self._cancel_read_timeout()
        self._in_head, self._framing, self._body, self._pieces = True, 0, 0, 0
        self._read_timeout = self.loop.call_later(self.within, self._abort)

    def _cancel_read_timeout(self) -> None:
        if self._read_timeout is not None:
            self._read_timeout.cancel()
            self._read_timeout = None

    def _abort(self) -> None:
        self._is_aborted = True
        self.transport.close()
        self._start_write_timeout()

    # ── what goes ───────────────────────────────────────────────────────────────────────────────

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._start_write_timeout()
        elif self._unanswered is not None:
            self.flow.pause_reading()  # until all of them are answered
        elif self._is_idle:
            self._release_last_request()

    def timeout_keep_alive_handler(self) -> None:
        self._abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_write_timeout()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._cancel_write_timeout()

    def _start_write_timeout(self) -> None:
        """What was written has to be taken in time: closing waits for it, and has no end itself."""
        if self._write_timeout is None:
            self._write_timeout = self.loop.call_later(self.within, self.transport.abort)

    def _cancel_write_timeout(self) -> None:
        if self._write_timeout is not None:
            self._write_timeout.cancel()
            self._write_timeout = None


class _ConnectionAborted(Exception):
    """Ends the parser's work on a connection that is closed, or on what is no request."""


def max_connections() -> int:
    """How many may be open at once: as many files as this process may open, but for some."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MAX_OPEN_FILES
    return max(files - SPARE_FILES, files // 2)


def raise_open_file_limit() -> None:
    """Each connection is an open file, of which most systems allow a program 1024 unless it asks.

    It may ask for as many as whoever started it allows.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # the system's own limit is lower
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
