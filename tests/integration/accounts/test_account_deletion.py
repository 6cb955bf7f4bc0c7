"""Deleting an account: the person goes, a number stays, and the name is held back for a while."""

import asyncio
from typing import Any

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, School, delete

from classgate.accounts.models import AccountRole, NewAccount
from classgate.courseware.models import SignatureType
from classgate.errors import Conflict, IdentifierHeld

TOMS = (LIVE, CREATED, OPEN)  # classes of tom that are not over


async def number_of(world: World, identifier: str) -> int:
    ((number,),) = world.raw_database.query(
        "SELECT account_id FROM accounts WHERE identifier = ?", identifier
    )
    assert isinstance(number, int)
    return number


async def roster(world: World, school: School, classroom: int) -> dict[str, Any]:
    path = f"/v1/classrooms/{classroom}/members?limit=100"
    answer = await world.call("GET", path, school.tokens["root"])
    return {each["identifier"]: each for each in answer.json()["items"]}


async def free_of_classes(world: World, school: School) -> None:
    """Give tom's classes to tina."""
    for classroom in TOMS:
        path = f"/v1/classrooms/{classroom}/host"
        answer = await world.call("PUT", path, school.tokens["root"], {"identifier": "tina"})
        assert answer.status_code == 200


async def test_deleted_account_is_gone_for_everybody(world: World, school: School) -> None:
    assert (await delete(world, school, "AMY")).status_code == 204
    problem(await world.call("GET", "/v1/me", school.tokens["amy"]), 401, "not_authenticated")
    body = {"identifier": "amy", "password": PASSWORD}
    problem(await world.call("POST", "/v1/sessions", body=body), 401, "not_authenticated")
    problem(await delete(world, school, "amy"), 404, "not_found")
    enable = {"disabled": False}
    root = school.tokens["root"]
    answer = await world.call("PATCH", "/v1/admin/accounts/amy", root, enable)
    problem(answer, 404, "not_found")
    listed = [each async for each in world.application.accounts.administration.list_accounts()]
    assert not [each for each in listed if "amy" in each.identifier or "~" in each.identifier]


async def test_what_is_left_of_somebody_cannot_be_found_or_brought_back(
    world: World, school: School
) -> None:
    number = await number_of(world, "amy")
    await delete(world, school, "amy")
    name, root = f"deleted~{number}", school.tokens["root"]
    problem(await delete(world, school, name), 404, "not_found")
    enable = {"disabled": False}
    answer = await world.call("PATCH", f"/v1/admin/accounts/{name}", root, enable)
    problem(answer, 404, "not_found")
    path = f"/v1/classrooms/{LIVE}/members/{name}"
    answer = await world.call("PUT", path, school.tokens["tom"], {"role": "student"})
    problem(answer, 404, "not_found")


async def test_nothing_of_the_person_is_stored_any_more(world: World, school: School) -> None:
    identifier, display_name = "zqbarbara", "zqdisplay name"
    new = NewAccount(identifier, PASSWORD, AccountRole.STUDENT, display_name)
    await world.application.accounts.administration.add(None, new)
    await world.log_in(identifier, PASSWORD)
    number = await number_of(world, identifier)
    assert (await delete(world, school, identifier)).status_code == 204
    for everything in (
        "SELECT * FROM accounts",
        "SELECT * FROM audit_rows",
        "SELECT * FROM held_identifiers",
        "SELECT * FROM leases",
    ):
        assert not [
            row
            for row in world.raw_database.query(everything)
            if identifier in str(row) or display_name in str(row)
        ]
    assert world.raw_database.query("SELECT * FROM sessions WHERE account_id = ?", number) == []


async def test_sessions_leases_and_places_end(world: World, school: School) -> None:
    number = await number_of(world, "stan")
    await delete(world, school, "stan")
    assert world.raw_database.lease_state(school.leases[LIVE, "stan"]) == "ended"
    assert (
        world.raw_database.query(
            "SELECT 1 FROM leases WHERE account_id = ? AND state != 'ended'", number
        )
        == []
    )
    for classroom in TOMS:
        assert not [name for name in await roster(world, school, classroom) if "~" in name]


