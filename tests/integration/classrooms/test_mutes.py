"""Muting one and all: who may, what is enqueued for the cloud, what a new PrivateMapKey allows."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.room_callbacks import (
    ANCHOR,
    AUDIENCE,
    KEYS,
    CallingCloud,
    forget_outbox,
    outbox_of,
)
from tests.support.school import CREATED, ENDED, LIVE, OPEN, School

CLASS = f"/v1/classrooms/{LIVE}"
EVERYTHING = {"chat": True, "audio": True, "video": True}
NOTHING = {"chat": False, "audio": False, "video": False}


@pytest.fixture
async def cloud(open_with: Opener) -> AsyncIterator[CallingCloud]:
    async with open_with(callbacks=KEYS) as world:
        forget_outbox(world)
        yield CallingCloud(world)


async def mute(
    world: World, school: School, path: str, body: object = None, by: str = "tom"
) -> None:
    answer = await world.call("POST", f"{CLASS}{path}/mute", school.tokens[by], body)
    assert answer.status_code == 204, answer.text


async def unmute(world: World, school: School, path: str, body: object = None) -> None:
    answer = await world.call("DELETE", f"{CLASS}{path}/mute", school.tokens["tom"], body)
    assert answer.status_code == 204, answer.text


async def muted(world: World, school: School, classroom_id: int = LIVE) -> dict[str, Any]:
    """What is muted, for those for whom anything is."""
    answer = await world.call(
        "GET", f"/v1/classrooms/{classroom_id}/members?limit=100", school.tokens["tom"]
    )
    return {
        each["identifier"]: each["muted"]
        for each in answer.json()["items"]
        if each["muted"] != NOTHING
    }


async def privileges(world: World, school: School, identifier: str) -> int:
    answer = await world.call("POST", f"{CLASS}/entry", school.tokens[identifier])
    found = answer.json()["privilege_map"]
    heartbeat = await world.call("POST", f"{CLASS}/heartbeat", school.tokens[identifier])
    assert heartbeat.json()["privilege_map"] == found
    assert isinstance(found, int)
    return found


def enqueued(world: World, classroom_id: int = LIVE) -> list[tuple[str, str, object]]:
    """What is enqueued for the cloud: the kind, about whom, and what."""
    return [
        (
            kind,
            content["identifier"],
            content["muted"] if kind == "chat_mute" else (content["audio"], content["video"]),
        )
        for kind, content in outbox_of(world, classroom_id, "chat_mute", "media_block")
    ]


# ── one ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("identifier", "body", "before", "after"),
    [
        ("stan", {"audio": True}, 190, 186),
        ("stan", {"video": True}, 190, 174),
        ("stan", None, 190, 170),
        ("stan", {"chat": True}, 190, 190),
        ("amy", None, 170, 170),
        ("anna", {"video": True}, 254, 174),
        ("anna", {"audio": True, "video": True, "chat": False}, 254, 170),
    ],
)
async def test_key_of_a_muted_member_lacks_the_bits_until_it_is_lifted(
    world: World, school: School, identifier: str, body: object, before: int, after: int
) -> None:
    assert await privileges(world, school, identifier) == before
    await mute(world, school, f"/members/{identifier}", body)
    assert await privileges(world, school, identifier) == after
    await unmute(world, school, f"/members/{identifier}", body)
    assert await privileges(world, school, identifier) == before


async def test_no_body_is_everything_and_a_named_part_is_that_part(
    world: World, school: School
) -> None:
    await mute(world, school, "/members/amy")
    assert await muted(world, school) == {"amy": EVERYTHING}
    await unmute(world, school, "/members/amy", {"chat": True, "video": False})
    assert await muted(world, school) == {"amy": {**EVERYTHING, "chat": False}}
    await unmute(world, school, "/members/amy", {})
    assert await muted(world, school) == {}


async def test_what_changed_is_enqueued_once(cloud: CallingCloud, school: School) -> None:
    world = cloud.world
    await mute(world, school, "/members/stan")
    expected = [("chat_mute", "stan", True), ("media_block", "stan", (True, True))]
    assert enqueued(world) == expected
    await mute(world, school, "/members/stan", {"audio": True})
    assert enqueued(world) == expected
    forget_outbox(world)
    await unmute(world, school, "/members/stan")
    assert enqueued(world) == [
        ("chat_mute", "stan", False),
        ("media_block", "stan", (False, False)),
    ]


async def test_student_who_may_not_send_anyhow_is_not_blocked(
    cloud: CallingCloud, school: School
) -> None:
    await mute(cloud.world, school, "/members/amy")
    assert enqueued(cloud.world) == [("chat_mute", "amy", True)]


@pytest.mark.parametrize(("role", "blocked"), [(ANCHOR, True), (AUDIENCE, False)])
async def test_who_is_in_the_audience_is_blocked_when_they_begin_to_send(
    cloud: CallingCloud, school: School, role: int, blocked: bool
) -> None:
    await cloud.enter(LIVE, "stan", role)
    await mute(cloud.world, school, "/members/stan", {"audio": True})
    expected = [("media_block", "stan", (True, False))]
    assert enqueued(cloud.world) == (expected if blocked else [])
    await cloud.enter(LIVE, "stan", ANCHOR)
    assert enqueued(cloud.world) == expected


async def test_who_may_send_the_rest_is_not_blocked_once_the_older_keys_have_expired(
    cloud: CallingCloud, school: School
) -> None:
    """A new PrivateMapKey lacks the muted bits; where TRTC cannot block, a block is a removal."""
    await mute(cloud.world, school, "/members/stan", {"audio": True})
    forget_outbox(cloud.world)
    cloud.world.clock.advance(seconds=299)
    await cloud.enter(LIVE, "stan", ANCHOR)
    assert enqueued(cloud.world) == [("media_block", "stan", (True, False))]
    forget_outbox(cloud.world)
    cloud.world.clock.advance(seconds=2)
    await cloud.enter(LIVE, "stan", ANCHOR)
    assert enqueued(cloud.world) == []
    await mute(cloud.world, school, "/members/stan", {"video": True})
    forget_outbox(cloud.world)
    cloud.world.clock.advance(seconds=301)
    await cloud.enter(LIVE, "stan", ANCHOR)
    assert enqueued(cloud.world) == [("media_block", "stan", (True, True))]


async def test_leaving_the_stage_blocks_and_coming_back_lifts_it(
    cloud: CallingCloud, school: School
) -> None:
    for on_stage in (False, True):
        forget_outbox(cloud.world)
        body = {"role": "student", "on_stage": on_stage}
        answer = await cloud.world.call("PUT", f"{CLASS}/members/stan", school.tokens["tom"], body)
        assert answer.status_code == 200
        assert enqueued(cloud.world) == [("media_block", "stan", (not on_stage, not on_stage))]


async def test_no_media_block_is_enqueued_before_anybody_was_there(
    cloud: CallingCloud, school: School
) -> None:
    path = f"/v1/classrooms/{CREATED}/members/stan"
    for on_stage in (False, True):
        body = {"role": "student", "on_stage": on_stage}
        answer = await cloud.world.call("PUT", path, school.tokens["tom"], body)
        assert answer.status_code == 200
    assert enqueued(cloud.world, CREATED) == []


async def test_who_left_is_not_blocked(cloud: CallingCloud, school: School) -> None:
    await cloud.world.call("POST", f"{CLASS}/leave", school.tokens["stan"])
    await mute(cloud.world, school, "/members/stan", {"audio": True})
    assert enqueued(cloud.world) == []


async def test_mute_stays_when_the_place_changes(world: World, school: School) -> None:
    await mute(world, school, "/members/amy", {"audio": True})
    body = {"role": "student", "on_stage": True}
    await world.call("PUT", f"{CLASS}/members/amy", school.tokens["tom"], body)
    assert await privileges(world, school, "amy") == 186


# ── all ─────────────────────────────────────────────────────────────────────────────────────────


async def test_all_students_are_muted_and_nobody_else(world: World, school: School) -> None:
    await mute(world, school, "", {"audio": True})
    students = ("amy", "kim", "stan")
    assert await muted(world, school) == {name: {**NOTHING, "audio": True} for name in students}
    assert await privileges(world, school, "anna") == 254
    await unmute(world, school, "")
    assert await muted(world, school) == {}


async def test_students_who_join_later_are_muted_too(cloud: CallingCloud, school: School) -> None:
    world = cloud.world
    path = f"/v1/classrooms/{OPEN}"
    assert (await world.call("POST", f"{path}/mute", school.tokens["tom"])).status_code == 204
    forget_outbox(world)
    assert (await world.call("POST", f"{path}/entry", school.tokens["sam"])).status_code == 200
    assert enqueued(world, OPEN) == [("chat_mute", "sam", True)]
    body = {"role": "student", "on_stage": True}
    await world.call("PUT", f"{path}/members/tina", school.tokens["tom"], body)
    assert (await muted(world, school, OPEN))["tina"] == EVERYTHING
    await world.call("DELETE", f"{path}/mute", school.tokens["tom"])
    await world.call("PUT", f"{path}/members/rob", school.tokens["tom"], {"role": "student"})
    assert await muted(world, school, OPEN) == {}


async def test_end_of_the_class_lifts_every_mute(cloud: CallingCloud, school: School) -> None:
    world = cloud.world
    await mute(world, school, "")
    await mute(world, school, "/members/anna", {"chat": True})
    await world.call("POST", f"{CLASS}/end", school.tokens["tom"])
    assert await muted(world, school) == {}
    rows = world.raw_database.query("SELECT muted FROM classrooms WHERE classroom_id = ?", LIVE)
    assert rows == [(0,)]


# ── who may, and what is refused ────────────────────────────────────────────────────────────────


async def test_assistant_mutes_students_only(world: World, school: School) -> None:
    await mute(world, school, "/members/amy", by="anna")
    await mute(world, school, "", by="anna")
    answer = await world.call("POST", f"{CLASS}/members/tom/mute", school.tokens["anna"])
    problem(answer, 403, "permission_denied", "host_place_protected")
    await world.call("PUT", f"{CLASS}/members/amy", school.tokens["tom"], {"role": "assistant"})
    answer = await world.call("POST", f"{CLASS}/members/amy/mute", school.tokens["anna"])
    problem(answer, 403, "permission_denied", "assistant_changes_students_only")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("path", ["/mute", "/members/amy/mute"])
async def test_class_that_is_over_is_not_muted(
    world: World, school: School, method: str, path: str
) -> None:
    call = f"/v1/classrooms/{ENDED}{path}"
    problem(await world.call(method, call, school.tokens["tom"]), 409, "conflict", "class_ended")


async def test_planned_class_may_be_muted_before_it_starts(world: World, school: School) -> None:
    call = f"/v1/classrooms/{CREATED}/mute"
    assert (await world.call("POST", call, school.tokens["tom"])).status_code == 204
    assert set(await muted(world, school, CREATED)) == {"amy", "kim", "stan"}


@pytest.mark.parametrize(
    "content",
    [b'{"audio": false}', b'{"audio": 1}', b'{"audio": null}', b'{"all": true}', b"[]", b"{"],
)
async def test_body_of_another_form_mutes_nobody(
    world: World, school: School, content: bytes
) -> None:
    for path in ("/mute", "/members/amy/mute"):
        answer = await world.call("POST", CLASS + path, school.tokens["tom"], content=content)
        assert answer.status_code == 400
    assert await muted(world, school) == {}


async def test_mutes_are_in_the_audit(world: World, school: School) -> None:
    await mute(world, school, "/members/amy", {"audio": True, "video": True})
    await mute(world, school, "/members/amy", {"audio": True})
    await unmute(world, school, "/members/amy", {"video": True})
    await mute(world, school, "", {"chat": True})
    await unmute(world, school, "", {"chat": True})
    answer = await world.call(
        "GET", f"/v1/admin/audit?classroom_id={LIVE}&limit=4", school.tokens["root"]
    )
    assert [(row["event"], row["details"]) for row in answer.json()["items"]] == [
        ("classroom_unmuted", {"what": "chat", "members": 3}),
        ("classroom_muted", {"what": "chat", "members": 3}),
        ("member_unmuted", {"what": "video"}),
        ("member_muted", {"what": "audio video"}),
    ]
