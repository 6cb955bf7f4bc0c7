"""The events of a room feed presence and attendance, beside the heartbeats."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.harness import Opener
from tests.support.presence_driver import PresenceDriver
from tests.support.room_callbacks import DISMISSED, KEYS, CallingCloud, room_event
from tests.support.school import CREATED, LIVE, School

HOUR = 3600


@pytest.fixture
async def cloud(open_with: Opener) -> AsyncIterator[CallingCloud]:
    async with open_with(callbacks=KEYS) as world:
        yield CallingCloud(world)


@pytest.fixture
async def driver(cloud: CallingCloud) -> PresenceDriver:
    """A service that has just started; nobody in the school's class sent a heartbeat."""
    started = PresenceDriver(cloud.world)
    await started.tick()
    return started


async def attendance(cloud: CallingCloud, school: School, who: str) -> list[dict[str, Any]]:
    answer = await cloud.world.call(
        "GET", f"/v1/classrooms/{LIVE}/attendance?limit=100", school.tokens["tom"]
    )
    return [each for each in answer.json()["items"] if each["identifier"] == who]


async def skip(driver: PresenceDriver, seconds: int) -> None:
    """Let time pass in steps that the tracker takes for a normal tick."""
    for _ in range(seconds // 10):
        driver.world.clock.advance(seconds=10)
        await driver.tick()


async def test_member_in_the_room_does_not_time_out(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    for identifier in ("tom", "amy"):
        await cloud.enter(LIVE, identifier)
    await skip(driver, HOUR)
    assert driver.present(LIVE) == ["amy", "tom"]
    assert driver.state(LIVE) == "live"
    (seen,) = await attendance(cloud, school, "amy")
    assert (seen["left_at"], seen["source"]) == (None, "cloud")


async def test_presence_that_only_the_cloud_knows_ends_with_the_event(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    await cloud.enter(LIVE, "tom")
    await cloud.enter(LIVE, "amy")
    await skip(driver, HOUR)
    await cloud.leave(LIVE, "amy")
    left = driver.world.clock.unix
    (seen,) = await attendance(cloud, school, "amy")
    assert (seen["left_at"], seen["last_seen_at"]) == (left, left)
    assert (seen["leave_reason"], seen["source"]) == ("left", "cloud")


@pytest.mark.parametrize(("reason", "because"), [(1, "left"), (2, "timed_out"), (5, "timed_out")])
async def test_reason_of_leaving_is_the_clouds(
    driver: PresenceDriver, cloud: CallingCloud, school: School, reason: int, because: str
) -> None:
    await cloud.enter(LIVE, "amy")
    await cloud.leave(LIVE, "amy", reason)
    (seen,) = await attendance(cloud, school, "amy")
    assert seen["leave_reason"] == because


async def test_who_sends_heartbeats_stays_when_the_room_is_left(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    tom, amy = (LIVE, school.tokens["tom"]), (LIVE, school.tokens["amy"])
    await driver.run_with_heartbeats(10, tom, amy)
    await cloud.enter(LIVE, "amy")
    await cloud.leave(LIVE, "amy")
    await driver.run_with_heartbeats(200, tom, amy, every=10)
    (seen,) = await attendance(cloud, school, "amy")
    assert (seen["left_at"], seen["source"]) == (None, "both")


async def test_who_stopped_sending_heartbeats_was_there_until_leaving_the_room(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    tom = (LIVE, school.tokens["tom"])
    await driver.run_with_heartbeats(10, tom, (LIVE, school.tokens["amy"]))
    await cloud.enter(LIVE, "amy")
    await driver.run_with_heartbeats(300, tom, every=10)
    await cloud.leave(LIVE, "amy")
    left = driver.world.clock.unix
    assert "amy" in driver.present(LIVE)
    await driver.run_with_heartbeats(126, tom, every=10)
    (seen,) = await attendance(cloud, school, "amy")
    assert (seen["left_at"], seen["leave_reason"]) == (left, "timed_out")
    assert seen["source"] == "both"


async def test_member_without_a_client_here_is_seen_by_the_cloud(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    token = school.tokens["amy"]
    left = await driver.world.call("POST", f"/v1/classrooms/{LIVE}/leave", token)
    assert left.status_code == 204
    await cloud.enter(LIVE, "amy")
    entered = driver.world.clock.unix
    await cloud.leave(LIVE, "amy")
    first, second = await attendance(cloud, school, "amy")
    assert (first["source"], first["leave_reason"]) == ("client", "left")
    assert (second["source"], second["entered_at"]) == ("cloud", entered)
    assert second["role"] == "student"


async def test_heartbeats_after_the_cloud_saw_somebody_make_it_both(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    await cloud.enter(LIVE, "amy")
    assert await driver.heartbeat(LIVE, school.tokens["amy"])
    await driver.run(1)
    (seen,) = await attendance(cloud, school, "amy")
    assert seen["source"] == "both"


async def test_presence_without_an_event_is_the_clients(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    assert await driver.heartbeat(LIVE, school.tokens["amy"])
    await driver.run(1)
    assert [each["source"] for each in await attendance(cloud, school, "amy")] == ["client"]


# ── the host ────────────────────────────────────────────────────────────────────────────────────


async def test_class_of_a_host_in_the_room_goes_on_and_ends_after_they_left(
    driver: PresenceDriver, cloud: CallingCloud
) -> None:
    await cloud.enter(LIVE, "tom")
    await skip(driver, HOUR)
    assert driver.state(LIVE) == "live"
    await cloud.leave(LIVE, "tom", reason=2)
    assert driver.present(LIVE) == ["tom"]  # until the end of the class
    await skip(driver, 290)
    assert driver.state(LIVE) == "live"
    await skip(driver, 20)
    assert driver.state(LIVE) == "ended"


async def test_host_who_comes_back_to_the_room_keeps_the_class(
    driver: PresenceDriver, cloud: CallingCloud
) -> None:
    await cloud.enter(LIVE, "tom")
    await skip(driver, 600)
    await cloud.leave(LIVE, "tom", reason=2)
    await skip(driver, 200)
    await cloud.enter(LIVE, "tom")
    await skip(driver, HOUR)
    assert driver.state(LIVE) == "live"


async def test_event_of_leaving_that_never_came_does_not_keep_a_class_for_ever(
    driver: PresenceDriver, cloud: CallingCloud
) -> None:
    await cloud.enter(LIVE, "tom")
    await skip(driver, 6 * HOUR - 30)
    assert driver.state(LIVE) == "live"
    await skip(driver, 60)
    assert driver.state(LIVE) == "ended"


async def test_host_seen_by_the_cloud_is_not_replaced_by_themselves(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    """The presence belongs to the session that entered, so that its heartbeats still count."""
    await cloud.enter(LIVE, "tom")
    assert await driver.heartbeat(LIVE, school.tokens["tom"])


# ── the whole room ──────────────────────────────────────────────────────────────────────────────


async def test_dismissed_room_has_nobody(
    driver: PresenceDriver, cloud: CallingCloud, school: School
) -> None:
    for identifier in ("tom", "amy", "stan"):
        await cloud.enter(LIVE, identifier)
    await cloud.event(DISMISSED, str(LIVE))
    assert driver.present(LIVE) == ["anna", "tom"]  # anna never was in the room
    await cloud.event(DISMISSED, str(LIVE))
    assert driver.present(LIVE) == ["anna", "tom"]


async def test_dismissal_before_somebody_entered_again_does_not_put_them_out(
    driver: PresenceDriver, cloud: CallingCloud
) -> None:
    dismissed = room_event(DISMISSED, LIVE, None, cloud.world.clock().timestamp())
    cloud.world.clock.advance(seconds=1)
    await cloud.enter(LIVE, "amy")
    await cloud.post_event(dismissed)
    assert "amy" in driver.present(LIVE)


async def test_who_waits_in_the_room_of_a_planned_class_is_present(
    driver: PresenceDriver, cloud: CallingCloud
) -> None:
    await cloud.enter(CREATED, "tom")
    assert driver.present(CREATED) == ["tom"]
