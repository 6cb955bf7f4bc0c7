"""Host and assistants ask about members of their class, and learn nothing of an account."""

from typing import Any

import httpx
import pytest
from tests.support.harness import World, problem
from tests.support.school import LIVE, OPEN, PASSWORD, School

WHY = f"/v1/classrooms/{LIVE}/why"


async def ask(world: World, school: School, by: str, about: str) -> httpx.Response:
    return await world.call("GET", f"{WHY}?identifier={about}&action=enter", school.tokens[by])


async def answer_to(world: World, school: School, by: str, about: str) -> dict[str, Any]:
    answer = await ask(world, school, by, about)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def disable(world: World, school: School) -> None:
    path = "/v1/admin/accounts/amy"
    answer = await world.call("PATCH", path, school.tokens["root"], {"disabled": True})
    assert answer.status_code == 200


async def slow_down(world: World, _school: School) -> None:
    body = {"identifier": "amy", "password": "not her password"}
    for _ in range(10):
        await world.call("POST", "/v1/sessions", body=body)


@pytest.mark.parametrize("by", ["tom", "anna"])
async def test_staff_learn_who_kicked_and_what_to_do(world: World, school: School, by: str) -> None:
    found = await answer_to(world, school, by, "kim")
    assert (found["allowed"], found["reason"]) == (False, "kicked")
    assert found["by"] == ["host", "admin"]
    assert "kicked by tom at 20" in found["checks"][3]["detail"]


async def test_causes_of_the_account_are_one_for_staff(world: World, school: School) -> None:
    answers = []
    for arrange in (slow_down, disable):
        await arrange(world, school)
        found = await answer_to(world, school, "anna", "amy")
        assert (found["first_failure"], found["reason"]) == ("account_usable", "account_unusable")
        assert found["by"] == ["admin"]
        assert "until" not in found
        assert "session_open" not in found["state"]
        answers.append([found["detail"], found["fix"], *found["checks"]])
    assert answers[0] == answers[1]
    names = [each["name"] for each in found["checks"]]
    assert names[:3] == ["account_usable", "class_exists", "on_roster"]


@pytest.mark.parametrize("about", ["sam", "rob", "nobody", "root"])
async def test_who_is_no_member_is_answered_as_unknown(
    world: World, school: School, about: str
) -> None:
    rows = len(world.raw_database.events())
    problem(await ask(world, school, "tom", about), 404, "not_found", "member_not_found")
    assert len(world.raw_database.events()) == rows


async def test_asking_is_recorded_with_the_role(world: World, school: School) -> None:
    await answer_to(world, school, "anna", "kim")
    answer = await world.call("GET", "/v1/admin/audit?limit=1", school.tokens["root"])
    (row,) = answer.json()["items"]
    assert (row["event"], row["actor"], row["identifier"]) == ("why_asked", "anna", "kim")
    assert row["rule"] == "assistant of the class may ask why"


async def test_member_of_an_open_class_is_asked_about_too(world: World, school: School) -> None:
    entry = f"/v1/classrooms/{OPEN}/entry"
    assert (await world.call("POST", entry, school.tokens["sam"])).status_code == 200
    path = f"/v1/classrooms/{OPEN}/why?identifier=sam&action=upload"
    found = (await world.call("GET", path, school.tokens["tom"])).json()
    assert (found["allowed"], found["reason"]) == (False, "role_lacks_permission")


async def test_who_was_refused_at_the_class_is_asked_about(world: World, school: School) -> None:
    entry = f"/v1/classrooms/{LIVE}/entry"
    answer = await world.call("POST", entry, school.tokens["sam"])
    refused = problem(answer, 404, "not_found", "classroom_not_found")
    await world.application.refusals.flush()
    found = await answer_to(world, school, "anna", "sam")
    assert (found["first_failure"], found["reason"]) == ("on_roster", "classroom_not_found")
    assert found["by"] == ["host", "assistant", "admin"]
    assert [each["request_id"] for each in found["refusals"]] == [refused["request_id"]]
    problem(await ask(world, school, "tom", "tina"), 404, "not_found", "member_not_found")
    world.clock.advance(days=7, seconds=1)
    token = await world.log_in("tom", PASSWORD)
    later = await world.call("GET", f"{WHY}?identifier=sam", token)
    problem(later, 404, "not_found", "member_not_found")
