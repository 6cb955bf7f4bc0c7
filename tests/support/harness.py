"""One classgate in process: its API, its clock, and its database to look into."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from tests.support.described_answers import Description, description_of
from tests.support.raw_database import RawDatabase

from classgate.api.routes import Api, create_api
from classgate.app.application import Application
from classgate.app.wiring import build_application
from classgate.cloud.resilient_client import Runtime
from classgate.reasons import Reason
from classgate.server.application import create_operations_app, with_legacy_api, with_request_id
from classgate.server.doctor_on_demand import DoctorOnDemand, doctor_on_demand
from classgate.settings.loading import Settings

ADDRESS = "198.51.100.7"


class StoppedClock:
    """Stands still from the start of each test, and moves when it is reported to."""

    def __init__(self) -> None:
        self.reset()

    def __call__(self) -> datetime:
        return self._now

    def reset(self) -> None:
        self._now = datetime.now(UTC)
        self._passed = 0.0

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self._now += timedelta(**duration)
        self._passed += timedelta(**duration).total_seconds()

    def jump(self, **duration: float) -> None:
        """Set the clock, as an administrator does: no time passes."""
        self._now += timedelta(**duration)

    def monotonic(self) -> float:
        """Seconds that have passed; no setting of the clock moves it."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """No time passes for it, and others have a turn."""
        await asyncio.sleep(0)

    @property
    def unix(self) -> int:
        return int(self._now.timestamp())


@dataclass
class World:
    """What a test has in its hands."""

    settings: Settings
    application: Application
    app: Any  # ASGI, which httpx and Litestar describe by different types
    clock: StoppedClock
    raw_database: RawDatabase
    description: Description

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
                answer = await client.request(method, path, headers=sent, content=content)
            else:
                answer = await client.request(method, path, headers=sent, json=body)
        self._require_described(answer)
        return answer

    def _require_described(self, answer: httpx.Response) -> None:
        """Every answer that any test gets is as openapi.json says."""
        request = answer.request
        if request.method == "HEAD":
            return  # it has the headers of GET, and no body
        content = answer.json() if "json" in answer.headers.get("content-type", "") else None
        path = request.url.raw_path.decode().partition("?")[0]
        fault = self.description.find_fault(request.method, path, answer.status_code, content)
        assert fault is None, fault

    async def settle(self) -> None:
        """Until nothing is being written, so that the raw_database may be tampered with."""
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


Opener = Callable[..., AbstractAsyncContextManager[World]]

# To put an API together takes far longer than most tests: one that is not in use is used again.
_idle: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Api]] = {}


@contextmanager
def _api_of(application: Application, settings: Settings, doctor: DoctorOnDemand) -> Iterator[Api]:
    origins, proxies = settings.http.cors_origins, settings.http.trusted_proxies
    idle = _idle.setdefault((origins, proxies), [])
    if idle:
        api = idle.pop()
    else:
        api = create_api(application.api_services, cors_origins=origins, trusted_proxies=proxies)
    api.services = application.api_services
    api.state.doctor = doctor
    yield api
    idle.append(api)


@asynccontextmanager
async def open_world(
    settings: Settings, clock: StoppedClock, raw_database: RawDatabase
) -> AsyncIterator[World]:
    """The application over its database, and its API; closed at the end."""
    runtime = Runtime(monotonic=clock.monotonic, sleep=clock.sleep, jitter=lambda: 0.0)
    application = build_application(settings, clock, runtime)
    doctor = doctor_on_demand(settings, clock)
    try:
        with _api_of(application, settings, doctor) as api:
            app = with_legacy_api(api, application, settings)
            yield World(
                settings,
                application,
                with_request_id(app),
                clock,
                raw_database,
                description_of(api),
            )
    finally:
        await doctor.stop()
        await application.close()


def problem(
    answer: httpx.Response, status: int, code: str, reason: str | None = None
) -> dict[str, Any]:
    """The problem document of a refusal, which must be this one and whole."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), answer.text
    assert found["status"] == status
    assert found["reason"] in set(Reason)
    assert reason in {None, found["reason"]}, answer.text
    assert found["type"] == f"/docs/errors#{code}"
    assert found["title"]
    assert found["detail"]
    assert found["request_id"] == answer.headers["x-request-id"]
    return found
