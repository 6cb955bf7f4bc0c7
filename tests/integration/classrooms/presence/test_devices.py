"""A host is in a class by one session; everybody else is there once, whichever device speaks."""

from typing import Any

import pytest
from tests.support.harness import World, problem
from tests.support.presence_driver import Keeping
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, School

LEAVE = f"/v1/classrooms/{LIVE}/leave"


@pytest.fixture
async def keeping(world: World) -> Keeping:
    """A service that has just started."""
    started = Keeping(world)
    await started.tick()
    return started


async def two_devices(keeping: Keeping) -> tuple[str, str]:
    """Of the host: two sessions more, neither of which entered."""
    world = keeping.world
    return await world.log_in("tom", PASSWORD), await world.log_in("tom", PASSWORD)


async def renew(keeping: Keeping, ticket: dict[str, Any], token: str) -> int:
    path = f"/v1/leases/{ticket['lease_id']}/renew"
    return (await keeping.world.call("POST", path, token)).status_code


async def test_second_entry_of_a_host_ends_what_the_first_one_had(keeping: Keeping) -> None:
    first, second = await two_devices(keeping)
    ticket = await keeping.enter(LIVE, first)
    await keeping.live(5)
    await keeping.enter(LIVE, second)
    assert keeping.present(LIVE).count("tom") == 1
    assert keeping.was_there(LIVE, "tom")[-2][1:] == (keeping.world.clock.unix, "entered_elsewhere")
    assert keeping.world.ledger.lease_state(ticket["lease_id"]) == "ended"
    assert await renew(keeping, ticket, first) == 409
    assert await keeping.beat(LIVE, second)
    assert not await keeping.beat(LIVE, first)


async def test_heartbeats_of_the_first_device_keep_no_class_alive(keeping: Keeping) -> None:
    first, second = await two_devices(keeping)
    await keeping.enter(LIVE, first)
    await keeping.enter(LIVE, second)
    await keeping.live_beating(299, (LIVE, first))
    assert keeping.state(LIVE) == "live"
    await keeping.live_beating(1, (LIVE, first))
    assert keeping.state(LIVE) == "ended"


async def test_host_who_only_logged_in_again_keeps_the_class_alive(keeping: Keeping) -> None:
    first, second = await two_devices(keeping)
    await keeping.enter(LIVE, first)
    for _ in range(70):
        assert await keeping.beat(LIVE, second)
        await keeping.live(10)
    assert keeping.state(LIVE) == "live"
    assert "tom" in keeping.present(LIVE)


async def test_entry_of_the_same_session_again_replaces_nothing(keeping: Keeping) -> None:
    first, _ = await two_devices(keeping)
    ticket = await keeping.enter(LIVE, first)
    await keeping.live(5)
    await keeping.enter(LIVE, first)
    assert keeping.was_there(LIVE, "tom")[-1][1] is None
    assert await renew(keeping, ticket, first) == 200
    assert await keeping.beat(LIVE, first)


async def test_first_device_that_enters_again_takes_the_place_back(keeping: Keeping) -> None:
    first, second = await two_devices(keeping)
    for token in (first, second, first):
        await keeping.enter(LIVE, token)
    assert await keeping.beat(LIVE, first)
    assert not await keeping.beat(LIVE, second)


async def test_replaced_device_that_leaves_takes_nobody_along(keeping: Keeping) -> None:
    first, second = await two_devices(keeping)
    await keeping.enter(LIVE, first)
    ticket = await keeping.enter(LIVE, second)
    assert (await keeping.world.call("POST", LEAVE, first)).status_code == 204
    assert "tom" in keeping.present(LIVE)
    assert await renew(keeping, ticket, second) == 200
    assert (await keeping.world.call("POST", LEAVE, second)).status_code == 204
    assert "tom" not in keeping.present(LIVE)


async def test_device_that_left_is_replaced_by_the_one_that_entered_since(
    keeping: Keeping,
) -> None:
    first, second = await two_devices(keeping)
    await keeping.enter(LIVE, first)
    await keeping.world.call("POST", LEAVE, first)
    await keeping.enter(LIVE, second)
    assert not await keeping.beat(LIVE, first)
    await keeping.live_beating(300, (LIVE, first))
    assert keeping.state(LIVE) == "ended"


