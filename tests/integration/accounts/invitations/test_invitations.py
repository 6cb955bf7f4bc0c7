"""Invitations: issued by an admin, used to register, refused alike when they are not good."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.support.harness import Opener, World, problem
from tests.support.school import PASSWORD, School

from classgate.accounts.models import AccountRole

BY_INVITATION = {"registration": "invitation"}


async def invite(world: World, school: School, **body: object) -> dict[str, Any]:
    body = {"role": "teacher", **body}
    answer = await world.call("POST", "/v1/admin/invitations", school.tokens["root"], body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def register(
    world: World, invitation: object = None, identifier: str = "newcomer", **more: object
) -> httpx.Response:
    body = {"identifier": identifier, "password": PASSWORD, "invitation": invitation, **more}
    return await world.call("POST", "/v1/accounts", body=body)


async def test_invitation_is_answered_whole(world: World, school: School) -> None:
    found = await invite(world, school, role="student", uses=30)
    assert found.pop("invitation").startswith("cgi_")
    assert found.pop("invitation_id")
    assert found == {"role": "student", "uses": 30, "expires_at": world.clock.unix + 7 * 86400}


@pytest.mark.parametrize("mode", ["invitation", "open"])
@pytest.mark.parametrize("role", ["student", "teacher", "admin"])
async def test_role_comes_from_the_invitation(
    open_with: Opener, school: School, mode: str, role: str
) -> None:
    async with open_with(accounts={"registration": mode}) as world:
        token = (await invite(world, school, role=role))["invitation"]
        answer = await register(world, token)
        assert answer.status_code == 201, answer.text
        assert answer.json()["role"] == role
        me = await world.call("GET", "/v1/me", await world.log_in("newcomer", PASSWORD))
        assert me.json()["role"] == role


async def test_open_registration_without_an_invitation_makes_a_student(open_with: Opener) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        assert (await register(world)).json()["role"] == "student"


async def test_registration_by_invitation_needs_one(open_with: Opener) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        found = problem(await register(world), 403, "permission_denied")
        assert "invitation" in found["detail"]


async def test_no_invitation_opens_closed_registration(world: World, school: School) -> None:
    token = (await invite(world, school))["invitation"]
    problem(await register(world, token), 403, "permission_denied")


@pytest.mark.parametrize("mode", ["invitation", "open"])
async def test_unknown_used_up_and_expired_are_refused_alike(
    open_with: Opener, school: School, mode: str
) -> None:
    async with open_with(accounts={"registration": mode}) as world:
        used = (await invite(world, school))["invitation"]
        assert (await register(world, used, "first")).status_code == 201
        ends_at = world.clock.unix + 60
        expired = (await invite(world, school, expires_at=ends_at))["invitation"]
        world.clock.advance(seconds=60)
        seen = set()
        for token in (used, expired, used[:-1], used.upper(), "", "\x00", "邀请", " " + used):
            found = problem(await register(world, token), 403, "permission_denied")
            seen.add(found["detail"])
        assert len(seen) == 1
        problem(await _log_in(world), 401, "not_authenticated")


async def _log_in(world: World) -> httpx.Response:
    body = {"identifier": "newcomer", "password": PASSWORD}
    return await world.call("POST", "/v1/sessions", body=body)


async def test_invitation_is_good_until_its_last_second(open_with: Opener, school: School) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        ends_at = world.clock.unix + 61  # the clock stands within a second
        token = (await invite(world, school, expires_at=ends_at))["invitation"]
        world.clock.advance(seconds=60)
        assert (await register(world, token)).status_code == 201


async def test_each_use_counts_and_no_more(open_with: Opener, school: School) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        token = (await invite(world, school, uses=3))["invitation"]
        for number in range(3):
            assert (await register(world, token, f"new{number}")).status_code == 201
        problem(await register(world, token, "new3"), 403, "permission_denied")


async def test_registration_that_fails_uses_nothing(open_with: Opener, school: School) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        token = (await invite(world, school))["invitation"]
        problem(await register(world, token, "tom"), 409, "conflict")
        problem(await register(world, token, "a b"), 400, "invalid_request")
        problem(await register(world, token, password="short"), 400, "invalid_request")
        assert (await register(world, token)).status_code == 201


async def test_of_fifty_for_the_last_use_one_comes_in(open_with: Opener, school: School) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        token = (await invite(world, school))["invitation"]
        calls = [register(world, token, f"racer{number}") for number in range(50)]
        codes = sorted(each.status_code for each in await asyncio.gather(*calls))
        assert codes == [201, *[403] * 49]
        names = [name for (name,) in world.raw_database.query("SELECT identifier FROM accounts")]
        assert sum(name.startswith("racer") for name in names) == 1
        assert world.raw_database.events().count("invitation_used") == 1


async def test_of_many_for_one_name_one_use_is_counted(open_with: Opener, school: School) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        token = (await invite(world, school, uses=20))["invitation"]
        answers = await asyncio.gather(*(register(world, token) for _ in range(8)))
        assert sorted(each.status_code for each in answers) == [201, *[409] * 7]
        assert world.raw_database.query("SELECT used FROM invitations") == [(1,)]


async def test_strangers_learn_no_names_without_an_invitation(open_with: Opener) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        seen = set()
        for identifier in ("tom", "nobody"):
            found = problem(await register(world, "guess", identifier), 403, "permission_denied")
            seen.add(found["detail"])
        assert len(seen) == 1


async def test_guessing_is_slowed_and_good_ones_are_not(open_with: Opener, school: School) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        token = (await invite(world, school, uses=2))["invitation"]
        for number in range(100):
            problem(await register(world, f"guess{number}"), 403, "permission_denied")
        slowed = await register(world, "one guess more")
        problem(slowed, 429, "too_many_attempts")
        assert int(slowed.headers["retry-after"]) >= 1
        assert (await register(world, token)).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uses", 0),
        ("uses", -1),
        ("uses", 1001),
        ("uses", 10**30),
        ("uses", "5"),
        ("uses", None),
        ("expires_at", 0),
        ("expires_at", 32503680000),
        ("role", "host"),
        ("role", None),
        ("token", "x"),
    ],
)
async def test_what_an_invitation_cannot_be_is_refused_by_field(
    world: World, school: School, field: str, value: object
) -> None:
    body = {"role": "student", field: value}
    answer = await world.call("POST", "/v1/admin/invitations", school.tokens["root"], body)
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == [field]


async def test_admin_is_invited_one_by_one(world: World, school: School) -> None:
    body = {"role": "admin", "uses": 2}
    answer = await world.call("POST", "/v1/admin/invitations", school.tokens["root"], body)
    problem(answer, 400, "invalid_request")


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": AccountRole.TEACHER}])
async def test_invitations_end_with_the_admin_who_made_them(
    open_with: Opener, school: School, change: dict[str, Any]
) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        token = (await invite(world, school, uses=9))["invitation"]
        administration = world.application.accounts.administration
        await administration.change(None, "root", **change)
        problem(await register(world, token), 403, "permission_denied")


async def test_only_the_digest_is_stored_and_the_token_is_nowhere_in_the_audit(
    open_with: Opener, school: School
) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        token = (await invite(world, school))["invitation"]
        assert (await register(world, token)).status_code == 201
        await world.settle()
        assert token.encode() not in world.raw_database.stored_bytes()
        assert not [text for text in world.raw_database.texts() if token in text]


async def test_audit_says_who_invited_and_who_came_by_it(open_with: Opener, school: School) -> None:
    async with open_with(accounts=BY_INVITATION) as world:
        issued = await invite(world, school)
        await register(world, issued["invitation"])
        answer = await world.call("GET", "/v1/admin/audit?limit=10", school.tokens["root"])
        rows = {row["event"]: row for row in answer.json()["items"]}
        created, used = rows["invitation_created"], rows["invitation_used"]
        assert (created["actor"], used["identifier"]) == ("root", "newcomer")
        assert created["details"] == {
            "invitation_id": issued["invitation_id"],
            "role": "teacher",
            "uses": 1,
            "expires_at": issued["expires_at"],
        }
        assert used["details"]["invitation_id"] == issued["invitation_id"]
        assert used["fingerprints"] == created["fingerprints"]
        assert rows["account_created"]["rule"] == "an invitation as teacher"
        assert (await world.application.audit.verify()).faults == ()
