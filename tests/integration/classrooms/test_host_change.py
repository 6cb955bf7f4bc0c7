"""An admin gives a class another host."""

import asyncio

import httpx
import pytest
from tests.support.harness import World, problem
from tests.support.school import CREATED, ENDED, LIVE, PASSWORD, School


async def name_host(
    world: World, school: School, identifier: str, classroom: int = LIVE
) -> httpx.Response:
    path = f"/v1/classrooms/{classroom}/host"
    return await world.call("PUT", path, school.tokens["root"], {"identifier": identifier})


async def roles(world: World, school: School, classroom: int = LIVE) -> dict[str, str]:
    path = f"/v1/classrooms/{classroom}/members"
    answer = await world.call("GET", path, school.tokens["root"])
    return {each["identifier"]: each["role"] for each in answer.json()["items"]}


async def enter(world: World, token: str) -> httpx.Response:
    return await world.call("POST", f"/v1/classrooms/{LIVE}/entry", token)


@pytest.mark.parametrize("classroom", [CREATED, LIVE])
async def test_new_host_is_host_and_the_old_one_an_assistant(
    world: World, school: School, classroom: int
) -> None:
    answer = await name_host(world, school, "TINA", classroom)
    assert answer.status_code == 200
    assert answer.json()["host"] == "tina"
    found = await roles(world, school, classroom)
    assert (found["tina"], found["tom"]) == ("host", "assistant")
    assert list(found.values()).count("host") == 1


async def test_both_enter_in_their_new_roles(world: World, school: School) -> None:
    await name_host(world, school, "tina")
    assert (await enter(world, school.tokens["tina"])).json()["privilege_map"] == 255
    assert (await enter(world, school.tokens["tom"])).json()["privilege_map"] == 254
    end = f"/v1/classrooms/{LIVE}/end"
    problem(await world.call("POST", end, school.tokens["tom"]), 403, "permission_denied")
    assert (await world.call("POST", end, school.tokens["tina"])).status_code == 200


async def test_what_the_old_host_had_in_the_class_ends_and_elsewhere_stays(
    world: World, school: School
) -> None:
    tom = school.tokens["tom"]
    signed = (await world.call("POST", "/v1/user-sig", tom)).json()
    await name_host(world, school, "tina")
    for lease in (school.leases[LIVE, "tom"], school.upload_leases[LIVE, "tom"]):
        answer = await world.call("POST", f"/v1/leases/{lease}/renew", tom)
        problem(answer, 409, "conflict")
    renewal = f"/v1/leases/{signed['lease_id']}/renew"
    assert (await world.call("POST", renewal, tom)).status_code == 200
    assert world.raw_database.lease_state(school.leases[LIVE, "amy"]) == "active"


async def test_new_host_keeps_nothing_from_an_older_place(world: World, school: School) -> None:
    await name_host(world, school, "tina")
    await name_host(world, school, "tom")
    lease = (await enter(world, school.tokens["tina"])).json()["lease_id"]
    await name_host(world, school, "tina")
    answer = await world.call("POST", f"/v1/leases/{lease}/renew", school.tokens["tina"])
    problem(answer, 409, "conflict")


