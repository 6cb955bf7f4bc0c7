"""Members time out, and a class ends without its host; downtime is not counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener, World
from tests.support.presence_driver import PresenceDriver
from tests.support.school import CREATED, LIVE, OPEN, PASSWORD, School

from classgate.errors import ServiceUnavailable

# Timeouts are checked every five seconds: a timeout is applied as much later at most.
CHECK_INTERVAL = 5


@pytest.fixture
async def driver(world: World) -> PresenceDriver:
    """A service that has just started; nobody in the school's class sent a heartbeat."""
    started = PresenceDriver(world)
    await started.tick()
    return started


# ── members ─────────────────────────────────────────────────────────────────────────────────────


async def test_member_without_heartbeats_is_present_for_119_s_and_has_left_after_120(
    driver: PresenceDriver, school: School
) -> None:
    await driver.enter(LIVE, school.tokens["amy"])
    entered = driver.world.clock.unix
    await driver.run(119)
    assert driver.present(LIVE) == ["amy", "anna", "stan", "tom"]
    await driver.run(1)
    assert driver.present(LIVE) == ["tom"]  # the host is left to the end of the class
    # Present until the last heartbeat, not until the timeout was applied.
    assert driver.was_there(LIVE, "amy")[-1][1:] == (entered, "timed_out")


@pytest.mark.parametrize("offset", range(1, CHECK_INTERVAL + 1))
async def test_member_times_out_neither_early_nor_late(
    driver: PresenceDriver, school: School, offset: int
) -> None:
    await driver.run(60 + offset)
    await driver.enter(LIVE, school.tokens["amy"])
    await driver.run(119)
    assert "amy" in driver.present(LIVE)
    await driver.run(CHECK_INTERVAL)
    assert "amy" not in driver.present(LIVE)


async def test_each_heartbeat_gives_the_whole_time_anew(
    driver: PresenceDriver, school: School
) -> None:
    amy = school.tokens["amy"]
    await driver.enter(LIVE, amy)
    for _ in range(3):
        await driver.run(119)
        assert await driver.heartbeat(LIVE, amy)
        await driver.heartbeat(LIVE, school.tokens["tom"])
    await driver.run(119)
    assert "amy" in driver.present(LIVE)
    await driver.run(CHECK_INTERVAL + 1)
    assert "amy" not in driver.present(LIVE)


async def test_member_who_sends_heartbeats_stays_while_others_time_out(
    driver: PresenceDriver, school: School
) -> None:
    await driver.run_with_heartbeats(
        400, (LIVE, school.tokens["stan"]), (LIVE, school.tokens["tom"])
    )
    assert driver.present(LIVE) == ["stan", "tom"]


async def test_heartbeats_are_written_with_the_tick_and_make_no_rows(
    driver: PresenceDriver, school: School
) -> None:
    query, amy = driver.world.raw_database.query, school.tokens["amy"]
    before = query("SELECT * FROM presences ORDER BY presence_id")
    driver.world.clock.advance(seconds=1)
    for _ in range(20):
        await driver.heartbeat(LIVE, amy)
    assert query("SELECT * FROM presences ORDER BY presence_id") == before
    await driver.tick()
    after = query("SELECT * FROM presences ORDER BY presence_id")
    assert len(after) == len(before)
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


async def test_heartbeat_of_one_who_left_meanwhile_brings_nobody_back(
    driver: PresenceDriver, school: School
) -> None:
    """The heartbeat is recorded before and written after."""
    amy = school.tokens["amy"]
    await driver.heartbeat(LIVE, amy)
    answer = await driver.world.call("POST", f"/v1/classrooms/{LIVE}/leave", amy)
    assert answer.status_code == 204
    await driver.run(1)
    assert "amy" not in driver.present(LIVE)
    assert not await driver.heartbeat(LIVE, amy)


async def test_times_are_settings(open_with: Opener, school: School) -> None:
    async with open_with(classrooms={"member_timeout": 30, "host_timeout": 40}) as world:
        driver = PresenceDriver(world)
        await driver.tick()
        await driver.run(29)
        assert "amy" in driver.present(LIVE)
        await driver.run(1)
        assert driver.present(LIVE) == ["tom"]
        await driver.run(9)
        assert driver.state(LIVE) == "live"
        await driver.run(1)
        assert driver.state(LIVE) == "ended"


