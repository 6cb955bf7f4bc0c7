"""An emulator on real loopback HTTP, its control calls, and the official COS client for it."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any

import uvicorn
from qcloud_cos import CosConfig, CosS3Client

from classgate.clock import Clock, utc_now
from classgate.emulator.server import EmulatorSettings, create_app, server_config


def stopped_clock() -> Clock:
    """A clock that stands still at the time of this call, so that official clients are in time."""
    now = utc_now()
    return lambda: now


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP. The names of the headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


def fetch(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """Call a URL with a plain HTTP client, which knows nothing of any cloud."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return _answer(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read())


@dataclass(frozen=True)
class Emulator:
    """A running emulator and how to reach it."""

    port: int
    settings: EmulatorSettings

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request as it is."""
        return fetch(method, f"http://{self.address}{path}", body, headers)

    def control(self, path: str, **values: object) -> Answer:
        """Make one of the emulator's own calls, below `/_emulator`."""
        return self.call("POST", path, json.dumps(values).encode())

    def reset(self) -> None:
        """Forget everything that was stored, issued and set."""
        assert self.control("/_emulator/reset").status == 200

    def set_clock(self, offset: float) -> None:
        """Let the cloud's clock differ from that of the tests by so many seconds."""
        assert self.control("/_emulator/clock", offset=offset).status == 200

    def fail_next(self, service: str, operation: str, fault: str, times: int = 1) -> None:
        """Answer the next calls of an operation with a fault."""
        answer = self.control(
            "/_emulator/faults", service=service, operation=operation, fault=fault, times=times
        )
        assert answer.status == 200

    def log_in(self, sdk_app_id: int, identifier: str, user_sig: str) -> int:
        """Return the code that the media service would answer."""
        answer = self.control(
            "/_emulator/login", sdk_app_id=sdk_app_id, identifier=identifier, user_sig=user_sig
        )
        code = answer.json["code"]
        assert isinstance(code, int)
        return code

    def cos_client(
        self,
        secret_id: str | None = None,
        secret_key: str | None = None,
        token: str | None = None,
        *,
        by_domain: bool = False,
    ) -> CosS3Client:
        """Return the official client, by default with the permanent key.

        By IP the host names bucket and region as in production; by domain it does not.
        """
        where = {"Domain": self.address} if by_domain else {"IP": "127.0.0.1", "Port": self.port}
        config = CosConfig(
            Region=self.settings.region,
            SecretId=self.settings.secret_id if secret_id is None else secret_id,
            SecretKey=self.settings.secret_key if secret_key is None else secret_key,
            Token=token,
            Scheme="http",
            **where,
        )
        return CosS3Client(config, retry=0)


@contextmanager
def running_emulator(settings: EmulatorSettings, clock: Clock = utc_now) -> Iterator[Emulator]:
    """Serve an emulator in a thread on a free port until the block ends."""
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
        yield Emulator(listener.getsockname()[1], settings)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