async def test_device_that_fell_silent_is_replaced_by_the_one_that_entered_since(
    keeping: Keeping,
) -> None:
    """In a class that is not live yet, hosts fall silent like everybody."""
    first, second = await two_devices(keeping)
    ticket = await keeping.enter(CREATED, first)
    await keeping.live(125)
    assert keeping.present(CREATED) == []
    await keeping.enter(CREATED, second)
    assert not await keeping.beat(CREATED, first)
    assert await renew(keeping, ticket, first) == 409
    assert await keeping.beat(CREATED, second)


async def test_starting_is_entering(keeping: Keeping) -> None:
    first, second = await two_devices(keeping)
    ticket = await keeping.enter(CREATED, first)
    start = await keeping.world.call("POST", f"/v1/classrooms/{CREATED}/start", second)
    assert start.status_code == 200
    assert not await keeping.beat(CREATED, first)
    assert await keeping.beat(CREATED, second)
    assert await renew(keeping, ticket, first) == 409


async def test_ticket_is_renewed_from_a_new_session_of_the_host(keeping: Keeping) -> None:
    """Somebody logged in again in mid-lesson, and goes on with the ticket that is there."""
    first, second = await two_devices(keeping)
    ticket = await keeping.enter(LIVE, first)
    assert await renew(keeping, ticket, second) == 200
    assert await keeping.beat(LIVE, second)
    assert not await keeping.beat(LIVE, first)


async def test_student_is_there_once_whichever_device_speaks(keeping: Keeping) -> None:
    world = keeping.world
    first, second = await world.log_in("amy", PASSWORD), await world.log_in("amy", PASSWORD)
    ticket = await keeping.enter(LIVE, first)
    await keeping.enter(LIVE, second)
    assert keeping.was_there(LIVE, "amy")[-1][1] is None
    assert await keeping.beat(LIVE, first)
    assert await keeping.beat(LIVE, second)
    assert await renew(keeping, ticket, first) == 200


# ── coming back ─────────────────────────────────────────────────────────────────────────────────


async def fall_silent(keeping: Keeping, school: School) -> None:
    """Amy is heard of no longer; the class goes on."""
    await keeping.enter(LIVE, school.tokens["amy"])
    await keeping.live_beating(130, (LIVE, school.tokens["tom"]))
    assert keeping.present(LIVE) == ["tom"]


async def test_silent_member_who_beats_again_is_back(keeping: Keeping, school: School) -> None:
    await fall_silent(keeping, school)
    before = len(keeping.was_there(LIVE, "amy"))
    assert await keeping.beat(LIVE, school.tokens["amy"])
    stays = keeping.was_there(LIVE, "amy")
    assert len(stays) == before + 1
    assert stays[-2][2] == "timed_out"
    assert stays[-1] == (keeping.world.clock.unix, None, None)
    await keeping.live(119)
    assert "amy" in keeping.present(LIVE)


@pytest.mark.parametrize(("what", "status"), [("kick", 403), ("removal", 404), ("deletion", 401)])
async def test_silent_member_is_not_back_who_would_not_be_let_in(
    keeping: Keeping, school: School, what: str, status: int
) -> None:
    await fall_silent(keeping, school)
    await put_out(keeping, school, what)
    answer = await keeping.world.call(
        "POST", f"/v1/classrooms/{LIVE}/heartbeat", school.tokens["amy"]
    )
    assert answer.status_code == status
    assert "amy" not in keeping.present(LIVE)


async def test_silent_member_is_not_back_in_a_class_that_is_over(
    keeping: Keeping, school: School
) -> None:
    await fall_silent(keeping, school)
    await put_out(keeping, school, "end")
    assert not await keeping.beat(LIVE, school.tokens["amy"])
    assert keeping.present(LIVE) == []


async def test_silent_member_is_not_back_past_the_planned_end(
    keeping: Keeping, school: School
) -> None:
    await keeping.enter(LIVE, school.tokens["amy"])
    body = {"ends_at": keeping.world.clock.unix + 60}
    path = f"/v1/classrooms/{LIVE}"
    changed = await keeping.world.call("PATCH", path, school.tokens["tom"], body)
    assert changed.status_code == 200
    await keeping.live_beating(130, (LIVE, school.tokens["tom"]))
    for _ in range(20):
        keeping.world.clock.advance(seconds=100)
        await keeping.beat(LIVE, school.tokens["tom"])
        await keeping.tick()
    assert not await keeping.beat(LIVE, school.tokens["amy"])
    assert await keeping.beat(LIVE, school.tokens["tom"])


