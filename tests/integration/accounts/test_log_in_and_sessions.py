"""Registering, logging in, sessions and passwords, over the API."""

import asyncio
import hashlib
import json

import httpx
import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener, World, problem
from tests.support.school import PASSWORD, School

NEW = {"identifier": "newcomer", "password": "a sentence that is long"}


# ── registering ─────────────────────────────────────────────────────────────────────────────────


async def test_registration_is_closed_unless_opened(world: World) -> None:
    problem(await world.call("POST", "/v1/accounts", body=NEW), 403, "permission_denied")
    problem(
        await world.call(
            "POST",
            "/v1/sessions",
            body={"identifier": "newcomer", "password": "a sentence that is long"},
        ),
        401,
        "not_authenticated",
    )


async def test_open_registration_makes_a_student(open_with: Opener) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        answer = await world.call("POST", "/v1/accounts", body={**NEW, "display_name": "新同学"})
        assert answer.status_code == 201
        assert answer.json() == {
            "identifier": "newcomer",
            "role": "student",
            "display_name": "新同学",
        }
        assert await world.log_in("newcomer", "a sentence that is long")


async def test_registration_takes_no_role(open_with: Opener) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        answer = await world.call("POST", "/v1/accounts", body={**NEW, "role": "admin"})
        found = problem(answer, 400, "invalid_request")
        assert [each["field"] for each in found["errors"]] == ["role"]


@pytest.mark.parametrize("identifier", ["tom", "TOM", "tOm"])
async def test_identifiers_that_differ_only_in_case_are_one(
    open_with: Opener, identifier: str
) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        body = {**NEW, "identifier": identifier}
        problem(await world.call("POST", "/v1/accounts", body=body), 409, "conflict")


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "a" * 33,
        "a b",
        "tom.",
        'bob","TLS.identifier":"alice',
        "学生",
        "tom\x00",
        "tom\n",
        "ſam",
    ],
)
async def test_identifier_rule_binds_registration(open_with: Opener, identifier: str) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        body = {**NEW, "identifier": identifier}
        found = problem(await world.call("POST", "/v1/accounts", body=body), 400, "invalid_request")
        assert [each["field"] for each in found["errors"]] == ["identifier"]


@pytest.mark.parametrize(
    "password",
    ["short one", "a" * 129, "password123", "aaaaaaaaaaaa", "0123456789", "my name: newcomer"],
)
async def test_weak_password_is_refused(open_with: Opener, password: str) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        body = {**NEW, "password": password}
        found = problem(await world.call("POST", "/v1/accounts", body=body), 400, "invalid_request")
        assert [each["field"] for each in found["errors"]] == ["password"]
        assert password not in found["detail"]


@pytest.mark.parametrize("name", [" ", "a" * 101, "new\u202egpj.exe", "two\nlines"])
async def test_display_name_is_one_clean_line(open_with: Opener, name: str) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        body = {**NEW, "display_name": name}
        found = problem(await world.call("POST", "/v1/accounts", body=body), 400, "invalid_request")
        assert [each["field"] for each in found["errors"]] == ["display_name"]


async def test_of_identical_registrations_at_once_one_succeeds(open_with: Opener) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        calls = [world.call("POST", "/v1/accounts", body=NEW) for _ in range(8)]
        answers = await asyncio.gather(*calls)
        assert sorted(each.status_code for each in answers) == [201, *[409] * 7]
        ((count,),) = world.raw_database.query(
            "SELECT count(*) FROM accounts WHERE identifier_folded = 'newcomer'"
        )
        assert count == 1


async def test_registrations_from_one_address_are_slowed(open_with: Opener) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        for _ in range(200):
            await world.call("POST", "/v1/accounts", body={**NEW, "identifier": "tom"})
        slowed = await world.call("POST", "/v1/accounts", body={**NEW, "identifier": "tom"})
        problem(slowed, 429, "too_many_attempts")
        assert int(slowed.headers["retry-after"]) >= 1
        elsewhere = await world.call("POST", "/v1/accounts", body=NEW, address="203.0.113.9")
        assert elsewhere.status_code == 201


# ── logging in ──────────────────────────────────────────────────────────────────────────────────