async def test_class_that_ended_still_shows_its_roster_and_host(
    world: World, school: School
) -> None:
    await free_of_classes(world, school)
    numbers = {name: await number_of(world, name) for name in ("tom", "amy")}
    for identifier in numbers:
        assert (await delete(world, school, identifier)).status_code == 204
    root = school.tokens["root"]
    read = (await world.call("GET", f"/v1/classrooms/{ENDED}", root)).json()
    assert read["host"] == f"deleted~{numbers['tom']}"
    found = await roster(world, school, ENDED)
    assert found[f"deleted~{numbers['tom']}"]["role"] == "host"
    assert found[f"deleted~{numbers['amy']}"]["display_name"] == f"deleted~{numbers['amy']}"
    listed = (await world.call("GET", "/v1/classrooms?state=ended", root)).json()["items"]
    assert [each["classroom_id"] for each in listed] == [ENDED]


async def test_host_of_classes_that_are_not_over_stays_and_the_refusal_names_the_way_out(
    world: World, school: School
) -> None:
    found = problem(await delete(world, school, "tom"), 409, "conflict")
    assert f"{LIVE}, {CREATED}, {OPEN}" in found["detail"]
    assert "PUT /v1/classrooms/{classroom_id}/host" in found["detail"]
    assert (await world.call("GET", "/v1/me", school.tokens["tom"])).status_code == 200
    await free_of_classes(world, school)
    assert (await delete(world, school, "tom")).status_code == 204


async def test_admins_do_not_delete_themselves(world: World, school: School) -> None:
    await world.application.accounts.administration.change(None, "sam", role=AccountRole.ADMIN)
    problem(await delete(world, school, "Root"), 409, "conflict")


async def test_last_admin_is_not_deleted_from_the_command_line_either(world: World) -> None:
    deletion = world.application.account_deletion
    with pytest.raises(Conflict, match="last enabled admin"):
        await deletion.delete_account(None, "root")
    await world.application.accounts.administration.change(None, "sam", role=AccountRole.ADMIN)
    await world.application.accounts.administration.change(None, "sam", disabled=True)
    with pytest.raises(Conflict, match="last enabled admin"):
        await deletion.delete_account(None, "root")
    assert await deletion.delete_account(None, "sam")  # who cannot log in is no loss


async def test_two_admins_deleted_at_once_leave_one(world: World) -> None:
    await world.application.accounts.administration.change(None, "sam", role=AccountRole.ADMIN)
    deletion = world.application.account_deletion
    calls = [deletion.delete_account(None, name) for name in ("root", "sam")]
    await asyncio.gather(*calls, return_exceptions=True)
    left = world.raw_database.query(
        "SELECT count(*) FROM accounts WHERE role = 'admin' AND deleted_at IS NULL"
    )
    assert left[0][0] >= 1


# ── the name ────────────────────────────────────────────────────────────────────────────────────


async def add(world: World, identifier: str) -> None:
    new = NewAccount(identifier, PASSWORD, AccountRole.STUDENT)
    await world.application.accounts.administration.add(None, new)


async def test_name_is_free_again_when_the_last_user_sig_has_expired(
    world: World, school: School
) -> None:
    world.clock.advance(hours=1)
    signed = (await world.call("POST", "/v1/user-sig", school.tokens["amy"])).json()
    world.clock.advance(hours=1)
    await delete(world, school, "amy")
    world.clock.advance(seconds=signed["expires_at"] - world.clock.unix - 2)
    for identifier in ("amy", "AMY"):
        with pytest.raises(IdentifierHeld, match="free again from"):
            await add(world, identifier)
    world.clock.advance(seconds=2)
    await add(world, "Amy")


async def test_name_that_was_never_signed_for_is_free_at_once(world: World, school: School) -> None:
    await add(world, "newcomer")
    assert (await delete(world, school, "newcomer")).status_code == 204
    await add(world, "newcomer")
    assert world.raw_database.query("SELECT * FROM held_identifiers") == []


