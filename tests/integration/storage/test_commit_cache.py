"""The mark of what is committed, and the copies that live as long as it."""

from itertools import pairwise

import pytest
from sqlalchemy import select, text
from tests.support.harness import World

from classgate.storage.commit_cache import COMMIT_MARK, CommitCache
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import Statement

_MARK = Statement(select(COMMIT_MARK.label("mark")))
_CHANGE = Statement(text("UPDATE accounts SET created_at = created_at + 1"))


async def mark_of(connection: DatabaseConnection) -> object:
    row = await connection.fetch_one(_MARK)
    assert row is not None
    return row.mark


async def test_mark_stays_while_nothing_is_committed(world: World) -> None:
    """A server sometimes cleans up by itself, but not each time."""
    reader = world.application.database.reader
    marks = [await mark_of(reader) for _ in range(20)]
    assert any(one == other for one, other in pairwise(marks))


async def test_each_commit_has_another_mark(world: World) -> None:
    database = world.application.database
    marks = [await mark_of(database.reader)]
    for _ in range(3):
        async with database.transaction() as connection:
            await connection.execute(_CHANGE)
        marks.append(await mark_of(database.reader))
        world.raw_database.change("UPDATE accounts SET created_at = created_at + 1")
        marks.append(await mark_of(database.reader))
    assert len(set(marks)) == 7


@pytest.mark.on_postgresql
async def test_mark_of_an_open_transaction_is_not_that_of_its_commit(world: World) -> None:
    database = world.application.database
    async with database.transaction() as connection:
        await connection.execute(_CHANGE)
        during = await mark_of(database.reader)
    assert await mark_of(database.reader) != during


def test_values_are_of_one_mark() -> None:
    kept: CommitCache[int, str] = CommitCache()
    kept.put(1, 20, "twenty")
    kept.put(1, 50, "fifty")
    assert (kept.get(1, 20), kept.get(1, 50), kept.get(1, 30)) == ("twenty", "fifty", None)
    assert kept.get(2, 20) is None
    kept.put(2, 50, "more")
    assert (kept.get(2, 50), kept.get(2, 20), kept.get(1, 20)) == ("more", None, None)
