"""`GET /v1/classrooms` while nothing is committed: the classes are kept, who sees them is not."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.harness import World
from tests.support.school import CREATED, ENDED, LIVE, OPEN, School
from tests.support.sql_statements import counted

ALL = [OPEN, ENDED, CREATED, LIVE]
VISIBLE = {"tom": ALL, "amy": ALL, "root": ALL, "sam": [OPEN], "kim": [OPEN]}


async def listed(world: World, school: School, who: str, query: str = "") -> Any:
    answer = await world.call("GET", f"/v1/classrooms{query}", school.tokens[who])
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def numbers(world: World, school: School, who: str, query: str = "") -> list[int]:
    return [each["classroom_id"] for each in await listed(world, school, who, query)]


async def keep(world: World, school: School) -> None:
    """List what amy sees, which is every class, until all is kept."""
    for _ in range(3):
        assert await numbers(world, school, "amy") == ALL


async def test_everybody_sees_only_their_own_of_the_kept_classes(
    world: World, school: School
) -> None:
    await keep(world, school)
    for _ in range(2):
        for who, visible in VISIBLE.items():
            assert await numbers(world, school, who) == visible, who
            assert await numbers(world, school, who, "?limit=1") == visible[:1]
            assert await numbers(world, school, who, "?state=ended") == [
                number for number in visible if number == ENDED
            ]


async def test_pages_of_kept_classes_go_on_behind_their_cursor(
    world: World, school: School
) -> None:
    await keep(world, school)
    first = await world.call("GET", "/v1/classrooms?limit=3", school.tokens["amy"])
    assert [each["classroom_id"] for each in first.json()["items"]] == ALL[:3]
    cursor = first.json()["next_cursor"]
    assert await numbers(world, school, "amy", f"?limit=3&cursor={cursor}") == ALL[3:]


async def test_class_that_nobody_asked_for_yet_is_read(world: World, school: School) -> None:
    for _ in range(3):
        assert await numbers(world, school, "sam") == [OPEN]
    assert await numbers(world, school, "amy") == ALL


@pytest.mark.on_sqlite  # a server has commits of its own
async def test_classes_are_read_once_until_something_is_committed(
    world: World, school: School
) -> None:
    async def reads() -> int:
        async with counted(world.application.database, "SELECT classrooms.") as seen:
            assert await numbers(world, school, "amy") == ALL
        return len(seen)

    await keep(world, school)
    assert await reads() == 0
    world.raw_database.change("UPDATE accounts SET created_at = created_at + 1")
    assert await reads() == 1
    assert await reads() == 1  # as long as it is not known that nothing more is committed
    assert await reads() == 1  # only which open classes are the newest
    assert await reads() == 0


Seen = Callable[[Any], object]
# What another process commits, and what is then seen in the list.
COMMITS: dict[str, tuple[str, Seen, object]] = {
    "a title": (
        f"UPDATE classrooms SET title = 'new' WHERE classroom_id = {CREATED}",  # noqa: S608
        lambda found: found[2]["title"],
        "new",
    ),
    "a start": (
        f"UPDATE classrooms SET state = 'live', started_at = 7000000 WHERE classroom_id = {CREATED}",  # noqa: S608, E501
        lambda found: (found[2]["state"], found[2]["started_at"]),
        ("live", 7),
    ),
    "a class that is open now": (
        f"UPDATE classrooms SET open = true WHERE classroom_id = {CREATED}",  # noqa: S608
        lambda found: found[2]["open"],
        True,
    ),
    "a new name of the host": (
        "UPDATE accounts SET identifier = 'gone' WHERE identifier = 'tom'",
        lambda found: {each["host"] for each in found},
        {"gone"},
    ),
    "somebody who is off the roster": (
        f"DELETE FROM memberships WHERE classroom_id = {ENDED}"  # noqa: S608
        " AND account_id = (SELECT account_id FROM accounts WHERE identifier = 'amy')",
        lambda found: [each["classroom_id"] for each in found],
        [OPEN, CREATED, LIVE],
    ),
}


@pytest.mark.parametrize("commit", COMMITS)
async def test_list_shows_what_another_process_committed(
    world: World, school: School, commit: str
) -> None:
    statement, seen, expected = COMMITS[commit]
    await keep(world, school)
    assert seen(await listed(world, school, "amy")) != expected
    assert world.raw_database.change(statement) == 1
    for _ in range(3):
        assert seen(await listed(world, school, "amy")) == expected


async def test_class_that_was_closed_is_seen_by_its_members_only(
    world: World, school: School
) -> None:
    await keep(world, school)
    assert await numbers(world, school, "sam") == [OPEN]
    world.raw_database.change("UPDATE classrooms SET open = false")
    for _ in range(3):
        assert await numbers(world, school, "sam") == []
        assert await numbers(world, school, "amy") == ALL


async def test_time_alone_ends_a_kick(world: World, school: School) -> None:
    world.raw_database.change(
        "UPDATE memberships SET kicked_until = ? WHERE kicked_at IS NOT NULL",
        (world.clock.unix + 60) * 1_000_000,
    )
    await keep(world, school)
    assert await numbers(world, school, "kim") == [OPEN]
    world.clock.advance(seconds=62)
    for _ in range(2):
        assert await numbers(world, school, "kim") == ALL