async def test_held_name_is_refused_at_every_entrance(open_with: Opener, school: School) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        await delete(world, school, "amy")
        body = {"identifier": "Amy", "password": PASSWORD}
        answer = await world.call("POST", "/v1/accounts", body=body)
        found = problem(answer, 409, "conflict", "identifier_held")
        assert "free again" in found["detail"]
        assert world.clock.unix < found["until"] <= world.clock.unix + 24 * 3600
        accounts = {"accounts": [{**body, "role": "student"}]}
        answer = await world.call("POST", "/v1/admin/accounts", school.tokens["root"], accounts)
        result = answer.json()["results"][0]
        assert (result["code"], result["reason"]) == ("conflict", "identifier_held")
        content = f'identifier,password,role,display_name\namy,"{PASSWORD}",student,\n'
        with pytest.raises(Exception, match="nothing was imported"):
            await world.application.accounts.account_import.import_accounts(content.encode())


async def test_new_account_of_the_name_inherits_nothing(world: World, school: School) -> None:
    before = await number_of(world, "amy")
    await delete(world, school, "amy")
    world.clock.advance(hours=25)
    await add(world, "amy")
    assert await number_of(world, "amy") != before
    token = await world.log_in("amy", PASSWORD)
    for classroom in (LIVE, CREATED, ENDED):
        answer = await world.call("GET", f"/v1/classrooms/{classroom}", token)
        problem(answer, 404, "not_found")
    lease = school.leases[LIVE, "amy"]
    problem(await world.call("POST", f"/v1/leases/{lease}/renew", token), 404, "not_found")


async def test_name_can_be_held_again_for_its_next_bearer(world: World) -> None:
    for _ in range(2):
        await world.application.account_deletion.delete_account(None, "amy")
        world.clock.advance(hours=25)
        await add(world, "amy")
        await world.log_in("amy", PASSWORD)
    await world.application.account_deletion.delete_account(None, "amy")
    assert len(world.raw_database.query("SELECT * FROM held_identifiers")) == 1


async def test_registration_that_waits_for_the_deletion_is_refused(
    open_with: Opener, school: School
) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        body = {"identifier": "amy", "password": PASSWORD}
        calls = [world.call("POST", "/v1/accounts", body=body) for _ in range(6)]
        answers = await asyncio.gather(delete(world, school, "amy"), *calls)
        assert answers[0].status_code == 204
        assert {each.status_code for each in answers[1:]} == {409}


# ── the record ──────────────────────────────────────────────────────────────────────────────────


async def test_audit_keeps_the_number_without_a_name(world: World, school: School) -> None:
    number = await number_of(world, "amy")
    await delete(world, school, "amy")
    root = school.tokens["root"]
    rows = (await world.call("GET", "/v1/admin/audit?limit=100", root)).json()["items"]
    (row,) = [each for each in rows if each["event"] == "account_deleted"]
    assert (row["account_id"], row["identifier"], row["actor"]) == (number, None, "root")
    assert row["details"]["memberships_removed"] == len(TOMS)
    assert {each["identifier"] for each in rows if each["account_id"] == number} == {None}
    answer = await world.call("GET", "/v1/admin/audit?identifier=amy", root)
    problem(answer, 404, "not_found")
    assert (await world.application.audit.verify()).faults == ()


async def test_a_name_that_is_a_folder_of_the_bucket_is_never_given_again(
    open_with: Opener, school: School
) -> None:
    legacy = {"enabled": True}
    async with open_with(legacy=legacy) as world:
        access = world.application.legacy.accounts
        grant = await access.log_in("sam", PASSWORD, "198.51.100.8")
        caller = await access.authenticate(grant.access_token)
        signatures = world.application.legacy.signatures
        await signatures.issue_signature(caller, SignatureType.REUSABLE, None, None)
        assert (await delete(world, school, "sam")).status_code == 204
        world.clock.advance(days=4000)
        new = NewAccount("Sam", PASSWORD, AccountRole.STUDENT)
        with pytest.raises(IdentifierHeld, match="not given again") as raised:
            await world.application.accounts.administration.add(None, new)
        assert raised.value.until is None