async def test_more_than_one_batch_of_members_times_out_at_one_check(
    driver: PresenceDriver, school: School
) -> None:
    """500 go at a time; each row is a person of its own."""
    world = driver.world
    for number in range(1201):
        world.raw_database.change(
            "INSERT INTO presences"
            " (classroom_id, account_id, session_id, role, entered_at, last_seen_at)"
            " SELECT ?, account_id, 's', 'student', 1, 1 FROM accounts WHERE identifier = 'amy'",
            _another_class(world, number),
        )
    await driver.run(119)
    assert len(_open_of(world, "amy")) == 1202
    await driver.run(1)
    assert _open_of(world, "amy") == []


def _another_class(world: World, number: int) -> int:
    classroom_id = 1000 + number
    world.raw_database.change(
        "INSERT INTO classrooms"
        " (classroom_id, title, state, host_id, open, created_at, recent_at)"
        " SELECT ?, 't', 'created', host_id, open, 1, 1 FROM classrooms WHERE classroom_id = ?",
        classroom_id,
        LIVE,
    )
    return classroom_id


def _open_of(world: World, identifier: str) -> list[tuple[int]]:
    return world.raw_database.query(
        "SELECT presence_id FROM presences JOIN accounts"
        " ON accounts.account_id = presences.account_id"
        " WHERE left_at IS NULL AND identifier = ?",
        identifier,
    )


# ── hosts ───────────────────────────────────────────────────────────────────────────────────────


async def test_class_is_live_for_299_s_without_its_host_and_ended_after_300(
    driver: PresenceDriver, school: School
) -> None:
    raw_database = driver.world.raw_database
    ended = raw_database.events().count("classroom_ended")
    amy = (LIVE, school.tokens["amy"])
    ((entered, _, _),) = driver.was_there(LIVE, "tom")
    await driver.run_with_heartbeats(299, amy)
    assert (driver.state(LIVE), driver.state(OPEN)) == ("live", "live")
    await driver.run_with_heartbeats(1, amy)
    assert (driver.state(LIVE), driver.state(OPEN)) == ("ended", "ended")
    assert driver.present(LIVE) == []
    assert driver.was_there(LIVE, "amy")[-1][1:] == (driver.world.clock.unix, "class_ended")
    assert driver.was_there(LIVE, "tom")[-1][1:] == (entered, "timed_out")
    assert raw_database.lease_state(school.leases[LIVE, "amy"]) == "ended"
    assert raw_database.events().count("classroom_ended") == ended + 2
    rules = raw_database.query(
        "SELECT rule, actor_id FROM audit_rows WHERE rule LIKE 'no heartbeat%'"
    )
    assert rules == [("no heartbeat of its host for 300 s", None)] * 2
    markers = raw_database.query(
        "SELECT count(*) FROM outbox WHERE classroom_id = ? AND payload LIKE '%1002%'", LIVE
    )
    assert markers == [(1,)]
    assert (await driver.world.application.audit.verify()).faults == ()
    await driver.run(10)
    assert raw_database.events().count("classroom_ended") == ended + 2


async def test_heartbeats_of_the_host_keep_a_class_live(
    driver: PresenceDriver, school: School
) -> None:
    await driver.run_with_heartbeats(700, (LIVE, school.tokens["tom"]), every=119)
    assert (driver.state(LIVE), driver.state(OPEN)) == ("live", "ended")
    assert driver.present(LIVE) == ["tom"]


async def test_class_that_is_not_live_never_ends_by_the_host_timeout(
    driver: PresenceDriver, school: School
) -> None:
    await driver.enter(CREATED, school.tokens["tom"])
    await driver.run(400)
    assert driver.state(CREATED) == "created"
    assert driver.present(CREATED) == []


async def test_heartbeat_of_an_assistant_is_not_the_hosts(
    driver: PresenceDriver, school: School
) -> None:
    await driver.run_with_heartbeats(300, (LIVE, school.tokens["anna"]))
    assert driver.state(LIVE) == "ended"


async def test_new_host_has_the_whole_time(driver: PresenceDriver, school: School) -> None:
    await driver.run(298)
    answer = await driver.world.call(
        "PUT", f"/v1/classrooms/{LIVE}/host", school.tokens["root"], {"identifier": "tina"}
    )
    assert answer.status_code == 200
    await driver.run_with_heartbeats(299, (LIVE, school.tokens["tom"]))  # who is host no longer
    assert (driver.state(LIVE), driver.state(OPEN)) == ("live", "ended")
    await driver.run(CHECK_INTERVAL)
    assert driver.state(LIVE) == "ended"


