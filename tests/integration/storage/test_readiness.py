"""`/readyz` answers 200 only while a grant could be recorded, and soon in any case."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from sqlalchemy import text
from tests.support.databases import Databases
from tests.support.harness import World, problem
from tests.support.school import LIVE, School
from tests.support.sql_statements import counted

from classgate.errors import ServiceUnavailable
from classgate.storage.health import Health
from classgate.storage.readiness import Readiness
from classgate.storage.statements import Statement


@pytest.fixture
async def operations(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.operations() as client:
        yield client


async def _not_ready(operations: httpx.AsyncClient, reason: str) -> None:
    answer = await operations.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert said["ready"] is False
    assert reason in said["reason"]


def _file(world: World) -> Path:
    (((_, _, file),)) = world.raw_database.query("PRAGMA database_list")
    return Path(file)


async def test_readiness_is_a_write_and_not_for_each_question(
    world: World, operations: httpx.AsyncClient
) -> None:
    async with counted(world.application.database, "UPDATE alembic_version") as writes:
        for _ in range(5):
            assert (await operations.get("/readyz")).json() == {"ready": True}
    assert len(writes) == 1


@pytest.mark.on_sqlite
async def test_database_that_another_program_holds_is_not_ready(
    world: World, operations: httpx.AsyncClient
) -> None:
    with closing(sqlite3.connect(_file(world), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await _not_ready(operations, "took no write within 1 s: another program holds it")


@pytest.mark.on_sqlite
async def test_full_disk_is_not_ready(
    world: World, school: School, operations: httpx.AsyncClient
) -> None:
    entry = f"/v1/classrooms/{LIVE}/entry"
    connection = world.application.database
    async with connection.transaction() as inside:
        pages = await inside.fetch_one(Statement(text("PRAGMA page_count")))
        assert pages is not None
        # As full as it can be: no page can be added.
        limit = text(f"PRAGMA max_page_count={pages.page_count}")
        await inside.fetch_one(Statement(limit))
    assert (await operations.get("/readyz")).status_code == 200
    for _ in range(200):
        answer = await world.call("POST", entry, school.tokens["amy"])
        if answer.status_code == 503:
            break
    problem(answer, 503, "service_unavailable")
    await _not_ready(operations, "the disk is full")


@pytest.mark.on_sqlite
async def test_disk_on_which_hardly_a_grant_fits_is_not_ready(
    operations: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs

    def nearly_full(path: Path) -> SimpleNamespace:
        return SimpleNamespace(f_frsize=real(path).f_frsize, f_bavail=10)

    assert (await operations.get("/readyz")).status_code == 200
    monkeypatch.setattr(os, "statvfs", nearly_full)
    await _not_ready(operations, "is full")


@pytest.mark.on_sqlite
async def test_lost_file_is_not_ready_and_is_ready_when_it_is_back(
    world: World, operations: httpx.AsyncClient, school: School
) -> None:
    file = _file(world)
    away = file.with_name("away")
    file.rename(away)
    await _not_ready(operations, f"{file} was moved or removed while the database is open")
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", school.tokens["amy"])
    problem(answer, 503, "service_unavailable")
    assert str(file) not in answer.text
    away.rename(file)
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", school.tokens["amy"])
    assert answer.status_code == 200


async def test_database_without_a_schema_is_not_ready(
    world: World, school_url: str, databases: Databases, operations: httpx.AsyncClient
) -> None:
    databases.raw_database(school_url).change("DELETE FROM alembic_version")
    await _not_ready(operations, "the database is unavailable")


@pytest.mark.on_postgresql
async def test_server_that_takes_only_reads_is_not_ready(world: World, school_url: str) -> None:
    with psycopg.connect(school_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            with pytest.raises(ServiceUnavailable):  # it may find a connection gone that was open
                await Readiness(world.application.database).check()
            with pytest.raises(ServiceUnavailable, match="the server takes no writes"):
                await Readiness(world.application.database).check()
        finally:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')


@pytest.mark.on_postgresql
async def test_server_that_keeps_a_write_waiting_is_not_ready(
    world: World, school_url: str, operations: httpx.AsyncClient
) -> None:
    with psycopg.connect(school_url) as other:
        other.execute("LOCK TABLE alembic_version IN EXCLUSIVE MODE")
        await _not_ready(operations, "took no write within 1 s")


def test_refusal_casts_doubt_for_some_seconds_though_a_smaller_write_went_well() -> None:
    now = 100.0
    health = Health(lambda: now)
    assert not health.is_failing
    assert not health.has_written_within(1)
    health.record_failure("the disk is full", lasting=True)
    health.record_write()
    assert health.is_failing
    assert health.has_written_within(1)
    now = 104.9
    assert health.is_failing
    now = 105.0
    assert not health.is_failing
    health.record_failure("another program holds the database", lasting=False)
    assert not health.is_failing
