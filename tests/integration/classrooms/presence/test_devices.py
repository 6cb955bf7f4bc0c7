"""A host is in a class by one session; everybody else is there once, whichever device speaks."""

from typing import Any

import pytest
from tests.support.harness import World, problem
from tests.support.presence_driver import PresenceDriver
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, School

LEAVE = f"/v1/classrooms/{LIVE}/leave"


@pytest.fixture
async def driver(world: World) -> PresenceDriver:
    """A service that has just started."""
    started = PresenceDriver(world)
    await started.tick()
    return started


async def two_devices(driver: PresenceDriver) -> tuple[str, str]:
    """Of the host: two sessions more, neither of which entered."""
    world = driver.world
    return await world.log_in("tom", PASSWORD), await world.log_in("tom", PASSWORD)


async def renew(driver: PresenceDriver, entry_credentials: dict[str, Any], token: str) -> int:
    path = f"/v1/leases/{entry_credentials['lease_id']}/renew"
    return (await driver.world.call("POST", path, token)).status_code


async def test_second_entry_of_a_host_ends_what_the_first_one_had(driver: PresenceDriver) -> None:
    first, second = await two_devices(driver)
    entry_credentials = await driver.enter(LIVE, first)
    await driver.run(5)
    await driver.enter(LIVE, second)
    assert driver.present(LIVE).count("tom") == 1
    assert driver.was_there(LIVE, "tom")[-2][1:] == (driver.world.clock.unix, "entered_elsewhere")
    assert driver.world.raw_database.lease_state(entry_credentials["lease_id"]) == "ended"
    assert await renew(driver, entry_credentials, first) == 409
    assert await driver.heartbeat(LIVE, second)
    assert not await driver.heartbeat(LIVE, first)


async def test_heartbeats_of_the_first_device_keep_no_class_alive(driver: PresenceDriver) -> None:
    first, second = await two_devices(driver)
    await driver.enter(LIVE, first)
    await driver.enter(LIVE, second)
    await driver.run_with_heartbeats(299, (LIVE, first))
    assert driver.state(LIVE) == "live"
    await driver.run_with_heartbeats(1, (LIVE, first))
    assert driver.state(LIVE) == "ended"


async def test_host_who_only_logged_in_again_keeps_the_class_alive(driver: PresenceDriver) -> None:
    first, second = await two_devices(driver)
    await driver.enter(LIVE, first)
    for _ in range(70):
        assert await driver.heartbeat(LIVE, second)
        await driver.run(10)
    assert driver.state(LIVE) == "live"
    assert "tom" in driver.present(LIVE)


async def test_entry_of_the_same_session_again_replaces_nothing(driver: PresenceDriver) -> None:
    first, _ = await two_devices(driver)
    entry_credentials = await driver.enter(LIVE, first)
    await driver.run(5)
    await driver.enter(LIVE, first)
    assert driver.was_there(LIVE, "tom")[-1][1] is None
    assert await renew(driver, entry_credentials, first) == 200
    assert await driver.heartbeat(LIVE, first)


async def test_first_device_that_enters_again_takes_the_place_back(driver: PresenceDriver) -> None:
    first, second = await two_devices(driver)
    for token in (first, second, first):
        await driver.enter(LIVE, token)
    assert await driver.heartbeat(LIVE, first)
    assert not await driver.heartbeat(LIVE, second)


async def test_replaced_device_that_leaves_takes_nobody_along(driver: PresenceDriver) -> None:
    first, second = await two_devices(driver)
    await driver.enter(LIVE, first)
    entry_credentials = await driver.enter(LIVE, second)
    assert (await driver.world.call("POST", LEAVE, first)).status_code == 204
    assert "tom" in driver.present(LIVE)
    assert await renew(driver, entry_credentials, second) == 200
    assert (await driver.world.call("POST", LEAVE, second)).status_code == 204
    assert "tom" not in driver.present(LIVE)


async def test_device_that_left_is_replaced_by_the_one_that_entered_since(
    driver: PresenceDriver,
) -> None:
    first, second = await two_devices(driver)
    await driver.enter(LIVE, first)
    await driver.world.call("POST", LEAVE, first)
    await driver.enter(LIVE, second)
    assert not await driver.heartbeat(LIVE, first)
    await driver.run_with_heartbeats(300, (LIVE, first))
    assert driver.state(LIVE) == "ended"


