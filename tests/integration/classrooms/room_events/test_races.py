"""Events that arrive at once leave the state of the newest, and are answered."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from tests.support.harness import Opener, World
from tests.support.presence_driver import PresenceDriver
from tests.support.room_callbacks import (
    AUDIENCE,
    DISMISSED,
    ENTERED,
    KEYS,
    LEFT,
    CallingCloud,
    forget_outbox,
    outbox_of,
    room_event,
    rtc_signature,
)
from tests.support.school import LIVE, School

from classgate.emulator.trtc.events import Event

EVERYBODY = ("tom", "anna", "amy", "stan")


@pytest.fixture
async def cloud(open_with: Opener) -> AsyncIterator[CallingCloud]:
    async with open_with(callbacks=KEYS) as world:
        forget_outbox(world)
        yield CallingCloud(world)


def in_room(world: World) -> list[str]:
    rows = world.raw_database.query(
        "SELECT identifier FROM room_users JOIN accounts"
        " ON accounts.account_id = room_users.account_id WHERE in_room ORDER BY 1"
    )
    return [name for (name,) in rows]


@pytest.mark.parametrize("last", [ENTERED, LEFT])
async def test_newest_of_many_events_at_once_counts(cloud: CallingCloud, last: int) -> None:
    now = cloud.world.clock().timestamp()
    other = LEFT if last == ENTERED else ENTERED
    messages = [
        room_event(last if number % 2 else other, LIVE, name, now + number / 1000, Role=AUDIENCE)
        for number in (5, 2, 9, 0, 7, 4, 1, 8, 3, 6)
        for name in EVERYBODY
    ]
    await asyncio.gather(*(cloud.post_event(each) for each in messages + messages[::-1]))
    assert in_room(cloud.world) == (sorted(EVERYBODY) if last == ENTERED else [])
    rows = cloud.world.raw_database.query(
        "SELECT account_id FROM presences WHERE classroom_id = ? AND left_at IS NULL", LIVE
    )
    assert len(rows) == len(set(rows))


async def test_same_entry_of_a_barred_person_at_once_is_answered_once(cloud: CallingCloud) -> None:
    message = room_event(ENTERED, LIVE, "kim", cloud.world.clock().timestamp(), Role=AUDIENCE)
    await asyncio.gather(*(cloud.post_event(message) for _ in range(8)))
    assert [kind for kind, _ in outbox_of(cloud.world, LIVE, "removal")] == ["removal"]


async def test_dismissal_and_heartbeats_at_once_leave_the_room_empty(
    cloud: CallingCloud, school: School
) -> None:
    driver, now = PresenceDriver(cloud.world), cloud.world.clock().timestamp()
    entering = [
        room_event(ENTERED, LIVE, name, now + number / 1000, Role=AUDIENCE)
        for number, name in enumerate(EVERYBODY)
    ]
    await asyncio.gather(*(cloud.post_event(each) for each in entering))
    dismissed = room_event(DISMISSED, LIVE, None, now + 1)
    await asyncio.gather(
        cloud.post_event(dismissed),
        *(cloud.post_event(each) for each in entering),
        *(driver.heartbeat(LIVE, school.tokens[name]) for name in EVERYBODY),
        driver.tick(),
        cloud.post_event(dismissed),
    )
    assert in_room(cloud.world) == []


async def test_kick_and_entry_at_once_never_leave_the_kicked_in_the_room(
    cloud: CallingCloud, school: School
) -> None:
    message = room_event(ENTERED, LIVE, "amy", cloud.world.clock().timestamp(), Role=AUDIENCE)
    kick = cloud.world.call("POST", f"/v1/classrooms/{LIVE}/members/amy/kick", school.tokens["tom"])
    answer, _ = await asyncio.gather(kick, cloud.post_event(message))
    assert answer.status_code == 204
    assert [kind for kind, _ in outbox_of(cloud.world, LIVE, "removal")] == ["removal"]
    assert "amy" not in PresenceDriver(cloud.world).present(LIVE)


async def test_event_as_the_emulator_writes_it_is_taken(cloud: CallingCloud) -> None:
    milliseconds = int(cloud.world.clock().timestamp() * 1000)
    times = {"EventTs": milliseconds // 1000, "EventMsTs": milliseconds}
    event = Event(ENTERED, {"RoomId": LIVE, **times, "UserId": "amy", "Role": AUDIENCE})
    body = event.body(milliseconds)
    answer = await cloud.send(body, sign=rtc_signature(body))
    assert (answer.status_code, json.loads(answer.content)) == (200, {"code": 0})
    assert in_room(cloud.world) == ["amy"]
