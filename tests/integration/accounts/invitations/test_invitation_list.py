"""The list of invitations, and their end by an admin."""

from typing import Any

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.school import PASSWORD, School

from classgate.accounts.models import AccountRole

LIST = "/v1/admin/invitations"
HOUR = 3600


async def invite(world: World, school: School, hours: int = 7, **body: object) -> dict[str, Any]:
    expires_at = world.clock.unix + hours * HOUR
    body = {"role": "student", "expires_at": expires_at, **body}
    answer = await world.call("POST", LIST, school.tokens["root"], body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def list_page(world: World, school: School, query: str = "") -> dict[str, Any]:
    answer = await world.call("GET", f"{LIST}{query}", school.tokens["root"])
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def ids(world: World, school: School, query: str = "") -> list[str]:
    return [each["invitation_id"] for each in (await list_page(world, school, query))["items"]]


async def revoke(world: World, school: School, invitation_id: str) -> int:
    path = f"{LIST}/{invitation_id}"
    answer = await world.call("DELETE", path, school.tokens["root"])
    return answer.status_code


async def test_invitation_is_listed_without_its_secret(open_with: Opener, school: School) -> None:
    async with open_with(accounts={"registration": "invitation"}) as world:
        made = await invite(world, school, uses=3)
        body = {"identifier": "new", "password": PASSWORD, "invitation": made["invitation"]}
        assert (await world.call("POST", "/v1/accounts", body=body)).status_code == 201
        page = await list_page(world, school)
        assert page == {
            "items": [
                {
                    "invitation_id": made["invitation_id"],
                    "role": "student",
                    "uses": 3,
                    "uses_left": 2,
                    "created_at": world.clock.unix,
                    "expires_at": made["expires_at"],
                    "created_by": "root",
                }
            ],
            "next_cursor": None,
            "registration": "invitation",
        }
        assert made["invitation"] not in str(page)


async def test_those_of_the_command_line_have_no_maker(world: World, school: School) -> None:
    await world.application.accounts.invitations.issue_invitation(None, AccountRole.TEACHER)
    page = await list_page(world, school)
    assert [each["created_by"] for each in page["items"]] == [None]
    assert page["registration"] == "closed"


async def test_first_to_end_is_first_on_every_page(world: World, school: School) -> None:
    hours = (5, 1, 3, 1, 2, 1, 4)
    made = {}
    for each in hours:
        made[(await invite(world, school, each))["invitation_id"]] = each
    found: list[str] = []
    page = await list_page(world, school, "?limit=2")
    while page["next_cursor"] is not None:
        found += [each["invitation_id"] for each in page["items"]]
        page = await list_page(world, school, f"?limit=2&cursor={page['next_cursor']}")
    found += [each["invitation_id"] for each in page["items"]]
    assert [made[each] for each in found] == sorted(hours)
    assert set(found) == set(made)


async def test_only_those_that_can_be_used_are_listed(open_with: Opener, school: School) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        used = await invite(world, school)
        body = {"identifier": "new", "password": PASSWORD, "invitation": used["invitation"]}
        assert (await world.call("POST", "/v1/accounts", body=body)).status_code == 201
        await invite(world, school, 1)
        lasting = await invite(world, school, 2)
        world.clock.advance(seconds=HOUR)
        assert await ids(world, school) == [lasting["invitation_id"]]


async def test_revoked_invitation_makes_no_account(open_with: Opener, school: School) -> None:
    async with open_with(accounts={"registration": "invitation"}) as world:
        made, other = await invite(world, school, uses=3), await invite(world, school)
        assert await revoke(world, school, made["invitation_id"]) == 204
        body = {"identifier": "new", "password": PASSWORD, "invitation": made["invitation"]}
        answer = await world.call("POST", "/v1/accounts", body=body)
        problem(answer, 403, "permission_denied", "invitation_invalid")
        assert await ids(world, school) == [other["invitation_id"]]
        body["invitation"] = other["invitation"]
        assert (await world.call("POST", "/v1/accounts", body=body)).status_code == 201


async def test_end_is_in_the_audit_once(world: World, school: School) -> None:
    made = await invite(world, school)
    assert await revoke(world, school, made["invitation_id"]) == 204
    assert await revoke(world, school, made["invitation_id"]) == 404
    rows = world.raw_database.query(
        "SELECT rule, details FROM audit_rows WHERE event = 'invitation_revoked'"
    )
    details = f'{{"invitation_id":"{made["invitation_id"]}"}}'
    assert rows == [("an admin may revoke invitations", details)]
    assert (await world.application.audit.verify()).faults == ()


@pytest.mark.parametrize(
    "invitation_id", ["unknown", "i" + "0" * 24, "%3Cimg%3E", "a" * 1000, "邀请", "'--"]
)
async def test_unknown_invitation_is_not_found(
    world: World, school: School, invitation_id: str
) -> None:
    answer = await world.call("DELETE", f"{LIST}/{invitation_id}", school.tokens["root"])
    problem(answer, 404, "not_found", "invitation_not_found")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "cursor=x", "cursor=1-x", "cursor=", f"cursor={'9' * 30}"]
)
async def test_query_outside_its_bounds_is_refused(
    world: World, school: School, query: str
) -> None:
    answer = await world.call("GET", f"{LIST}?{query}", school.tokens["root"])
    assert problem(answer, 400, "invalid_request")["errors"]


async def test_invitations_of_a_disabled_admin_end_in_the_list(
    open_with: Opener, school: School
) -> None:
    async with open_with() as world:
        await world.call(
            "PATCH", "/v1/admin/accounts/tom", school.tokens["root"], {"role": "admin"}
        )
        token = await world.log_in("tom", PASSWORD)
        body = {"role": "student"}
        assert (await world.call("POST", LIST, token, body)).status_code == 201
        await world.call(
            "PATCH", "/v1/admin/accounts/tom", school.tokens["root"], {"disabled": True}
        )
        assert await ids(world, school) == []