async def test_log_in_answers_token_account_and_user_sig(world: World) -> None:
    body = {"identifier": "TOM", "password": PASSWORD}
    answer = await world.call("POST", "/v1/sessions", body=body)
    assert answer.status_code == 201
    found = answer.json()
    assert found["token_type"] == "Bearer"
    assert found["expires_at"] == world.clock.unix + 7 * 86400
    assert found["account"] == {"identifier": "tom", "role": "teacher", "display_name": "tom"}
    assert found["user_sig"]["identifier"] == "tom"
    assert answer.headers["cache-control"] == "no-store"


async def _refusal(world: World, identifier: str, password: str) -> httpx.Response:
    body = {"identifier": identifier, "password": password}
    return await world.call("POST", "/v1/sessions", body=body)


async def test_wrong_unknown_and_disabled_look_the_same(world: World, school: School) -> None:
    disabled = await world.call(
        "PATCH", "/v1/admin/accounts/sam", school.tokens["root"], {"disabled": True}
    )
    assert disabled.status_code == 200
    seen = set()
    for identifier, password in [
        ("amy", "not her password"),
        ("nobody", PASSWORD),
        ("sam", PASSWORD),
        ("sam", "not his password"),
    ]:
        answer = await _refusal(world, identifier, password)
        found = problem(answer, 401, "not_authenticated")
        del found["request_id"]
        headers = {name for name in answer.headers if name != "x-request-id"}
        seen.add((str(sorted(found.items())), str(sorted(headers))))
    assert len(seen) == 1


@pytest.mark.parametrize("password", ["", "x", "x" * 1000, "\x00", "\ud7ff", "密码" * 400])
async def test_any_text_may_be_tried_as_password(world: World, password: str) -> None:
    problem(await _refusal(world, "amy", password), 401, "not_authenticated")


async def test_same_password_in_another_unicode_form_is_the_same(open_with: Opener) -> None:
    async with open_with(accounts={"registration": "open"}) as world:
        composed = {"identifier": "zoe", "password": "caf\u00e9 au lait \uff11"}
        assert (await world.call("POST", "/v1/accounts", body=composed)).status_code == 201
        assert await world.log_in("zoe", "cafe\u0301 au lait 1")


async def test_two_log_ins_at_once_succeed_though_hashing_became_dearer(open_with: Opener) -> None:
    async with open_with(accounts={"argon2_time_cost": 2}) as world:
        await asyncio.gather(*(world.log_in("amy", PASSWORD) for _ in range(4)))


# ── slowing down ────────────────────────────────────────────────────────────────────────────────


async def test_guessing_is_slowed_with_retry_after(world: World) -> None:
    for _ in range(10):
        problem(await _refusal(world, "amy", "a wrong guess"), 401, "not_authenticated")
    slowed = await _refusal(world, "amy", PASSWORD)
    problem(slowed, 429, "too_many_attempts")
    assert 1 <= int(slowed.headers["retry-after"]) <= 10
    world.clock.advance(seconds=int(slowed.headers["retry-after"]))
    assert await world.log_in("amy", PASSWORD)


async def test_slowing_tells_nothing_of_whether_the_account_exists(world: World) -> None:
    for identifier in ("amy", "nobody"):
        for _ in range(10):
            await _refusal(world, identifier, "a wrong guess")
        problem(await _refusal(world, identifier, "one more"), 429, "too_many_attempts")


async def test_stranger_elsewhere_cannot_lock_an_account(world: World) -> None:
    assert await world.log_in("amy", PASSWORD)  # from where she usually is
    for number in range(100):
        body = {"identifier": "amy", "password": "a wrong guess"}
        address = f"203.0.113.{number}"
        await world.call("POST", "/v1/sessions", body=body, address=address)
    assert await world.log_in("amy", PASSWORD)


async def test_good_log_ins_are_not_slowed(world: World) -> None:
    for _ in range(20):
        assert await world.log_in("amy", PASSWORD)


async def test_case_of_the_identifier_gives_no_further_attempts(world: World) -> None:
    for identifier in 2 * ("amy", "Amy", "aMy", "amY", "AMY"):
        await _refusal(world, identifier, "a wrong guess")
    problem(await _refusal(world, "AMy", "a wrong guess"), 429, "too_many_attempts")


