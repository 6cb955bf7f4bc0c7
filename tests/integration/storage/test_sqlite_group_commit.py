"""The façade over SQLite: one commit for many, each undone for itself, nothing said too early."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from classgate.errors import ServiceUnavailable
from classgate.storage.database import DatabaseConnection
from classgate.storage.sqlite import SqliteDatabase
from classgate.storage.statements import Row, Statement

_CREATE = Statement(text("CREATE TABLE notes (name TEXT PRIMARY KEY, body BLOB)"))
_ADD = Statement(text("INSERT INTO notes VALUES (:name, zeroblob(:size))"))
_LIMIT = 60  # seconds; it only ends what hangs
_BUSY_A_MOMENT = timedelta(milliseconds=50)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase(tmp_path / "some.db")
    async with opened.transaction() as connection:
        await connection.execute(_CREATE)
    yield opened
    await opened.close()


async def _note(connection: DatabaseConnection, name: str, size: int = 1) -> None:
    await connection.execute(_ADD, {"name": name, "size": size})


def _committed(tmp_path: Path) -> list[str]:
    """What another connection sees, which is what is on the disk."""
    with sqlite3.connect(tmp_path / "some.db") as other:
        return [name for (name,) in other.execute("SELECT name FROM notes ORDER BY name")]


async def test_what_was_acknowledged_is_seen_by_others(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    async def write(name: str) -> list[str]:
        async with database.transaction() as connection:
            await _note(connection, name)
        return _committed(tmp_path)

    names = [f"n{number:02}" for number in range(20)]
    for name, seen in zip(names, await asyncio.gather(*map(write, names)), strict=True):
        assert name in seen


async def test_those_who_wait_share_a_commit(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = 0
    commit = database._run

    def counting(command: str) -> None:
        nonlocal commits
        commits += command == "COMMIT"
        commit(command)

    monkeypatch.setattr(database, "_run", counting)

    async def write(name: str) -> None:
        async with database.transaction() as connection:
            await _note(connection, name)

    await asyncio.gather(*(write(f"n{number}") for number in range(50)))
    assert 1 <= commits <= 5


async def test_one_that_fails_undoes_only_itself(database: SqliteDatabase, tmp_path: Path) -> None:
    async def write(name: str, fails: bool) -> None:
        async with database.transaction() as connection:
            await _note(connection, name)
            if fails:
                raise LookupError(name)

    outcomes = await asyncio.gather(
        write("a", False), write("b", True), write("c", False), return_exceptions=True
    )
    assert [type(each) for each in outcomes] == [type(None), LookupError, type(None)]
    assert _committed(tmp_path) == ["a", "c"]


async def test_one_who_goes_away_takes_nobody_along(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    async def write(name: str) -> None:
        async with database.transaction() as connection:
            await _note(connection, name)

    tasks = [asyncio.create_task(write(name)) for name in ("a", "b", "c")]
    await asyncio.sleep(0)
    tasks[0].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert outcomes[1:] == [None, None]
    assert {"b", "c"} <= set(_committed(tmp_path))


async def test_a_full_disk_loses_the_batch_and_everybody_in_it_gets_the_error(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    pages = (await _pragma(database, "page_count")).page_count
    await _pragma(database, f"max_page_count={pages + 2}")

    async def write(name: str, size: int) -> None:
        async with database.transaction() as connection:
            await _note(connection, name, size)

    outcomes = await asyncio.gather(
        write("a", 1), write("b", 1_000_000), write("c", 1), return_exceptions=True
    )
    reported = [name for name, each in zip("abc", outcomes, strict=True) if each is None]
    assert isinstance(outcomes[1], ServiceUnavailable)
    assert _committed(tmp_path) == reported
    await _pragma(database, "max_page_count=1000000")
    await write("d", 1)
    assert _committed(tmp_path) == [*reported, "d"]


async def _pragma(database: SqliteDatabase, words: str) -> Row:
    async with database.transaction() as connection:
        row = await connection.fetch_one(Statement(text(f"PRAGMA {words}")))
    assert row is not None
    return row


async def test_a_lock_of_another_process_is_waited_for(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.transaction() as connection:
            await _note(connection, "late")

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.1)
    assert not writing.done()
    other.execute("COMMIT")
    other.close()
    await writing
    assert _committed(tmp_path) == ["late"]


async def test_a_lock_that_is_never_let_go_is_an_error_and_nothing_is_written(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classgate.storage.sqlite.LOCK_TIMEOUT", _BUSY_A_MOMENT)
    other = sqlite3.connect(tmp_path / "some.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ServiceUnavailable):
        async with database.transaction() as connection:
            await _note(connection, "never")
    other.execute("ROLLBACK")
    other.close()
    assert _committed(tmp_path) == []


# ── what must not happen ────────────────────────────────────────────────────────────────────────


async def _write(database: SqliteDatabase, name: str) -> None:
    async with asyncio.timeout(_LIMIT), database.transaction() as connection:
        await _note(connection, name)


class _Undone(Exception):
    """Why a transaction is undone."""


async def _write_and_fail(
    database: SqliteDatabase, on_rollback: Callable[[], None] | None = None
) -> None:
    async with database.transaction() as connection:
        await _note(connection, "undone")
        if on_rollback is not None:
            connection.on_rollback(on_rollback)
        raise _Undone


async def test_failing_hook_holds_nobody_else_up(database: SqliteDatabase, tmp_path: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await _write_and_fail(database, fail)
    await _write(database, "next")
    assert _committed(tmp_path) == ["next"]


async def test_interrupted_undoing_loses_the_batch_and_holds_nobody_else_up(
    database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupt(BaseException):
        pass

    run = database._run

    def interrupt(command: str) -> None:
        if command.startswith("ROLLBACK TO"):
            raise Interrupt
        run(command)

    monkeypatch.setattr(database, "_run", interrupt)
    with pytest.raises(Interrupt):
        await _write_and_fail(database)
    monkeypatch.undo()
    await asyncio.wait(database._commits)
    await _write(database, "next")
    assert _committed(tmp_path) == ["next"]


async def test_commit_that_is_cancelled_before_its_turn_leaves_nobody_waiting(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    connection = await database.begin()
    await _note(connection, "first")
    second = asyncio.create_task(_write(database, "second"))
    await asyncio.sleep(0)
    first = database.finish(connection)
    for commit in database._commits:
        commit.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(_LIMIT):
            await first
    await asyncio.wait([second], timeout=_LIMIT)
    assert second.cancelled()
    with pytest.raises(ServiceUnavailable):
        await _write(database, "third")
    await asyncio.wait(database._commits)
    await _write(database, "fourth")
    assert _committed(tmp_path) == ["fourth"]
