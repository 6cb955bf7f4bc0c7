"""A commit counts only in the file that the database's path names; a damaged one gives nothing."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.captured_log import CapturedLog
from tests.support.harness import World, problem
from tests.support.school import LIVE, School

from classgate.errors import DatabaseDamaged, ServiceUnavailable
from classgate.storage.sqlite import SqliteDatabase
from classgate.storage.statements import Statement

_CREATE = Statement(text("CREATE TABLE notes (n INTEGER)"))
_ADD = Statement(text("INSERT INTO notes VALUES (:n)"))
_NUMBERS = Statement(text("SELECT n FROM notes"))
FILES = ("", "-wal", "-shm")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase(path)
    async with opened.transaction() as connection:
        await connection.execute(_CREATE)
    yield opened
    await opened.close()


async def _write(database: SqliteDatabase, number: int) -> None:
    async with database.transaction() as connection:
        await connection.execute(_ADD, {"n": number})


def _stored(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM notes ORDER BY n")]


def _away(path: Path) -> Path:
    return path.with_name(f"{path.name}.away")


def _remove(file: Path) -> None:
    file.unlink()


def _move(file: Path) -> None:
    file.rename(_away(file))


def _give_second_name(file: Path, name: Path) -> None:
    name.hardlink_to(file)


def _refund(kept: Path, file: Path) -> None:
    kept.replace(file)


def _lead_elsewhere(link: Path, other: Path) -> None:
    other.write_bytes(link.read_bytes())
    link.unlink()
    link.symlink_to(other)


def _modes(folder: Path) -> dict[str, int]:
    return {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}


def _move_back(file: Path) -> None:
    _away(file).replace(file)


def _replace(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    other.replace(file)


@pytest.mark.parametrize("end", FILES)
@pytest.mark.parametrize("lose", [_remove, _move, _replace])
async def test_nothing_is_acknowledged_or_read_when_a_file_is_lost(
    database: SqliteDatabase, path: Path, end: str, lose: Callable[[Path], None]
) -> None:
    lose(path.with_name(path.name + end))
    with pytest.raises(ServiceUnavailable):
        await _write(database, 1)
    with pytest.raises(ServiceUnavailable):
        await database.reader.fetch_all(_NUMBERS)


@pytest.mark.parametrize("end", FILES)
async def test_file_that_is_lost_before_the_commit_is_noticed_after_it(
    database: SqliteDatabase, path: Path, end: str
) -> None:
    reported: list[str] = []

    async def write_and_lose() -> None:
        async with database.transaction() as connection:
            await connection.execute(_ADD, {"n": 1})
            connection.on_commit(lambda: reported.append("committed"))
            path.with_name(path.name + end).unlink()

    with pytest.raises(ServiceUnavailable):
        await write_and_lose()
    # It is committed where it is: should the file come back, what is kept in memory agrees with it.
    assert reported == ["committed"]


async def test_file_that_is_moved_back_is_taken_again_and_each_change_is_said_once(
    database: SqliteDatabase, path: Path, captured_log: CapturedLog
) -> None:
    _move(path)
    for number in range(3):
        with pytest.raises(ServiceUnavailable):
            await _write(database, number)
    _move_back(path)
    await _write(database, 7)
    assert _stored(path) == [7]
    said = captured_log.getvalue()
    assert said.count("database file lost") == 1
    assert f"{path} was moved or removed while the database is open" in said
    assert said.count("database files are back in their places") == 1


async def test_after_another_file_was_there_only_a_restart_helps(
    database: SqliteDatabase, path: Path, captured_log: CapturedLog
) -> None:
    await _write(database, 1)
    kept = path.with_name("kept.db")
    _give_second_name(path, kept)
    _replace(path)
    with pytest.raises(ServiceUnavailable):
        await _write(database, 2)
    _refund(kept, path)
    with pytest.raises(ServiceUnavailable):
        await _write(database, 3)
    assert f"{path} was replaced while the database is open" in captured_log.getvalue()
    await database.close()
    again = SqliteDatabase(path)
    await _write(again, 4)
    await again.close()
    assert _stored(path) == [1, 4]


async def test_symbolic_link_that_leads_elsewhere_is_another_file(
    path: Path, tmp_path: Path
) -> None:
    link, other = tmp_path / "link.db", tmp_path / "other.db"
    link.symlink_to(path)
    database = SqliteDatabase(link)
    async with database.transaction() as connection:
        await connection.execute(_CREATE)
    await _write(database, 1)
    _lead_elsewhere(link, other)
    with pytest.raises(ServiceUnavailable):
        await _write(database, 2)
    await database.close()


async def test_others_who_open_and_close_the_file_are_no_loss(
    database: SqliteDatabase, path: Path
) -> None:
    for number in range(3):
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("INSERT INTO notes VALUES (100)")
            other.commit()
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        await _write(database, number)
    assert _stored(path) == [0, 1, 2, 100, 100, 100]


async def test_new_files_are_their_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = SqliteDatabase(tmp_path / "open.db")
        async with database.transaction() as connection:
            await connection.execute(_CREATE)
        modes = _modes(tmp_path)
        await database.close()
    finally:
        os.umask(before)
    assert modes == {"open.db": 0o600, "open.db-wal": 0o600, "open.db-shm": 0o600}


# ── damage ──────────────────────────────────────────────────────────────────────────────────────


async def test_damaged_page_is_distinguished_from_a_busy_database(
    path: Path, captured_log: CapturedLog
) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE notes (n INTEGER)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    database = SqliteDatabase(path)
    with pytest.raises(DatabaseDamaged):
        await database.reader.fetch_all(_NUMBERS)
    with pytest.raises(DatabaseDamaged):
        await _write(database, 1)
    assert database.health.reason == "the file is damaged"
    assert database.health.is_failing
    assert "database disk image is malformed" in captured_log.getvalue()
    await database.close()


@pytest.mark.on_sqlite
async def test_nothing_is_given_from_a_damaged_database(world: World, school: School) -> None:
    (((_, _, file),)) = world.raw_database.query("PRAGMA database_list")
    await world.settle()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'leases'")
        ((size,),) = connection.execute("PRAGMA page_size")
    descriptor = os.open(file, os.O_RDWR)
    os.pwrite(descriptor, b"\xff" * size, (root - 1) * size)
    os.close(descriptor)
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", school.tokens["amy"])
    problem(answer, 503, "service_unavailable")
    assert "the database is damaged; nothing was issued" in answer.json()["detail"]


@pytest.mark.parametrize("end", FILES)
async def test_read_in_a_later_step_of_the_loop_notices_a_lost_file(
    database: SqliteDatabase, path: Path, end: str
) -> None:
    await database.reader.fetch_all(_NUMBERS)
    path.with_name(path.name + end).unlink()
    await asyncio.sleep(0)
    for read in (database.reader.fetch_all, database.reader.fetch_one):
        with pytest.raises(ServiceUnavailable):
            await read(_NUMBERS)


def test_read_in_another_loop_notices_a_lost_file(path: Path) -> None:
    database = SqliteDatabase(path)
    one = Statement(text("SELECT 1"))
    # The first loop ends in the step in which it reads.
    asyncio.run(database.reader.fetch_one(one))
    path.unlink()
    with pytest.raises(ServiceUnavailable):
        asyncio.run(database.reader.fetch_one(one))
    asyncio.run(database.close())