async def test_next_user_sig_of_the_old_host_is_later(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    before = (await world.call("POST", "/v1/user-sig", tom)).json()["issued_at"]
    await name_host(world, school, "tina")
    assert (await world.call("POST", "/v1/user-sig", tom)).json()["issued_at"] > before


@pytest.mark.parametrize("identifier", ["amy", "root"])
async def test_host_has_to_be_a_teacher(world: World, school: School, identifier: str) -> None:
    problem(await name_host(world, school, identifier), 409, "conflict")
    assert (await roles(world, school))["tom"] == "host"


async def test_host_has_to_be_enabled(world: World, school: School) -> None:
    path = "/v1/admin/accounts/tina"
    await world.call("PATCH", path, school.tokens["root"], {"disabled": True})
    problem(await name_host(world, school, "tina"), 409, "conflict")


@pytest.mark.parametrize("identifier", ["nobody", "", "a b", "x" * 200])
async def test_unknown_host_is_not_found(world: World, school: School, identifier: str) -> None:
    problem(await name_host(world, school, identifier), 404, "not_found")


@pytest.mark.parametrize("classroom", [99, 2**32])
async def test_unknown_class_is_not_found(world: World, school: School, classroom: int) -> None:
    problem(await name_host(world, school, "tina", classroom), 404, "not_found")


async def test_ended_class_keeps_its_host(world: World, school: School) -> None:
    problem(await name_host(world, school, "tina", ENDED), 409, "conflict")
    assert (await roles(world, school, ENDED))["tom"] == "host"


async def test_class_whose_time_passed_but_that_was_never_held_takes_another_host(
    world: World, school: School
) -> None:
    """Else a teacher could never be freed of it."""
    body = {"ends_at": world.clock.unix + 60}
    await world.call("PATCH", f"/v1/classrooms/{CREATED}", school.tokens["tom"], body)
    world.clock.advance(hours=3)
    assert (await name_host(world, school, "tina", CREATED)).status_code == 200


async def test_naming_the_same_host_again_ends_and_records_nothing(
    world: World, school: School
) -> None:
    leases = world.raw_database.open_leases()
    assert (await name_host(world, school, "Tom")).json()["host"] == "tom"
    assert world.raw_database.open_leases() == leases
    assert "host_changed" not in world.raw_database.events()


@pytest.mark.parametrize("change", [{"role": "student"}, {"disabled": True}])
async def test_host_who_is_no_longer_fit_leaves_instead_of_assisting(
    world: World, school: School, change: dict[str, object]
) -> None:
    path = "/v1/admin/accounts/tom"
    await world.call("PATCH", path, school.tokens["root"], change)
    assert (await name_host(world, school, "tina")).status_code == 200
    assert "tom" not in await roles(world, school)


async def test_kicked_teacher_who_is_named_host_is_let_in(world: World, school: School) -> None:
    members = f"/v1/classrooms/{LIVE}/members/tina"
    await world.call("PUT", members, school.tokens["tom"], {"role": "assistant"})
    await world.call("POST", f"{members}/kick", school.tokens["tom"])
    problem(await enter(world, school.tokens["tina"]), 403, "permission_denied")
    assert (await name_host(world, school, "tina")).status_code == 200
    assert (await enter(world, school.tokens["tina"])).json()["role"] == "host"


async def test_of_two_named_at_once_one_is_host_and_the_other_an_assistant_at_most(
    world: World, school: School
) -> None:
    body = {"role": "teacher"}
    await world.call("PATCH", "/v1/admin/accounts/sam", school.tokens["root"], body)
    names = ["tina", "sam"] * 4
    answers = await asyncio.gather(*(name_host(world, school, name) for name in names))
    assert {each.status_code for each in answers} <= {200, 409, 503}
    found = await roles(world, school)
    read = await world.call("GET", f"/v1/classrooms/{LIVE}", school.tokens["root"])
    assert [name for name, role in found.items() if role == "host"] == [read.json()["host"]]


async def test_change_is_recorded_with_numbers_only(world: World, school: School) -> None:
    await name_host(world, school, "tina")
    path = f"/v1/admin/audit?classroom_id={LIVE}&limit=1"
    (row,) = (await world.call("GET", path, school.tokens["root"])).json()["items"]
    assert (row["event"], row["identifier"], row["actor"]) == ("host_changed", "tina", "root")
    ((number,),) = world.raw_database.query(
        "SELECT account_id FROM accounts WHERE identifier = 'tom'"
    )
    assert row["details"]["before"] == number
    assert row["details"]["before_becomes"] == "assistant"


async def test_host_named_to_somebody_else_is_among_their_classes(
    world: World, school: School
) -> None:
    await name_host(world, school, "tina")
    token = await world.log_in("tina", PASSWORD)
    listed = (await world.call("GET", "/v1/classrooms?host=tina", token)).json()["items"]
    assert [each["classroom_id"] for each in listed] == [LIVE]
