"""Heartbeats are answered from a TTL cache; a change is answered at once all the same."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.support.harness import Opener, World
from tests.support.legacy_client import OPEN_LEGACY_API
from tests.support.listening import start_listening
from tests.support.school import CREATED, LIVE, PASSWORD, School

from classgate.storage.ttl_cache import TTL

Change = Callable[[World, School], Awaitable[Any]]
HEARTBEAT = f"/v1/classrooms/{LIVE}/heartbeat"


async def send_heartbeat(
    world: World, token: str, path: str = HEARTBEAT
) -> tuple[int, dict[str, Any]]:
    answer = await world.call("POST", path, token)
    return answer.status_code, answer.json()


def call(who: str, method: str, path: str, body: object = None) -> Change:
    return lambda world, school: world.call(method, f"/v1{path}", school.tokens[who], body)


ROSTER = f"/classrooms/{LIVE}/members/amy"
CHANGES: dict[str, tuple[Change, int, dict[str, Any]]] = {
    "logs out": (call("amy", "DELETE", "/sessions/current"), 401, {}),
    "disabled": (call("root", "PATCH", "/admin/accounts/amy", {"disabled": True}), 401, {}),
    "another role": (call("root", "PATCH", "/admin/accounts/amy", {"role": "teacher"}), 401, {}),
    "deleted": (call("root", "DELETE", "/admin/accounts/amy"), 401, {}),
    "kicked": (call("tom", "POST", f"{ROSTER}/kick"), 403, {}),
    "removed": (call("tom", "DELETE", ROSTER), 404, {}),
    "on stage": (
        call("tom", "PUT", ROSTER, {"role": "student", "on_stage": True}),
        200,
        {"present": True, "on_stage": True},
    ),
    "leaves": (call("amy", "POST", f"/classrooms/{LIVE}/leave"), 200, {"present": False}),
    "over": (call("tom", "POST", f"/classrooms/{LIVE}/end"), 200, {"state": "ended"}),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_next_heartbeat_answers_what_changed(
    world: World, school: School, change: str
) -> None:
    await start_listening(world)
    amy = school.tokens["amy"]
    await world.call("POST", f"/v1/classrooms/{LIVE}/entry", amy)
    for _ in range(2):
        assert (await send_heartbeat(world, amy))[1]["present"] is True
    happens, status, reported = CHANGES[change]
    assert (await happens(world, school)).is_success
    found, body = await send_heartbeat(world, amy)
    assert found == status
    assert {name: body[name] for name in reported} == reported


async def test_next_heartbeat_answers_the_start(world: World, school: School) -> None:
    tom, path = school.tokens["tom"], f"/v1/classrooms/{CREATED}"
    await world.call("POST", f"{path}/entry", tom)
    for state in ("created", "live"):
        assert (await send_heartbeat(world, tom, f"{path}/heartbeat"))[1]["state"] == state
        await world.call("POST", f"{path}/start", tom)


async def test_a_new_password_ends_the_heartbeats_of_the_other_sessions(
    world: World, school: School
) -> None:
    amy, other = school.tokens["amy"], await world.log_in("amy", PASSWORD)
    await world.call("POST", f"/v1/classrooms/{LIVE}/entry", other)
    assert (await send_heartbeat(world, other))[0] == 200
    body = {"current_password": PASSWORD, "new_password": "another long sentence"}
    assert (await world.call("PUT", "/v1/me/password", amy, body)).status_code == 204
    assert (await send_heartbeat(world, other))[0] == 401


async def test_heartbeats_of_old_clients_are_answered_from_the_cache_and_updated_too(
    open_with: Opener, school: School
) -> None:
    async with open_with(legacy=OPEN_LEGACY_API) as world:
        access = world.application.legacy.accounts
        token = (await access.log_in("amy", PASSWORD, "198.51.100.8")).access_token
        caller = await access.authenticate(token)
        await world.application.classrooms.entry.enter(caller, LIVE, 1)

        async def code() -> int:
            body = {
                "appid": world.settings.im.sdk_app_id,
                "timeStamp": 1,
                "token": token,
                "roomnum": LIVE,
            }
            found = await world.call("POST", "/index.php?svc=live&cmd=heartbeat", body=body)
            number = found.json()["errorCode"]
            assert isinstance(number, int)
            return number

        assert [await code(), await code()] == [0, 0]
        await world.call("POST", f"/v1/classrooms/{LIVE}/members/amy/kick", school.tokens["tom"])
        assert await code() == 10101
        await access.log_out(token)
        assert await code() == 10009


async def test_change_that_nobody_announces_is_seen_after_the_ttl(
    world: World, school: School
) -> None:
    await start_listening(world)
    amy = school.tokens["amy"]
    await world.call("POST", f"/v1/classrooms/{LIVE}/entry", amy)
    assert (await send_heartbeat(world, amy))[0] == 200
    await world.settle()
    world.raw_database.change("UPDATE sessions SET ended_at = created_at")
    # Set rather than passed: without proof that changes arrive, nothing is cached.
    world.clock.jump(seconds=TTL.total_seconds() - 1)
    assert (await send_heartbeat(world, amy))[0] == 200
    assert (await world.call("GET", "/v1/me", amy)).status_code == 401  # nothing else goes by it
    world.clock.jump(seconds=1)
    assert (await send_heartbeat(world, amy))[0] == 401


async def test_heartbeats_read_while_a_kick_is_committed_are_not_cached(
    world: World, school: School
) -> None:
    await start_listening(world)
    amy, tom = school.tokens["amy"], school.tokens["tom"]
    member = f"/v1/classrooms/{LIVE}/members/amy"
    for _ in range(20):
        await world.call("PUT", member, tom, {"role": "student"})
        await world.call("POST", f"/v1/classrooms/{LIVE}/entry", amy)
        kick = asyncio.create_task(world.call("POST", f"{member}/kick", tom))
        while not kick.done():
            await send_heartbeat(world, amy)
            await asyncio.sleep(0)
        assert (await kick).is_success
        assert (await send_heartbeat(world, amy))[0] == 403
