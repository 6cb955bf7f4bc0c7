"""Every refusal leaves a row: who, which class, why, what was asked for, from where."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.harness import ADDRESS, Opener, World, problem
from tests.support.legacy_client import OPEN_LEGACY_API, LegacyClient, legacy_client
from tests.support.refusals import kept, listed, number_of
from tests.support.room_callbacks import KEYS, CallingCloud
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, PDF, PEOPLE, School

NEW = {"identifier": "amy2", "password": "a sentence that is long"}
FIFTY = 50


@dataclass(frozen=True)
class Case:
    """A call that is refused, and what the row says of it."""

    who: str | None
    call: str
    reason: str
    rule: str
    classroom: int | None = None
    known: str | None = None  # whose row it is
    body: object = None

    def __str__(self) -> str:
        return f"{self.reason} at {self.call}"


def _log_in(identifier: str, password: str = "not the password") -> dict[str, str]:
    return {"identifier": identifier, "password": password}


def _entry(who: str | None, classroom: int, reason: str) -> Case:
    known = who if who in PEOPLE else None
    call = f"POST /v1/classrooms/{classroom}/entry"
    return Case(who, call, reason, "enter the class", classroom, known)


def _at(who: str, classroom: int, call: str, reason: str, rule: str, body: object = None) -> Case:
    method, _, path = call.partition(" ")
    call = f"{method} /v1/classrooms/{classroom}/{path}"
    return Case(who, call, reason, rule, classroom, who, body)


def _sign_in(identifier: str, reason: str, known: str | None = None) -> Case:
    body = _log_in(identifier)
    return Case(None, "POST /v1/sessions", reason, "log in", None, known, body)


OWN = "use one's own account"
CHANGE = {"current_password": "x", "new_password": "another long sentence"}
CASES = [
    _entry("kim", LIVE, "kicked"),
    _entry("sam", LIVE, "classroom_not_found"),
    _entry("amy", CREATED, "class_not_started"),
    _entry("amy", ENDED, "class_ended"),
    _entry("root", OPEN, "not_on_roster"),
    _entry(None, LIVE, "token_missing"),
    _entry("somebody", LIVE, "session_ended"),
    _at("amy", LIVE, "POST uploads", "role_lacks_permission", "upload courseware", PDF),
    _at("kim", LIVE, "POST heartbeat", "kicked", "send heartbeats to the class"),
    _at("tom", LIVE, "DELETE members/sam", "member_not_found", "change the roster"),
    _at("anna", LIVE, "POST members/tom/kick", "host_place_protected", "kick members"),
    Case("amy", "GET /v1/admin/audit", "admin_only", "administer", None, "amy"),
    Case("amy", "POST /v1/classrooms", "teacher_only", "make a class", None, "amy", {"title": "x"}),
    Case("amy", "PUT /v1/me/password", "current_password_wrong", OWN, None, "amy", CHANGE),
    Case("amy", "DELETE /v1/sessions/none", "session_not_found", OWN, None, "amy"),
    Case(None, "POST /v1/accounts", "registration_closed", "register", None, None, NEW),
    _sign_in("AMY", "wrong_credentials", "amy"),
    _sign_in("nobody", "wrong_credentials"),
    _sign_in("ä", "identifier_invalid"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_refusal_leaves_one_row(world: World, school: School, case: Case) -> None:
    token = None if case.who is None else school.tokens.get(case.who, "unknown")
    method, path = case.call.split()
    answer = await world.call(method, path, token, case.body)
    assert answer.json()["reason"] == case.reason, answer.text
    (found,) = await listed(world, school, request_id=answer.headers["x-request-id"])
    at = world.clock.unix
    expected = {
        "identifier": case.known,
        "account_id": None if case.known is None else await number_of(world, case.known),
        "classroom_id": case.classroom,
        "reason": case.reason,
        "rule": case.rule,
        "address": ADDRESS,
        "count": 1,
        "first_at": at,
        "last_at": at,
        "request_id": answer.json()["request_id"],
    }
    assert {name: found[name] for name in expected} == expected
    has_name = case.rule == "log in" and case.known is None
    assert (found["identifier_digest"] is not None) is has_name


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/nothing", None),
        ("PUT", "/v1/me", None),
        ("POST", "/v1/sessions", {"identifier": 5}),
        ("GET", "/v1/sessions?" + "a=b&" * FIFTY, None),
        ("POST", "/v1/sessions", "x" * 70_000),
    ],
)
async def test_fault_in_the_form_of_a_request_leaves_none(
    world: World, school: School, method: str, path: str, body: object
) -> None:
    answer = await world.call(method, path, school.tokens["amy"], body)
    assert 400 <= answer.status_code < 500
    assert await kept(world, "reason") == []


async def test_expired_session_is_still_its_owners(world: World, school: School) -> None:
    world.clock.advance(days=400)
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", school.tokens["amy"])
    problem(answer, 401, "not_authenticated", "session_ended")
    amy = await number_of(world, "amy")
    assert await kept(world, "account_id, classroom_id, reason") == [(amy, LIVE, "session_ended")]


async def test_disabled_account_is_known_at_its_log_in(world: World, school: School) -> None:
    disabled = {"disabled": True}
    await world.call("PATCH", "/v1/admin/accounts/amy", school.tokens["root"], disabled)
    answer = await world.call("POST", "/v1/sessions", body=_log_in("amy", PASSWORD))
    problem(answer, 401, "not_authenticated", "wrong_credentials")
    (row,) = await listed(world, school, identifier="amy")
    assert (row["identifier"], row["reason"]) == ("amy", "wrong_credentials")


async def test_session_that_was_ended_is_still_its_owners(world: World, school: School) -> None:
    disabled = {"disabled": True}
    await world.call("PATCH", "/v1/admin/accounts/amy", school.tokens["root"], disabled)
    for path in (f"/v1/classrooms/{LIVE}/entry", f"/v1/leases/{school.leases[LIVE, 'amy']}/renew"):
        answer = await world.call("POST", path, school.tokens["amy"])
        problem(answer, 401, "not_authenticated", "session_ended")
    amy = await number_of(world, "amy")
    assert await kept(world, "account_id, classroom_id, rule") == [
        (amy, LIVE, "enter the class"),
        (amy, None, "renew the lease"),
    ]


async def test_class_of_a_lease_an_upload_and_a_file_is_known(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    for path in (
        f"/v1/leases/{school.leases[ENDED, 'tom']}/renew",
        f"/v1/uploads/{school.uploads[ENDED, 'tom']}/credentials",
    ):
        problem(await world.call("POST", path, tom), 409, "conflict")
    await world.settle()
    upload = school.uploads[LIVE, "tom"]
    arrived = "UPDATE uploads SET state = 'complete', completed_at = created_at"
    assert world.raw_database.change(f"{arrived} WHERE upload_id = ?", upload) == 1
    path = f"/v1/courseware/{upload}"
    problem(await world.call("DELETE", path, school.tokens["sam"]), 404, "not_found")
    assert await kept(world, "classroom_id, route") == [
        (ENDED, "POST /v1/leases/{lease_id}/renew"),
        (ENDED, "POST /v1/uploads/{upload_id}/credentials"),
        (LIVE, "DELETE /v1/courseware/{courseware_id}"),
    ]


async def test_too_many_log_ins_leave_a_row_of_the_account(world: World, school: School) -> None:
    reasons = set()
    for _ in range(12):
        answer = await world.call("POST", "/v1/sessions", body=_log_in("amy"))
        reasons.add(answer.json()["reason"])
    assert reasons == {"wrong_credentials", "too_many_logins"}
    rows = await kept(world, "account_id, reason, count")
    amy = await number_of(world, "amy")
    assert rows == [(amy, "wrong_credentials", 10), (amy, "too_many_logins", 2)]


# ── the cloud asks ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("group", "who", "reason"),
    [
        (LIVE, "kim", "kicked"),
        (LIVE, "sam", "not_on_roster"),
        (ENDED, "amy", "class_ended"),
        (99999, "amy", "classroom_not_found"),
        (f"{LIVE}_replay", "amy", "role_lacks_permission"),
        (LIVE, "nobody", "account_not_found"),
    ],
)
async def test_refused_join_of_a_group_leaves_a_row(
    open_with: Opener, school: School, group: object, who: str, reason: str
) -> None:
    async with open_with(callbacks=KEYS) as world:
        command = "Group.CallbackBeforeApplyJoinGroup"
        body = {"CallbackCommand": command, "GroupId": f"{group}", "Requestor_Account": who}
        answer = await CallingCloud(world).ask_im(command, body)
        assert answer.json()["ErrorCode"] == 1
        (row,) = await listed(world, school, request_id=answer.headers["x-request-id"])
        assert row["reason"] == reason
        assert row["classroom_id"] == int(str(group).removesuffix("_replay"))
        assert row["identifier"] == (None if who == "nobody" else who)
        assert row["address"] == ""  # IM's would say nothing of the person


# ── the legacy API ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def client(open_with: Opener) -> AsyncIterator[LegacyClient]:
    async with legacy_client(open_with) as opened:
        yield opened


LEGACY_CASES: list[tuple[str, str | None, dict[str, Any], tuple[object, ...]]] = [
    ("live/reportmemid", "stu", {"roomnum": "9", "operate": 0}, ("stu", 9, "classroom_not_found")),
    ("live/startcourse", "stu", {"roomnum": 9}, ("stu", 9, "classroom_not_found")),
    ("live/create", "stu", {"title": "x", "cover": ""}, ("stu", None, "teacher_only")),
    ("account/login", None, {"id": "stu", "pwd": "wrong"}, ("stu", None, "wrong_credentials")),
    ("account/login", None, {"id": "no one", "pwd": "x"}, (None, None, "wrong_credentials")),
    ("account/logout", None, {"token": "unknown"}, (None, None, "session_ended")),
]


@pytest.mark.parametrize(("command", "who", "fields", "expected"), LEGACY_CASES)
async def test_refusal_of_the_legacy_api_leaves_one_row(
    client: LegacyClient,
    command: str,
    who: str | None,
    fields: dict[str, Any],
    expected: tuple[object, ...],
) -> None:
    assert await client.code(command, who, **fields) != 0
    name, classroom, reason = expected
    number = None if name is None else await number_of(client.world, str(name))
    rows = await kept(client.world, "account_id, classroom_id, reason, route, address")
    assert rows == [(number, classroom, reason, f"legacy {command}", ADDRESS)]


async def test_replaced_session_of_a_legacy_client_is_still_its_owners(
    client: LegacyClient,
) -> None:
    replaced = client.tokens["stu"]
    await client.log_in("stu")
    assert await client.code("live/heartbeat", token=replaced, roomnum=9) == 10009
    stu = await number_of(client.world, "stu")
    assert await kept(client.world, "account_id, classroom_id, reason") == [
        (stu, 9, "session_ended")
    ]


async def test_log_ins_of_the_legacy_api_that_are_slowed_leave_a_row(client: LegacyClient) -> None:
    for _ in range(12):
        assert await client.code("account/login", id="stu", pwd="wrong") == 10006
    stu = await number_of(client.world, "stu")
    assert await kept(client.world, "account_id, reason, count") == [
        (stu, "wrong_credentials", 10),
        (stu, "too_many_logins", 2),
    ]


async def test_name_that_the_legacy_api_reveals_as_unknown_has_its_digest(
    open_with: Opener,
) -> None:
    legacy = {**OPEN_LEGACY_API, "reveal_unknown_account": True}
    async with open_with(legacy=legacy) as world:
        client = LegacyClient(world)
        assert await client.code("account/login", id="nobody", pwd="x") == 10005
        ((reason, digest),) = await kept(world, "reason, identifier_digest")
        assert reason == "account_not_found"
        assert (digest,) == world.application.refusals.digests("nobody")


async def test_fault_in_the_fields_of_the_legacy_api_leaves_none(client: LegacyClient) -> None:
    assert await client.code("live/startcourse", "tess", roomnum="x") == 10003
    assert await kept(client.world, "reason") == []
