"""Two processes over one PostgreSQL: what one is told, the other goes by at once.

No time passes by itself here: what the caches keep for a minute, they keep for good.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from tests.support.eventually import eventually
from tests.support.harness import Opener, World
from tests.support.listening import start_listening
from tests.support.postgresql_proxy import listening_proxy
from tests.support.presence_driver import PresenceDriver
from tests.support.school import CREATED, LIVE, PASSWORD, School

from classgate.storage.listening import NAME, PROVEN_FOR

pytestmark = pytest.mark.on_postgresql

Pair = tuple[World, World]
Change = Callable[[World, School], Awaitable[Any]]
AMY = f"/classrooms/{LIVE}/members/amy"


@pytest.fixture
async def pair(open_with: Opener) -> AsyncIterator[Pair]:
    async with open_with() as one, open_with() as other:
        for world in (one, other):
            await start_listening(world)
        yield one, other


async def heartbeat(world: World, token: str, classroom_id: int = LIVE) -> tuple[int, Any]:
    answer = await world.call("POST", f"/v1/classrooms/{classroom_id}/heartbeat", token)
    return answer.status_code, answer.json()


async def enter_and_cache(one: World, other: World, token: str) -> None:
    """Enter by one process; the other answers heartbeats from its memory."""
    await one.call("POST", f"/v1/classrooms/{LIVE}/entry", token)
    status, body = await heartbeat(other, token)
    assert (status, body["present"]) == (200, True)


def call(who: str, method: str, path: str, body: object = None) -> Change:
    return lambda world, school: world.call(method, f"/v1{path}", school.tokens[who], body)


# What happens, and the status or the state that tells of it.
CHANGES: dict[str, tuple[Change, Any]] = {
    "logs out": (call("amy", "DELETE", "/sessions/current"), 401),
    "disabled": (call("root", "PATCH", "/admin/accounts/amy", {"disabled": True}), 401),
    "another role": (call("root", "PATCH", "/admin/accounts/amy", {"role": "teacher"}), 401),
    "deleted": (call("root", "DELETE", "/admin/accounts/amy"), 401),
    "kicked": (call("tom", "POST", f"{AMY}/kick"), 403),
    "removed": (call("tom", "DELETE", AMY), 404),
    "on stage": (
        call("tom", "PUT", AMY, {"role": "student", "on_stage": True}),
        {"on_stage": True},
    ),
    "leaves": (call("amy", "POST", f"/classrooms/{LIVE}/leave"), {"present": False}),
    "over": (call("tom", "POST", f"/classrooms/{LIVE}/end"), {"state": "ended"}),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_heartbeat_of_the_other_process_answers_what_changed(
    pair: Pair, school: School, change: str
) -> None:
    one, other = pair
    amy = school.tokens["amy"]
    await enter_and_cache(one, other, amy)
    happens, told = CHANGES[change]
    assert (await happens(one, school)).is_success

    async def is_told() -> bool:
        status, body = await heartbeat(other, amy)
        if isinstance(told, int):
            return bool(status == told)
        assert status == 200
        return bool({name: body[name] for name in told} == told)

    await eventually(is_told)


async def test_heartbeat_of_the_other_process_answers_the_start(pair: Pair, school: School) -> None:
    one, other = pair
    tom, path = school.tokens["tom"], f"/v1/classrooms/{CREATED}"
    await one.call("POST", f"{path}/entry", tom)
    assert (await heartbeat(other, tom, CREATED))[1]["state"] == "created"
    await one.call("POST", f"{path}/start", tom)

    async def is_live() -> bool:
        return bool((await heartbeat(other, tom, CREATED))[1]["state"] == "live")

    await eventually(is_live)


async def test_new_password_ends_the_heartbeats_of_other_sessions_elsewhere(
    pair: Pair, school: School
) -> None:
    one, other = pair
    session = await one.log_in("amy", PASSWORD)
    await enter_and_cache(one, other, session)
    body = {"current_password": PASSWORD, "new_password": "another long sentence"}
    changed = await one.call("PUT", "/v1/me/password", school.tokens["amy"], body)
    assert changed.status_code == 204

    async def is_refused() -> bool:
        return (await heartbeat(other, session))[0] == 401

    await eventually(is_refused)


async def test_addresses_of_a_deleted_account_are_erased_in_the_memory_of_others(
    pair: Pair, school: School
) -> None:
    one, other = pair
    amy = school.tokens["amy"]
    await enter_and_cache(one, other, amy)
    refused = await other.call("POST", f"/v1/classrooms/{LIVE}/members/stan/kick", amy)
    assert refused.status_code == 403
    assert (await CHANGES["deleted"][0](one, school)).is_success

    async def is_told() -> bool:
        return (await heartbeat(other, amy))[0] == 401

    await eventually(is_told)
    await other.application.refusals.flush()
    rows = one.raw_database.query(
        "SELECT address FROM refusals WHERE request_id = ?",
        refused.headers["x-request-id"],
    )
    assert rows == [("",)]


# ── without the connection that listens ─────────────────────────────────────────────────────────


async def test_silent_connection_means_a_second_of_the_old_answer_and_no_more(
    open_with: Opener, school: School, school_url: str
) -> None:
    amy, kick = school.tokens["amy"], CHANGES["kicked"][0]
    async with (
        listening_proxy(school_url) as (proxy, behind),
        open_with() as one,
        open_with(database={"url": behind}) as other,
    ):
        await start_listening(other)
        await enter_and_cache(one, other, amy)
        proxy.silence()
        assert (await kick(one, school)).is_success
        other.clock.advance(seconds=PROVEN_FOR)
        assert (await heartbeat(other, amy))[0] == 403
        proxy.speak()
        await eventually(other.application.database.caches.is_current)
        assert (await heartbeat(other, amy))[0] == 403


async def test_ended_connection_means_no_old_answer_and_the_next_one_begins_anew(
    open_with: Opener, school: School, school_url: str
) -> None:
    amy = school.tokens["amy"]
    async with (
        listening_proxy(school_url) as (proxy, behind),
        open_with() as one,
        open_with(database={"url": behind}) as other,
    ):
        await start_listening(other)
        await enter_and_cache(one, other, amy)
        proxy.keeps_notifications = True  # the next connection does not listen either
        other.raw_database.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = ? AND datname = current_database()",
            NAME,
        )
        await eventually(lambda: not other.application.database.caches.is_current())
        assert (await CHANGES["kicked"][0](one, school)).is_success
        assert (await heartbeat(other, amy))[0] == 403
        proxy.keeps_notifications = False
        await eventually(other.application.database.caches.is_current)
        assert (await heartbeat(other, amy))[0] == 403
        await one.call("PUT", f"/v1{AMY}", school.tokens["tom"], {"role": "student"})
        await enter_and_cache(one, other, amy)
        assert (await CHANGES["over"][0](one, school)).is_success

        async def is_over() -> bool:
            return bool((await heartbeat(other, amy))[1]["state"] == "ended")

        await eventually(is_over)


# ── timeouts ────────────────────────────────────────────────────────────────────────────────────


async def pass_time(drivers: list[PresenceDriver], seconds: int, step: int = 5) -> None:
    """Both processes tick, one after the other; who is first alternates.

    The clock is set rather than passed, so that the proof that changes arrive holds.
    """
    for _ in range(0, seconds, step):
        drivers[0].world.clock.jump(seconds=step)
        for driver in drivers:
            await driver.tick()
        drivers.reverse()


async def test_nobody_times_out_whose_heartbeats_another_process_records(
    pair: Pair, school: School
) -> None:
    one, other = (PresenceDriver(world) for world in pair)
    tom, amy, stan = (school.tokens[name] for name in ("tom", "amy", "stan"))
    for driver in (one, other):
        await driver.tick()
    for number in range(16):  # 320 s, longer than the host's timeout
        await one.heartbeat(LIVE, stan)
        await other.heartbeat(LIVE, tom)
        await (one, other)[number % 2].heartbeat(LIVE, amy)
        await pass_time([one, other], 20)
    assert one.present(LIVE) == ["amy", "stan", "tom"]  # and anna sent none
    assert one.state(LIVE) == "live"


async def test_two_processes_end_what_timed_out_once(pair: Pair, school: School) -> None:
    one, other = (PresenceDriver(world) for world in pair)
    for driver in (one, other):
        await driver.tick()
    await pass_time([one, other], 115)
    one.world.clock.jump(seconds=5)
    await asyncio.gather(one.tick(), other.tick())
    assert one.present(LIVE) == ["tom"]
    assert [reason for _, _, reason in one.was_there(LIVE, "amy")] == ["timed_out"]
    await pass_time([one, other], 175)
    one.world.clock.jump(seconds=5)
    await asyncio.gather(one.tick(), other.tick())
    assert one.state(LIVE) == "ended"
    endings = "SELECT count(*) FROM audit_rows WHERE event = 'classroom_ended' AND classroom_id = ?"
    assert one.world.raw_database.query(endings, LIVE) == [(1,)]


async def test_member_who_was_heard_too_late_is_present_again_with_the_next_heartbeat(
    pair: Pair, school: School
) -> None:
    """The last heartbeat was not written yet when another process applied the timeout."""
    one, other = (PresenceDriver(world) for world in pair)
    amy = school.tokens["amy"]
    await one.tick()
    await one.enter(LIVE, amy)
    await pass_time([one], 115)
    assert await other.heartbeat(LIVE, amy)
    await pass_time([one], 5)
    assert "amy" not in one.present(LIVE)
    await other.tick()

    async def is_present() -> bool:
        await other.heartbeat(LIVE, amy)
        return "amy" in one.present(LIVE)

    await eventually(is_present)