async def test_who_said_goodbye_is_not_back_by_a_heartbeat(
    keeping: Keeping, school: School
) -> None:
    amy = school.tokens["amy"]
    await keeping.enter(LIVE, amy)
    await keeping.world.call("POST", LEAVE, amy)
    assert not await keeping.beat(LIVE, amy)
    assert "amy" not in keeping.present(LIVE)


async def test_stranger_in_an_open_class_beats_without_effect(
    keeping: Keeping, school: School
) -> None:
    assert not await keeping.beat(OPEN, school.tokens["sam"])
    assert "sam" not in keeping.present(OPEN)
    await keeping.enter(OPEN, school.tokens["sam"])
    assert await keeping.beat(OPEN, school.tokens["sam"])
    assert "sam" in keeping.present(OPEN)


# ── what ends a presence ────────────────────────────────────────────────────────────────────────


async def put_out(keeping: Keeping, school: School, what: str) -> None:
    """Amy, of the live class."""
    root, tom = school.tokens["root"], school.tokens["tom"]
    member = f"/v1/classrooms/{LIVE}/members/amy"
    method, path, token = {
        "kick": ("POST", f"{member}/kick", tom),
        "removal": ("DELETE", member, tom),
        "deletion": ("DELETE", "/v1/admin/accounts/amy", root),
        "end": ("POST", f"/v1/classrooms/{LIVE}/end", tom),
        "leaving": ("POST", LEAVE, school.tokens["amy"]),
    }[what]
    answer = await keeping.world.call(method, path, token)
    assert answer.is_success, answer.text


@pytest.mark.parametrize(
    ("what", "because"),
    [
        ("kick", "kicked"),
        ("removal", "removed"),
        ("deletion", "account_deleted"),
        ("end", "class_ended"),
        ("leaving", "left"),
    ],
)
async def test_presence_is_over_and_stays_so(
    keeping: Keeping, school: School, what: str, because: str
) -> None:
    world = keeping.world
    ((account_id,),) = world.ledger.query("SELECT account_id FROM accounts WHERE identifier='amy'")
    await keeping.enter(LIVE, school.tokens["amy"])
    assert await keeping.beat(LIVE, school.tokens["amy"])
    await put_out(keeping, school, what)
    await world.call("POST", f"/v1/classrooms/{LIVE}/heartbeat", school.tokens["amy"])
    await keeping.live(10)
    last = world.ledger.query(
        "SELECT leave_reason FROM presences WHERE account_id = ? AND classroom_id = ?"
        " ORDER BY presence_id DESC LIMIT 1",
        account_id,
        LIVE,
    )
    assert last == [(because,)]
    open_ones = world.ledger.query(
        "SELECT 1 FROM presences WHERE account_id = ? AND classroom_id = ? AND left_at IS NULL",
        account_id,
        LIVE,
    )
    assert open_ones == []


async def test_presence_in_the_ended_class_of_the_school_is_over(keeping: Keeping) -> None:
    assert keeping.present(ENDED) == []
    assert keeping.was_there(ENDED, "amy")[-1][2] == "class_ended"


async def test_kicked_member_who_is_let_in_again_enters_anew(
    keeping: Keeping, school: School
) -> None:
    await put_out(keeping, school, "kick")
    path = f"/v1/classrooms/{LIVE}/members/amy"
    await keeping.world.call("PUT", path, school.tokens["tom"], {"role": "student"})
    assert not await keeping.beat(LIVE, school.tokens["amy"])
    await keeping.enter(LIVE, school.tokens["amy"])
    assert await keeping.beat(LIVE, school.tokens["amy"])


async def test_leaving_without_having_entered_is_a_conflict(
    keeping: Keeping, school: School
) -> None:
    path = f"/v1/classrooms/{OPEN}/leave"
    problem(await keeping.world.call("POST", path, school.tokens["sam"]), 409, "conflict")
