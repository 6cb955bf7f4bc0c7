"""Transactions at once: what is acknowledged is stored, what fails undoes only itself."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.harness import World, problem
from tests.support.school import LIVE, School
from tests.support.sql_statements import counted

from classgate.errors import ServiceUnavailable
from classgate.storage.database import Database, DatabaseConnection
from classgate.storage.database_url import open_database
from classgate.storage.statements import Statement

_ADD = Statement(text("INSERT INTO notes VALUES (:n, :parent)"))
_NUMBERS = Statement(text("SELECT n FROM notes"))
_COUNT = Statement(text("SELECT count(*) AS n FROM notes"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "small.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE notes (n INTEGER UNIQUE, parent INTEGER REFERENCES parents (id)"
            " DEFERRABLE INITIALLY DEFERRED)"
        )
    return path


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = open_database(f"sqlite:///{path}")
    yield database
    await database.close()


def stored(path: Path) -> list[int]:
    """What somebody else sees."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM notes ORDER BY n")]


async def add(connection: DatabaseConnection, number: int, parent: int | None = None) -> None:
    await connection.execute(_ADD, {"n": number, "parent": parent})


async def write(database: Database, number: int, parent: int | None = None) -> None:
    async with database.transaction() as connection:
        await add(connection, number, parent)


class Broken(Exception):
    """Something went wrong in the middle of a transaction."""


async def write_and_fail(database: Database, number: int) -> None:
    async with database.transaction() as connection:
        await add(connection, number)
        raise Broken


# ── what is acknowledged is stored ──────────────────────────────────────────────────────────────


async def test_left_transaction_is_seen_by_everybody(database: Database, path: Path) -> None:
    async with database.transaction() as connection:
        await add(connection, 1)
        assert stored(path) == []
        assert await database.reader.fetch_all(_NUMBERS) == []
    assert stored(path) == [1]
    assert len(await database.reader.fetch_all(_NUMBERS)) == 1


async def test_transactions_that_wait_share_a_commit(database: Database, path: Path) -> None:
    async with counted(database, "COMMIT") as commits:
        await asyncio.gather(*(write(database, number) for number in range(50)))
    assert stored(path) == list(range(50))
    assert len(commits) <= 3


async def test_each_of_a_batch_is_stored_when_it_is_acknowledged(
    database: Database, path: Path
) -> None:
    async def write_and_look(number: int) -> bool:
        await write(database, number)
        return number in stored(path)

    assert all(await asyncio.gather(*(write_and_look(number) for number in range(20))))


async def test_transaction_sees_what_earlier_ones_of_its_batch_wrote(database: Database) -> None:
    async def count_up() -> None:
        async with database.transaction() as connection:
            row = await connection.fetch_one(_COUNT)
            await asyncio.sleep(0)
            assert row is not None
            await add(connection, row.n)

    await asyncio.gather(*(count_up() for _ in range(20)))


async def test_on_commit_functions_run_after_the_commit_and_only_then(
    database: Database, path: Path
) -> None:
    seen: list[tuple[int, list[int]]] = []

    async def write_and_tell(number: int) -> None:
        async with database.transaction() as connection:
            await add(connection, number)
            connection.on_commit(lambda: seen.append((number, stored(path))))
            if number == 1:
                raise Broken
        assert number in dict(seen)

    await asyncio.gather(*map(write_and_tell, range(3)), return_exceptions=True)
    assert seen == [(0, [0, 2]), (2, [0, 2])]


async def test_it_is_done_also_when_the_caller_went_away_while_it_was_being_stored(
    database: Database, path: Path
) -> None:
    seen: list[int] = []
    left = asyncio.Event()

    async def write_and_tell() -> None:
        async with database.transaction() as connection:
            await add(connection, 1)
            connection.on_commit(lambda: seen.append(1))
            left.set()

    task = asyncio.create_task(write_and_tell())
    await left.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await write(database, 2)
    assert stored(path) == [1, 2]
    assert seen == [1]


async def test_what_is_undone_is_reported_to_those_alone_whose_transaction_it_was(
    database: Database,
) -> None:
    undone: list[int] = []

    async def write_and_tell(number: int) -> None:
        async with database.transaction() as connection:
            await add(connection, number)
            connection.on_rollback(lambda: undone.append(number))
            if number == 1:
                raise Broken

    await asyncio.gather(*map(write_and_tell, range(3)), return_exceptions=True)
    assert undone == [1]


async def test_what_is_undone_is_reported_when_the_commit_fails(
    database: Database, path: Path
) -> None:
    """The parent is looked for at the commit, which all of a batch share."""
    undone: list[int] = []

    async def write_and_tell(number: int) -> None:
        async with database.transaction() as connection:
            await add(connection, number, parent=99 if number == 1 else None)
            connection.on_rollback(lambda: undone.append(number))

    await asyncio.gather(*map(write_and_tell, range(3)), return_exceptions=True)
    assert undone == [0, 1, 2]
    assert stored(path) == []


# ── what fails undoes only itself ───────────────────────────────────────────────────────────────


