"""What an admin does for people: a new password, another name."""

import re

import pytest
from tests.support.harness import World, problem
from tests.support.school import LIVE, PASSWORD, School

from classgate.accounts.models import AccountRole, NewAccount

AMY = "/v1/admin/accounts/amy"


async def last_row(world: World) -> tuple[object, ...]:
    (row,) = world.raw_database.query(
        "SELECT event, account_id, actor_id, details FROM audit_rows"
        " WHERE event <> 'checkpoint' ORDER BY at DESC, seq DESC LIMIT 1"
    )
    return row


async def number_of(world: World, identifier: str) -> object:
    ((number,),) = world.raw_database.query(
        "SELECT account_id FROM accounts WHERE identifier = ?", identifier
    )
    return number


async def test_reset_gives_a_password_that_works_and_ends_what_was(
    world: World, school: School
) -> None:
    answer = await world.call("POST", f"{AMY}/password", school.tokens["root"])
    assert answer.status_code == 200
    (password,) = answer.json().values()
    assert re.fullmatch(r"[a-hj-km-np-z2-9]{4}(-[a-hj-km-np-z2-9]{4}){3}", password)
    problem(await world.call("GET", "/v1/me", school.tokens["amy"]), 401, "not_authenticated")
    assert world.raw_database.lease_state(school.leases[LIVE, "amy"]) == "ended"
    old = {"identifier": "amy", "password": PASSWORD}
    problem(await world.call("POST", "/v1/sessions", body=old), 401, "not_authenticated")
    assert await world.log_in("amy", password)


async def test_reset_is_in_the_audit_without_the_password(world: World, school: School) -> None:
    answer = await world.call("POST", f"{AMY}/password", school.tokens["root"])
    row = await last_row(world)
    assert row[:3] == (
        "password_reset",
        await number_of(world, "amy"),
        await number_of(world, "root"),
    )
    assert answer.json()["password"] not in str(row)


async def test_two_resets_give_two_passwords(world: World, school: School) -> None:
    root = school.tokens["root"]
    first = (await world.call("POST", f"{AMY}/password", root)).json()["password"]
    second = (await world.call("POST", f"{AMY}/password", root)).json()["password"]
    assert first != second
    body = {"identifier": "amy", "password": first}
    problem(await world.call("POST", "/v1/sessions", body=body), 401, "not_authenticated")


async def test_admins_are_reset_on_the_command_line_only(world: World, school: School) -> None:
    new = NewAccount("boss", PASSWORD, AccountRole.ADMIN, None)
    await world.application.accounts.administration.add(None, new)
    root = school.tokens["root"]
    answer = await world.call("POST", "/v1/admin/accounts/boss/password", root)
    problem(answer, 403, "permission_denied", "admin_protected")
    answer = await world.call("POST", "/v1/admin/accounts/root/password", root)
    problem(answer, 409, "conflict", "own_account")
    assert await world.log_in("boss", PASSWORD)
    assert (await world.call("GET", "/v1/me", root)).status_code == 200


async def test_password_of_nobody_is_not_reset(world: World, school: School) -> None:
    answer = await world.call("POST", "/v1/admin/accounts/nobody/password", school.tokens["root"])
    problem(answer, 404, "not_found", "account_not_found")


@pytest.mark.parametrize("method", ["PATCH", "POST"])
async def test_name_is_changed_and_nothing_ends(world: World, school: School, method: str) -> None:
    body = {"display_name": "陈爱美"}
    answer = await world.call(method, AMY, school.tokens["root"], body)
    assert answer.status_code == 200
    assert answer.json() == {
        "identifier": "amy",
        "role": "student",
        "display_name": "陈爱美",
        "disabled": False,
    }
    assert (await world.call("GET", "/v1/me", school.tokens["amy"])).json()[
        "display_name"
    ] == "陈爱美"
    row = await last_row(world)
    assert row[0] == "account_display_name_set"
    assert "陈" not in str(row)


async def test_empty_name_is_the_identifier_again(world: World, school: School) -> None:
    root = school.tokens["root"]
    await world.call("PATCH", AMY, root, {"display_name": "Amy"})
    answer = await world.call("PATCH", AMY, root, {"display_name": ""})
    assert answer.json()["display_name"] == "amy"


@pytest.mark.parametrize("name", ["a\nb", "x" * 101, "\u202eevil", None])
async def test_name_that_is_no_line_is_refused(
    world: World, school: School, name: str | None
) -> None:
    answer = await world.call("PATCH", AMY, school.tokens["root"], {"display_name": name})
    (error,) = problem(answer, 400, "invalid_request")["errors"]
    assert error["field"] == "display_name"


async def test_class_is_changed_by_post_as_by_patch(world: World, school: School) -> None:
    path, tom = f"/v1/classrooms/{LIVE}", school.tokens["tom"]
    answer = await world.call("POST", path, tom, {"title": "几何"})
    assert answer.status_code == 200
    assert answer.json()["title"] == "几何"
    assert (await world.call("GET", path, tom)).json()["title"] == "几何"
