"""Every integration test has a school of its own, in a cloud of its own, at its own time."""

import asyncio
import io
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

import pytest
import structlog
from tests.postgresql import Server, running_server

from classgate.emulator.server import EmulatorSettings
from classgate.logs import configure_logs
from classgate.migrations.upgrade import upgrade
from classgate.settings.loading import Settings, SettingsTree, load_settings

from .databases import KINDS, Databases, PostgresqlDatabases, SqliteFiles
from .emulator_thread import Emulator, running
from .school import School, found_school
from .world import StoppedClock, World, open_world

APP_ID = "1250000000"
BUCKET = f"courseware-{APP_ID}"
REGION = "ap-guangzhou"
SDK_APP_ID = 1400000001
SDK_SECRET_KEY = secrets.token_hex(32)
SECRET_ID = f"AKID{secrets.token_hex(16)}"
SECRET_KEY = secrets.token_hex(16)
AUDIT_KEY = secrets.token_hex(32)


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


Opener = Callable[..., AbstractAsyncContextManager[World]]


class LogBook(io.StringIO):
    """Everything that is logged, as production logs it."""

    def clear(self) -> None:
        self.seek(0)
        self.truncate()


@pytest.fixture(scope="session")
def session_log_book() -> Iterator[LogBook]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    book = LogBook()
    configure_logs("debug", "json", book)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the tests' own client
    yield book
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(autouse=True)
def log_book(session_log_book: LogBook) -> LogBook:
    """What this test makes the service log."""
    session_log_book.clear()
    return session_log_book


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
    with running(settings, session_clock) as emulator:
        yield emulator


def settings_for(database: str, emulator: Emulator, changes: SettingsTree) -> Settings:
    """The settings of a school over this database and in this cloud."""
    base: SettingsTree = {
        "database": {"url": database},
        "im": {"sdk_app_id": SDK_APP_ID, "secret_key": SDK_SECRET_KEY},
        "cloud": {
            "secret_id": SECRET_ID,
            "secret_key": SECRET_KEY,
            "scheme": "http",
            "sts_endpoint": emulator.address,
            "cos_endpoint": emulator.address,
            "cos_json_endpoint": emulator.address,
            "vod_endpoint": emulator.address,
        },
        "cos": {"app_id": APP_ID, "bucket": BUCKET, "region": REGION},
        "accounts": {"argon2_memory_kib": 1024, "argon2_time_cost": 1},
        "audit": {"key": AUDIT_KEY},
    }
    for group, values in changes.items():
        base[group] = {**base.get(group, {}), **values}
    return load_settings({}, None, base)


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
        async with open_world(settings, session_clock, databases.ledger(url)) as world:
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
    assert session_emulator.tell("/_emulator/reset").status == 200
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
        return open_world(settings, clock, databases.ledger(school_url))

    return opener


@pytest.fixture
async def world(open_with: Opener) -> AsyncIterator[World]:
    """The school under usual settings."""
    async with open_with() as opened:
        yield opened
