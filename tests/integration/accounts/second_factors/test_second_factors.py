"""The second factor of admins: set up, asked for at log-in, replaced, removed, reset."""

import asyncio
import json
import secrets

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.console_session import ConsolePage, log_in, open_page, token_of
from tests.support.harness import Opener, World, problem
from tests.support.one_time_codes import another_code, code_at
from tests.support.school import PASSWORD, School

from classgate.accounts.models import AccountRole, NewAccount

PATH = "/v1/console/second-factor"


def code(world: World, secret: str, *, steps: int = 0) -> str:
    return code_at(secret, world.clock.unix, steps=steps)


@pytest.fixture
async def secret(world: World, school: School) -> str:
    """The secret of root's second factor, a minute after it was set up."""
    made = await (await open_page(world, "root")).set_up_second_factor()
    world.clock.advance(minutes=1)
    return made


# ── where it is required ────────────────────────────────────────────────────────────────────────


async def test_admin_without_one_may_only_set_it_up(world: World, school: School) -> None:
    page = await open_page(world, "root")
    state = (await page.call("GET", "/v1/console/session")).json()["session"]
    assert (state["has_second_factor"], state["second_factor_required"]) == (False, True)
    for method, path in [
        ("GET", "/v1/admin/audit"),
        ("POST", "/v1/admin/accounts/amy/password"),
        ("GET", "/v1/classrooms"),
        ("POST", "/v1/user-sig"),
        ("POST", "/v1/classrooms/1/entry"),
        ("POST", "/v1/classrooms/1/heartbeat"),
    ]:
        answer = await page.call(method, path)
        problem(answer, 403, "permission_denied", "second_factor_missing")
    for path in ("/v1/me", "/v1/sessions"):
        assert (await page.call("GET", path)).status_code == 200
    body = {"current_password": PASSWORD, "new_password": "another sentence, still long"}
    assert (await page.call("PUT", "/v1/me/password", body)).status_code == 204
    await page.set_up_second_factor()
    assert (await page.call("GET", "/v1/admin/audit")).status_code == 200
    state = (await page.call("GET", "/v1/console/session")).json()["session"]
    assert (state["has_second_factor"], state["second_factor_required"]) == (True, True)


async def test_nobody_else_needs_one_and_clients_of_the_api_do_not(
    world: World, school: School
) -> None:
    page = await open_page(world, "tom")
    assert (await page.call("GET", "/v1/classrooms")).status_code == 200
    session = (await page.call("GET", "/v1/console/session")).json()["session"]
    assert (session["has_second_factor"], session["second_factor_required"]) == (False, False)
    answer = await world.call("GET", "/v1/admin/audit", school.tokens["root"])
    assert answer.status_code == 200


async def test_where_it_is_optional_an_admin_works_without(
    open_with: Opener, school: School
) -> None:
    async with open_with(console={"second_factor": "optional"}) as world:
        page = await open_page(world, "root")
        assert (await page.call("GET", "/v1/admin/audit")).status_code == 200


