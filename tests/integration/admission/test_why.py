"""Each cause of a refusal is named, with what would have to change and by whom. The real call of
the person answers the same reason.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.harness import World, problem
from tests.support.running_emulator import Emulator
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, PDF, School

Arrange = Callable[[World, School], Awaitable[None]]
CALLS = {
    "enter": ("POST", "entry", None),
    "upload": ("POST", "uploads", PDF),
    "download": ("GET", "courseware", None),
}
CHINESE = {"accept-language": "zh-CN"}


async def ask(
    world: World,
    school: School,
    identifier: str,
    classroom: int,
    action: str = "enter",
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """What an admin is answered."""
    query = f"identifier={identifier}&classroom={classroom}&action={action}"
    answer = await world.call(
        "GET", f"/v1/admin/why?{query}", school.tokens["root"], headers=headers
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def real_reason(
    world: World, school: School, identifier: str, classroom: int, action: str
) -> str | None:
    """What the person is refused with: at the log-in, or by the call."""
    body = {"identifier": identifier, "password": PASSWORD}
    log_in = await world.call("POST", "/v1/sessions", body=body)
    if log_in.status_code != 201:
        return str(log_in.json()["reason"])
    method, name, content = CALLS[action]
    token = log_in.json()["access_token"]
    answer = await world.call(method, f"/v1/classrooms/{classroom}/{name}", token, content)
    return None if answer.is_success else str(answer.json()["reason"])


async def nothing(_world: World, _school: School) -> None:
    """The school is as it was founded."""


async def admin_changes(world: World, school: School, identifier: str, **changes: object) -> None:
    path = f"/v1/admin/accounts/{identifier}"
    answer = await world.call("PATCH", path, school.tokens["root"], changes)
    assert answer.status_code == 200, answer.text


async def disable_amy(world: World, school: School) -> None:
    await admin_changes(world, school, "amy", disabled=True)


async def demote_tom(world: World, school: School) -> None:
    await admin_changes(world, school, "tom", role="student")


async def fail_log_ins(world: World, _school: School) -> None:
    body = {"identifier": "amy", "password": "not her password"}
    for _ in range(10):
        problem(
            await world.call("POST", "/v1/sessions", body=body),
            401, "not_authenticated", "wrong_credentials",
        )  # fmt: skip


async def kick_until(world: World, school: School) -> None:
    path = f"/v1/classrooms/{LIVE}/members/amy/kick"
    until = {"until": world.clock.unix + 3000}
    assert (await world.call("POST", path, school.tokens["tom"], until)).status_code == 204


async def plan(world: World, school: School, number: int, **times: int) -> None:
    path = f"/v1/classrooms/{number}"
    answer = await world.call("PATCH", path, school.tokens["tom"], times)
    assert answer.status_code == 200, answer.text


async def plan_for_later(world: World, school: School) -> None:
    await plan(world, school, CREATED, starts_at=world.clock.unix + 3600)


async def plan_for_soon(world: World, school: School) -> None:
    await plan(world, school, CREATED, starts_at=world.clock.unix + 1200)


async def let_the_planned_end_pass(world: World, school: School) -> None:
    await plan(world, school, LIVE, ends_at=world.clock.unix + 60)
    world.clock.advance(minutes=31)


async def enter_too_often(world: World, school: School) -> None:
    for _ in range(120):
        path = f"/v1/classrooms/{LIVE}/entry"
        assert (await world.call("POST", path, school.tokens["amy"])).status_code == 200


@dataclass(frozen=True)
class Cause:
    """A person who is refused, and what `why` has to say of it."""

    name: str
    identifier: str
    classroom: int
    action: str
    arrange: Arrange
    failure: str
    reason: str
    fix: str  # a part of it
    by: tuple[str, ...]
    detail: str  # a part of the sentence of the check

    def __str__(self) -> str:
        return self.name


ROSTER = ("host", "assistant", "admin")
CAUSES = [
    Cause("unknown account", "nobody", LIVE, "enter", nothing, "account_exists",
          "wrong_credentials", "an admin creates accounts with POST /v1/admin/accounts", ("admin",),
          "there is no account nobody"),
    Cause("disabled", "amy", LIVE, "enter", disable_amy, "account_enabled",
          "wrong_credentials", "an admin enables it with PATCH /v1/admin/accounts/amy", ("admin",),
          "the account was disabled by root at 20"),
    Cause("too many wrong passwords", "amy", LIVE, "enter", fail_log_ins, "log_in_not_limited",
          "too_many_logins",
          "wait until then; if the password is forgotten, an admin resets it",
          ("the person", "admin"),
          "the next attempt is accepted at 20"),
    Cause("unknown class", "amy", 4711, "enter", nothing, "class_exists",
          "classroom_not_found", "4711: look at the number", ("the person",),
          "there is no class 4711"),
    Cause("not on the roster", "sam", LIVE, "enter", nothing, "on_roster",
          "classroom_not_found",
          f"an assistant or an admin adds them with PUT /v1/classrooms/{LIVE}/members/sam",
          ROSTER, "not on the roster"),
    Cause("taken off the roster", "rob", LIVE, "enter", nothing, "on_roster",
          "classroom_not_found", f"adds them with PUT /v1/classrooms/{LIVE}/members/rob", ROSTER,
          "taken off the roster by tom at 20"),
    Cause("an admin off the roster", "root", LIVE, "enter", nothing, "on_roster",
          "not_on_roster", f"adds them with PUT /v1/classrooms/{LIVE}/members/root", ROSTER,
          "not on the roster"),
    Cause("no member uploads to an open class", "sam", OPEN, "upload", nothing, "on_roster",
          "not_on_roster", "the host or an admin adds them as assistant", ("host", "admin"),
          "not on the roster"),
    Cause("kicked", "kim", LIVE, "enter", nothing, "not_kicked",
          "kicked", f"the host or an admin lifts it with PUT /v1/classrooms/{LIVE}/members/kim",
          ("host", "admin"), "kicked by tom at 20"),
    Cause("kicked until", "amy", LIVE, "enter", kick_until, "not_kicked",
          "kicked",
          "it ends by itself then; before that, the host or an admin lifts it",
          ("host", "admin"), "kicked by tom at 20"),
    Cause("a host who is no teacher", "tom", LIVE, "enter", demote_tom, "host_rights",
          "host_rights_lost", f"an admin names another host with PUT /v1/classrooms/{LIVE}/host",
          ("admin",), "no teacher's any more"),
    Cause("a student uploads", "amy", LIVE, "upload", nothing, "role_permission",
          "role_lacks_permission", "the host or an admin makes them an assistant",
          ("host", "admin"), "the role student lacks the permission courseware.upload"),
    Cause("too early", "amy", CREATED, "enter", plan_for_later, "class_open",
          "class_not_started", "(10 minutes before starts_at): wait, or the host or an admin moves",
          ("host", "admin"), "opens to the role student at 20"),
    Cause("too early, and the host may start", "amy", CREATED, "enter", plan_for_soon, "class_open",
          "class_not_started", "(10 minutes before starts_at): wait, or the host starts the class",
          ("host", "admin"), "opens to the role student at 20"),
    Cause("no member downloads in an open class", "sam", OPEN, "download", nothing, "on_roster",
          "not_on_roster", "entering the class once adds them, for it is open",
          ("the person", *ROSTER), "not on the roster"),
    Cause("too early for the staff", "anna", CREATED, "enter", plan_for_later, "class_open",
          "class_not_started", "(30 minutes before starts_at): wait, or the host or an admin moves",
          ("host", "admin"), "opens to the role assistant at 20"),
    Cause("not started", "amy", CREATED, "enter", nothing, "class_open",
          "class_not_started",
          f"its host starts it with POST /v1/classrooms/{CREATED}/start", ("host",),
          "the class has no starts_at"),
    Cause("ended", "amy", ENDED, "enter", nothing, "class_not_ended",
          "class_ended", "its host makes a new one", ("host",), "the class has ended"),
    Cause("over", "amy", LIVE, "enter", let_the_planned_end_pass, "class_not_ended",
          "class_ended", f"moves ends_at with PATCH /v1/classrooms/{LIVE}", ("host", "admin"),
          "the class was planned until 20"),
    Cause("too many entries", "amy", LIVE, "enter", enter_too_often, "grants_below_limit",
          "too_many_grants", "a client asks again and again: wait until then", ("the person",),
          "too many credentials of the kind entry"),
]  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES, ids=str)
async def test_cause_is_named_with_its_fix(world: World, school: School, cause: Cause) -> None:
    await cause.arrange(world, school)
    found = await ask(world, school, cause.identifier, cause.classroom, cause.action)
    assert found["allowed"] is False
    assert (found["first_failure"], found["reason"]) == (cause.failure, cause.reason)
    assert cause.fix in found["fix"]
    assert cause.detail in found["fix"]
    assert found["by"] == list(cause.by)
    (check,) = [each for each in found["checks"] if each["name"] == cause.failure]
    assert check["ok"] is False
    assert cause.detail in check["detail"]
    reason = await real_reason(world, school, cause.identifier, cause.classroom, cause.action)
    assert reason == cause.reason


@pytest.mark.parametrize("cause", CAUSES, ids=str)
async def test_cause_is_named_in_chinese(world: World, school: School, cause: Cause) -> None:
    await cause.arrange(world, school)
    found = await ask(world, school, cause.identifier, cause.classroom, cause.action, CHINESE)
    sentences = [found["fix"], found["detail"], *(each["detail"] for each in found["checks"])]
    for sentence in sentences:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in sentence), sentence
        assert "{" not in sentence.replace('{"disabled": false}', "")
    assert (found["first_failure"], found["by"]) == (cause.failure, list(cause.by))


async def test_store_that_fails_is_for_the_operator(
    world: World, school: School, emulator: Emulator
) -> None:
    emulator.fail_next("sts", "GetFederationToken", "unavailable", 1_000_000)
    for _ in range(2):
        assert await real_reason(world, school, "tom", LIVE, "upload") == "cloud_unavailable"
    found = await ask(world, school, "tom", LIVE, "upload")
    failure = (found["first_failure"], found["reason"], found["by"])
    assert failure == ("store_available", "cloud_unavailable", ["operator"])
    assert "the operator looks at the log and runs classgate doctor" in found["fix"]
    assert found["until"] == world.clock.unix + 10
    assert (await ask(world, school, "tom", LIVE))["allowed"] is True


async def test_times_of_a_cause_are_in_the_answer(world: World, school: School) -> None:
    starts_at = world.clock.unix + 3600
    await plan(world, school, CREATED, starts_at=starts_at)
    assert (await ask(world, school, "amy", CREATED))["opens_at"] == starts_at - 600
    await kick_until(world, school)
    assert (await ask(world, school, "amy", LIVE))["until"] == world.clock.unix + 3000
    await fail_log_ins(world, school)
    assert (await ask(world, school, "amy", LIVE))["until"] == world.clock.unix + 10


async def test_everything_that_is_wrong_is_shown_and_the_first_decides(
    world: World, school: School
) -> None:
    await disable_amy(world, school)
    await kick_until(world, school)
    assert (await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])).is_success
    found = await ask(world, school, "amy", LIVE, "upload")
    failed = [each["name"] for each in found["checks"] if each["ok"] is False]
    assert failed == ["account_enabled", "not_kicked", "role_permission", "class_not_ended"]
    assert found["first_failure"] == "account_enabled"


@pytest.mark.parametrize(
    ("identifier", "classroom", "action"),
    [
        ("amy", LIVE, "enter"),
        ("tom", LIVE, "upload"),
        ("amy", ENDED, "download"),
        ("sam", OPEN, "enter"),
        ("root", LIVE, "download"),
    ],
)
async def test_who_is_let_in_has_no_failure(
    world: World, school: School, identifier: str, classroom: int, action: str
) -> None:
    found = await ask(world, school, identifier, classroom, action)
    assert found["allowed"] is True
    assert [each for each in found["checks"] if each["ok"] is False] == []
    assert (found["first_failure"], found["reason"], found["fix"]) == (None, None, None)
    assert found["by"] == []
    assert await real_reason(world, school, identifier, classroom, action) is None


async def test_checks_come_in_the_order_of_the_gate(world: World, school: School) -> None:
    found = await ask(world, school, "amy", LIVE)
    assert [each["name"] for each in found["checks"]] == [
        "log_in_not_limited",
        "account_exists",
        "account_enabled",
        "log_ins_below_limit",
        "session_open",
        "class_exists",
        "on_roster",
        "not_kicked",
        "host_rights",
        "role_permission",
        "class_not_ended",
        "class_open",
        "grants_below_limit",
    ]
    session = next(each for each in found["checks"] if each["name"] == "session_open")
    assert session == {
        "name": "session_open", "ok": None, "detail": "the person logs in for it",
    }  # fmt: skip


async def test_asking_gives_nothing(world: World, school: School) -> None:
    def counts() -> object:
        return world.raw_database.query(
            "SELECT (SELECT count(*) FROM leases), (SELECT count(*) FROM sessions),"
            " (SELECT count(*) FROM memberships), (SELECT count(*) FROM presences),"
            " (SELECT count(*) FROM outbox)"
        )

    before, given = counts(), world.raw_database.given()
    for action in CALLS:
        for identifier in ("amy", "sam", "tom", "kim", "nobody"):
            for classroom in (LIVE, CREATED, ENDED, OPEN, 4711):
                await ask(world, school, identifier, classroom, action)
    assert counts() == before
    assert world.raw_database.given() == given


async def test_asking_is_recorded_without_the_name_that_was_asked_for(
    world: World, school: School
) -> None:
    await ask(world, school, "kim", LIVE)
    await ask(world, school, "my-secret-sentence", LIVE, "upload")
    answer = await world.call("GET", "/v1/admin/audit?limit=2", school.tokens["root"])
    unknown, known = answer.json()["items"]
    assert [known["event"], unknown["event"]] == ["why_asked", "why_asked"]
    assert (known["identifier"], known["actor"], known["classroom_id"]) == ("kim", "root", LIVE)
    assert known["rule"] == "an admin may ask why"
    assert known["details"] == {"action": "enter", "reason": "kicked"}
    assert unknown["account_id"] is None
    assert unknown["details"] == {"action": "upload", "reason": "wrong_credentials"}
    assert "my-secret-sentence" not in answer.text


async def test_state_of_the_person_is_shown(world: World, school: School) -> None:
    state = (await ask(world, school, "amy", LIVE))["state"]
    assert state == {
        "present": True,
        "entry_lease": True,
        "muted": {"chat": False, "audio": False, "video": False},
        "removal_waiting": False,
        "session_open": True,
    }
    state = (await ask(world, school, "kim", LIVE))["state"]
    assert (state["present"], state["entry_lease"]) == (False, False)
    assert state["removal_waiting"] is True


async def test_newest_refusals_at_the_class_are_shown(world: World, school: School) -> None:
    given = []
    for action in ("enter", "upload", "download", "enter"):
        method, name, body = CALLS[action]
        path = f"/v1/classrooms/{LIVE}/{name}"
        answer = await world.call(method, path, school.tokens["kim"], body)
        given.append(problem(answer, 403, "permission_denied", "kicked")["request_id"])
        world.clock.advance(minutes=1)
    await world.call("POST", f"/v1/classrooms/{CREATED}/entry", school.tokens["kim"])
    await world.application.refusals.flush()
    found = await ask(world, school, "kim", LIVE)
    assert [each["request_id"] for each in found["refusals"]] == given[:0:-1]
    newest = found["refusals"][0]
    assert (newest["reason"], newest["rule"]) == ("kicked", "enter the class")
    assert (newest["count"], newest["at"]) == (1, world.clock.unix - 60)
    world.clock.advance(days=8)
    token = await world.log_in("root", PASSWORD)
    later = await world.call("GET", f"/v1/admin/why?identifier=kim&classroom={LIVE}", token)
    assert later.json()["refusals"] == []


async def test_invalid_identifier_is_refused_at_once(world: World, school: School) -> None:
    path = "/v1/admin/why?identifier=no%20name&classroom=1"
    answer = await world.call("GET", path, school.tokens["root"])
    problem(answer, 400, "invalid_request", "identifier_invalid")
