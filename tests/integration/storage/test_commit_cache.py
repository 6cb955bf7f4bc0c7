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


def test_copies_are_of_one_mark() -> None:
    kept: CommitCache[dict[int, str]] = CommitCache(dict)
    kept.at("a")[20] = "twenty"
    kept.at("a")[50] = "fifty"
    assert kept.at("a") == {20: "twenty", 50: "fifty"}
    assert kept.at("b") == {}
    kept.at("b")[50] = "more"
    assert kept.at("b") == {50: "more"}
    assert kept.at("a") == {}


def test_what_was_read_for_an_earlier_mark_is_not_kept_for_a_later_one() -> None:
    kept: CommitCache[dict[int, str]] = CommitCache(dict)
    earlier = kept.at("a")
    kept.at("b")
    earlier[20] = "read after a, for it"
    assert kept.at("b") == {}


def test_it_is_quiet_while_the_mark_is_the_same() -> None:
    kept: CommitCache[dict[int, str]] = CommitCache(dict)
    quiet = []
    for mark in "aaabcc":
        kept.at(mark)
        quiet.append(kept.is_quiet)
    assert quiet == [False, True, True, False, False, True]
