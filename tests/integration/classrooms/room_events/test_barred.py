"""Who enters a room without the right to be there is removed again, and whoever sends without the
right to send is blocked.
"""

from collections.abc import AsyncIterator

import pytest
from tests.support.harness import Opener
from tests.support.room_callbacks import (
    ANCHOR,
    AUDIENCE,
    ENTERED,
    KEYS,
    ROLE,
    CallingCloud,
    forget_outbox,
    outbox_of,
    room_event,
)
from tests.support.school import CREATED, ENDED, LIVE, OPEN, School


@pytest.fixture
async def cloud(open_with: Opener) -> AsyncIterator[CallingCloud]:
    async with open_with(callbacks=KEYS) as world:
        forget_outbox(world)
        yield CallingCloud(world)


def removals(cloud: CallingCloud, classroom_id: int = LIVE) -> list[str]:
    return [content["identifier"] for _, content in outbox_of(cloud.world, classroom_id, "removal")]


def blocks(cloud: CallingCloud) -> list[tuple[str, bool, bool]]:
    return [
        (content["identifier"], content["audio"], content["video"])
        for _, content in outbox_of(cloud.world, LIVE, "media_block")
    ]


@pytest.mark.parametrize(
    ("room", "identifier"),
    [(LIVE, "kim"), (LIVE, "rob"), (LIVE, "sam"), (OPEN, "kim"), (ENDED, "tom"), (ENDED, "amy")],
)
async def test_barred_person_is_removed_again(
    cloud: CallingCloud, room: int, identifier: str
) -> None:
    await cloud.enter(room, identifier)
    assert removals(cloud, room) == [identifier]
    rows = cloud.world.raw_database.query(
        "SELECT presence_id FROM presences JOIN accounts"
        " ON accounts.account_id = presences.account_id"
        " WHERE classroom_id = ? AND identifier = ? AND left_at IS NULL",
        room,
        identifier,
    )
    assert rows == []


@pytest.mark.parametrize(("room", "identifier"), [(LIVE, "amy"), (LIVE, "tom"), (CREATED, "anna")])
async def test_member_is_not_removed(cloud: CallingCloud, room: int, identifier: str) -> None:
    await cloud.enter(room, identifier)
    assert removals(cloud, room) == []


async def test_disabled_account_is_removed_again(cloud: CallingCloud, school: School) -> None:
    answer = await cloud.world.call(
        "PATCH", "/v1/admin/accounts/amy", school.tokens["root"], {"disabled": True}
    )
    assert answer.status_code == 200
    forget_outbox(cloud.world)
    await cloud.enter(LIVE, "amy")
    assert removals(cloud) == ["amy"]


async def test_each_entry_of_a_barred_person_is_answered_and_a_repeated_message_is_not(
    cloud: CallingCloud,
) -> None:
    now = cloud.world.clock().timestamp()
    message = room_event(ENTERED, LIVE, "kim", now, Role=AUDIENCE)
    await cloud.post_event(message)
    assert removals(cloud) == ["kim"]
    forget_outbox(cloud.world)
    await cloud.post_event(message)
    assert removals(cloud) == []
    await cloud.leave(LIVE, "kim", reason=3)
    assert removals(cloud) == []
    await cloud.enter(LIVE, "kim")
    assert removals(cloud) == ["kim"]


async def test_forged_event_removes_nobody(cloud: CallingCloud) -> None:
    answer = await cloud.send(b'{"EventType": 103}', sign="x")
    assert answer.status_code == 403
    assert cloud.world.raw_database.query("SELECT kind FROM outbox") == []


# ── sending ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("number", [ENTERED, ROLE])
async def test_student_who_is_not_on_stage_and_sends_is_blocked(
    cloud: CallingCloud, number: int
) -> None:
    if number == ROLE:
        await cloud.enter(LIVE, "amy")
        assert blocks(cloud) == []
    await cloud.event(number, LIVE, "amy", Role=ANCHOR)
    assert blocks(cloud) == [("amy", True, True)]
    assert removals(cloud) == []


@pytest.mark.parametrize("identifier", ["tom", "anna", "stan"])
async def test_who_may_send_is_not_blocked(cloud: CallingCloud, identifier: str) -> None:
    await cloud.enter(LIVE, identifier, ANCHOR)
    await cloud.event(ROLE, LIVE, identifier, Role=ANCHOR)
    assert blocks(cloud) == []


async def test_student_who_left_the_stage_and_sends_is_blocked(
    cloud: CallingCloud, school: School
) -> None:
    await cloud.enter(LIVE, "stan", AUDIENCE)
    answer = await cloud.world.call(
        "PUT",
        f"/v1/classrooms/{LIVE}/members/stan",
        school.tokens["tom"],
        {"role": "student", "on_stage": False},
    )
    assert answer.status_code == 200
    forget_outbox(cloud.world)
    await cloud.event(ROLE, LIVE, "stan", Role=ANCHOR)
    assert blocks(cloud) == [("stan", True, True)]


async def test_barred_person_who_sends_is_removed(cloud: CallingCloud) -> None:
    await cloud.enter(LIVE, "kim", ANCHOR)
    assert (removals(cloud), blocks(cloud)) == (["kim"], [])
