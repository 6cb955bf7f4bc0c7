"""Who is silent leaves, and a class ends without its host; but only silence that was listened to
counts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.support.captured_log import LogBook
from tests.support.harness import Opener, World
from tests.support.presence_driver import Keeping
from tests.support.school import CREATED, LIVE, OPEN, PASSWORD, School

from classgate.errors import ServiceUnavailable

# A sweep comes every five seconds: as much later may somebody be found silent.
SWEEP = 5


@pytest.fixture
async def keeping(world: World) -> Keeping:
    """A service that has just started; all who are in the school's class were silent for long."""
    started = Keeping(world)
    await started.tick()
    return started


# ── members ─────────────────────────────────────────────────────────────────────────────────────


async def test_silent_member_is_there_for_119_s_and_has_left_after_120(
    keeping: Keeping, school: School
) -> None:
    await keeping.enter(LIVE, school.tokens["amy"])
    entered = keeping.world.clock.unix
    await keeping.live(119)
    assert keeping.present(LIVE) == ["amy", "anna", "stan", "tom"]
    await keeping.live(1)
    assert keeping.present(LIVE) == ["tom"]  # the host is left to the end of the class
    # There until last heard of, not until that was noticed.
    assert keeping.was_there(LIVE, "amy")[-1][1:] == (entered, "timed_out")


@pytest.mark.parametrize("offset", range(1, SWEEP + 1))
async def test_whenever_a_member_falls_silent_nobody_leaves_early_nor_late(
    keeping: Keeping, school: School, offset: int
) -> None:
    await keeping.live(60 + offset)
    await keeping.enter(LIVE, school.tokens["amy"])
    await keeping.live(119)
    assert "amy" in keeping.present(LIVE)
    await keeping.live(SWEEP)
    assert "amy" not in keeping.present(LIVE)


async def test_each_heartbeat_gives_the_whole_time_anew(keeping: Keeping, school: School) -> None:
    amy = school.tokens["amy"]
    await keeping.enter(LIVE, amy)
    for _ in range(3):
        await keeping.live(119)
        assert await keeping.beat(LIVE, amy)
        await keeping.beat(LIVE, school.tokens["tom"])
    await keeping.live(119)
    assert "amy" in keeping.present(LIVE)
    await keeping.live(SWEEP + 1)
    assert "amy" not in keeping.present(LIVE)


async def test_one_who_beats_stays_while_others_leave(keeping: Keeping, school: School) -> None:
    await keeping.live_beating(400, (LIVE, school.tokens["stan"]), (LIVE, school.tokens["tom"]))
    assert keeping.present(LIVE) == ["stan", "tom"]


async def test_heartbeats_are_written_with_the_tick_and_make_no_rows(
    keeping: Keeping, school: School
) -> None:
    query, amy = keeping.world.ledger.query, school.tokens["amy"]
    before = query("SELECT * FROM presences ORDER BY presence_id")
    keeping.world.clock.advance(seconds=1)
    for _ in range(20):
        await keeping.beat(LIVE, amy)
    assert query("SELECT * FROM presences ORDER BY presence_id") == before
    await keeping.tick()
    after = query("SELECT * FROM presences ORDER BY presence_id")
    assert len(after) == len(before)
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


async def test_heartbeat_of_one_who_left_meanwhile_brings_nobody_back(
    keeping: Keeping, school: School
) -> None:
    """It was heard before, and is written after."""
    amy = school.tokens["amy"]
    await keeping.beat(LIVE, amy)
    answer = await keeping.world.call("POST", f"/v1/classrooms/{LIVE}/leave", amy)
    assert answer.status_code == 204
    await keeping.live(1)
    assert "amy" not in keeping.present(LIVE)
    assert not await keeping.beat(LIVE, amy)


async def test_times_are_settings(open_with: Opener, school: School) -> None:
    async with open_with(classrooms={"member_timeout": 30, "host_timeout": 40}) as world:
        keeping = Keeping(world)
        await keeping.tick()
        await keeping.live(29)
        assert "amy" in keeping.present(LIVE)
        await keeping.live(1)
        assert keeping.present(LIVE) == ["tom"]
        await keeping.live(9)
        assert keeping.state(LIVE) == "live"
        await keeping.live(1)
        assert keeping.state(LIVE) == "ended"