def _refused_logins(captured_log: CapturedLog) -> list[dict[str, object]]:
    lines = map(json.loads, captured_log.getvalue().splitlines())
    kept = {"reason", "address", "account_id", "identifier_digest"}
    return [
        {name: value for name, value in line.items() if name in kept}
        for line in lines
        if line["event"] == "log-in refused"
    ]


async def test_refused_log_in_is_logged_with_its_address_and_account(
    world: World, captured_log: CapturedLog
) -> None:
    for _ in range(11):
        await _guess(world, "::ffff:203.0.113.9", None)
    wrong = {"reason": "wrong_credentials", "address": "203.0.113.9"}
    slowed = {"reason": "too_many_logins", "address": "203.0.113.9"}
    found = world.raw_database.query("SELECT account_id FROM accounts WHERE identifier = 'amy'")
    account = {"account_id": found[0][0]}
    assert _refused_logins(captured_log) == [*[wrong | account] * 10, slowed | account]


async def test_unknown_name_is_logged_as_a_digest_only(
    open_with: Opener, captured_log: CapturedLog
) -> None:
    """People type their password into the field of the name."""
    names = ("zqpassword", "zqPassword", "zqother", "my zq password!", "我的zq密码")
    async with open_with() as world:
        for name in names:
            await _refusal(world, name, PASSWORD)
    logged = _refused_logins(captured_log)
    assert [each["reason"] for each in logged] == [
        *["wrong_credentials"] * 3,
        *["identifier_invalid"] * 2,
    ]
    assert all("account_id" not in each for each in logged)
    digests = [each["identifier_digest"] for each in logged]
    assert digests[0] == digests[1]  # as the limits count them
    assert len(set(digests)) == 4
    assert "zq" not in captured_log.getvalue().casefold()
    plain = [hashlib.sha256(name.lower().encode()).hexdigest() for name in names]
    assert not any(each.startswith(digest) for each in plain for digest in map(str, digests))


async def _guess(world: World, peer: str, forwarded: str | None) -> int:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    body = {"identifier": "amy", "password": "a wrong guess"}
    answer = await world.call("POST", "/v1/sessions", body=body, address=peer, headers=headers)
    return answer.status_code


async def test_forwarded_for_is_not_believed_from_anybody(world: World) -> None:
    codes = [await _guess(world, "203.0.113.9", f"192.0.2.{number}") for number in range(11)]
    assert codes == [*[401] * 10, 429]


async def test_forwarded_for_is_believed_from_a_trusted_proxy(open_with: Opener) -> None:
    async with open_with(http={"trusted_proxies": ["10.0.0.0/8"]}) as world:
        codes = [await _guess(world, "10.0.0.1", f"192.0.2.{number}") for number in range(11)]
        assert codes == [401] * 11


@pytest.mark.parametrize("forged", ["192.0.2.{}, 203.0.113.9", "192.0.2.{},203.0.113.9, 10.1.1.1"])
async def test_only_the_rightmost_untrusted_hop_counts(open_with: Opener, forged: str) -> None:
    async with open_with(http={"trusted_proxies": ["10.0.0.0/8"]}) as world:
        codes = [await _guess(world, "10.0.0.1", forged.format(number)) for number in range(11)]
        assert codes == [*[401] * 10, 429]


@pytest.mark.parametrize("form", ["{}:{}", "[::ffff:{}]:{}", '"{}:{}"'])
async def test_port_of_a_client_is_no_part_of_its_address(open_with: Opener, form: str) -> None:
    async with open_with(http={"trusted_proxies": ["10.0.0.0/8"]}) as world:
        forwarded = [form.format("192.0.2.9", 50000 + number) for number in range(11)]
        codes = [await _guess(world, "::ffff:10.0.0.1", each) for each in forwarded]
        assert codes == [*[401] * 10, 429]


async def test_ipv6_addresses_of_one_customer_are_one(world: World) -> None:
    codes = [await _guess(world, f"2001:db8:0:1::{number}", None) for number in range(11)]
    assert codes == [*[401] * 10, 429]
    assert await _guess(world, "2001:db8:0:2::1", None) == 401