async def test_host_who_is_put_off_the_roster_is_there_no_longer(
    driver: PresenceDriver, school: School
) -> None:
    """Who is not fit to be host any more leaves instead of assisting."""
    world, root = driver.world, school.tokens["root"]
    body = {"role": "student"}
    assert (await world.call("PATCH", "/v1/admin/accounts/tom", root, body)).status_code == 200
    path = f"/v1/classrooms/{LIVE}/host"
    assert (await world.call("PUT", path, root, {"identifier": "tina"})).status_code == 200
    assert "tom" not in driver.present(LIVE)
    assert driver.was_there(LIVE, "tom")[-1][2] == "removed"


# ── only what was listened to counts ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("away", [0, 10, 119, 121, 3600, 86400 * 3])
async def test_after_a_restart_everybody_has_the_whole_time(
    open_with: Opener, school: School, away: int
) -> None:
    async with open_with() as world:
        before = PresenceDriver(world)
        await before.tick()
        await before.run_with_heartbeats(250, (LIVE, school.tokens["amy"]), every=240)
        world.clock.advance(seconds=away)
    async with open_with() as world:
        driver = PresenceDriver(world)
        await driver.tick()
        await driver.run(119)
        assert driver.present(LIVE) == ["amy", "tom"]
        await driver.run(1)
        assert driver.present(LIVE) == ["tom"]
        await driver.run(179)
        assert driver.state(LIVE) == "live"
        await driver.run(1)
        assert driver.state(LIVE) == "ended"


@pytest.mark.parametrize("seconds", [11, 60, 3600, 86400])
async def test_after_a_standstill_everybody_has_the_whole_time(
    driver: PresenceDriver, school: School, seconds: int
) -> None:
    await driver.run_with_heartbeats(290, (LIVE, school.tokens["amy"]), every=175)
    await _assert_nobody_suffers_by(
        driver, lambda: driver.world.clock.advance(seconds=seconds), 120, 300
    )


@pytest.mark.parametrize("seconds", [3600, -3600, 86400 * 400, -86400 * 400, 11, -2])
async def test_clock_that_is_set_throws_nobody_out(
    driver: PresenceDriver, school: School, seconds: int
) -> None:
    await driver.run_with_heartbeats(290, (LIVE, school.tokens["amy"]), every=175)
    await _assert_nobody_suffers_by(
        driver, lambda: driver.world.clock.jump(seconds=seconds), 120, 300
    )


async def _assert_nobody_suffers_by(
    driver: PresenceDriver, event: Callable[[], None], member: int, host: int
) -> None:
    """Amy and the class are nearly due; after this they have the whole time, and no longer."""
    event()
    await driver.tick()
    await driver.run(member - 1)
    assert driver.present(LIVE) == ["amy", "tom"]
    await driver.run(CHECK_INTERVAL)
    assert driver.present(LIVE) == ["tom"]
    await driver.run(host - member - CHECK_INTERVAL)
    assert driver.state(LIVE) == "live"
    await driver.run(CHECK_INTERVAL)
    assert driver.state(LIVE) == "ended"


