"""IM asks before somebody joins a group: the roster decides."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener, World, problem
from tests.support.room_callbacks import IM_TOKEN, KEYS, CallingCloud
from tests.support.school import ENDED, LIVE, OPEN, School

from classgate.classrooms import access_repository, group_joins

BEFORE_JOIN = "Group.CallbackBeforeApplyJoinGroup"
ALLOWED = {"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}
REFUSED = {"ActionStatus": "OK", "ErrorCode": 1, "ErrorInfo": "not a member of this class"}


@pytest.fixture(autouse=True)
def _time_to_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than IM waits."""
    monkeypatch.setattr(group_joins, "DECISION_TIME", 60)


@pytest.fixture
async def cloud(open_with: Opener) -> AsyncIterator[CallingCloud]:
    async with open_with(callbacks=KEYS) as world:
        yield CallingCloud(world)


def join(group: object, identifier: object) -> dict[str, Any]:
    return {
        "CallbackCommand": BEFORE_JOIN,
        "GroupId": group,
        "Type": "Public",
        "Requestor_Account": identifier,
        "EventTime": 1670574414123,
    }


@pytest.mark.parametrize(
    ("group", "identifier", "allowed"),
    [
        (f"{LIVE}", "tom", True),
        (f"{LIVE}", "amy", True),
        (f"{LIVE}", "kim", False),
        (f"{LIVE}", "rob", False),
        (f"{LIVE}", "sam", False),
        (f"{LIVE}", "nobody", False),
        (f"{LIVE}", "AMY", False),
        (f"{OPEN}", "sam", False),
        (f"{ENDED}", "amy", False),
        ("99999", "amy", False),
        (f"{LIVE}_replay", "anna", True),
        (f"{LIVE}_replay", "stan", True),
        (f"{LIVE}_replay", "amy", False),
        ("staff-room", "sam", True),
        ("", "sam", True),
        ("٣", "sam", True),
        ("12345678901", "sam", True),
    ],
)
async def test_roster_decides_who_joins(
    cloud: CallingCloud, group: str, identifier: str, allowed: bool
) -> None:
    answer = await cloud.ask_im(BEFORE_JOIN, join(group, identifier))
    assert (answer.status_code, answer.json()) == (200, ALLOWED if allowed else REFUSED)


async def test_class_that_ended_meanwhile_takes_nobody(cloud: CallingCloud, school: School) -> None:
    end = await cloud.world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])
    assert end.status_code == 200
    assert (await cloud.ask_im(BEFORE_JOIN, join(str(LIVE), "amy"))).json() == REFUSED


async def test_nobody_joins_when_the_roster_does_not_answer_in_time(
    cloud: CallingCloud, monkeypatch: pytest.MonkeyPatch, captured_log: CapturedLog
) -> None:
    async def find_access(*_arguments: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(access_repository, "find_access", find_access)
    monkeypatch.setattr(group_joins, "DECISION_TIME", 0.01)
    assert (await cloud.ask_im(BEFORE_JOIN, join(str(LIVE), "amy"))).json() == REFUSED
    assert "the roster could not be read" in captured_log.getvalue()


@pytest.mark.parametrize(
    "command", ["State.StateChange", "Group.CallbackAfterSendMsg", "Group.Added.Later", ""]
)
async def test_other_webhooks_are_accepted_whatever_they_hold(
    cloud: CallingCloud, command: str
) -> None:
    for body in ({"Info": {"To_Account": "amy"}}, b"", b"{", b"[" * 5000):
        answer = await cloud.ask_im(command, body)
        assert (answer.status_code, answer.json()) == (200, ALLOWED)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"GroupId": 1}', b'{"GroupId": 1, "GroupId": 2}']
)
async def test_question_of_another_form_is_refused(cloud: CallingCloud, body: bytes) -> None:
    problem(await cloud.ask_im(BEFORE_JOIN, body), 400, "invalid_request", "body_unreadable")


async def test_forged_late_and_foreign_webhooks_are_refused(
    cloud: CallingCloud, captured_log: CapturedLog
) -> None:
    asked, now = join(str(LIVE), "amy"), cloud.world.clock.unix
    answers = [
        await cloud.ask_im(BEFORE_JOIN, asked, sign=""),
        await cloud.ask_im(BEFORE_JOIN, asked, sign="0" * 64),
        await cloud.ask_im(BEFORE_JOIN, asked, requested_at=now - 62),
        await cloud.ask_im(BEFORE_JOIN, asked, requested_at=now + 62),
        await cloud.ask_im(BEFORE_JOIN, asked, sdk_app_id=1400000002),
    ]
    for answer in answers:
        problem(answer, 403, "permission_denied", "callback_unproven")
    logged = captured_log.getvalue()
    for check in ("format", "signature", "expired", "not_yet_valid", "sdkappid"):
        assert (f'"failed_check": "{check}"' in logged) == (check != "format")
    assert IM_TOKEN not in logged


async def test_without_a_token_no_webhook_is_taken(world: World) -> None:
    cloud = CallingCloud(world)
    answer = await cloud.ask_im(BEFORE_JOIN, join(str(LIVE), "amy"))
    problem(answer, 403, "permission_denied", "callback_unproven")
