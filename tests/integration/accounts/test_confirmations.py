"""The password again, before a session of the console does what a thief would do with it."""

import httpx
import pytest
from tests.support.console_session import ConsolePage, log_in, open_page
from tests.support.harness import Opener, World, problem
from tests.support.one_time_codes import another_code, code_at
from tests.support.school import PASSWORD, School

from classgate.accounts.models import AccountRole, NewAccount

ACCOUNT = "/v1/admin/accounts/sam"
ADMIN_TO_BE = {"identifier": "ruth", "password": PASSWORD, "role": "admin"}

NEEDS_CONFIRMATION = [
    ("POST", f"{ACCOUNT}/password", None),
    ("PATCH", ACCOUNT, {"role": "teacher"}),
    ("PATCH", ACCOUNT, {"disabled": True}),
    ("PATCH", ACCOUNT, {"display_name": "Sam", "role": "teacher"}),
    ("DELETE", ACCOUNT, None),
    ("POST", "/v1/admin/accounts", {"accounts": [ADMIN_TO_BE]}),
    ("POST", "/v1/admin/invitations", {"role": "admin"}),
    ("POST", "/v1/console/second-factor", None),
    ("PUT", "/v1/console/second-factor", {"code": "123456"}),
    ("DELETE", "/v1/console/second-factor", None),
]
NEEDS_NONE = [
    ("PATCH", ACCOUNT, {"display_name": "Sam"}),
    ("PATCH", ACCOUNT, {"role": "student", "disabled": False}),  # as it is
    ("POST", "/v1/admin/accounts", {"accounts": [ADMIN_TO_BE | {"role": "teacher"}]}),
    ("POST", "/v1/admin/invitations", {"role": "teacher"}),
    ("GET", "/v1/admin/audit", None),
]


@pytest.fixture
async def page(world: World, school: School) -> ConsolePage:
    """Root's page, with a second factor, ten minutes after logging in."""
    page = await open_page(world, "root")
    await page.set_up_second_factor()
    world.clock.advance(minutes=10)
    return page


async def count(world: World, statement: str) -> int:
    await world.settle()
    ((number,),) = world.raw_database.query(statement)
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize(("method", "path", "body"), NEEDS_CONFIRMATION)
async def test_ten_minutes_after_the_log_in_it_is_asked_for(
    page: ConsolePage, method: str, path: str, body: object
) -> None:
    rows = await count(page.world, "SELECT count(*) FROM audit_rows")
    answer = await page.call(method, path, body)
    problem(answer, 403, "permission_denied", "confirmation_needed")
    assert await count(page.world, "SELECT count(*) FROM audit_rows") == rows


@pytest.mark.parametrize(("method", "path", "body"), NEEDS_NONE)
async def test_the_rest_goes_on_without(
    page: ConsolePage, method: str, path: str, body: object
) -> None:
    assert (await page.call(method, path, body)).is_success


@pytest.mark.parametrize(
    ("method", "path", "body"), [*NEEDS_CONFIRMATION[:5], *NEEDS_CONFIRMATION[6:8]]
)
async def test_log_in_is_a_confirmation_for_ten_minutes(
    world: World, school: School, method: str, path: str, body: object
) -> None:
    page = await open_page(world, "root")
    await page.set_up_second_factor()
    world.clock.advance(minutes=9, seconds=59)
    assert (await page.call(method, path, body)).is_success


@pytest.mark.parametrize(("method", "path", "body"), NEEDS_CONFIRMATION[:5])
async def test_clients_of_the_api_are_not_asked(
    page: ConsolePage, school: School, method: str, path: str, body: object
) -> None:
    answer = await page.world.call(method, path, school.tokens["root"], body)
    assert answer.is_success


async def reset_sam(page: ConsolePage) -> httpx.Response:
    return await page.call("POST", f"{ACCOUNT}/password")


async def test_password_and_code_confirm_for_ten_minutes(world: World, school: School) -> None:
    page = await open_page(world, "root")
    secret = await page.set_up_second_factor()
    world.clock.advance(minutes=30)
    problem(await reset_sam(page), 403, "permission_denied", "confirmation_needed")
    answer = await page.confirm(code=code_at(secret, world.clock.unix))
    assert answer.json() == {"confirmed_until": world.clock.unix + 600}
    world.clock.advance(minutes=9, seconds=59)
    assert (await reset_sam(page)).status_code == 200
    world.clock.advance(seconds=1)
    problem(await reset_sam(page), 403, "permission_denied", "confirmation_needed")


