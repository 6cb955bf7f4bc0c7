"""An emulator on real loopback HTTP, and the official COS client pointed at it."""

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
from pathlib import Path
from typing import Any

import uvicorn
from qcloud_cos import CosConfig, CosS3Client

from classgate.emulator.server import EmulatorSettings, create_app, server_config

SECRET_ID = "AKIDcontracttests0000000000000000000"
SECRET_KEY = "contracttestssecretkey0000000000"
APP_ID = "1250000000"
SHORT_BUCKET = "courseware"
BUCKET = f"{SHORT_BUCKET}-{APP_ID}"
REGION = "ap-guangzhou"
SDK_APP_ID = 1400000001
SDK_SECRET_KEY = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


@dataclass(frozen=True)
class Emulator:
    """A running emulator and how to reach it."""

    port: int

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
        request = urllib.request.Request(
            f"http://{self.address}{path}", data=body, headers=headers or {}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return _answer(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read())

    def tell(self, path: str, **values: object) -> Answer:
        return self.call("POST", path, json.dumps(values).encode())

    def set_clock(self, offset: float) -> None:
        assert self.tell("/_emulator/clock", offset=offset).status == 200

    def cos_client(
        self, secret_id: str = SECRET_ID, secret_key: str = SECRET_KEY, token: str | None = None,
        *, by_domain: bool = False,
    ) -> CosS3Client:  # fmt: skip
        """By IP the host names bucket and region as in production; by domain it does not."""
        where = {"Domain": self.address} if by_domain else {"IP": "127.0.0.1", "Port": self.port}
        config = CosConfig(
            Region=REGION, SecretId=secret_id, SecretKey=secret_key, Token=token, Scheme="http",
            **where,
        )  # fmt: skip
        return CosS3Client(config, retry=0)


@contextmanager
def running(settings: EmulatorSettings) -> Iterator[Emulator]:
    """Serve it in a thread on a free port until the block ends."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(create_app(settings)))
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


def settings_for(data_dir: Path | None = None, **changed: Any) -> EmulatorSettings:
    values: dict[str, Any] = {
        "region": REGION,
        "cloud_app_id": APP_ID,
        "bucket": BUCKET,
        "secret_id": SECRET_ID,
        "secret_key": SECRET_KEY,
        "sdk_app_id": SDK_APP_ID,
        "sdk_secret_key": SDK_SECRET_KEY,
        "public_key_pem": None,
        "data_dir": data_dir,
    }
    return EmulatorSettings(**(values | changed))