async def test_device_that_timed_out_is_replaced_by_the_one_that_entered_since(
    driver: PresenceDriver,
) -> None:
    """In a class that is not live yet, hosts time out like everybody."""
    first, second = await two_devices(driver)
    entry_credentials = await driver.enter(CREATED, first)
    await driver.run(125)
    assert driver.present(CREATED) == []
    await driver.enter(CREATED, second)
    assert not await driver.heartbeat(CREATED, first)
    assert await renew(driver, entry_credentials, first) == 409
    assert await driver.heartbeat(CREATED, second)


async def test_starting_is_entering(driver: PresenceDriver) -> None:
    first, second = await two_devices(driver)
    entry_credentials = await driver.enter(CREATED, first)
    start = await driver.world.call("POST", f"/v1/classrooms/{CREATED}/start", second)
    assert start.status_code == 200
    assert not await driver.heartbeat(CREATED, first)
    assert await driver.heartbeat(CREATED, second)
    assert await renew(driver, entry_credentials, first) == 409


async def test_entry_credentials_are_renewed_from_a_new_session_of_the_host(
    driver: PresenceDriver,
) -> None:
    """Somebody logged in again in mid-lesson, and keeps the entry credentials."""
    first, second = await two_devices(driver)
    entry_credentials = await driver.enter(LIVE, first)
    assert await renew(driver, entry_credentials, second) == 200
    assert await driver.heartbeat(LIVE, second)
    assert not await driver.heartbeat(LIVE, first)


async def test_student_is_there_once_whichever_device_speaks(driver: PresenceDriver) -> None:
    world = driver.world
    first, second = await world.log_in("amy", PASSWORD), await world.log_in("amy", PASSWORD)
    entry_credentials = await driver.enter(LIVE, first)
    await driver.enter(LIVE, second)
    assert driver.was_there(LIVE, "amy")[-1][1] is None
    assert await driver.heartbeat(LIVE, first)
    assert await driver.heartbeat(LIVE, second)
    assert await renew(driver, entry_credentials, first) == 200


# ── coming back ─────────────────────────────────────────────────────────────────────────────────


async def time_out(driver: PresenceDriver, school: School) -> None:
    """Amy times out; the class goes on."""
    await driver.enter(LIVE, school.tokens["amy"])
    await driver.run_with_heartbeats(130, (LIVE, school.tokens["tom"]))
    assert driver.present(LIVE) == ["tom"]


async def test_timed_out_member_is_back_by_a_heartbeat(
    driver: PresenceDriver, school: School
) -> None:
    await time_out(driver, school)
    before = len(driver.was_there(LIVE, "amy"))
    assert await driver.heartbeat(LIVE, school.tokens["amy"])
    stays = driver.was_there(LIVE, "amy")
    assert len(stays) == before + 1
    assert stays[-2][2] == "timed_out"
    assert stays[-1] == (driver.world.clock.unix, None, None)
    await driver.run(119)
    assert "amy" in driver.present(LIVE)


@pytest.mark.parametrize(("what", "status"), [("kick", 403), ("removal", 404), ("deletion", 401)])
async def test_timed_out_member_is_not_back_who_would_not_be_let_in(
    driver: PresenceDriver, school: School, what: str, status: int
) -> None:
    await time_out(driver, school)
    await put_out(driver, school, what)
    answer = await driver.world.call(
        "POST", f"/v1/classrooms/{LIVE}/heartbeat", school.tokens["amy"]
    )
    assert answer.status_code == status
    assert "amy" not in driver.present(LIVE)


async def test_timed_out_member_is_not_back_in_a_class_that_is_over(
    driver: PresenceDriver, school: School
) -> None:
    await time_out(driver, school)
    await put_out(driver, school, "end")
    assert not await driver.heartbeat(LIVE, school.tokens["amy"])
    assert driver.present(LIVE) == []


async def test_timed_out_member_is_not_back_past_the_planned_end(
    driver: PresenceDriver, school: School
) -> None:
    await driver.enter(LIVE, school.tokens["amy"])
    body = {"ends_at": driver.world.clock.unix + 60}
    path = f"/v1/classrooms/{LIVE}"
    changed = await driver.world.call("PATCH", path, school.tokens["tom"], body)
    assert changed.status_code == 200
    await driver.run_with_heartbeats(130, (LIVE, school.tokens["tom"]))
    for _ in range(20):
        driver.world.clock.advance(seconds=100)
        await driver.heartbeat(LIVE, school.tokens["tom"])
        await driver.tick()
    assert not await driver.heartbeat(LIVE, school.tokens["amy"])
    assert await driver.heartbeat(LIVE, school.tokens["tom"])