async def test_more_than_one_batch_of_silent_members_leave_in_one_sweep(
    keeping: Keeping, school: School
) -> None:
    """500 go at a time; each row is a person of its own."""
    world = keeping.world
    for number in range(1201):
        world.ledger.change(
            "INSERT INTO presences"
            " (classroom_id, account_id, session_id, role, entered_at, last_seen_at)"
            " SELECT ?, account_id, 's', 'student', 1, 1 FROM accounts WHERE identifier = 'amy'",
            _another_class(world, number),
        )
    await keeping.live(119)
    assert len(_open_of(world, "amy")) == 1202
    await keeping.live(1)
    assert _open_of(world, "amy") == []


def _another_class(world: World, number: int) -> int:
    classroom_id = 1000 + number
    world.ledger.change(
        "INSERT INTO classrooms"
        " (classroom_id, title, state, host_id, open, created_at, recent_at)"
        " SELECT ?, 't', 'created', host_id, open, 1, 1 FROM classrooms WHERE classroom_id = ?",
        classroom_id,
        LIVE,
    )
    return classroom_id


def _open_of(world: World, identifier: str) -> list[tuple[int]]:
    return world.ledger.query(
        "SELECT presence_id FROM presences JOIN accounts"
        " ON accounts.account_id = presences.account_id"
        " WHERE left_at IS NULL AND identifier = ?",
        identifier,
    )


# ── hosts ───────────────────────────────────────────────────────────────────────────────────────


async def test_class_is_live_for_299_s_without_its_host_and_ended_after_300(
    keeping: Keeping, school: School
) -> None:
    ledger = keeping.world.ledger
    ended = ledger.events().count("classroom_ended")
    amy = (LIVE, school.tokens["amy"])
    ((entered, _, _),) = keeping.was_there(LIVE, "tom")
    await keeping.live_beating(299, amy)
    assert (keeping.state(LIVE), keeping.state(OPEN)) == ("live", "live")
    await keeping.live_beating(1, amy)
    assert (keeping.state(LIVE), keeping.state(OPEN)) == ("ended", "ended")
    assert keeping.present(LIVE) == []
    assert keeping.was_there(LIVE, "amy")[-1][1:] == (keeping.world.clock.unix, "class_ended")
    assert keeping.was_there(LIVE, "tom")[-1][1:] == (entered, "timed_out")
    assert ledger.lease_state(school.leases[LIVE, "amy"]) == "ended"
    assert ledger.events().count("classroom_ended") == ended + 2
    rules = ledger.query("SELECT rule, actor_id FROM audit_rows WHERE rule LIKE 'no heartbeat%'")
    assert rules == [("no heartbeat of its host for 300 s", None)] * 2
    markers = ledger.query(
        "SELECT count(*) FROM outbox WHERE classroom_id = ? AND payload LIKE '%1002%'", LIVE
    )
    assert markers == [(1,)]
    assert (await keeping.world.application.audit.verify()).faults == ()
    await keeping.live(10)
    assert ledger.events().count("classroom_ended") == ended + 2


async def test_host_who_beats_keeps_a_class_live(keeping: Keeping, school: School) -> None:
    await keeping.live_beating(700, (LIVE, school.tokens["tom"]), every=119)
    assert (keeping.state(LIVE), keeping.state(OPEN)) == ("live", "ended")
    assert keeping.present(LIVE) == ["tom"]


async def test_class_that_is_not_live_never_ends_by_silence(
    keeping: Keeping, school: School
) -> None:
    await keeping.enter(CREATED, school.tokens["tom"])
    await keeping.live(400)
    assert keeping.state(CREATED) == "created"
    assert keeping.present(CREATED) == []


async def test_heartbeat_of_an_assistant_is_not_the_hosts(keeping: Keeping, school: School) -> None:
    await keeping.live_beating(300, (LIVE, school.tokens["anna"]))
    assert keeping.state(LIVE) == "ended"


