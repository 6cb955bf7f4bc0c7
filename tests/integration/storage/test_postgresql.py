"""The façade over PostgreSQL: what is acknowledged is stored, what is lost is an error."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import column, select, table, text
from tests.support.postgresql_server import Server

from classgate.errors import DatabaseDamaged, ServiceUnavailable
from classgate.migrations.upgrade import current_revision
from classgate.storage.connection_errors import connection_errors, explain_connection_error
from classgate.storage.database import DatabaseConnection, IntegrityViolation, Lock
from classgate.storage.database_url import describe_url, open_database
from classgate.storage.postgresql import PostgresqlDatabase
from classgate.storage.statements import NO_VALUES, Statement


@pytest.fixture(scope="module")
def notes_url(postgresql_server: Server) -> str:
    url = postgresql_server.new()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE notes (n INTEGER PRIMARY KEY)")
    return url


@pytest.fixture
def url(notes_url: str) -> str:
    with psycopg.connect(notes_url) as connection:
        connection.execute("TRUNCATE notes")
    return notes_url


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresqlDatabase]:
    opened = PostgresqlDatabase(url)
    yield opened
    await opened.close()


def stored(url: str) -> list[int]:
    """What another connection sees."""
    with psycopg.connect(url) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM notes ORDER BY n")]


_ADD = Statement(text("INSERT INTO notes VALUES (:n)"))
_TOUCH = Statement(text("UPDATE notes SET n = n WHERE n = :n"))


async def add(connection: DatabaseConnection, number: int) -> None:
    await connection.execute(_ADD, {"n": number})


async def write(database: PostgresqlDatabase, number: int) -> None:
    async with database.transaction() as connection:
        await add(connection, number)


def end_connections(url: str) -> None:
    """As a server does that is restarted."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )


class Broken(Exception):
    """Something went wrong in the middle of a transaction."""


async def test_what_is_left_without_an_error_is_stored(
    database: PostgresqlDatabase, url: str
) -> None:
    async with database.transaction() as connection:
        await add(connection, 1)
        assert stored(url) == []
    assert stored(url) == [1]


