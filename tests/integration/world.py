"""One classgate in process: its API, its clock, and its database to look into."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from classgate.application import Application, build
from classgate.server import create_app, create_operations_app
from classgate.settings import Settings

ADDRESS = "198.51.100.7"


class StoppedClock:
    """Stands still from the start of each test, and moves when it is told to."""

    def __init__(self) -> None:
        self.reset()

    def __call__(self) -> datetime:
        return self._now

    def reset(self) -> None:
        self._now = datetime.now(UTC)

    def advance(self, **duration: float) -> None:
        self._now += timedelta(**duration)

    @property
    def unix(self) -> int:
        return int(self._now.timestamp())


class Ledger:
    """What stands in the database, read past the product's own code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement, values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        """Tamper. How many rows that were."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(statement, values).rowcount

    def events(self) -> list[str]:
        """Of every audit row, the oldest first."""
        return [row[0] for row in self.query("SELECT event FROM audit_rows ORDER BY at, rowid")]

    def given(self) -> int:
        """How often the audit says that something was given."""
        return sum(event.endswith(("_issued", "_renewed")) for event in self.events())

    def open_leases(self) -> set[str]:
        """Every lease that is pending or active."""
        found = self.query("SELECT lease_id FROM leases WHERE state != 'ended'")
        return {row[0] for row in found}

    def lease_state(self, lease_id: str) -> str:
        ((state,),) = self.query("SELECT state FROM leases WHERE lease_id = ?", lease_id)
        assert isinstance(state, str)
        return state

    def texts(self) -> Iterator[str]:
        """Every value of every column of the audit."""
        for row in self.query("SELECT * FROM audit_rows"):
            yield from map(str, row)


@dataclass
class World:
    """What a test has in its hands."""

    settings: Settings
    application: Application
    app: Any  # ASGI, which httpx and Litestar describe by different types
    clock: StoppedClock
    ledger: Ledger

    def client(self, address: str = ADDRESS) -> httpx.AsyncClient:
        """An HTTP client at that address."""
        transport = httpx.ASGITransport(self.app, client=(address, 40000))
        return httpx.AsyncClient(transport=transport, base_url="http://classgate.test")

    def operations(self) -> httpx.AsyncClient:
        """An HTTP client of the operations listener."""
        app: Any = create_operations_app(self.application)
        transport = httpx.ASGITransport(app)
        return httpx.AsyncClient(transport=transport, base_url="http://operations.test")

    async def call(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: object = None,
        *,
        address: str = ADDRESS,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """One call of the API."""
        sent = dict(headers or {})
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        async with self.client(address) as client:
            if content is not None:
                sent.setdefault("content-type", "application/json")
                return await client.request(method, path, headers=sent, content=content)
            return await client.request(method, path, headers=sent, json=body)

    async def settle(self) -> None:
        """Until nothing is being written, so that the ledger may be tampered with."""
        async with self.application.database.transaction():
            pass

    async def log_in(self, identifier: str, password: str, address: str = ADDRESS) -> str:
        """A new session's access token."""
        body = {"identifier": identifier, "password": password}
        answer = await self.call("POST", "/v1/sessions", body=body, address=address)
        assert answer.status_code == 201, answer.text
        token = answer.json()["access_token"]
        assert isinstance(token, str)
        return token


@asynccontextmanager
async def open_world(settings: Settings, clock: StoppedClock) -> AsyncIterator[World]:
    """The application over its database, and its API; closed at the end."""
    application = build(settings, clock)
    app = create_app(
        application,
        cors_origins=settings.http.cors_origins,
        trusted_proxies=settings.http.trusted_proxies,
    )
    path = Path(settings.database.url.get_secret_value().removeprefix("sqlite:///"))
    try:
        yield World(settings, application, app, clock, Ledger(path))
    finally:
        await application.close()


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, which must be this one and whole."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), answer.text
    assert found["status"] == status
    assert found["type"] == f"/docs/errors#{code}"
    assert found["title"]
    assert found["detail"]
    assert found["request_id"] == answer.headers["x-request-id"]
    return found