async def test_new_host_has_the_whole_time(keeping: Keeping, school: School) -> None:
    await keeping.live(298)
    answer = await keeping.world.call(
        "PUT", f"/v1/classrooms/{LIVE}/host", school.tokens["root"], {"identifier": "tina"}
    )
    assert answer.status_code == 200
    await keeping.live_beating(299, (LIVE, school.tokens["tom"]))  # who is host no longer
    assert (keeping.state(LIVE), keeping.state(OPEN)) == ("live", "ended")
    await keeping.live(SWEEP)
    assert keeping.state(LIVE) == "ended"


async def test_host_who_is_put_off_the_roster_is_there_no_longer(
    keeping: Keeping, school: School
) -> None:
    """Who is not fit to be host any more leaves instead of assisting."""
    world, root = keeping.world, school.tokens["root"]
    body = {"role": "student"}
    assert (await world.call("PATCH", "/v1/admin/accounts/tom", root, body)).status_code == 200
    path = f"/v1/classrooms/{LIVE}/host"
    assert (await world.call("PUT", path, root, {"identifier": "tina"})).status_code == 200
    assert "tom" not in keeping.present(LIVE)
    assert keeping.was_there(LIVE, "tom")[-1][2] == "removed"


# ── only what was listened to counts ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("away", [0, 10, 119, 121, 3600, 86400 * 3])
async def test_after_a_restart_everybody_has_the_whole_time(
    open_with: Opener, school: School, away: int
) -> None:
    async with open_with() as world:
        before = Keeping(world)
        await before.tick()
        await before.live_beating(250, (LIVE, school.tokens["amy"]), every=240)
        world.clock.advance(seconds=away)
    async with open_with() as world:
        keeping = Keeping(world)
        await keeping.tick()
        await keeping.live(119)
        assert keeping.present(LIVE) == ["amy", "tom"]
        await keeping.live(1)
        assert keeping.present(LIVE) == ["tom"]
        await keeping.live(179)
        assert keeping.state(LIVE) == "live"
        await keeping.live(1)
        assert keeping.state(LIVE) == "ended"


@pytest.mark.parametrize("seconds", [11, 60, 3600, 86400])
async def test_after_a_standstill_everybody_has_the_whole_time(
    keeping: Keeping, school: School, seconds: int
) -> None:
    await keeping.live_beating(290, (LIVE, school.tokens["amy"]), every=175)
    await _assert_nobody_suffers_by(
        keeping, lambda: keeping.world.clock.advance(seconds=seconds), 120, 300
    )


@pytest.mark.parametrize("seconds", [3600, -3600, 86400 * 400, -86400 * 400, 11, -2])
async def test_clock_that_is_set_throws_nobody_out(
    keeping: Keeping, school: School, seconds: int
) -> None:
    await keeping.live_beating(290, (LIVE, school.tokens["amy"]), every=175)
    await _assert_nobody_suffers_by(
        keeping, lambda: keeping.world.clock.jump(seconds=seconds), 120, 300
    )


async def _assert_nobody_suffers_by(
    keeping: Keeping, event: Callable[[], None], member: int, host: int
) -> None:
    """Amy and the class are nearly due; after this they have the whole time, and no longer."""
    event()
    await keeping.tick()
    await keeping.live(member - 1)
    assert keeping.present(LIVE) == ["amy", "tom"]
    await keeping.live(SWEEP)
    assert keeping.present(LIVE) == ["tom"]
    await keeping.live(host - member - SWEEP)
    assert keeping.state(LIVE) == "live"
    await keeping.live(SWEEP)
    assert keeping.state(LIVE) == "ended"


