"""Many who ask for keys are few calls to STS, each gift is decided and recorded all the same, and
an STS that is down is left alone for a while."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from tests.support.captured_log import CapturedLog
from tests.support.cloud_proxy import cloud_proxy_before
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, PDF, School

UPLOADS = f"/v1/classrooms/{LIVE}/uploads"
OUTAGE = 1_000_000


def renewal(school: School, person: str) -> str:
    return f"/v1/uploads/{school.uploads[LIVE, person]}/credentials"


def keys_of(answers: list[httpx.Response]) -> set[str]:
    """Which keys were given: each is one call to STS."""
    assert {answer.status_code for answer in answers} <= {200, 201}
    return {answer.json()["credentials"]["tmpSecretId"] for answer in answers}


# ── one call for many ───────────────────────────────────────────────────────────────────────────


async def test_renewals_at_once_and_one_after_the_other_are_one_call_each_recorded(
    world: World, school: School
) -> None:
    tom, path, given = school.tokens["tom"], renewal(school, "tom"), world.raw_database.given()
    answers = await asyncio.gather(*(world.call("POST", path, tom) for _ in range(10)))
    answers += [await world.call("POST", path, tom) for _ in range(5)]
    assert len(keys_of(answers)) == 1
    assert world.raw_database.given() == given + 15
    fingerprints = world.raw_database.query(
        "SELECT fingerprints FROM audit_rows WHERE event = 'upload_credentials_renewed'"
    )
    assert len(fingerprints) == 15
    assert len(set(fingerprints)) == 1
    assert (await world.application.audit.verify()).faults == ()


async def test_two_uploads_never_share_keys(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    answers = [await world.call("POST", UPLOADS, tom, PDF) for _ in range(3)]
    answers += [await world.call("POST", renewal(school, who), school.tokens[who])
                for who in ("tom", "anna")]  # fmt: skip
    assert len(keys_of(answers)) == 5


async def test_who_renews_when_asked_to_gets_newer_keys(world: World, school: School) -> None:
    """Also when the answer before came out of the cache, at its latest."""
    tom, path = school.tokens["tom"], renewal(school, "tom")
    await world.call("POST", path, tom)
    world.clock.advance(minutes=14, seconds=59)
    late = (await world.call("POST", path, tom)).json()
    world.clock.advance(seconds=late["refresh_after"] - world.clock.unix)
    renewed = (await world.call("POST", path, tom)).json()
    assert renewed["expiredTime"] > late["expiredTime"]
    assert renewed["credentials"] != late["credentials"]


async def _kick(world: World, school: School) -> None:
    path = f"/v1/classrooms/{LIVE}/members/anna/kick"
    await world.call("POST", path, school.tokens["tom"])


async def _end_class(world: World, school: School) -> None:
    await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])


async def _log_out(world: World, school: School) -> None:
    await world.call("DELETE", "/v1/sessions/current", school.tokens["anna"])


async def _give_up_upload(world: World, school: School) -> None:
    path = f"/v1/uploads/{school.uploads[LIVE, 'anna']}"
    await world.call("DELETE", path, school.tokens["anna"])


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [
        (_kick, 403, "permission_denied"),
        (_end_class, 409, "conflict"),
        (_log_out, 401, "not_authenticated"),
        (_give_up_upload, 409, "conflict"),
    ],
)
async def test_kept_keys_do_not_outlive_what_they_hang_from(
    world: World, school: School, ending: Any, status: int, code: str
) -> None:
    path = renewal(school, "anna")
    assert (await world.call("POST", path, school.tokens["anna"])).status_code == 200
    await ending(world, school)
    given = world.raw_database.given()
    answer = await world.call("POST", path, school.tokens["anna"])
    problem(answer, status, code)
    assert "tmpSecret" not in answer.text
    assert world.raw_database.given() == given


async def test_one_who_hangs_up_leaves_the_others_their_answer(
    open_with: Opener, school: School, emulator: Emulator
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        proxy.hold()
        path, tom = renewal(school, "tom"), school.tokens["tom"]
        first = asyncio.create_task(world.call("POST", path, tom))
        await asyncio.wait_for(proxy.arrived.wait(), 30)
        second = asyncio.create_task(world.call("POST", path, tom))
        await _until_requested(world, 2)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        proxy.release()
        assert (await second).status_code == 200
        assert world.raw_database.events().count("upload_credentials_failed") == 1


async def _until_requested(world: World, times: int) -> None:
    for _ in range(3000):
        if world.raw_database.events()[-times:] == ["upload_credentials_requested"] * times:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # from the record to the wait


# ── down ────────────────────────────────────────────────────────────────────────────────────────


async def test_sts_that_is_down_is_left_alone_and_then_tried_by_one(
    world: World, school: School, emulator: Emulator, captured_log: CapturedLog
) -> None:
    tom = school.tokens["tom"]
    emulator.fail_next("sts", "GetFederationToken", "unavailable", OUTAGE)
    for _ in range(2):
        problem(await world.call("POST", UPLOADS, tom, PDF), 503, "cloud_unavailable")
    captured_log.clear()
    given = world.raw_database.given()
    world.clock.advance(seconds=3)
    answers = [await world.call("POST", UPLOADS, tom, PDF) for _ in range(5)]
    assert {answer.headers["retry-after"] for answer in answers} == {"7"}
    assert "sts failed" not in captured_log.getvalue(), "nobody asked"
    world.clock.advance(seconds=7)
    emulator.reset()
    assert (await world.call("POST", UPLOADS, tom, PDF)).status_code == 201
    assert world.raw_database.given() == given + 1
    assert circuit_changes(captured_log) == [("open", "half_open"), ("half_open", "closed")]


def circuit_changes(captured_log: CapturedLog) -> list[tuple[str, str]]:
    said = [json.loads(line) for line in captured_log.getvalue().splitlines()]
    return [
        (each["before"], each["now"]) for each in said if each["event"] == "cloud circuit changed"
    ]


async def test_opening_is_logged_once(
    world: World, school: School, emulator: Emulator, captured_log: CapturedLog
) -> None:
    emulator.fail_next("sts", "GetFederationToken", "unavailable", OUTAGE)
    for _ in range(6):
        await world.call("POST", UPLOADS, school.tokens["tom"], PDF)
    assert circuit_changes(captured_log) == [("closed", "open")]


async def test_sts_that_is_down_does_not_close_the_store(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    emulator.fail_next("sts", "GetFederationToken", "unavailable", OUTAGE)
    for _ in range(3):
        problem(await world.call("POST", UPLOADS, tom, PDF), 503, "cloud_unavailable")
    complete = f"/v1/uploads/{school.uploads[LIVE, 'tom']}/complete"
    problem(await world.call("POST", complete, tom), 409, "conflict")  # it has not arrived


async def test_single_failure_is_retried_unnoticed(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    for fault in ("unavailable", "throttled"):
        emulator.fail_next("sts", "GetFederationToken", fault)
        assert (await world.call("POST", UPLOADS, tom, PDF)).status_code == 201
    emulator.fail_next("cos", "HeadObject", "unavailable", 2)
    complete = f"/v1/uploads/{school.uploads[LIVE, 'tom']}/complete"
    problem(await world.call("POST", complete, tom), 409, "conflict")


async def test_wrong_clock_is_reported_as_such(
    world: World, school: School, emulator: Emulator, captured_log: CapturedLog
) -> None:
    tom = school.tokens["tom"]
    complete = f"/v1/uploads/{school.uploads[LIVE, 'tom']}/complete"
    emulator.set_clock(-3600)
    try:
        answers = [
            await world.call("POST", UPLOADS, tom, PDF),
            await world.call("POST", complete, tom),
        ]
    finally:
        emulator.set_clock(0)  # the next school may be made in this cloud
    for answer in answers:
        assert "clock" in problem(answer, 502, "cloud_rejected")["detail"]
    said = [json.loads(line) for line in captured_log.getvalue().splitlines()]
    ahead = [each["seconds_ahead"] for each in said if "seconds_ahead" in each]
    assert len(ahead) == 2
    assert all(3590 <= each <= 3610 for each in ahead)
