"""Which messages of TRTC count: signed, for this application, whole, timely, and once."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener, World, problem
from tests.support.room_callbacks import (
    AUDIENCE,
    CREATED,
    ENTERED,
    KEYS,
    LEFT,
    RTC_KEY,
    CallingCloud,
    room_event,
    rtc_signature,
)
from tests.support.school import LIVE, School

# What the page of the cloud says of an answer, with its headers.
MAX_ANSWER = 2000


@pytest.fixture
async def cloud(open_with: Opener) -> AsyncIterator[CallingCloud]:
    async with open_with(callbacks=KEYS) as world:
        yield CallingCloud(world)


def users(world: World) -> list[tuple[int, str, bool]]:
    """Who is known of in rooms, and whether they are in."""
    rows = world.raw_database.query(
        "SELECT room_users.classroom_id, identifier, in_room FROM room_users JOIN accounts"
        " ON accounts.account_id = room_users.account_id ORDER BY 1, 2"
    )
    return [(room, name, bool(inside)) for room, name, inside in rows]


def entering(cloud: CallingCloud, at: float = 0, **details: Any) -> bytes:
    now = cloud.world.clock().timestamp() + at
    return json.dumps(
        room_event(ENTERED, LIVE, "amy", now, **{"Role": AUDIENCE, **details})
    ).encode()


async def test_signed_event_is_taken_and_answered_in_few_bytes(cloud: CallingCloud) -> None:
    answer = await cloud.send(entering(cloud))
    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    headers = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
    assert headers + len(answer.content) < MAX_ANSWER
    assert users(cloud.world) == [(LIVE, "amy", True)]


@pytest.mark.parametrize("sign", ["", "x", "?", rtc_signature(b"{}"), "A" * 4000])
async def test_forged_event_is_refused(
    cloud: CallingCloud, sign: str, captured_log: CapturedLog
) -> None:
    answer = await cloud.send(entering(cloud), sign=sign)
    problem(answer, 403, "permission_denied", "callback_unproven")
    assert len(answer.content) < MAX_ANSWER
    assert users(cloud.world) == []
    assert '"failed_check": "signature"' in captured_log.getvalue()
    assert RTC_KEY not in captured_log.getvalue()


@pytest.mark.parametrize("sdk_app_id", ["", "1400000002", "x"])
async def test_event_for_another_application_is_refused(
    cloud: CallingCloud, sdk_app_id: str, captured_log: CapturedLog
) -> None:
    answer = await cloud.send(entering(cloud), sdk_app_id=sdk_app_id)
    problem(answer, 403, "permission_denied", "callback_unproven")
    assert users(cloud.world) == []
    assert '"failed_check": "sdkappid"' in captured_log.getvalue()


async def test_body_that_was_cut_is_refused(cloud: CallingCloud) -> None:
    body = entering(cloud)
    for length in (0, 1, len(body) // 2, len(body) - 1):
        answer = await cloud.send(body[:length], sign=rtc_signature(body))
        problem(answer, 403, "permission_denied", "callback_unproven")
    assert users(cloud.world) == []


async def test_body_that_is_too_large_is_refused(cloud: CallingCloud) -> None:
    answer = await cloud.send(entering(cloud) + b" " * 70_000)
    problem(answer, 413, "too_large", "body_too_large")
    assert users(cloud.world) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b'{"EventType": 103, "EventType": 104}',
        b'{"EventType": 103}',
        b'{"EventType": "103", "EventInfo": {}}',
        b'{"EventType": 103, "EventInfo": []}',
        b'{"EventType": 103, "EventInfo": {"RoomId": 1, "UserId": "amy"}}',
        b'{"EventType": 103, "EventInfo": {"RoomId": 1, "EventMsTs": 1, "UserId": 5}}',
        b'{"EventType": 103, "EventInfo": {"RoomId": null, "EventMsTs": 1, "UserId": "amy"}}',
        b'{"EventType": 103, "EventInfo": {"RoomId": 1, "EventMsTs": 1e300, "UserId": "amy"}}',
        b'{"EventType": 103, "EventInfo": {"RoomId": 1, "EventMsTs": -1, "UserId": "amy"}}',
        b"[" * 5000,
    ],
)
async def test_signed_body_of_another_form_is_refused(cloud: CallingCloud, body: bytes) -> None:
    problem(await cloud.send(body), 400, "invalid_request", "body_unreadable")
    assert users(cloud.world) == []


async def test_without_a_key_no_event_is_taken(world: World) -> None:
    cloud = CallingCloud(world)
    answer = await cloud.send(entering(cloud))
    problem(answer, 403, "permission_denied", "callback_unproven")
    assert users(world) == []


@pytest.mark.parametrize(
    ("room", "known"),
    [
        (LIVE, True),
        (str(LIVE), True),
        (f"0{LIVE}", False),
        ("a-room", False),
        ("", False),
        (0, False),
        (-1, False),
        (2**32, False),
        (True, False),
        (99_999, False),
        ("٣", False),
    ],
)
async def test_room_is_a_number_or_the_same_as_a_text(
    cloud: CallingCloud, room: object, known: bool
) -> None:
    answer = await cloud.send(entering(cloud, RoomId=room))
    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    assert users(cloud.world) == ([(LIVE, "amy", True)] if known else [])


@pytest.mark.parametrize("identifier", ["nobody", "AMY", "amy ", "a" * 5000, "\x00", "robot_1"])
async def test_event_of_nobody_with_an_account_is_ignored(
    cloud: CallingCloud, identifier: str
) -> None:
    await cloud.enter(LIVE, identifier)
    assert users(cloud.world) == []


@pytest.mark.parametrize("number", [CREATED, 1, 201, 204, 311, 10**9])
async def test_other_events_are_taken_and_change_nothing(cloud: CallingCloud, number: int) -> None:
    await cloud.event(number, LIVE, "amy")
    assert users(cloud.world) == []


# ── late, early, again, and in another order ────────────────────────────────────────────────────


@pytest.mark.parametrize(("at", "counts"), [(-89, True), (-91, False), (59, True), (61, False)])
async def test_message_counts_for_a_minute_and_a_half(
    cloud: CallingCloud, at: float, counts: bool
) -> None:
    answer = await cloud.send(entering(cloud, at))
    assert answer.status_code == 200
    assert users(cloud.world) == ([(LIVE, "amy", True)] if counts else [])


async def test_event_that_the_cloud_was_late_to_send_counts(cloud: CallingCloud) -> None:
    now = cloud.world.clock().timestamp()
    await cloud.post_event(room_event(ENTERED, LIVE, "amy", now - 300, sent_at=now))
    assert users(cloud.world) == [(LIVE, "amy", True)]


async def test_recorded_message_is_ignored(cloud: CallingCloud) -> None:
    """A message is signed for ever: only its time tells a recording from the first one."""
    recorded = entering(cloud)
    await cloud.send(recorded)
    await cloud.leave(LIVE, "amy")
    for seconds in (0, 30, 60, 3600):
        cloud.world.clock.advance(seconds=seconds)
        assert (await cloud.send(recorded)).status_code == 200
        assert users(cloud.world) == [(LIVE, "amy", False)]


async def test_leaving_that_arrives_before_entering_counts(cloud: CallingCloud) -> None:
    now = cloud.world.clock().timestamp()
    await cloud.post_event(room_event(LEFT, LIVE, "amy", now, Reason=1))
    await cloud.post_event(room_event(ENTERED, LIVE, "amy", now - 1, Role=AUDIENCE))
    assert users(cloud.world) == [(LIVE, "amy", False)]


async def test_entering_again_that_arrives_before_the_leaving_counts(cloud: CallingCloud) -> None:
    now = cloud.world.clock().timestamp()
    await cloud.post_event(room_event(ENTERED, LIVE, "amy", now, Role=AUDIENCE, Reason=2))
    await cloud.post_event(room_event(LEFT, LIVE, "amy", now - 0.001, Reason=2))
    assert users(cloud.world) == [(LIVE, "amy", True)]


async def test_old_events_are_removed(cloud: CallingCloud, school: School) -> None:
    await cloud.enter(LIVE, "amy")
    events = cloud.world.application.classrooms.room_events
    cloud.world.clock.advance(hours=6, minutes=59)
    assert await events.delete_old() == 0
    cloud.world.clock.advance(minutes=2)
    assert await events.delete_old() == 1
    assert users(cloud.world) == []
