"""Every integration test has a school of its own, in a cloud of its own, at its own time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager

import pytest
import structlog
from tests.support.captured_log import CapturedLog
from tests.support.databases import KINDS, Databases, PostgresqlDatabases, SqliteFiles
from tests.support.harness import Opener, StoppedClock, World, open_world
from tests.support.postgresql_server import Server, running_server
from tests.support.running_emulator import Emulator, running_emulator
from tests.support.school import School, found_school
from tests.support.school_settings import (
    APP_ID,
    BUCKET,
    REGION,
    SDK_APP_ID,
    SDK_SECRET_KEY,
    SECRET_ID,
    SECRET_KEY,
    settings_for,
)

from classgate.emulator.server import EmulatorSettings
from classgate.logs import configure_logs
from classgate.migrations.upgrade import upgrade


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "on_sqlite: looks at what only a SQLite file has")
    config.addinivalue_line("markers", "on_postgresql: several transactions write at once")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is only of one database is not run on the other at all, rather than skipped there."""
    elsewhere = {"on_sqlite": "postgresql", "on_postgresql": "sqlite"}
    items[:] = [
        item
        for item in items
        if not any(
            item.get_closest_marker(marker) and _kind(item) == other
            for marker, other in elsewhere.items()
        )
    ]


def _kind(item: pytest.Item) -> object:
    call = getattr(item, "callspec", None)
    return call and call.params.get("databases")


@pytest.fixture(scope="session")
def session_captured_log() -> Iterator[CapturedLog]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    book = CapturedLog()
    configure_logs("debug", "json", book)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the tests' own client
    yield book
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def captured_log(session_captured_log: CapturedLog) -> CapturedLog:
    """What this test makes the service log."""
    session_captured_log.clear()
    return session_captured_log


@pytest.fixture(scope="session")
def session_clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(scope="session")
def session_emulator(session_clock: StoppedClock) -> Iterator[Emulator]:
    settings = EmulatorSettings(
        region=REGION,
        cloud_app_id=APP_ID,
        bucket=BUCKET,
        secret_id=SECRET_ID,
        secret_key=SECRET_KEY,
        sdk_app_id=SDK_APP_ID,
        sdk_secret_key=SDK_SECRET_KEY,
    )
    with running_emulator(settings, session_clock) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A real one; each process of the tests has its own."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session", params=KINDS)
def databases(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Databases:
    """Every test that opens a school runs once on each kind of database."""
    if request.param == "sqlite":
        return SqliteFiles(tmp_path_factory.mktemp("schools"))
    return PostgresqlDatabases(request.getfixturevalue("postgresql_server"))


@pytest.fixture(scope="session")
def template(
    databases: Databases, session_emulator: Emulator, session_clock: StoppedClock
) -> School:
    """The school, made once for all tests of this process that run on this kind of database."""
    url = databases.new()
    upgrade(url)

    async def make() -> School:
        session_clock.reset()
        settings = settings_for(url, session_emulator, {})
        async with open_world(settings, session_clock, databases.raw_database(url)) as world:
            return await found_school(world)

    return asyncio.run(make())


@pytest.fixture
def school(template: School) -> School:
    """Who is who, with their access tokens and leases."""
    return template


@pytest.fixture
def clock(session_clock: StoppedClock, template: School) -> StoppedClock:
    """Stands at the time of the test's start, for the product and for the cloud."""
    session_clock.reset()
    return session_clock


@pytest.fixture
def emulator(session_emulator: Emulator, clock: StoppedClock) -> Emulator:
    """The cloud, which has forgotten everything."""
    session_emulator.reset()
    return session_emulator


@pytest.fixture
def school_url(databases: Databases, template: School) -> Iterator[str]:
    """The address of a copy of the school, for this test alone."""
    with databases.lend(template.database) as url:
        yield url


@pytest.fixture
def open_with(
    school_url: str, databases: Databases, emulator: Emulator, clock: StoppedClock
) -> Opener:
    """The school under other settings: `open_with(accounts={"registration": "open"})`."""

    def opener(**changes: dict[str, object]) -> AbstractAsyncContextManager[World]:
        settings = settings_for(school_url, emulator, changes)
        return open_world(settings, clock, databases.raw_database(school_url))

    return opener


@pytest.fixture
async def world(open_with: Opener) -> AsyncIterator[World]:
    """The school under usual settings."""
    async with open_with() as opened:
        yield opened