@pytest.mark.parametrize("identifier", ["tom", "amy"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_only_admins_have_one(
    world: World, school: School, identifier: str, method: str
) -> None:
    page = await open_page(world, identifier)
    answer = await page.call(method, PATH, {"code": "123456"} if method == "PUT" else None)
    problem(answer, 403, "permission_denied", "admin_only")


async def test_it_is_set_up_in_the_console_only(world: World, school: School) -> None:
    answer = await world.call("POST", PATH, school.tokens["root"])
    problem(answer, 403, "permission_denied", "not_from_console")


# ── setting it up ───────────────────────────────────────────────────────────────────────────────


async def test_it_is_asked_for_only_after_a_code_confirmed_it(world: World, school: School) -> None:
    page = await open_page(world, "root")
    made = (await page.call("POST", PATH)).json()
    assert made["uri"].startswith("otpauth://totp/classgate:root?secret=" + made["secret"])
    assert made["expires_at"] == world.clock.unix + 600
    assert (await log_in(world, "root")).status_code == 201
    wrong = {"code": another_code(made["secret"], world.clock.unix)}
    problem(await page.call("PUT", PATH, wrong), 401, "not_authenticated", "second_factor_wrong")
    assert (await log_in(world, "root")).status_code == 201
    right = {"code": code(world, made["secret"])}
    assert (await page.call("PUT", PATH, right)).status_code == 204
    answer = await log_in(world, "root")
    problem(answer, 401, "not_authenticated", "second_factor_required")
    assert "set-cookie" not in answer.headers


async def test_set_up_waits_ten_minutes_for_its_code(world: World, school: School) -> None:
    page = await open_page(world, "root")
    answer = await page.call("PUT", PATH, {"code": "123456"})
    problem(answer, 409, "conflict", "second_factor_not_started")
    secret = (await page.call("POST", PATH)).json()["secret"]
    world.clock.advance(minutes=10)
    assert (await page.confirm()).status_code == 200
    answer = await page.call("PUT", PATH, {"code": code(world, secret)})
    problem(answer, 409, "conflict", "second_factor_not_started")


async def test_sessions_that_were_opened_without_it_end(world: World, school: School) -> None:
    other, page = await open_page(world, "root"), await open_page(world, "root")
    await page.set_up_second_factor()
    answer = await other.call("GET", "/v1/me")
    problem(answer, 401, "not_authenticated", "session_ended")
    assert (await page.call("GET", "/v1/me")).status_code == 200
    # A client of the API has no part in it.
    assert (await world.call("GET", "/v1/me", school.tokens["root"])).status_code == 200


async def test_another_one_replaces_it_and_counts_from_its_confirmation(
    world: World, secret: str
) -> None:
    page = await open_page(world, "root", code(world, secret))
    started = (await page.call("POST", PATH)).json()["secret"]
    world.clock.advance(minutes=1)
    # Until the new one is confirmed, the one before is good.
    assert (await log_in(world, "root", code(world, secret))).status_code == 201
    answer = await log_in(world, "root", code(world, started))
    problem(answer, 401, "not_authenticated", "second_factor_wrong")
    confirmed = code(world, started)
    assert (await page.call("PUT", PATH, {"code": confirmed})).status_code == 204
    world.clock.advance(seconds=30)
    for used in (confirmed, code(world, secret)):
        answer = await log_in(world, "root", used)
        problem(answer, 401, "not_authenticated", "second_factor_wrong")
    assert (await log_in(world, "root", code(world, started))).status_code == 201


# ── logging in ──────────────────────────────────────────────────────────────────────────────────


async def test_password_is_checked_first(world: World, secret: str) -> None:
    answer = await log_in(world, "root", code(world, secret), password="not the password")
    problem(answer, 401, "not_authenticated", "wrong_credentials")
    answer = await log_in(world, "root", password="not the password")
    problem(answer, 401, "not_authenticated", "wrong_credentials")


async def test_api_asks_whoever_has_one_too(world: World, secret: str) -> None:
    """The password alone must not open what the console keeps shut."""
    body = {"identifier": "root", "password": PASSWORD}
    answer = await world.call("POST", "/v1/sessions", body=body)
    problem(answer, 401, "not_authenticated", "second_factor_required")
    body["code"] = code(world, secret)
    assert (await world.call("POST", "/v1/sessions", body=body)).status_code == 201


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_clock_of_the_telephone_may_be_off_by_a_step(
    world: World, secret: str, steps: int
) -> None:
    assert (await log_in(world, "root", code(world, secret, steps=steps))).status_code == 201


@pytest.mark.parametrize("steps", [-2, 2])
async def test_it_may_not_be_off_by_more(world: World, secret: str, steps: int) -> None:
    answer = await log_in(world, "root", code(world, secret, steps=steps))
    problem(answer, 401, "not_authenticated", "second_factor_wrong")


async def test_code_is_accepted_once(world: World, secret: str) -> None:
    shown = code(world, secret)
    assert (await log_in(world, "root", shown)).status_code == 201
    for used in (shown, code(world, secret, steps=-1)):
        answer = await log_in(world, "root", used)
        problem(answer, 401, "not_authenticated", "second_factor_wrong")
    page = await open_page(world, "root", code(world, secret, steps=1))
    answer = await page.confirm(code=code(world, secret, steps=1))
    problem(answer, 401, "not_authenticated", "second_factor_wrong")


async def test_of_two_log_ins_with_one_code_one_succeeds(world: World, secret: str) -> None:
    shown = code(world, secret)
    answers = await asyncio.gather(*(log_in(world, "root", shown) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 401, 401, 401]


async def test_code_of_another_admin_is_wrong(world: World, secret: str) -> None:
    administration = world.application.accounts.administration
    await administration.add(None, NewAccount("ruth", PASSWORD, AccountRole.ADMIN))
    theirs = await (await open_page(world, "ruth")).set_up_second_factor()
    world.clock.advance(minutes=1)
    answer = await log_in(world, "root", code(world, theirs))
    problem(answer, 401, "not_authenticated", "second_factor_wrong")


async def test_codes_cannot_be_guessed_between_right_passwords(world: World, secret: str) -> None:
    """A log-in without a code does not reset the count, nor does another address."""
    wrong, statuses = another_code(secret, world.clock.unix), []
    for number in range(12):
        statuses.append(
            (await log_in(world, "root", wrong, address=f"203.0.113.{number}")).status_code
        )
        await log_in(world, "root")
    assert statuses == [401] * 10 + [429] * 2
    answer = await log_in(world, "root", code(world, secret))
    problem(answer, 429, "too_many_attempts", "too_many_logins")
    world.clock.advance(minutes=5)
    assert (await log_in(world, "root", code(world, secret))).status_code == 201


async def test_wrong_codes_count_as_wrong_passwords_do(world: World, secret: str) -> None:
    wrong = another_code(secret, world.clock.unix)
    for _ in range(10):
        await log_in(world, "root", wrong, address="203.0.113.9")
    answer = await log_in(world, "root", password="not the password", address="203.0.113.9")
    problem(answer, 429, "too_many_attempts", "too_many_logins")


async def test_whoever_is_no_admin_any_more_is_not_asked(world: World, secret: str) -> None:
    """And is again after becoming one: taking the role away removes no second factor."""
    administration = world.application.accounts.administration
    await administration.change(None, "root", role=AccountRole.TEACHER)
    assert (await log_in(world, "root")).status_code == 201
    await administration.change(None, "root", role=AccountRole.ADMIN)
    answer = await log_in(world, "root")
    problem(answer, 401, "not_authenticated", "second_factor_required")


# ── removing and resetting ──────────────────────────────────────────────────────────────────────


async def test_required_one_is_not_removed(world: World, secret: str) -> None:
    page = await open_page(world, "root", code(world, secret))
    problem(await page.call("DELETE", PATH), 409, "conflict", "second_factor_not_removable")
    answer = await log_in(world, "root")
    problem(answer, 401, "not_authenticated", "second_factor_required")


async def test_optional_one_is_removed(open_with: Opener, school: School) -> None:
    async with open_with(console={"second_factor": "optional"}) as world:
        page = await open_page(world, "root")
        await page.set_up_second_factor()
        assert (await page.call("DELETE", PATH)).status_code == 204
        assert (await page.call("DELETE", PATH)).status_code == 204
        assert (await log_in(world, "root")).status_code == 201
        events = world.raw_database.events()
        assert events.count("second_factor_removed") == 1


async def test_lost_device_is_reset_on_the_command_line(world: World, secret: str) -> None:
    page = await open_page(world, "root", code(world, secret))
    assert await world.application.accounts.second_factors.reset("root")
    answer = await page.call("GET", "/v1/me")
    problem(answer, 401, "not_authenticated", "session_ended")
    page = await open_page(world, "root")
    answer = await page.call("GET", "/v1/admin/audit")
    problem(answer, 403, "permission_denied", "second_factor_missing")
    assert not await world.application.accounts.second_factors.reset("root")


async def test_deleted_account_leaves_none(world: World, school: School) -> None:
    administration = world.application.accounts.administration
    await administration.add(None, NewAccount("ruth", PASSWORD, AccountRole.ADMIN))
    await (await open_page(world, "ruth")).set_up_second_factor()
    await world.application.account_deletion.delete_account(None, "ruth")
    assert world.raw_database.query("SELECT count(*) FROM second_factors") == [(0,)]


# ── what is written ─────────────────────────────────────────────────────────────────────────────


async def test_audit_says_what_happened(world: World, secret: str) -> None:
    page = await open_page(world, "root", code(world, secret))
    await page.set_up_second_factor()
    await world.application.accounts.second_factors.reset("root")
    rows = world.raw_database.query(
        "SELECT event, rule, details FROM audit_rows WHERE event LIKE 'second_factor%'"
        " OR event = 'session_opened' ORDER BY at, chain, seq"
    )
    told = [(event, rule, json.loads(details)) for event, rule, details in rows][-4:]
    assert [(event, rule) for event, rule, _ in told] == [
        ("second_factor_set_up", "an admin has a second factor"),
        ("session_opened", "the password and the second factor are right"),
        ("second_factor_set_up", "an admin has a second factor"),
        ("second_factor_reset", "the command line"),
    ]
    assert [details.get("replaced") for _, _, details in told] == [False, None, True, None]
    assert told[-1][2] == {"sessions_ended": 1}


async def test_secret_and_codes_are_written_nowhere(
    world: World, secret: str, captured_log: CapturedLog
) -> None:
    shown, wrong = code(world, secret), another_code(secret, world.clock.unix)
    await log_in(world, "root", wrong)
    page = await open_page(world, "root", shown)
    started = (await page.call("POST", PATH)).json()
    await page.call("PUT", PATH, {"code": wrong})
    stored, log = world.raw_database.stored_bytes(), captured_log.getvalue()
    for each in (secret, started["secret"]):
        assert each.encode() not in stored
        assert each not in log
    for each in (shown, wrong):
        assert f'"{each}"' not in log


async def test_changed_audit_key_says_what_to_do(
    open_with: Opener, world: World, secret: str
) -> None:
    shown = code(world, secret)
    world.raw_database.change("DELETE FROM audit_rows")  # else another key is refused before
    async with open_with(audit={"key": secrets.token_hex(32)}) as other:
        problem(await log_in(other, "root", shown), 500, "configuration_error")


async def test_session_of_a_page_ends_with_the_role(world: World, school: School) -> None:
    administration = world.application.accounts.administration
    await administration.add(None, NewAccount("ruth", PASSWORD, AccountRole.ADMIN))
    page = await open_page(world, "ruth")
    await page.set_up_second_factor()
    assert (await page.call("GET", "/v1/admin/audit")).status_code == 200
    await administration.change(None, "ruth", role=AccountRole.STUDENT)
    answer = await page.call("GET", "/v1/admin/audit")
    problem(answer, 401, "not_authenticated", "session_ended")
    page = ConsolePage(world, token_of(await log_in(world, "ruth")))
    answer = await page.call("GET", "/v1/admin/audit")
    problem(answer, 403, "permission_denied", "admin_only")