async def test_who_said_goodbye_is_not_back_by_a_heartbeat(
    driver: PresenceDriver, school: School
) -> None:
    amy = school.tokens["amy"]
    await driver.enter(LIVE, amy)
    await driver.world.call("POST", LEAVE, amy)
    assert not await driver.heartbeat(LIVE, amy)
    assert "amy" not in driver.present(LIVE)


async def test_heartbeats_of_a_stranger_in_an_open_class_have_no_effect(
    driver: PresenceDriver, school: School
) -> None:
    assert not await driver.heartbeat(OPEN, school.tokens["sam"])
    assert "sam" not in driver.present(OPEN)
    await driver.enter(OPEN, school.tokens["sam"])
    assert await driver.heartbeat(OPEN, school.tokens["sam"])
    assert "sam" in driver.present(OPEN)


# ── what ends a presence ────────────────────────────────────────────────────────────────────────


async def put_out(driver: PresenceDriver, school: School, what: str) -> None:
    """Amy, of the live class."""
    root, tom = school.tokens["root"], school.tokens["tom"]
    member = f"/v1/classrooms/{LIVE}/members/amy"
    method, path, token = {
        "kick": ("POST", f"{member}/kick", tom),
        "removal": ("DELETE", member, tom),
        "deletion": ("DELETE", "/v1/admin/accounts/amy", root),
        "end": ("POST", f"/v1/classrooms/{LIVE}/end", tom),
        "leaving": ("POST", LEAVE, school.tokens["amy"]),
    }[what]
    answer = await driver.world.call(method, path, token)
    assert answer.is_success, answer.text


@pytest.mark.parametrize(
    ("what", "because"),
    [
        ("kick", "kicked"),
        ("removal", "removed"),
        ("deletion", "account_deleted"),
        ("end", "class_ended"),
        ("leaving", "left"),
    ],
)
async def test_presence_is_over_and_stays_so(
    driver: PresenceDriver, school: School, what: str, because: str
) -> None:
    world = driver.world
    ((account_id,),) = world.raw_database.query(
        "SELECT account_id FROM accounts WHERE identifier='amy'"
    )
    await driver.enter(LIVE, school.tokens["amy"])
    assert await driver.heartbeat(LIVE, school.tokens["amy"])
    await put_out(driver, school, what)
    await world.call("POST", f"/v1/classrooms/{LIVE}/heartbeat", school.tokens["amy"])
    await driver.run(10)
    last = world.raw_database.query(
        "SELECT leave_reason FROM presences WHERE account_id = ? AND classroom_id = ?"
        " ORDER BY presence_id DESC LIMIT 1",
        account_id,
        LIVE,
    )
    assert last == [(because,)]
    open_ones = world.raw_database.query(
        "SELECT 1 FROM presences WHERE account_id = ? AND classroom_id = ? AND left_at IS NULL",
        account_id,
        LIVE,
    )
    assert open_ones == []


async def test_presence_in_the_ended_class_of_the_school_is_over(driver: PresenceDriver) -> None:
    assert driver.present(ENDED) == []
    assert driver.was_there(ENDED, "amy")[-1][2] == "class_ended"


async def test_kicked_member_who_is_let_in_again_enters_anew(
    driver: PresenceDriver, school: School
) -> None:
    await put_out(driver, school, "kick")
    path = f"/v1/classrooms/{LIVE}/members/amy"
    await driver.world.call("PUT", path, school.tokens["tom"], {"role": "student"})
    assert not await driver.heartbeat(LIVE, school.tokens["amy"])
    await driver.enter(LIVE, school.tokens["amy"])
    assert await driver.heartbeat(LIVE, school.tokens["amy"])


async def test_leaving_without_having_entered_is_a_conflict(
    driver: PresenceDriver, school: School
) -> None:
    path = f"/v1/classrooms/{OPEN}/leave"
    problem(await driver.world.call("POST", path, school.tokens["sam"]), 409, "conflict")
