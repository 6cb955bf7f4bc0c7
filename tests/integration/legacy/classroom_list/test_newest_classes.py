"""The first page of `live/roomlist`, read once for many: never outdated, never too much."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from tests.support.harness import Opener
from tests.support.legacy_client import CALLBACKS, OPEN_LEGACY_API, LegacyClient, legacy_client
from tests.support.sql_statements import counted

TIMES = (3, 1, 4, 2)  # of the classes 1 to 4
LATEST_FIRST = [9003, 9001, 9004, 9002]


@pytest.fixture
async def client(open_with: Opener) -> AsyncIterator[LegacyClient]:
    """Four open classes of tess, and two students."""
    async with legacy_client(open_with, {"tess": 1, "stu": 0, "sue": 0}) as opened:
        database = opened.world.raw_database
        # Those of the school are seen by nobody here.
        database.change("UPDATE classrooms SET open = false, recent_at = -9")
        for number, at in enumerate(TIMES, 1):
            add_class(opened, 9000 + number, at)
        yield opened


def add_class(client: LegacyClient, number: int, at: int, *, is_open: bool = True) -> None:
    client.world.raw_database.change(
        "INSERT INTO classrooms"
        " (classroom_id, title, state, host_id, open, created_at, recent_at)"
        " SELECT ?, 'c', 'created', account_id, ?, 1, ? FROM accounts WHERE identifier = 'tess'",
        number,
        is_open,
        at,
    )


def add_many_older_classes(client: LegacyClient) -> None:
    """Add open classes, so many that they are not all counted."""
    client.world.raw_database.change(
        "WITH RECURSIVE n(number) AS"
        " (SELECT 10001 UNION ALL SELECT number + 1 FROM n WHERE number < 10600)"
        " INSERT INTO classrooms"
        " (classroom_id, title, state, host_id, open, created_at, recent_at)"
        " SELECT number, 'c', 'created', account_id, true, 1, 0 FROM n, accounts"
        " WHERE identifier = 'tess'"
    )


def join(client: LegacyClient, who: str, number: int) -> None:
    client.world.raw_database.change(
        "INSERT INTO memberships (classroom_id, account_id, role, on_stage, added_at)"
        " SELECT ?, account_id, 'student', false, 0 FROM accounts WHERE identifier = ?",
        number,
        who,
    )


def kick(client: LegacyClient, number: int, until: int | None) -> None:
    client.world.raw_database.change(
        "UPDATE memberships SET kicked_at = 1, kicked_until = ? WHERE classroom_id = ?",
        until,
        number,
    )


async def rooms(client: LegacyClient, who: str = "stu", index: int = 0, size: int = 20) -> Any:
    return (await client.data("live/roomlist", who, index=index, size=size))["rooms"]


async def numbers(client: LegacyClient, who: str = "stu", index: int = 0, size: int = 20) -> Any:
    return [room["roomnum"] for room in await rooms(client, who, index, size)]


async def test_students_of_open_classes_get_the_same_list(client: LegacyClient) -> None:
    first = await client.data("live/roomlist", "stu", index=0, size=20)
    assert [room["roomnum"] for room in first["rooms"]] == LATEST_FIRST
    assert first["total"] == 4
    assert await client.data("live/roomlist", "sue", index=0, size=20) == first


@pytest.mark.on_sqlite  # a server has commits of its own
async def test_open_classes_are_read_once_until_something_is_committed(
    client: LegacyClient,
) -> None:
    async def reads() -> int:
        async with counted(client.world.application.database, "SELECT classrooms.") as seen:
            assert await numbers(client, "sue") == LATEST_FIRST
        return len(seen)

    await rooms(client, "stu")
    assert await reads() == 0
    client.world.raw_database.change("UPDATE accounts SET created_at = created_at + 1")
    assert await reads() == 1


async def test_own_closed_class_is_seen_among_more_open_ones_than_are_counted(
    client: LegacyClient,
) -> None:
    add_many_older_classes(client)
    for _ in range(2):
        data = await client.data("live/roomlist", "stu", index=0, size=4)
        assert [room["roomnum"] for room in data["rooms"]] == LATEST_FIRST
        assert data["total"] == 504
    add_class(client, 9008, -1, is_open=False)  # behind the page
    join(client, "stu", 9008)
    assert await numbers(client, "stu", size=4) == LATEST_FIRST
    add_class(client, 9009, 2, is_open=False)
    join(client, "stu", 9009)
    for _ in range(2):
        data = await client.data("live/roomlist", "stu", index=0, size=4)
        assert [room["roomnum"] for room in data["rooms"]] == [9003, 9001, 9009, 9004]
        assert data["total"] == 504
        assert await numbers(client, "sue", size=4) == LATEST_FIRST


@pytest.mark.on_sqlite
async def test_rosters_are_not_read_for_a_page_of_open_classes_alone(
    client: LegacyClient,
) -> None:
    add_many_older_classes(client)
    await numbers(client, "stu", size=4)
    async with counted(client.world.application.database, "SELECT") as seen:
        assert await numbers(client, "stu", size=4) == LATEST_FIRST
    assert [each for each in seen if "memberships" in each] == []
    assert seen


Seen = Callable[[Any], object]
# What another process commits, and what is then seen in the list.
COMMITS: dict[str, tuple[str, Seen, object]] = {
    "a title": (
        "UPDATE classrooms SET title = 'new' WHERE classroom_id = 9003",
        lambda found: found[0]["title"],
        "new",
    ),
    "a start": (
        "UPDATE classrooms SET state = 'live', started_at = 7000000, recent_at = 7000000"
        " WHERE classroom_id = 9002",
        lambda found: [(each["roomnum"], each["state"], each["begin_time"]) for each in found[:2]],
        [(9002, 1, 7), (9003, 0, 0)],
    ),
    "a class that is not open any more": (
        "UPDATE classrooms SET open = false WHERE classroom_id = 9001",
        lambda found: [each["roomnum"] for each in found],
        [9003, 9004, 9002],
    ),
    "a new name of the host": (
        "UPDATE accounts SET identifier = 'gone' WHERE identifier = 'tess'",
        lambda found: found[3]["host_uid"],
        "gone",
    ),
    "somebody who enters": (
        "INSERT INTO presences (classroom_id, account_id, session_id, role, entered_at,"
        " last_seen_at) SELECT 9004, account_id, 's', 'student', 1, 1 FROM accounts"
        " WHERE identifier = 'stu'",
        lambda found: [each["memsize"] for each in found],
        [0, 0, 1, 0],
    ),
    "the index of a replay": (
        "INSERT INTO replays (classroom_id, requests, index_result, indexed_at, index_url)"
        " VALUES (9002, 1, 0, 8999999, 'https://v.test/i')",
        lambda found: (found[3]["replay_idx_created_time"], found[3]["replay_idx_url"]),
        (8, "https://v.test/i"),
    ),
}


@pytest.mark.parametrize("commit", COMMITS)
async def test_list_shows_what_another_process_committed(client: LegacyClient, commit: str) -> None:
    statement, seen, expected = COMMITS[commit]
    assert seen(await rooms(client)) != expected
    assert client.world.raw_database.change(statement) == 1
    assert seen(await rooms(client)) == expected


async def test_member_sees_a_closed_class_among_the_open_ones(client: LegacyClient) -> None:
    add_class(client, 9009, 3, is_open=False)  # as recent as 9001, and with a higher number
    join(client, "stu", 9009)
    data = await client.data("live/roomlist", "stu", index=0, size=20)
    assert [room["roomnum"] for room in data["rooms"]] == [9003, 9009, 9001, 9004, 9002]
    assert data["total"] == 5
    assert (await client.data("live/roomlist", "sue", index=0, size=20))["total"] == 4
    assert await numbers(client, "sue") == LATEST_FIRST
    assert await numbers(client, "stu", index=1, size=2) == [9009, 9001]
    assert await numbers(client, "stu", index=2, size=2) == [9001, 9004]


async def test_time_alone_ends_a_kick(client: LegacyClient) -> None:
    add_class(client, 9009, 9, is_open=False)
    join(client, "stu", 9009)
    kick(client, 9009, (client.world.clock.unix + 60) * 1_000_000)
    assert await numbers(client) == LATEST_FIRST
    client.world.clock.advance(seconds=62)
    assert await numbers(client) == [9009, *LATEST_FIRST]
    kick(client, 9009, None)
    assert await numbers(client) == LATEST_FIRST


async def test_time_alone_allows_the_request_of_a_replay(client: LegacyClient) -> None:
    client.world.raw_database.change(
        "UPDATE classrooms SET state = 'ended' WHERE classroom_id = 9003"
    )
    client.world.raw_database.change(
        "INSERT INTO replays (classroom_id, requestable_at, requests, index_result)"
        " VALUES (9003, ?, 0, 0)",
        (client.world.clock.unix + 60) * 1_000_000,
    )
    assert (await rooms(client))[0]["can_trigger_replay_idx"] == 0
    client.world.clock.advance(seconds=62)
    assert (await rooms(client))[0]["can_trigger_replay_idx"] == 1


@pytest.mark.on_postgresql
async def test_two_processes_show_each_others_changes_at_once(
    client: LegacyClient, open_with: Opener
) -> None:
    async with open_with(legacy=OPEN_LEGACY_API, callbacks=CALLBACKS) as world:
        other = LegacyClient(world, client.tokens)
        assert await numbers(other) == LATEST_FIRST
        number = await client.make_class("tess", 1)
        (room, *_) = await rooms(other)
        assert (room["roomnum"], room["state"], room["memsize"]) == (number, 1, 1)
        assert await client.code("live/reportmemid", "stu", roomnum=number, operate=0) == 0
        assert (await rooms(other))[0]["memsize"] == 2
        assert await other.code("live/exitroom", "tess", roomnum=number) == 0
        (room, *_) = await rooms(client)
        assert (room["roomnum"], room["state"], room["memsize"]) == (number, 2, 0)
