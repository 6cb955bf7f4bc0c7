"""A server in classgate's place that answers a list of answers, one after another."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Said:
    """One answer. Status 0 breaks the connection."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


LOST = Said(0)
PROXY_PAGE = Said(502, "<html><h1>502 Bad Gateway</h1></html>", "text/html")


def said(body: object, status: int = 200) -> Said:
    return Said(status, json.dumps(body))


def refused(status: int, code: str, reason: str, **headers: str) -> Said:
    """A problem document."""
    body = {"status": status, "code": code, "reason": reason, "detail": f"because {reason}"}
    return Said(status, json.dumps(body), "application/problem+json", headers)


@dataclass(frozen=True)
class Request:
    """What the client sent."""

    line: str
    token: str | None
    content_type: str | None
    body: str


class LyingGate:
    """What it answers, by path: the last answer of a path again and again."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.port = 0
        self._answers: dict[str, list[Said]] = {}
        self._later: dict[str, tuple[str, list[Said]]] = {}
        self._lock = threading.Lock()

    def answer(self, path: str, *answers: Said) -> None:
        self._answers[path] = list(answers)

    def answer_after(self, event: str, path: str, *answers: Said) -> None:
        """Answer so once the client has called `POST event`, which says no more than that."""
        self._answers[event] = [Said(204)]
        self._later[event] = (path, list(answers))

    def lines(self) -> list[str]:
        return [each.line for each in self.requests]

    def next_answer(self, request: Request) -> Said:
        with self._lock:
            self.requests.append(request)
            called = request.line.partition(" ")[2]
            if called in self._later:
                path, self._answers[path] = self._later[called]
            answers = self._answers[called]
            return answers.pop(0) if len(answers) > 1 else answers[0]


def _handler(gate: LyingGate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.close_connection = True
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            line = f"{self.command} {self.path}"
            token, kind = self.headers.get("Authorization"), self.headers.get("Content-Type")
            said = gate.next_answer(Request(line, token, kind, body))
            if said.status:
                self._send(said)

        def _send(self, said: Said) -> None:
            content = said.body.encode()
            self.send_response(said.status)
            if said.status != 204:
                self.send_header("Content-Type", said.content_type)
                self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            for name, value in said.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


@contextmanager
def lying_gate() -> Iterator[LyingGate]:
    """Serve one on a free port until the block ends."""
    gate = LyingGate()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(gate)) as server:
        gate.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield gate
        finally:
            server.shutdown()
            thread.join()
