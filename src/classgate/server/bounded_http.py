"""uvicorn's HTTP protocol with timeouts and size limits.

uvicorn does not limit how long a request may take to arrive or an answer to leave, how large a
request's head is, how many requests a connection may pipeline, or how many connections there are:
an unauthenticated client could hold connections forever, exhaust the memory, or use up the open
files that the database and the cloud need.
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
RESERVED_FILES = 128  # for the database, the cloud and the log
_REPORT_INTERVAL = 60.0  # seconds

# Bytes of one request, each up to one network read more.
MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 200  # header lines: each costs some hundred bytes, however short
MAX_TARGET_BYTES = 8 * 1024  # path and query; nginx takes as many
MAX_FRAMING_BYTES = 256 * 1024  # of the head, the sizes of chunks and what may follow the body
MAX_BODY_BYTES = 4 * 1024 * 1024  # more than any call reads on of a body that it refuses
MAX_BODY_PIECES = 4096  # of a body: chunks and network reads; each is one call
MAX_PIPELINED = 16  # requests sent before earlier answers

_CONTINUE = b"HTTP/1.1 100 "  # the only thing that uvicorn sends before the head of an answer


class _AnswerTransport:
    """The transport of one answer, which sends the head together with the first piece of the body.

    So ASGI wants it, and it is one system call and one packet less. It does not know its request,
    which knows it: a circle of both would stay in memory until garbage is collected.
    """

    __slots__ = ("_head", "_is_begun", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._is_begun = False
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.write(head + data)
        elif not self._is_begun and not data.startswith(_CONTINUE):
            self._is_begun, self._head = True, data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send a head without a body."""
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.write(head)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not arrive, or whose answer does not leave, in time.

    Also one that sends too much, and at once any connection above the limit of open files.
    """

    within = 20.0
    """Seconds from the first byte of a request, or from connecting, to the last byte; and how
    long an answer may wait for a client that does not read.
    """

    _reported_at = -_REPORT_INTERVAL  # by the loop's clock; shared by all connections

    _read_timeout: asyncio.TimerHandle | None = None
    _write_timeout: asyncio.TimerHandle | None = None
    _running: RequestResponseCycle | None = None
    _is_aborted = False  # further input is ignored
    _is_new = True  # this request began in the current read
    _is_arriving = False  # and is not complete
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
            log.warning("connection limit reached", limit=max_connections())

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_read_timeout()
        self._cancel_write_timeout()
        self._unset_keepalive_if_required()  # uvicorn's would keep all of this as long
        self.pipeline.clear()
        if (running := self._current_request) is not None:  # uvicorn passes only the last
            running.disconnected = True
            running.message_event.set()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Let a client that half-closes after a complete request get the answer."""
        if self._finish_complete_requests():
            return True
        self._start_write_timeout()
        return False

    def shutdown(self) -> None:
        """Shut down as uvicorn does, but do not wait for incomplete requests."""
        if not self._finish_complete_requests():
            self.transport.close()

    @property
    def _is_idle(self) -> bool:
        """Return whether nothing is being answered and nothing of a request has arrived."""
        is_reading = self._is_arriving or self._read_timeout is not None
        return not is_reading and self._current_request is None

    def _release_last_request(self) -> None:
        """Release the previous request of an idle connection."""
        self.headers, self.cycle.scope = [], {}  # type: ignore[typeddict-item]
        self.scope = self.cycle.scope

    @property
    def _current_request(self) -> RequestResponseCycle | None:
        """Return the request being answered; others may be queued."""
        running = self._running
        return None if running is None or running.response_complete else running

    def _finish_complete_requests(self) -> bool:
        """Answer the received requests, ignore further input, then close. False: there are none."""
        self._is_aborted = True
        running = self._current_request
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
        elif self._is_arriving:
            if self._read_timeout is None:
                self._start_read_timeout()
        elif self._is_idle and self.timeout_keep_alive_task is None:
            # A line break after an answer: not a request yet, but the connection is not idle.
            self._count_anew()
            self._start_read_timeout()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
            self._deliver_body()
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if not self.transport.is_closing():
                self.send_400_response("Invalid HTTP request received.")

    def _decline_upgrade(self, rest: bytes) -> None:
        """Decline a protocol upgrade, at which the parser stops.

        The request is parsed again without the offer (RFC 9110, 7.8).
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
        """Stop the parser if too many requests are pipelined."""
        if len(self.pipeline) >= MAX_PIPELINED:
            self._abort()
            raise _ConnectionAborted
        super().on_message_begin()
        self._unset_keepalive_if_required()  # it may come in one read with the end of a request
        self._is_new = True
        self._cancel_read_timeout()
        self._count_anew()
        # Most are complete when this read has been parsed, and need no timeout.
        self._is_arriving = True

    def on_url(self, url: bytes) -> None:
        """Reject a target that is too long, by raising inside the parser."""
        super().on_url(url)
        if len(self.url) > MAX_TARGET_BYTES:
            raise _ConnectionAborted

    def on_header(self, name: bytes, value: bytes) -> None:
        """Reject too many headers, by raising inside the parser."""
        if not self._in_head:  # trailers are not headers
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
        """Reject a body in too many pieces, by raising inside the parser."""
        self._pieces += 1
        if self._pieces > MAX_BODY_PIECES:
            self._abort()
            raise _ConnectionAborted
        self._framing -= 0 if self._is_new else len(body)
        self._body += len(body)
        self._collected += body

    def _deliver_body(self) -> None:
        """Pass the received body to its request in one piece: passing each chunk is expensive."""
        if self._collected:
            super().on_body(bytes(self._collected))
            self._collected = bytearray()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._cancel_read_timeout()
        self._deliver_body()
        super().on_message_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            # It was rejected before its body arrived; only now is the connection idle.
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
            self._release_last_request()

    def send_400_response(self, msg: str) -> None:
        """Answer that this is not a request, after answering earlier ones."""
        if not self._finish_complete_requests():
            super().send_400_response(msg)
            self._start_write_timeout()

    def _count_anew(self) -> None:
        self._in_head, self._framing, self._body, self._pieces = True, 0, 0, 0

    def _start_read_timeout(self) -> None:
        self._read_timeout = self.loop.call_later(self.within, self._abort)

    def _cancel_read_timeout(self) -> None:
        self._is_arriving = False
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
        cycle.transport = _AnswerTransport(self.transport)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        if self._running is not None:
            self._running.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()
        if self.transport.is_closing():
            self._start_write_timeout()
        elif self._current_request is not None:
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
        """Limit the time for sending: closing waits for it without a timeout."""
        if self._write_timeout is None:
            self._write_timeout = self.loop.call_later(self.within, self.transport.abort)

    def _cancel_write_timeout(self) -> None:
        if self._write_timeout is not None:
            self._write_timeout.cancel()
            self._write_timeout = None


class _ConnectionAborted(Exception):
    """Stops the parser on a closed connection or invalid input."""


def max_connections() -> int:
    """Return the connection limit: the open-file limit minus a reserve."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files == resource.RLIM_INFINITY:
        return MAX_OPEN_FILES
    return max(files - RESERVED_FILES, files // 2)


def raise_open_file_limit() -> None:
    """Raise the open-file limit; most systems allow a program 1024 unless it asks.

    It can be raised up to the hard limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # the system's own limit is lower
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
