"""The schema's history on both databases: from nothing, from a filled one, and twice at once."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import argon2
import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from tests.support.databases import Databases
from tests.support.harness import StoppedClock, open_world
from tests.support.postgresql_server import Server
from tests.support.raw_database import RawDatabase
from tests.support.running_emulator import Emulator
from tests.support.school_settings import settings_for

from classgate.migrations.engines import create_postgresql_engine, create_sqlite_engine
from classgate.migrations.tables import metadata
from classgate.migrations.upgrade import current_revision, newest_revision, upgrade
from classgate.storage.database_url import is_postgresql
from classgate.storage.sqlite import sqlite_path

# SQLite's are compared by their words, in tests/house/test_migrations.py.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based"),
]

PASSWORD = "an old password of hers"
_A_DAY_AGO = int((datetime.now(UTC) - timedelta(days=1)).timestamp()) * 1_000_000


def differences(url: str) -> list[object]:
    """Between the schema and the features' tables."""

    def compare(connection: Connection) -> list[object]:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))

    async def compare_there() -> list[object]:
        engine = create_postgresql_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(compare)
        finally:
            await engine.dispose()

    if is_postgresql(url):
        return asyncio.run(compare_there())
    engine = create_sqlite_engine(sqlite_path(url))
    with engine.connect() as connection:
        found = compare(connection)
    engine.dispose()
    return found


def fill(raw_database: RawDatabase) -> None:
    """A small school, as the first version of the program stored it."""
    at = _A_DAY_AGO
    hashed = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    for number, (name, role) in enumerate([("tom", "teacher"), ("amy", "student")], 1):
        raw_database.change(
            "INSERT INTO accounts (account_id, identifier, identifier_folded, display_name, role,"
            " password_hash, disabled, created_at, signatures_after, has_personal_folder)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
            *(number, name, name, "名字", role, hashed, False, at, False),
        )
    raw_database.change(
        "INSERT INTO classrooms (classroom_id, title, state, host_id, open, created_at, recent_at)"
        " VALUES (7, '数学', 'live', 1, ?, ?, ?)",
        *(False, at, at),
    )
    for account, role in ((1, "host"), (2, "student")):
        raw_database.change(
            "INSERT INTO memberships (classroom_id, account_id, role, on_stage, added_at)"
            " VALUES (7, ?, ?, ?, ?)",
            *(account, role, False, at),
        )
    for upload, state in (("u1", "complete"), ("u2", "open"), ("u3", "abandoned")):
        raw_database.change(
            "INSERT INTO uploads (upload_id, classroom_id, account_id, lease_id, file_name, size,"
            " content_type, object_key, state, created_at, completed_at)"
            " VALUES (?, 7, 1, 'l1', '函数.pdf', 5, 'application/pdf', ?, ?, ?, ?)",
            *(upload, f"classes/7/{upload}/a.pdf", state, at, at if state == "complete" else None),
        )
    raw_database.change(
        "INSERT INTO leases (lease_id, kind, state, account_id, session_id, classroom_id,"
        " upload_id, issued_at) VALUES ('l1', 'upload', 'pending', 1, 's1', 7, 'u2', ?)",
        at,
    )


def test_migrations_make_what_the_features_declare(databases: Databases) -> None:
    url = databases.new()
    assert current_revision(url) is None
    upgrade(url)
    assert current_revision(url) == newest_revision()
    assert differences(url) == []
    upgrade(url)
    assert differences(url) == []


async def test_filled_database_of_the_first_version_goes_on(
    databases: Databases, emulator: Emulator, session_clock: StoppedClock
) -> None:
    url = databases.new()
    upgrade(url, "0001")
    raw_database = databases.raw_database(url)
    fill(raw_database)
    upgrade(url)
    assert current_revision(url) == newest_revision()
    async with open_world(settings_for(url, emulator, {}), session_clock, raw_database) as world:
        token = await world.log_in("amy", PASSWORD)
        (listed,) = (await world.call("GET", "/v1/classrooms", token)).json()["items"]
        assert (listed["classroom_id"], listed["title"], listed["host"]) == (7, "数学", "tom")
        (file,) = (await world.call("GET", "/v1/classrooms/7/courseware", token)).json()["items"]
        assert (file["id"], file["file_name"]) == ("u1", "函数.pdf")
        assert (await world.call("POST", "/v1/classrooms/7/entry", token)).status_code == 200


def test_two_upgrades_at_once_make_one_schema(databases: Databases) -> None:
    url = databases.new()
    with ThreadPoolExecutor(4) as threads:
        outcomes = [threads.submit(upgrade, url) for _ in range(4)]
    errors = [each.exception() for each in outcomes]
    if is_postgresql(url):
        assert errors == [None] * 4  # they wait for each other
    assert None in errors
    assert differences(url) == []


def test_upgrade_that_fails_leaves_nothing_behind(databases: Databases) -> None:
    url = databases.new()
    raw_database = databases.raw_database(url)
    raw_database.change("CREATE TABLE uploads (something_else INTEGER)")
    with pytest.raises(Exception, match="uploads"):
        upgrade(url)
    assert current_revision(url) is None
    assert not raw_database.columns("accounts")


def test_database_that_does_not_exist_is_not_made_on_a_server(postgresql_server: Server) -> None:
    elsewhere = postgresql_server.url("nowhere")
    with pytest.raises(Exception, match="does not exist"):
        upgrade(elsewhere)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(elsewhere)
