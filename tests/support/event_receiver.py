"""A receiver of the cloud's events on loopback HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread

WAIT = 60
"""Seconds after which a test that waits for an event has failed."""


@dataclass(frozen=True)
class Received:
    """An event as it arrived. The names of the headers are in lower case."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """The events that arrived, and the statuses with which the next ones are answered."""

    port: int = 0
    statuses: Queue[int] = field(default_factory=Queue)
    received: Queue[Received] = field(default_factory=Queue)
    answer: bytes = b'{"code":0}'

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    def next(self) -> Received:
        return self.received.get(timeout=WAIT)


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Receive events until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            names = {name.lower(): value for name, value in self.headers.items()}
            status = 200 if receiver.statuses.empty() else receiver.statuses.get()
            self.send_response(status)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)
            receiver.received.put(Received(names, body))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.port = server.server_address[1]
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