async def test_confirmation_of_a_clock_that_was_ahead_is_none(world: World, school: School) -> None:
    page = await open_page(world, "root")
    secret = await page.set_up_second_factor()
    world.clock.advance(minutes=10)
    world.clock.jump(hours=2)
    assert (await page.confirm(code=code_at(secret, world.clock.unix))).status_code == 200
    world.clock.jump(hours=-2)
    problem(await reset_sam(page), 403, "permission_denied", "confirmation_needed")


async def test_it_is_of_one_session(world: World, school: School) -> None:
    page = await open_page(world, "root")
    secret = await page.set_up_second_factor()
    world.clock.advance(minutes=5)
    other = await open_page(world, "root", code_at(secret, world.clock.unix))
    world.clock.advance(minutes=5)
    problem(await reset_sam(page), 403, "permission_denied", "confirmation_needed")
    assert (await reset_sam(other)).status_code == 200


async def test_wrong_password_or_code_confirms_nothing(world: World, school: School) -> None:
    page = await open_page(world, "root")
    secret = await page.set_up_second_factor()
    world.clock.advance(minutes=10)
    right, wrong = code_at(secret, world.clock.unix), another_code(secret, world.clock.unix)
    answer = await page.confirm("not the password", right)
    problem(answer, 403, "permission_denied", "current_password_wrong")
    answer = await page.confirm()
    problem(answer, 401, "not_authenticated", "second_factor_required")
    answer = await page.confirm(code=wrong)
    problem(answer, 401, "not_authenticated", "second_factor_wrong")
    problem(await reset_sam(page), 403, "permission_denied", "confirmation_needed")
    # The session goes on, and the right ones are still good.
    assert (await page.confirm(code=right)).status_code == 200
    assert (await reset_sam(page)).status_code == 200


async def test_wrong_passwords_are_slowed_down_as_at_log_in(world: World, school: School) -> None:
    page = await open_page(world, "root")
    statuses = [(await page.confirm("not the password")).status_code for _ in range(12)]
    assert statuses == [403] * 10 + [429] * 2
    answer = await log_in(world, "root")
    problem(answer, 429, "too_many_attempts", "too_many_logins")


async def test_only_a_page_of_the_console_confirms(world: World, school: School) -> None:
    body = {"password": PASSWORD}
    answer = await world.call("POST", "/v1/console/session/confirm", school.tokens["root"], body)
    problem(answer, 403, "permission_denied", "not_from_console")


async def test_ended_session_confirms_nothing(page: ConsolePage) -> None:
    assert (await page.call("DELETE", "/v1/console/session")).status_code == 204
    problem(await page.confirm(), 401, "not_authenticated", "session_ended")


async def test_everybody_may_confirm(world: World, school: School) -> None:
    page = await open_page(world, "amy")
    assert (await page.confirm()).status_code == 200


async def test_import_with_an_admin_makes_nobody(page: ConsolePage) -> None:
    both = [ADMIN_TO_BE | {"identifier": "rita", "role": "student"}, ADMIN_TO_BE]
    answer = await page.call("POST", "/v1/admin/accounts", {"accounts": both})
    problem(answer, 403, "permission_denied", "confirmation_needed")
    made = "SELECT count(*) FROM accounts WHERE identifier IN ('rita', 'ruth')"
    assert await count(page.world, made) == 0


# ── admins among themselves ─────────────────────────────────────────────────────────────────────


async def test_no_admin_resets_another_admin(open_with: Opener, school: School) -> None:
    async with open_with(console={"second_factor": "optional"}) as world:
        administration = world.application.accounts.administration
        await administration.add(None, NewAccount("ruth", PASSWORD, AccountRole.ADMIN))
        page = await open_page(world, "root")
        answer = await page.call("POST", "/v1/admin/accounts/ruth/password")
        problem(answer, 403, "permission_denied", "admin_protected")
        assert (await log_in(world, "ruth")).status_code == 201


async def test_last_admin_stays(open_with: Opener, school: School) -> None:
    async with open_with(console={"second_factor": "optional"}) as world:
        page = await open_page(world, "root")
        for body in ({"role": "teacher"}, {"disabled": True}):
            answer = await page.call("PATCH", "/v1/admin/accounts/root", body)
            problem(answer, 409, "conflict", "own_account")
        answer = await page.call("DELETE", "/v1/admin/accounts/root")
        problem(answer, 409, "conflict", "own_account")
        assert (await page.call("GET", "/v1/admin/audit")).status_code == 200
