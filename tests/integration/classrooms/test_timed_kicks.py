"""A kick that ends by itself bars until then and not longer, wherever a kick is looked at."""

from typing import Any

import pytest
from tests.support.harness import World, problem
from tests.support.school import LIVE, OPEN, School

KICK = f"/v1/classrooms/{LIVE}/members/amy/kick"
ENTRY = f"/v1/classrooms/{LIVE}/entry"


async def kick(world: World, school: School, until: int | None, by: str = "tom") -> None:
    body = {"until": until}
    answer = await world.call("POST", KICK, school.tokens[by], body)
    assert answer.status_code == 204, answer.text


async def amy_on_roster(world: World, school: School) -> dict[str, Any]:
    answer = await world.call(
        "GET", f"/v1/classrooms/{LIVE}/members?limit=100", school.tokens["tom"]
    )
    (found,) = [each for each in answer.json()["items"] if each["identifier"] == "amy"]
    return {name: found[name] for name in ("kicked", "kicked_until")}


async def test_kicked_member_learns_the_end_and_enters_again_then(
    world: World, school: School
) -> None:
    amy, until = school.tokens["amy"], world.clock.unix + 600
    await kick(world, school, until)
    found = problem(await world.call("POST", ENTRY, amy), 403, "permission_denied", "kicked")
    assert found["until"] == until
    assert await amy_on_roster(world, school) == {"kicked": True, "kicked_until": until}
    world.clock.advance(seconds=599)
    problem(await world.call("POST", ENTRY, amy), 403, "permission_denied", "kicked")
    world.clock.advance(seconds=2)
    assert (await world.call("POST", ENTRY, amy)).status_code == 200
    assert await amy_on_roster(world, school) == {"kicked": False, "kicked_until": None}


@pytest.mark.parametrize("path", ["heartbeat", "leave", "members", "courseware", ""])
async def test_every_call_of_a_member_comes_back(world: World, school: School, path: str) -> None:
    amy = school.tokens["amy"]
    method = "POST" if path in {"heartbeat", "leave"} else "GET"
    call = f"/v1/classrooms/{LIVE}/{path}".rstrip("/")
    await kick(world, school, world.clock.unix + 60)
    problem(await world.call(method, call, amy), 403, "permission_denied", "kicked")
    world.clock.advance(seconds=60)
    assert (await world.call(method, call, amy)).is_success


async def test_class_is_in_the_list_of_the_kicked_again_after_that(
    world: World, school: School
) -> None:
    async def listed() -> set[int]:
        answer = await world.call("GET", "/v1/classrooms", school.tokens["amy"])
        return {each["classroom_id"] for each in answer.json()["items"]}

    assert LIVE in await listed()
    await kick(world, school, world.clock.unix + 60)
    assert LIVE not in await listed()
    world.clock.advance(seconds=60)
    assert LIVE in await listed()


async def test_last_kick_counts(world: World, school: School) -> None:
    amy = school.tokens["amy"]
    await kick(world, school, world.clock.unix + 60)
    await kick(world, school, None)
    world.clock.advance(seconds=3600)
    found = problem(await world.call("POST", ENTRY, amy), 403, "permission_denied", "kicked")
    assert "until" not in found
    await kick(world, school, world.clock.unix + 60)
    world.clock.advance(seconds=60)
    assert (await world.call("POST", ENTRY, amy)).status_code == 200


async def test_host_lifts_a_timed_kick_earlier(world: World, school: School) -> None:
    await kick(world, school, world.clock.unix + 600)
    answer = await world.call(
        "PUT", f"/v1/classrooms/{LIVE}/members/amy", school.tokens["tom"], {"role": "student"}
    )
    assert (answer.json()["kicked"], answer.json()["kicked_until"]) == (False, None)
    assert (await world.call("POST", ENTRY, school.tokens["amy"])).status_code == 200


async def test_assistant_changes_a_student_whose_kick_has_ended(
    world: World, school: School
) -> None:
    anna, member = school.tokens["anna"], f"/v1/classrooms/{LIVE}/members/amy"
    await kick(world, school, world.clock.unix + 60, by="anna")
    refused = await world.call("PUT", member, anna, {"role": "student"})
    problem(refused, 403, "permission_denied", "only_host_readmits")
    world.clock.advance(seconds=60)
    assert (await world.call("PUT", member, anna, {"role": "student"})).status_code == 200
    assert (await world.call("DELETE", member, anna)).status_code == 204


async def test_removal_of_a_member_whose_kick_lasts_is_refused(
    world: World, school: School
) -> None:
    member = f"/v1/classrooms/{LIVE}/members/amy"
    await kick(world, school, world.clock.unix + 60)
    problem(
        await world.call("DELETE", member, school.tokens["tom"]),
        409,
        "conflict",
        "member_is_kicked",
    )


@pytest.mark.parametrize("offset", [0, -1, -1_000_000])
async def test_end_that_is_not_in_the_future_is_refused(
    world: World, school: School, offset: int
) -> None:
    body = {"until": world.clock.unix + offset}
    answer = await world.call("POST", KICK, school.tokens["tom"], body)
    found = problem(answer, 400, "invalid_request", "fields_invalid")
    assert [each["field"] for each in found["errors"]] == ["until"]
    assert await amy_on_roster(world, school) == {"kicked": False, "kicked_until": None}


@pytest.mark.parametrize(
    "content", [b'{"until": "x"}', b'{"until": 1.5}', b'{"till": 1}', b"[]", b"{", b'{"until": -1}']
)
async def test_body_of_another_form_is_refused(
    world: World, school: School, content: bytes
) -> None:
    answer = await world.call("POST", KICK, school.tokens["tom"], content=content)
    assert answer.status_code == 400
    assert await amy_on_roster(world, school) == {"kicked": False, "kicked_until": None}


async def test_end_is_in_the_audit(world: World, school: School) -> None:
    until = world.clock.unix + 60
    await kick(world, school, until)
    answer = await world.call(
        "GET", f"/v1/admin/audit?classroom_id={LIVE}&limit=1", school.tokens["root"]
    )
    (row,) = answer.json()["items"]
    assert row["event"] == "member_kicked"
    assert row["details"]["until"] == until


async def test_open_class_takes_the_kicked_as_the_member_they_are(
    world: World, school: School
) -> None:
    path, amy = f"/v1/classrooms/{OPEN}", school.tokens["amy"]
    body = {"until": world.clock.unix + 60}
    await world.call("POST", f"{path}/members/amy/kick", school.tokens["tom"], body)
    problem(await world.call("POST", f"{path}/entry", amy), 403, "permission_denied", "kicked")
    world.clock.advance(seconds=60)
    assert (await world.call("POST", f"{path}/entry", amy)).status_code == 200