# ── sessions ────────────────────────────────────────────────────────────────────────────────────


async def test_me_is_oneself(world: World, school: School) -> None:
    answer = await world.call("GET", "/v1/me", school.tokens["amy"])
    assert answer.json() == {"identifier": "amy", "role": "student", "display_name": "amy"}


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer nonsense", "Basic YW15OnB3", "Bearer " + "a" * 5000],
)
async def test_bad_authorization_is_not_authenticated(world: World, header: str) -> None:
    answer = await world.call("GET", "/v1/me", headers={"authorization": header})
    problem(answer, 401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_own_sessions_are_listed_and_ended(world: World, school: School) -> None:
    world.clock.advance(seconds=5)
    other = await world.log_in("amy", PASSWORD)
    listed = (await world.call("GET", "/v1/sessions", school.tokens["amy"])).json()
    assert [each["current"] for each in listed["items"]] == [False, True]
    assert listed["next_cursor"] is None
    assert other not in str(listed)
    newest = listed["items"][0]["session_id"]
    ended = await world.call("DELETE", f"/v1/sessions/{newest}", school.tokens["amy"])
    assert ended.status_code == 204
    problem(await world.call("GET", "/v1/me", other), 401, "not_authenticated")
    assert (await world.call("GET", "/v1/me", school.tokens["amy"])).status_code == 200


async def test_nobody_ends_another_ones_session(world: World, school: School) -> None:
    listed = (await world.call("GET", "/v1/sessions", school.tokens["tom"])).json()
    session_id = listed["items"][0]["session_id"]
    answer = await world.call("DELETE", f"/v1/sessions/{session_id}", school.tokens["amy"])
    problem(answer, 404, "not_found")
    assert (await world.call("GET", "/v1/me", school.tokens["tom"])).status_code == 200


async def test_logging_out_ends_this_session_alone(world: World, school: School) -> None:
    other = await world.log_in("amy", PASSWORD)
    assert (await world.call("DELETE", "/v1/sessions/current", other)).status_code == 204
    problem(await world.call("GET", "/v1/me", other), 401, "not_authenticated")
    problem(await world.call("DELETE", "/v1/sessions/current", other), 401, "not_authenticated")
    assert (await world.call("GET", "/v1/me", school.tokens["amy"])).status_code == 200


async def test_session_ends_when_it_is_not_used(world: World) -> None:
    token = await world.log_in("amy", PASSWORD)
    for _ in range(3):
        world.clock.advance(hours=23)
        assert (await world.call("GET", "/v1/me", token)).status_code == 200
    world.clock.advance(hours=24)
    problem(await world.call("GET", "/v1/me", token), 401, "not_authenticated")
    fresh = await world.log_in("amy", PASSWORD)
    listed = (await world.call("GET", "/v1/sessions", fresh)).json()["items"]
    assert [each["current"] for each in listed] == [True]


async def test_session_ends_after_its_longest_life_however_used(world: World) -> None:
    token = await world.log_in("amy", PASSWORD)
    for _ in range(13):
        world.clock.advance(hours=12)
        assert (await world.call("GET", "/v1/me", token)).status_code == 200
    world.clock.advance(hours=12)
    problem(await world.call("GET", "/v1/me", token), 401, "not_authenticated")


async def test_only_the_digest_of_a_token_is_stored(world: World) -> None:
    token = await world.log_in("amy", PASSWORD)
    digests = [row[0] for row in world.raw_database.query("SELECT token_digest FROM sessions")]
    assert hashlib.sha256(token.encode()).hexdigest() in digests
    stored = world.raw_database.stored_bytes()
    assert digests[0].encode() in stored
    assert token.encode() not in stored


# ── passwords ───────────────────────────────────────────────────────────────────────────────────


async def test_new_password_ends_the_other_sessions(world: World, school: School) -> None:
    mine = await world.log_in("amy", PASSWORD)
    body = {"current_password": PASSWORD, "new_password": "another long sentence"}
    assert (await world.call("PUT", "/v1/me/password", mine, body)).status_code == 204
    assert (await world.call("GET", "/v1/me", mine)).status_code == 200
    problem(await world.call("GET", "/v1/me", school.tokens["amy"]), 401, "not_authenticated")
    problem(await _refusal(world, "amy", PASSWORD), 401, "not_authenticated")
    assert await world.log_in("amy", "another long sentence")


async def test_wrong_current_password_changes_nothing(world: World, school: School) -> None:
    body = {"current_password": "not her password", "new_password": "another long sentence"}
    answer = await world.call("PUT", "/v1/me/password", school.tokens["amy"], body)
    problem(answer, 403, "permission_denied")
    assert await world.log_in("amy", PASSWORD)


async def test_guessing_the_current_password_is_slowed(world: World, school: School) -> None:
    body = {"current_password": "not her password", "new_password": "another long sentence"}
    for _ in range(10):
        await world.call("PUT", "/v1/me/password", school.tokens["amy"], body)
    answer = await world.call("PUT", "/v1/me/password", school.tokens["amy"], body)
    problem(answer, 429, "too_many_attempts")


async def test_weak_new_password_is_named_as_such(world: World, school: School) -> None:
    body = {"current_password": PASSWORD, "new_password": "short"}
    answer = await world.call("PUT", "/v1/me/password", school.tokens["amy"], body)
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == ["new_password"]


# ── administration ──────────────────────────────────────────────────────────────────────────────


async def test_admin_imports_accounts_each_for_itself(world: World, school: School) -> None:
    accounts = [
        {"identifier": "new1", "password": PASSWORD, "role": "teacher", "display_name": "新老师"},
        {"identifier": "TOM", "password": PASSWORD, "role": "student"},
        {"identifier": "bad name", "password": PASSWORD, "role": "student"},
        {"identifier": "new2", "password": "short", "role": "student"},
        {"identifier": "new3", "password": PASSWORD, "role": "student", "display_name": "a\nb"},
        {"identifier": "new4", "password": PASSWORD, "role": "student"},
    ]
    answer = await world.call(
        "POST", "/v1/admin/accounts", school.tokens["root"], {"accounts": accounts}
    )
    assert answer.status_code == 200
    results = [
        (each["identifier"], each["status"], each.get("code")) for each in answer.json()["results"]
    ]
    assert results == [
        ("new1", "created", None),
        ("TOM", "failed", "conflict"),
        ("bad name", "failed", "invalid_request"),
        ("new2", "failed", "invalid_request"),
        ("new3", "failed", "invalid_request"),
        ("new4", "created", None),
    ]
    me = await world.call("GET", "/v1/me", await world.log_in("new1", PASSWORD))
    assert me.json() == {"identifier": "new1", "role": "teacher", "display_name": "新老师"}


async def test_disabled_account_loses_its_sessions_until_it_is_enabled(
    world: World, school: School
) -> None:
    path, root = "/v1/admin/accounts/amy", school.tokens["root"]
    assert (await world.call("PATCH", path, root, {"disabled": True})).json()["disabled"] is True
    problem(await world.call("GET", "/v1/me", school.tokens["amy"]), 401, "not_authenticated")
    assert (await world.call("PATCH", path, root, {"disabled": False})).json()["disabled"] is False
    problem(await world.call("GET", "/v1/me", school.tokens["amy"]), 401, "not_authenticated")
    assert await world.log_in("amy", PASSWORD)


async def test_other_role_ends_what_the_old_one_allowed(world: World, school: School) -> None:
    body = {"role": "student"}
    answer = await world.call("PATCH", "/v1/admin/accounts/tina", school.tokens["root"], body)
    assert answer.json()["role"] == "student"
    problem(await world.call("GET", "/v1/me", school.tokens["tina"]), 401, "not_authenticated")
    token = await world.log_in("tina", PASSWORD)
    problem(
        await world.call("POST", "/v1/classrooms", token, {"title": "x"}), 403, "permission_denied"
    )


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "teacher"}])
async def test_admin_cannot_lock_themselves_out(
    world: World, school: School, change: dict[str, object]
) -> None:
    answer = await world.call("PATCH", "/v1/admin/accounts/root", school.tokens["root"], change)
    problem(answer, 409, "conflict")