@pytest.mark.parametrize("seconds", [3600, -3600])
async def test_member_who_sends_heartbeats_through_a_jump_stays(
    driver: PresenceDriver, school: School, seconds: int
) -> None:
    both = (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"])
    for _ in range(3):
        await driver.run_with_heartbeats(130, *both)
        driver.world.clock.jump(seconds=seconds)
    await driver.run_with_heartbeats(310, *both)
    assert driver.present(LIVE) == ["amy", "tom"]
    assert driver.state(LIVE) == "live"


async def test_heartbeat_between_a_jump_and_the_next_tick_is_not_from_the_future(
    driver: PresenceDriver, school: School
) -> None:
    clock = driver.world.clock
    clock.jump(hours=1)
    await driver.heartbeat(LIVE, school.tokens["amy"])
    clock.jump(hours=-1)
    clock.jump(seconds=-1)
    await driver.tick()
    await driver.run(119 + CHECK_INTERVAL)
    assert driver.present(LIVE) == ["tom"]


async def test_who_came_by_a_clock_that_was_fast_did_not_leave_before_coming(
    driver: PresenceDriver, school: School
) -> None:
    clock, amy = driver.world.clock, school.tokens["amy"]
    path = f"/v1/classrooms/{LIVE}/leave"
    await driver.world.call("POST", path, amy)
    clock.jump(hours=1)
    await driver.enter(LIVE, amy)
    fast = clock.unix
    clock.jump(hours=-1)
    await driver.world.call("POST", path, amy)  # before the driver saw that it was set back
    assert driver.was_there(LIVE, "amy")[-1] == (fast, fast, "left")

    clock.jump(hours=1)
    await driver.enter(LIVE, amy)
    await driver.tick()
    clock.jump(hours=-1)
    await driver.tick()
    right = clock.unix
    await driver.run(60)
    await driver.world.call("POST", path, amy)
    assert driver.was_there(LIVE, "amy")[-1] == (right, right + 60, "left")


async def test_clock_that_went_back_while_the_service_was_down_keeps_nobody_for_ever(
    open_with: Opener, school: School
) -> None:
    async with open_with() as world:
        world.clock.jump(hours=12)
        driver = PresenceDriver(world)
        await driver.tick()
        await driver.run_with_heartbeats(
            10, (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"])
        )
        world.clock.jump(hours=-12)
    async with open_with() as world:
        driver = PresenceDriver(world)
        await driver.tick()
        await driver.run(119)
        assert "amy" in driver.present(LIVE)
        await driver.run(CHECK_INTERVAL)
        assert driver.present(LIVE) == ["tom"]
        await driver.run(300 - 119 - CHECK_INTERVAL)
        assert driver.state(LIVE) == "ended"


# ── the database fails ──────────────────────────────────────────────────────────────────────────


async def take_away(world: World) -> None:
    await world.settle()
    world.raw_database.change("ALTER TABLE presences RENAME TO taken_away")


async def bring_back(world: World) -> None:
    await world.settle()
    world.raw_database.change("ALTER TABLE taken_away RENAME TO presences")


@pytest.mark.parametrize("away", [1, 30, 400])
async def test_after_a_lost_database_everybody_has_the_whole_time(
    driver: PresenceDriver, school: School, away: int, captured_log: CapturedLog
) -> None:
    world = driver.world
    await driver.run_with_heartbeats(290, (LIVE, school.tokens["amy"]), every=175)
    await take_away(world)
    await driver.run(away)
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/heartbeat", school.tokens["amy"])
    assert answer.status_code == 503
    await bring_back(world)
    await driver.run(1)
    assert captured_log.getvalue().count("the database is unavailable") == 1  # not each second
    await driver.run(117)
    assert driver.present(LIVE) == ["amy", "tom"]
    await driver.run(CHECK_INTERVAL)
    assert driver.present(LIVE) == ["tom"]
    await driver.run(299 - 118 - CHECK_INTERVAL)
    assert driver.state(LIVE) == "live"
    await driver.run(CHECK_INTERVAL)
    assert driver.state(LIVE) == "ended"


@contextmanager
def writing_takes(driver: PresenceDriver, seconds: int, *, fails: bool = False) -> Iterator[None]:
    """The machine sleeps, or the database hangs, while the next tick writes."""
    tracker = driver.world.application.classrooms.presence_tracker

    async def write() -> None:
        await type(tracker).flush(tracker)
        driver.world.clock.advance(seconds=seconds)
        if fails:
            raise ServiceUnavailable("it hung and gave up")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracker, "flush", write)
        yield


@pytest.mark.parametrize("offset", range(CHECK_INTERVAL))
async def test_sleep_in_the_middle_of_a_tick_times_nobody_out(
    driver: PresenceDriver, school: School, offset: int
) -> None:
    both = (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"])
    await driver.run_with_heartbeats(350 + offset, *both, every=1)
    with writing_takes(driver, 400):
        await driver.run(1)
    assert driver.state(LIVE) == "live"
    await driver.run_with_heartbeats(300, *both)
    assert driver.present(LIVE) == ["amy", "tom"]
    assert driver.state(LIVE) == "live"


@pytest.mark.parametrize("hangs", [8, 60])
async def test_after_a_database_that_hung_the_time_counts_from_when_it_answers(
    driver: PresenceDriver, school: School, hangs: int
) -> None:
    await driver.run_with_heartbeats(20, (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"]))
    with writing_takes(driver, hangs, fails=True):
        await driver.run(1)
    with writing_takes(driver, 8):
        await driver.run(1)
    await driver.run(119)
    assert driver.present(LIVE) == ["amy", "anna", "stan", "tom"]
    await driver.run(CHECK_INTERVAL)
    assert driver.present(LIVE) == ["tom"]
    await driver.run(299 - 119 - CHECK_INTERVAL)
    assert driver.state(LIVE) == "live"
    await driver.run(CHECK_INTERVAL)
    assert driver.state(LIVE) == "ended"


async def test_heartbeats_recorded_before_the_database_failed_are_written_later(
    driver: PresenceDriver, school: School
) -> None:
    world = driver.world
    await driver.heartbeat(LIVE, school.tokens["amy"])
    received_at = world.clock()
    await take_away(world)
    await driver.run(20)
    await bring_back(world)
    await driver.run(1)
    ((seen,),) = world.raw_database.query(
        "SELECT last_seen_at FROM presences WHERE presence_id IN"
        " (SELECT max(presence_id) FROM presences JOIN accounts"
        " ON accounts.account_id = presences.account_id"
        " WHERE classroom_id = ? AND identifier = 'amy')",
        LIVE,
    )
    assert seen == round(received_at.timestamp() * 1_000_000)


async def test_clock_set_back_while_the_database_is_away_keeps_nobody_for_an_hour(
    driver: PresenceDriver, school: School
) -> None:
    world = driver.world
    await driver.run_with_heartbeats(10, (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"]))
    await take_away(world)
    world.clock.jump(hours=-1)
    await driver.tick()
    await bring_back(world)
    await driver.run(120 + CHECK_INTERVAL)
    assert driver.present(LIVE) == ["tom"]
    await driver.run(180)
    assert driver.state(LIVE) == "ended"


async def test_record_that_cannot_be_written_ends_no_class(
    driver: PresenceDriver, school: School
) -> None:
    """No record, no end: everything of it is one transaction, and it is tried again."""
    raw_database = driver.world.raw_database
    await driver.run_with_heartbeats(295, (LIVE, school.tokens["amy"]))
    raw_database.refuse_records("NEW.event = 'classroom_ended'")
    with pytest.raises(Exception, match="record cannot be written"):
        await driver.run(5)
    assert driver.state(LIVE) == "live"
    assert driver.present(LIVE) == ["amy", "tom"]
    await driver.world.settle()
    raw_database.take_records()
    await driver.run(CHECK_INTERVAL)
    assert (driver.state(LIVE), driver.state(OPEN)) == ("ended", "ended")


# ── sessions ────────────────────────────────────────────────────────────────────────────────────


async def test_heartbeats_by_memory_find_no_session_idle_that_was_used_before(
    open_with: Opener, school: School
) -> None:
    async with open_with(accounts={"idle_lifetime": 120}) as world:
        token, driver = await world.log_in("amy", PASSWORD), PresenceDriver(world)
        world.clock.advance(seconds=109)
        for _ in range(40):
            await driver.heartbeat(LIVE, token)  # 200 each time
            await world.application.accounts.session_activity.flush()
            world.clock.advance(seconds=1)
        world.clock.advance(seconds=120)
        path = f"/v1/classrooms/{LIVE}/heartbeat"
        assert (await world.call("POST", path, token)).status_code == 401


async def test_heartbeats_keep_a_session_from_going_idle(open_with: Opener, school: School) -> None:
    async with open_with(accounts={"idle_lifetime": 600}) as world:
        beating, idle = await world.log_in("amy", PASSWORD), await world.log_in("amy", PASSWORD)
        driver = PresenceDriver(world)
        for _ in range(12):
            world.clock.advance(seconds=300)
            await driver.heartbeat(LIVE, beating)
            await world.application.accounts.session_activity.flush()
        assert (await world.call("GET", "/v1/me", beating)).status_code == 200
        assert (await world.call("GET", "/v1/me", idle)).status_code == 401
    async with open_with(accounts={"idle_lifetime": 600}) as world:
        assert (await world.call("GET", "/v1/me", beating)).status_code == 200


# ── the end of the service ──────────────────────────────────────────────────────────────────────


async def test_an_error_in_one_last_step_leaves_out_no_other(
    open_with: Opener, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_with() as world:
        application = world.application

        async def fail() -> None:
            raise ValueError("something nobody thought of")

        monkeypatch.setattr(application.accounts.session_activity, "flush", fail)
        monkeypatch.setattr(application.classrooms.presence_tracker, "flush", fail)
        before = world.raw_database.events().count("checkpoint")
        await application.stop()
        assert world.raw_database.events().count("checkpoint") == before + 1
