"""What PostgreSQL gets later than it was asked for: nothing is missed, lost or out of order."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, delete, insert, select, update
from tests.support.postgresql_server import Server
from tests.support.sql_statements import counted

from classgate.errors import ServiceUnavailable
from classgate.storage.database import DatabaseConnection, IntegrityViolation, Lock
from classgate.storage.postgresql import PostgresqlDatabase
from classgate.storage.statements import NO_VALUES, Statement

_metadata = MetaData()
_notes, _marks = (
    Table(name, _metadata, Column("n", Integer, primary_key=True, autoincrement=False))
    for name in ("notes", "marks")
)
_ADD_NOTE, _ADD_MARK = Statement(insert(_notes)), Statement(insert(_marks))
_MOVE_NOTE = Statement(
    update(_notes).where(_notes.c.n == bindparam("old")).values(n=bindparam("new"))
)
_REMOVE_MARKS = Statement(delete(_marks))
_NOTES = Statement(select(_notes.c.n).order_by(_notes.c.n))
_MARKS = Statement(select(_marks.c.n).order_by(_marks.c.n))
_NOTE = Statement(select(_notes.c.n).where(_notes.c.n == bindparam("n")))


@pytest.fixture(scope="module")
def tables_url(postgresql_server: Server) -> str:
    url = postgresql_server.new()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE notes (n INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE marks (n INTEGER PRIMARY KEY)")
    return url


@pytest.fixture
def url(tables_url: str) -> str:
    with psycopg.connect(tables_url) as connection:
        connection.execute("TRUNCATE notes, marks")
        connection.execute("INSERT INTO notes VALUES (1), (2)")
    return tables_url


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresqlDatabase]:
    opened = PostgresqlDatabase(url)
    yield opened
    await opened.close()


def stored(url: str) -> tuple[list[int], list[int]]:
    """The notes and marks that another connection sees."""
    with psycopg.connect(url) as connection:
        notes = connection.execute("SELECT n FROM notes ORDER BY n").fetchall()
        marks = connection.execute("SELECT n FROM marks ORDER BY n").fetchall()
    return [n for (n,) in notes], [n for (n,) in marks]


async def numbers(connection: DatabaseConnection, statement: Statement) -> list[int]:
    return [row.n for row in await connection.fetch_all(statement)]


class Broken(Exception):
    """Something went wrong in the middle of a transaction."""


# ── writes ──────────────────────────────────────────────────────────────────────────────────────


async def test_next_read_sees_what_was_written(database: PostgresqlDatabase, url: str) -> None:
    async with database.transaction() as connection:
        await connection.write(_ADD_NOTE, {"n": 3})
        await connection.write(_ADD_MARK, {"n": 30})
        assert await numbers(connection, _NOTES) == [1, 2, 3]
        assert await numbers(connection, _MARKS) == [30]
        await connection.write(_ADD_NOTE, {"n": 4})
        assert await connection.fetch_one(_NOTE, {"n": 4}) == (4,)
        await connection.write(_MOVE_NOTE, {"old": 4, "new": 5})
        assert await connection.execute(_MOVE_NOTE, {"old": 5, "new": 6}) == 1
        await connection.write(_MOVE_NOTE, {"old": 6, "new": 7})
        await connection.execute_many(_ADD_NOTE, [{"n": 6}, {"n": 8}])
    assert stored(url) == ([1, 2, 3, 6, 7, 8], [30])


async def test_second_change_of_a_table_builds_on_the_first(
    database: PostgresqlDatabase, url: str
) -> None:
    async with database.transaction() as connection:
        await connection.write(_ADD_MARK, {"n": 1})
        await connection.write(_MOVE_NOTE, {"old": 2, "new": 3})
        await connection.write(_MOVE_NOTE, {"old": 3, "new": 4})
        await connection.write(_REMOVE_MARKS, NO_VALUES)
        await connection.write(_ADD_MARK, {"n": 2})
    assert stored(url) == ([1, 4], [2])


async def test_locks_and_writes_are_sent_in_the_order_of_the_calls(
    database: PostgresqlDatabase, url: str
) -> None:
    async with database.transaction() as connection:
        await connection.fetch_one(_NOTE, {"n": 1})  # connects
    async with counted(database, "") as sent, database.transaction() as connection:
        await connection.lock(_NOTE, {"n": 1}, Lock.EXCLUSIVE)
        await connection.write(_ADD_NOTE, {"n": 3})
        await connection.lock(_NOTE, {"n": 3}, Lock.SHARED)
        await connection.write(_MOVE_NOTE, {"old": 3, "new": 4}, must_match=True)
    assert [" ".join(each.split()) for each in sent] == [
        "BEGIN",
        "SELECT WHERE (SELECT count(*) FROM (SELECT notes.n FROM notes"
        " WHERE notes.n = $1::INTEGER FOR NO KEY UPDATE) AS locked) < 0",
        "INSERT INTO notes (n) VALUES ($1::INTEGER)",
        "SELECT WHERE (SELECT count(*) FROM (SELECT notes.n FROM notes"
        " WHERE notes.n = $1::INTEGER FOR SHARE) AS locked) < 0",
        "WITH matched AS (UPDATE notes SET n=$1::INTEGER WHERE notes.n = $2::INTEGER RETURNING 1)"
        " SELECT WHERE 1 / CAST(EXISTS (SELECT FROM matched) AS integer) < 0",
        "COMMIT",
    ]
    assert stored(url) == ([1, 2, 4], [])


@pytest.mark.parametrize("at_the_commit", [False, True])
async def test_violation_of_a_postponed_write_undoes_the_transaction(
    database: PostgresqlDatabase, url: str, at_the_commit: bool
) -> None:
    reported: list[str] = []

    async def violate() -> None:
        async with database.transaction() as connection:
            connection.on_commit(lambda: reported.append("committed"))
            connection.on_rollback(lambda: reported.append("rolled back"))
            await connection.write(_ADD_MARK, {"n": 30})
            await connection.write(_ADD_NOTE, {"n": 1})
            if not at_the_commit:
                await connection.fetch_one(_NOTES)
                reported.append("went on")

    with pytest.raises(IntegrityViolation, match=r"^notes_pkey$"):
        await violate()
    assert reported == ["rolled back"]
    assert stored(url) == ([1, 2], [])
    async with database.transaction() as connection:
        await connection.write(_ADD_NOTE, {"n": 3})
    assert stored(url) == ([1, 2, 3], [])


async def test_postponed_write_of_what_fails_is_not_executed(
    database: PostgresqlDatabase, url: str
) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.write(_ADD_NOTE, {"n": 3})
            raise Broken

    async with counted(database, "INSERT") as sent:
        with pytest.raises(Broken):
            await fail()
    assert sent == []
    assert stored(url) == ([1, 2], [])


async def test_only_a_change_can_be_postponed(database: PostgresqlDatabase) -> None:
    async with database.transaction() as connection:
        with pytest.raises(TypeError, match="only an INSERT, UPDATE or DELETE writes"):
            await connection.write(_NOTES, NO_VALUES)


# ── a commit that the server refuses ────────────────────────────────────────────────────────────


async def test_commit_that_is_answered_with_a_rollback_is_an_error(
    database: PostgresqlDatabase, url: str
) -> None:
    reported: list[str] = []

    async def go_on_after_a_failure() -> None:
        async with database.transaction() as connection:
            connection.on_commit(lambda: reported.append("committed"))
            connection.on_rollback(lambda: reported.append("rolled back"))
            await connection.execute(_ADD_NOTE, {"n": 3})
            with pytest.raises(IntegrityViolation):
                await connection.execute(_ADD_NOTE, {"n": 1})

    with pytest.raises(RuntimeError, match="a transaction went on after a statement that failed"):
        await go_on_after_a_failure()
    assert reported == ["rolled back"]
    assert stored(url) == ([1, 2], [])
    async with database.transaction() as connection:
        assert connection.writer_id == 0
        await connection.write(_ADD_NOTE, {"n": 3})
    assert stored(url) == ([1, 2, 3], [])


async def test_statement_after_one_that_failed_is_refused(
    database: PostgresqlDatabase, url: str
) -> None:
    async def go_on_after_a_failure() -> None:
        async with database.transaction() as connection:
            await connection.write(_ADD_NOTE, {"n": 1})
            with pytest.raises(IntegrityViolation):
                await connection.fetch_all(_NOTES)
            await connection.write(_ADD_NOTE, {"n": 3})

    with pytest.raises(ServiceUnavailable):
        await go_on_after_a_failure()
    assert stored(url) == ([1, 2], [])


# ── locks ───────────────────────────────────────────────────────────────────────────────────────


def is_locked(url: str, number: int) -> bool:
    with psycopg.connect(url) as connection:
        try:
            connection.execute("SELECT n FROM notes WHERE n = %s FOR UPDATE NOWAIT", [number])
        except psycopg.errors.LockNotAvailable:
            return True
    return False


async def until_it_waits(url: str) -> None:
    """Until a connection to the database waits for a lock."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(60):
        with psycopg.connect(url, autocommit=True) as connection:
            while connection.execute(waiting).fetchone() == (0,):  # noqa: ASYNC110 — the server's
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(("order", "first_is_held"), [((1, 2), True), ((2, 1), False)])
async def test_postponed_locks_are_taken_in_the_order_of_the_calls(
    database: PostgresqlDatabase, url: str, order: tuple[int, int], first_is_held: bool
) -> None:
    """The second note is held by somebody else."""

    async def lock_both() -> list[int]:
        async with database.transaction() as connection:
            for number in order:
                await connection.lock(_NOTE, {"n": number}, Lock.EXCLUSIVE)
            return await numbers(connection, _NOTES)

    with psycopg.connect(url) as other:
        other.execute("UPDATE notes SET n = 2 WHERE n = 2")
        other.execute("INSERT INTO notes VALUES (3)")
        locking = asyncio.create_task(lock_both())
        await until_it_waits(url)
        was_held = is_locked(url, 1)
        other.commit()
    # What was read afterwards is what the other one committed.
    assert await locking == [1, 2, 3]
    assert was_held is first_is_held


async def test_postponed_locks_are_held_at_the_next_read_until_the_end(
    database: PostgresqlDatabase, url: str
) -> None:
    async with database.transaction() as connection:
        await connection.lock(_NOTE, {"n": 1}, Lock.EXCLUSIVE)
        await connection.lock(_NOTE, {"n": 2}, Lock.SHARED)
        await connection.fetch_one(_MARKS)
        assert is_locked(url, 1)
        assert is_locked(url, 2)
    assert not is_locked(url, 1)
    assert not is_locked(url, 2)


async def test_lock_needs_a_transaction(database: PostgresqlDatabase) -> None:
    with pytest.raises(RuntimeError, match="a lock lasts as long as a transaction"):
        await database.reader.lock(_NOTE, {"n": 1}, Lock.SHARED)
