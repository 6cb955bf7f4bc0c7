"""An emulator on real loopback HTTP that shares the tests' clock."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message

import uvicorn

from classgate.clock import Clock
from classgate.emulator.server import EmulatorSettings, create_app, server_config


@dataclass(frozen=True)
class Reply:
    """What came back over HTTP."""

    status: int
    body: bytes
    headers: Message = field(default_factory=Message)


def fetch(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Reply:
    """A plain HTTP client, which knows nothing of any cloud."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return Reply(reply.status, reply.read(), reply.headers)
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read(), error.headers)


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    port: int

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def tell(self, path: str, **values: object) -> Reply:
        """One of the emulator's own calls."""
        return fetch("POST", f"http://{self.address}{path}", json.dumps(values).encode())

    def fail_next(self, service: str, operation: str, fault: str, times: int = 1) -> None:
        told = self.tell(
            "/_emulator/faults", service=service, operation=operation, fault=fault, times=times
        )
        assert told.status == 200

    def log_in(self, sdk_app_id: int, identifier: str, user_sig: str) -> int:
        """The code that the media service would answer."""
        told = self.tell(
            "/_emulator/login", sdk_app_id=sdk_app_id, identifier=identifier, user_sig=user_sig
        )
        code = json.loads(told.body)["code"]
        assert isinstance(code, int)
        return code


@contextmanager
def running(settings: EmulatorSettings, clock: Clock) -> Iterator[Emulator]:
    """Serve it in a thread on a free port until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(create_app(settings, clock)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started:
            assert time.monotonic() < deadline, "the emulator did not start"
            time.sleep(0.01)
        yield Emulator(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