async def test_what_fails_undoes_only_itself(database: PostgresqlDatabase, url: str) -> None:
    async def fail(number: int) -> None:
        async with database.transaction() as connection:
            await add(connection, number)
            raise Broken

    calls = [write(database, n) if n % 3 else fail(n) for n in range(60)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [n for n in range(60) if isinstance(outcomes[n], Broken)] == list(range(0, 60, 3))
    assert stored(url) == [n for n in range(60) if n % 3]


async def test_row_that_may_not_be_is_an_error_of_its_own(database: PostgresqlDatabase) -> None:
    await write(database, 1)
    with pytest.raises(IntegrityViolation):
        await write(database, 1)
    await write(database, 2)


async def test_no_two_transactions_at_once_have_the_same_writer(
    database: PostgresqlDatabase,
) -> None:
    inside: set[int] = set()
    most = 0

    async def enter() -> None:
        nonlocal most
        async with database.transaction() as connection:
            assert connection.writer_id not in inside
            inside.add(connection.writer_id)
            most = max(most, len(inside))
            await connection.fetch_one(Statement(text("SELECT pg_sleep(0.002)")))
            inside.remove(connection.writer_id)

    await asyncio.gather(*(enter() for _ in range(60)))
    assert most > 1
    async with database.transaction() as connection:
        assert connection.writer_id == 0


_NOTES = Statement(select(column("n")).select_from(table("notes", column("n"))))


async def lock_notes(connection: DatabaseConnection, lock: Lock) -> None:
    """Locks are taken before the next statement."""
    await connection.lock(_NOTES, NO_VALUES, lock)
    await connection.fetch_one(_NOTES)


async def test_shared_locks_are_held_side_by_side(database: PostgresqlDatabase) -> None:
    await write(database, 1)
    both_inside = asyncio.Barrier(2)

    async def hold() -> None:
        async with database.transaction() as connection:
            await lock_notes(connection, Lock.SHARED)
            await both_inside.wait()

    async with asyncio.timeout(60):
        await asyncio.gather(hold(), hold())


@pytest.mark.parametrize("other", [Lock.SHARED, Lock.EXCLUSIVE])
async def test_lock_of_ones_own_keeps_others_waiting(
    database: PostgresqlDatabase, other: Lock
) -> None:
    await write(database, 1)
    order: list[str] = []
    locked = asyncio.Event()

    async def hold() -> None:
        async with database.transaction() as connection:
            await lock_notes(connection, Lock.EXCLUSIVE)
            locked.set()
            await asyncio.sleep(0.2)
            order.append("let go")

    async def want() -> None:
        await locked.wait()
        async with database.transaction() as connection:
            await lock_notes(connection, other)
            order.append("got it")

    await asyncio.gather(hold(), want())
    assert order == ["let go", "got it"]


async def test_connection_that_is_lost_in_the_middle_is_reported_and_stores_nothing(
    database: PostgresqlDatabase, url: str
) -> None:
    async def lose_it() -> None:
        async with database.transaction() as connection:
            await add(connection, 1)
            end_connections(url)
            await add(connection, 2)

    with pytest.raises(ServiceUnavailable):
        await lose_it()
    assert stored(url) == []
    await write(database, 3)
    assert stored(url) == [3]


async def test_connection_that_is_lost_before_the_commit_is_reported(
    database: PostgresqlDatabase, url: str
) -> None:
    async def lose_it() -> None:
        async with database.transaction() as connection:
            await add(connection, 1)
            end_connections(url)

    with pytest.raises(ServiceUnavailable):
        await lose_it()
    assert stored(url) == []


async def test_server_that_was_restarted_is_found_again(
    database: PostgresqlDatabase, url: str
) -> None:
    await asyncio.gather(*(write(database, n) for n in range(20)))
    end_connections(url)
    outcomes = await asyncio.gather(
        *(write(database, n) for n in range(20, 40)), return_exceptions=True
    )
    assert {type(each) for each in outcomes} <= {type(None), ServiceUnavailable}
    reported = [n for n, each in zip(range(20, 40), outcomes, strict=True) if each is None]
    assert stored(url) == [*range(20), *reported]
    await write(database, 100)
    assert (
        await database.reader.fetch_one(Statement(text("SELECT n FROM notes WHERE n = 100")))
        is not None
    )


async def test_whatever_is_cancelled_when_what_is_acknowledged_is_stored(
    database: PostgresqlDatabase, url: str
) -> None:
    acknowledged: set[int] = set()

    async def write_one(number: int) -> None:
        await write(database, number)
        acknowledged.add(number)

    tasks = [asyncio.create_task(write_one(number)) for number in range(80)]
    for number in range(0, 80, 3):
        await asyncio.sleep(0.001 * (number % 4))
        tasks[number].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert acknowledged <= set(stored(url))
    assert set(range(80)) - set(range(0, 80, 3)) <= acknowledged
    # No writer was lost on the way: as many as before work at once.
    await asyncio.gather(*(write(database, number) for number in range(100, 150)))


async def test_two_who_wait_for_each_other_do_not_wait_long(
    database: PostgresqlDatabase, url: str
) -> None:
    await write(database, 1)
    await write(database, 2)
    both_inside = asyncio.Barrier(2)

    async def change(first: int, second: int) -> None:
        async with database.transaction() as connection:
            for number in (first, second):
                await connection.execute(_TOUCH, {"n": number})
                if number == first:
                    await both_inside.wait()

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(change(1, 2), change(2, 1), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "ServiceUnavailable"]


async def test_server_that_is_not_there_is_unavailable(tmp_path: object) -> None:
    database = open_database(f"postgresql://someone:secret@/classgate?host={tmp_path}")
    with pytest.raises(ServiceUnavailable) as raised:
        await database.reader.fetch_one(Statement(text("SELECT 1")))
    assert "secret" not in raised.value.message
    with pytest.raises(ServiceUnavailable):
        async with database.transaction():
            pass
    await database.close()


async def test_missing_table_is_unavailable_and_tells_no_names(
    database: PostgresqlDatabase,
) -> None:
    with pytest.raises(ServiceUnavailable) as raised:
        await database.reader.fetch_one(Statement(text("SELECT secret FROM nowhere")))
    assert "nowhere" not in raised.value.message


@pytest.mark.parametrize(
    ("state", "error", "reason"),
    [
        ("XX001", DatabaseDamaged, "the database is damaged"),
        ("XX002", DatabaseDamaged, "the database is damaged"),
        ("53100", ServiceUnavailable, "the server's disk is full"),
        ("58030", ServiceUnavailable, "the server cannot read or write its files"),
    ],
)
async def test_what_will_hardly_go_better_casts_doubt(
    database: PostgresqlDatabase, state: str, error: type[ServiceUnavailable], reason: str
) -> None:
    fail = text(f"DO $$ BEGIN RAISE EXCEPTION 'a row: 42' USING ERRCODE = '{state}'; END $$")
    with pytest.raises(ServiceUnavailable) as raised:
        await database.reader.execute(Statement(fail))
    assert type(raised.value) is error
    assert "42" not in raised.value.message
    assert database.health.reason == reason
    assert database.health.is_failing


async def test_conflict_with_another_transaction_casts_no_doubt(
    database: PostgresqlDatabase,
) -> None:
    fail = text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")
    with pytest.raises(ServiceUnavailable):
        await database.reader.execute(Statement(fail))
    assert not database.health.is_failing


async def test_commits_reach_the_disk_whatever_the_server_is_set_to(
    database: PostgresqlDatabase, url: str
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    async with database.transaction() as connection:
        row = await connection.fetch_one(Statement(text("SHOW synchronous_commit")))
    assert row is not None
    assert row.synchronous_commit == "on"


def test_address_is_shown_without_its_password() -> None:
    shown = describe_url("postgresql://u:p%40ss@db.school.example:5432/classgate?sslmode=require")
    assert shown == "postgresql://db.school.example:5432/classgate"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("/postgres:", "/nobody-zq:", "the server refuses this user or this password"),
        ("/classgate_", "/nowhere-zq_", "there is no such database on the server"),
        ("?host=", "?port=zq&host=", "a part of the address cannot be read"),
        ("@/", "@" + "zq" * 40 + "/", "a part of the address cannot be read"),
    ],
    ids=["user", "database", "port", "host"],
)
def test_address_that_leads_nowhere_is_named_without_what_stands_in_it(
    url: str, before: str, after: str, words: str
) -> None:
    assert before in url
    with pytest.raises(connection_errors()) as raised:
        current_revision(url.replace(before, after))
    assert explain_connection_error(raised.value) == words


async def test_on_commit_functions_run_after_the_commit_and_only_then(
    database: PostgresqlDatabase, url: str
) -> None:
    seen: list[list[int]] = []
    async with database.transaction() as connection:
        await add(connection, 1)
        connection.on_commit(lambda: seen.append(stored(url)))
        assert seen == []
    assert seen == [[1]]

    async def write_twice() -> None:
        async with database.transaction() as connection:
            connection.on_commit(lambda: seen.append([]))
            await add(connection, 1)

    with pytest.raises(IntegrityViolation):
        await write_twice()
    assert seen == [[1]]
    with pytest.raises(RuntimeError):
        database.reader.on_commit(lambda: None)
