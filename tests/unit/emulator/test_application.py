"""The application itself, called as a server calls it."""

from pathlib import Path
from typing import Any

import pytest

from classgate.emulator.http import Message
from classgate.emulator.server import EmulatorSettings, create_app
from classgate.errors import ConfigurationError, InvalidSigningKey


def settings(**changed: Any) -> EmulatorSettings:
    values: dict[str, Any] = {
        "region": "ap-guangzhou",
        "cloud_app_id": "125",
        "bucket": "courseware-125",
        "secret_id": "AKIDx",
        "secret_key": "k",
        "sdk_app_id": 1400000001,
    }
    return EmulatorSettings(**(values | changed))


def test_bucket_of_another_account_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        settings(bucket="courseware-126")


def test_key_that_cannot_be_read_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InvalidSigningKey):
        create_app(settings(public_key_pem=b"nonsense", data_dir=tmp_path / "data"))
    assert not (tmp_path / "data").exists()


async def test_lifespan_closes_it() -> None:
    app = create_app(settings())
    waiting: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_header_names_are_spelt_as_the_cloud_spells_them() -> None:
    app = create_app(settings())
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "raw_path": b"/k", "path": "/k", "headers": []}
    await app(scope, receive, send)
    app.close()
    assert sent[0]["status"] == 403
    own = b"x-emulator-failed-check"
    names = [name for name, _ in sent[0]["headers"] if name != own]
    assert names == [b"Content-Type", b"x-cos-request-id", b"Server", b"Date", b"Content-Length"]