@pytest.mark.parametrize("seconds", [3600, -3600])
async def test_who_beats_through_a_jump_stays(
    keeping: Keeping, school: School, seconds: int
) -> None:
    both = (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"])
    for _ in range(3):
        await keeping.live_beating(130, *both)
        keeping.world.clock.jump(seconds=seconds)
    await keeping.live_beating(310, *both)
    assert keeping.present(LIVE) == ["amy", "tom"]
    assert keeping.state(LIVE) == "live"


async def test_heartbeat_between_a_jump_and_the_next_tick_is_not_from_the_future(
    keeping: Keeping, school: School
) -> None:
    clock = keeping.world.clock
    clock.jump(hours=1)
    await keeping.beat(LIVE, school.tokens["amy"])
    clock.jump(hours=-1)
    clock.jump(seconds=-1)
    await keeping.tick()
    await keeping.live(119 + SWEEP)
    assert keeping.present(LIVE) == ["tom"]


async def test_who_came_by_a_clock_that_was_fast_did_not_leave_before_coming(
    keeping: Keeping, school: School
) -> None:
    clock, amy = keeping.world.clock, school.tokens["amy"]
    path = f"/v1/classrooms/{LIVE}/leave"
    await keeping.world.call("POST", path, amy)
    clock.jump(hours=1)
    await keeping.enter(LIVE, amy)
    fast = clock.unix
    clock.jump(hours=-1)
    await keeping.world.call("POST", path, amy)  # before the keeper saw that it was set back
    assert keeping.was_there(LIVE, "amy")[-1] == (fast, fast, "left")

    clock.jump(hours=1)
    await keeping.enter(LIVE, amy)
    await keeping.tick()
    clock.jump(hours=-1)
    await keeping.tick()
    right = clock.unix
    await keeping.live(60)
    await keeping.world.call("POST", path, amy)
    assert keeping.was_there(LIVE, "amy")[-1] == (right, right + 60, "left")


async def test_clock_that_went_back_while_the_service_was_down_keeps_nobody_for_ever(
    open_with: Opener, school: School
) -> None:
    async with open_with() as world:
        world.clock.jump(hours=12)
        keeping = Keeping(world)
        await keeping.tick()
        await keeping.live_beating(10, (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"]))
        world.clock.jump(hours=-12)
    async with open_with() as world:
        keeping = Keeping(world)
        await keeping.tick()
        await keeping.live(119)
        assert "amy" in keeping.present(LIVE)
        await keeping.live(SWEEP)
        assert keeping.present(LIVE) == ["tom"]
        await keeping.live(300 - 119 - SWEEP)
        assert keeping.state(LIVE) == "ended"


# ── the database fails ──────────────────────────────────────────────────────────────────────────


async def take_away(world: World) -> None:
    await world.settle()
    world.ledger.change("ALTER TABLE presences RENAME TO taken_away")


async def bring_back(world: World) -> None:
    await world.settle()
    world.ledger.change("ALTER TABLE taken_away RENAME TO presences")


@pytest.mark.parametrize("away", [1, 30, 400])
async def test_after_a_lost_database_everybody_has_the_whole_time(
    keeping: Keeping, school: School, away: int, log_book: LogBook
) -> None:
    world = keeping.world
    await keeping.live_beating(290, (LIVE, school.tokens["amy"]), every=175)
    await take_away(world)
    await keeping.live(away)
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/heartbeat", school.tokens["amy"])
    assert answer.status_code == 503
    await bring_back(world)
    await keeping.live(1)
    assert log_book.getvalue().count("the database is unavailable") == 1  # not each second
    await keeping.live(117)
    assert keeping.present(LIVE) == ["amy", "tom"]
    await keeping.live(SWEEP)
    assert keeping.present(LIVE) == ["tom"]
    await keeping.live(299 - 118 - SWEEP)
    assert keeping.state(LIVE) == "live"
    await keeping.live(SWEEP)
    assert keeping.state(LIVE) == "ended"


@contextmanager
def writing_takes(keeping: Keeping, seconds: int, *, fails: bool = False) -> Iterator[None]:
    """The machine sleeps, or the database hangs, while the next tick writes."""
    tracker = keeping.world.application.presence_tracker

    async def write() -> None:
        await type(tracker).flush(tracker)
        keeping.world.clock.advance(seconds=seconds)
        if fails:
            raise ServiceUnavailable("it hung and gave up")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracker, "flush", write)
        yield


@pytest.mark.parametrize("offset", range(SWEEP))
async def test_sleep_in_the_middle_of_a_tick_is_not_silence(
    keeping: Keeping, school: School, offset: int
) -> None:
    both = (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"])
    await keeping.live_beating(350 + offset, *both, every=1)
    with writing_takes(keeping, 400):
        await keeping.live(1)
    assert keeping.state(LIVE) == "live"
    await keeping.live_beating(300, *both)
    assert keeping.present(LIVE) == ["amy", "tom"]
    assert keeping.state(LIVE) == "live"


@pytest.mark.parametrize("hangs", [8, 60])
async def test_after_a_database_that_hung_the_time_counts_from_when_it_answers(
    keeping: Keeping, school: School, hangs: int
) -> None:
    await keeping.live_beating(20, (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"]))
    with writing_takes(keeping, hangs, fails=True):
        await keeping.live(1)
    with writing_takes(keeping, 8):
        await keeping.live(1)
    await keeping.live(119)
    assert keeping.present(LIVE) == ["amy", "anna", "stan", "tom"]
    await keeping.live(SWEEP)
    assert keeping.present(LIVE) == ["tom"]
    await keeping.live(299 - 119 - SWEEP)
    assert keeping.state(LIVE) == "live"
    await keeping.live(SWEEP)
    assert keeping.state(LIVE) == "ended"


async def test_what_was_heard_before_the_database_failed_is_written_afterwards(
    keeping: Keeping, school: School
) -> None:
    world = keeping.world
    await keeping.beat(LIVE, school.tokens["amy"])
    heard = world.clock()
    await take_away(world)
    await keeping.live(20)
    await bring_back(world)
    await keeping.live(1)
    ((seen,),) = world.ledger.query(
        "SELECT last_seen_at FROM presences WHERE presence_id IN"
        " (SELECT max(presence_id) FROM presences JOIN accounts"
        " ON accounts.account_id = presences.account_id"
        " WHERE classroom_id = ? AND identifier = 'amy')",
        LIVE,
    )
    assert seen == round(heard.timestamp() * 1_000_000)


async def test_clock_set_back_while_the_database_is_away_keeps_nobody_for_an_hour(
    keeping: Keeping, school: School
) -> None:
    world = keeping.world
    await keeping.live_beating(10, (LIVE, school.tokens["amy"]), (LIVE, school.tokens["tom"]))
    await take_away(world)
    world.clock.jump(hours=-1)
    await keeping.tick()
    await bring_back(world)
    await keeping.live(120 + SWEEP)
    assert keeping.present(LIVE) == ["tom"]
    await keeping.live(180)
    assert keeping.state(LIVE) == "ended"


async def test_record_that_cannot_be_written_ends_no_class(
    keeping: Keeping, school: School
) -> None:
    """No record, no end: everything of it is one transaction, and it is tried again."""
    ledger = keeping.world.ledger
    await keeping.live_beating(295, (LIVE, school.tokens["amy"]))
    ledger.refuse_records("NEW.event = 'classroom_ended'")
    with pytest.raises(Exception, match="record cannot be written"):
        await keeping.live(5)
    assert keeping.state(LIVE) == "live"
    assert keeping.present(LIVE) == ["amy", "tom"]
    await keeping.world.settle()
    ledger.take_records()
    await keeping.live(SWEEP)
    assert (keeping.state(LIVE), keeping.state(OPEN)) == ("ended", "ended")


# ── sessions ────────────────────────────────────────────────────────────────────────────────────


async def test_heartbeats_by_memory_find_no_session_idle_that_was_used_before(
    open_with: Opener, school: School
) -> None:
    async with open_with(accounts={"idle_lifetime": 120}) as world:
        token, keeping = await world.log_in("amy", PASSWORD), Keeping(world)
        world.clock.advance(seconds=109)
        for _ in range(40):
            await keeping.beat(LIVE, token)  # 200 each time
            await world.application.session_activity.flush()
            world.clock.advance(seconds=1)
        world.clock.advance(seconds=120)
        path = f"/v1/classrooms/{LIVE}/heartbeat"
        assert (await world.call("POST", path, token)).status_code == 401


async def test_heartbeats_keep_a_session_from_going_idle(open_with: Opener, school: School) -> None:
    async with open_with(accounts={"idle_lifetime": 600}) as world:
        beating, idle = await world.log_in("amy", PASSWORD), await world.log_in("amy", PASSWORD)
        keeping = Keeping(world)
        for _ in range(12):
            world.clock.advance(seconds=300)
            await keeping.beat(LIVE, beating)
            await world.application.session_activity.flush()
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

        monkeypatch.setattr(application.session_activity, "flush", fail)
        monkeypatch.setattr(application.presence_tracker, "flush", fail)
        before = world.ledger.events().count("checkpoint")
        await application.stop()
        assert world.ledger.events().count("checkpoint") == before + 1
