"""Stands between a service and IM and TRTC, and kills the service at one step of one call.

It kills in the thread that handles the call, so that the service dies at that step and no other.
"""

import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import cast

from tests.support.running_emulator import Emulator

_FLAGS = re.IGNORECASE | re.MULTILINE
_ACTION = re.compile(rb"^POST /v4/[a-z_]+/([a-z_]+)|^x-tc-action: *([A-Za-z]+)", _FLAGS)


class Step(StrEnum):
    """Where the service dies, as the cloud sees it."""

    BEFORE_CALL = "before the call"  # the cloud never receives it
    DURING_CALL = "during the call"  # it takes effect after the service has died
    AFTER_CALL = "after the call"  # it took effect, and the answer never arrives


class KillingCloud:
    """Passes calls on to the emulator. `died`: the service was killed."""

    def __init__(self, emulator: Emulator) -> None:
        self.port = 0
        self.died = threading.Event()
        self._emulator = emulator
        self._action = b""
        self._step = Step.BEFORE_CALL
        self._kill: Callable[[], None] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def kill_at(self, step: Step, action: str, kill: Callable[[], None]) -> None:
        """Kill the service once, at this step of the next call of the action."""
        self.died.clear()
        self._action, self._step, self._kill = action.encode(), step, kill

    def handle(self, client: socket.socket) -> None:
        request = _read_request(client)
        kill = self._take_kill(request)
        if kill is not None and self._step is not Step.AFTER_CALL:
            kill()
        answer = b""
        if kill is None or self._step is not Step.BEFORE_CALL:
            answer = self._forward(request)
        if kill is not None:
            if self._step is Step.AFTER_CALL:
                kill()
            self.died.set()
        else:
            client.sendall(answer)

    def _take_kill(self, request: bytes) -> Callable[[], None] | None:
        found = _ACTION.search(request)
        if self._kill is None or found is None or self._action not in found.groups():
            return None
        kill, self._kill = self._kill, None
        return kill

    def _forward(self, request: bytes) -> bytes:
        closing = request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        with socket.create_connection(("127.0.0.1", self._emulator.port)) as cloud:
            cloud.sendall(closing)
            return b"".join(iter(lambda: cloud.recv(1 << 16), b""))


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(ConnectionError):  # the service hangs up when it dies
            cast("_Server", self.server).cloud.handle(self.request)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, cloud: KillingCloud) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cloud = cloud


def _read_request(client: socket.socket) -> bytes:
    """Read one request; the service sends its length."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += _receive(client)
    head, _, body = request.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: *([0-9]+)", head, re.IGNORECASE)
    while found is not None and len(body) < int(found[1]):
        body += _receive(client)
    return head + b"\r\n\r\n" + body


def _receive(client: socket.socket) -> bytes:
    piece = client.recv(1 << 16)
    if not piece:
        raise ConnectionResetError
    return piece


@contextmanager
def killing_cloud_before(emulator: Emulator) -> Iterator[KillingCloud]:
    """Serve it on a free port until the block ends."""
    cloud = KillingCloud(emulator)
    with _Server(cloud) as server:
        cloud.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield cloud
        finally:
            server.shutdown()
            thread.join(timeout=10)