async def test_failing_transaction_undoes_only_itself(database: Database, path: Path) -> None:
    calls = [
        write(database, number) if number % 3 else write_and_fail(database, number)
        for number in range(30)
    ]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [number for number in range(30) if isinstance(results[number], Broken)] == list(
        range(0, 30, 3)
    )
    assert stored(path) == [number for number in range(30) if number % 3]


async def test_lone_failing_transaction_leaves_the_next_a_clean_start(
    database: Database, path: Path
) -> None:
    with pytest.raises(Broken):
        await write_and_fail(database, 1)
    await write(database, 2)
    assert stored(path) == [2]


async def test_failing_statement_inside_of_a_batch_fails_its_own_transaction(
    database: Database, path: Path
) -> None:
    calls = [write(database, number) for number in (1, 2, 1, 3)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(each).__name__ for each in results] == [
        "NoneType",
        "NoneType",
        "IntegrityViolation",
        "NoneType",
    ]
    assert stored(path) == [1, 2, 3]


async def test_failing_commit_is_reported_to_the_whole_batch_and_stores_nothing_of_it(
    database: Database, path: Path
) -> None:
    calls = [write(database, 1), write(database, 2, parent=99), write(database, 3)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, Exception) for each in results)
    assert stored(path) == []
    await write(database, 4)
    assert stored(path) == [4]


# ── who goes away takes nobody along ────────────────────────────────────────────────────────────


async def test_cancelled_in_the_middle_stores_nothing_and_lets_others_through(
    database: Database, path: Path
) -> None:
    inside = asyncio.Event()

    async def dawdle() -> None:
        async with database.transaction() as connection:
            await add(connection, 1)
            inside.set()
            await asyncio.sleep(60)

    dawdling = asyncio.create_task(dawdle())
    await inside.wait()
    others = [asyncio.create_task(write(database, number)) for number in (2, 3)]
    await asyncio.sleep(0)
    dawdling.cancel()
    await asyncio.gather(*others)
    with pytest.raises(asyncio.CancelledError):
        await dawdling
    assert stored(path) == [2, 3]


async def test_cancelled_while_waiting_for_a_turn_writes_nothing(
    database: Database, path: Path
) -> None:
    async with database.transaction() as connection:
        waiting = [asyncio.create_task(write(database, number)) for number in (1, 2, 3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await add(connection, 4)
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in results] == [False, True, False]
    assert stored(path) == [1, 3, 4]


async def test_cancelled_while_committing_takes_nobody_along(
    database: Database, path: Path
) -> None:
    tasks = [asyncio.create_task(write(database, number)) for number in range(10)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert set(stored(path)) >= set(range(1, 10))
    await write(database, 11)
    assert 11 in stored(path)


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_is_cancelled_when_what_is_acknowledged_is_stored(
    database: Database, path: Path, seed: int
) -> None:
    acknowledged: set[int] = set()

    async def write_one(number: int) -> None:
        if number % 4 == 0:
            await write_and_fail(database, number)
        await write(database, number)
        acknowledged.add(number)

    tasks = [asyncio.create_task(write_one(number)) for number in range(60)]
    for number in range(seed, 60, 7):
        await asyncio.sleep(0.0005 * (number % 3))
        tasks[number].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await write(database, 1000)
    found = set(stored(path))
    assert acknowledged <= found
    assert not {number for number in found if number % 4 == 0 and number != 1000}


# ── a busy database ─────────────────────────────────────────────────────────────────────────────


@contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Somebody else writes for so long."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(seconds, lambda: connection.execute("COMMIT"))
    timer.start()
    try:
        yield
    finally:
        timer.join()
        connection.close()


async def test_database_that_is_busy_for_a_moment_is_waited_for(
    database: Database, path: Path
) -> None:
    with locked(path, 0.3):
        await asyncio.gather(*(write(database, number) for number in range(5)))
    assert stored(path) == list(range(5))


@pytest.mark.on_sqlite
async def test_database_that_stays_busy_is_unavailable_and_holds_nobody_else_up(
    world: World, school: School
) -> None:
    amy = school.tokens["amy"]
    given = world.raw_database.given()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    entry = f"/v1/classrooms/{LIVE}/entry"
    (((_, _, file),)) = world.raw_database.query("PRAGMA database_list")
    other = sqlite3.connect(file, isolation_level=None)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        ticking = asyncio.create_task(tick())
        asked = asyncio.create_task(world.call("POST", entry, amy))
        await asyncio.sleep(0.1)
        # An hour later: that the session was used is noted, and nobody waits for that either.
        world.clock.advance(hours=1)
        assert (await world.call("GET", "/v1/me", amy)).status_code == 200
        answer = await asked
        problem(answer, 503, "service_unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert "private_map_key" not in answer.text
        ticking.cancel()
        assert ticks > 50
    assert world.raw_database.given() == given
    assert (await world.call("POST", entry, amy)).status_code == 200


async def test_missing_table_is_unavailable_and_tells_no_names(
    database: Database,
) -> None:
    with pytest.raises(ServiceUnavailable) as raised:
        await database.reader.fetch_one(Statement(text("SELECT secret FROM nowhere")))
    assert "nowhere" not in raised.value.message
