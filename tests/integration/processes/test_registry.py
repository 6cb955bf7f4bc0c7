"""Each serving process keeps a row; the others count it and share what the cloud allows."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener, StoppedClock, World
from tests.support.school import School
from tests.support.video_signatures import caller_of, query

import classgate
from classgate.errors import CloudUnavailable, ServiceUnavailable
from classgate.processes.registry import BEAT_INTERVAL, CAREFUL_SHARE, DEAD_AFTER, ProcessRegistry

BEATS_TO_GROW = 5


@pytest.fixture
async def other(open_with: Opener) -> AsyncIterator[World]:
    """A second process over the same database."""
    async with open_with() as opened:
        yield opened


def registry_of(world: World) -> ProcessRegistry:
    return world.application.processes


async def live(world: World) -> frozenset[str]:
    return await registry_of(world).live_ids(world.application.database.reader)


async def beat(clock: StoppedClock, *worlds: World, times: int = 1) -> None:
    for _ in range(times):
        clock.advance(seconds=BEAT_INTERVAL.total_seconds())
        for each in worlds:
            await registry_of(each).beat()


async def test_process_has_a_row_from_its_start_to_its_end(world: World) -> None:
    application = world.application
    assert await live(world) == frozenset()
    await application.start()
    (row,) = await application.processes.list_live(application.database.reader)
    assert (row.process_id, row.version) == (
        application.processes.process_id,
        classgate.__version__,
    )
    assert row.host
    assert row.started_at == row.seen_at == world.clock()
    await registry_of(world).leave()
    assert await live(world) == frozenset()
    await application.stop()


@pytest.mark.on_sqlite
async def test_alone_over_a_file_it_writes_once_and_has_every_budget(
    world: World, other: World
) -> None:
    assert registry_of(world).share() == 1.0
    await registry_of(other).beat()  # killed: its row stays
    await registry_of(world).beat()
    world.clock.advance(hours=1)
    await registry_of(world).beat()
    (row,) = await registry_of(world).list_live(world.application.database.reader)
    assert row.process_id == registry_of(world).process_id
    assert row.seen_at < world.clock()
    assert registry_of(world).share() == 1.0


@pytest.mark.on_postgresql
async def test_alone_over_a_server_it_has_every_budget_from_its_first_beat(world: World) -> None:
    await registry_of(world).beat()
    assert registry_of(world).share() == 1.0


@pytest.mark.on_postgresql
async def test_process_that_cannot_register_is_careful(world: World) -> None:
    world.raw_database.change("ALTER TABLE processes RENAME TO lost_processes")
    with pytest.raises(ServiceUnavailable):
        await registry_of(world).beat()
    assert registry_of(world).share() == CAREFUL_SHARE


@pytest.mark.on_postgresql
async def test_others_make_room_before_a_new_process_takes_its_share(
    world: World, other: World, clock: StoppedClock
) -> None:
    await beat(clock, world, times=BEATS_TO_GROW)
    await registry_of(other).beat()
    assert (registry_of(world).share(), registry_of(other).share()) == (1.0, CAREFUL_SHARE)
    await beat(clock, other, world)
    assert (registry_of(world).share(), registry_of(other).share()) == (0.5, CAREFUL_SHARE)
    await beat(clock, other, world)
    assert (registry_of(world).share(), registry_of(other).share()) == (0.5, 0.5)
    assert await live(world) == await live(other)
    assert len(await live(world)) == 2


@pytest.mark.on_postgresql
async def test_share_of_a_process_that_left_is_taken_after_some_beats(
    world: World, other: World, clock: StoppedClock
) -> None:
    await beat(clock, world, other, times=BEATS_TO_GROW)
    await registry_of(other).leave()
    await beat(clock, world, times=BEATS_TO_GROW - 1)
    assert registry_of(world).share() == 0.5
    await beat(clock, world)
    assert registry_of(world).share() == 1.0


@pytest.mark.on_postgresql
async def test_killed_process_is_dead_after_some_missed_beats_and_its_row_goes(
    world: World, other: World, clock: StoppedClock, captured_log: CapturedLog
) -> None:
    killed = registry_of(other).process_id
    await beat(clock, world, other)
    clock.advance(seconds=DEAD_AFTER.total_seconds() - 0.001)
    assert killed in await live(world)
    clock.advance(seconds=0.001)
    assert await live(world) == frozenset()
    await registry_of(world).beat()
    assert await live(world) == {registry_of(world).process_id}
    await beat(clock, world, times=6)  # its clock might have been wrong
    assert world.raw_database.query("SELECT process_id FROM processes") == [
        (registry_of(world).process_id,)
    ]
    assert killed in captured_log.getvalue()


@pytest.mark.on_postgresql
async def test_after_a_silence_of_all_nobody_takes_the_shares_of_the_others(
    world: World, other: World, clock: StoppedClock
) -> None:
    """As when the database was down: each finds the rows of the others old."""
    await beat(clock, world, other, times=BEATS_TO_GROW)
    clock.advance(minutes=2)
    await registry_of(world).beat()
    assert registry_of(world).share() == 0.5
    await beat(clock, other, world)
    assert len(await live(world)) == 2
    await beat(clock, other, world, times=BEATS_TO_GROW)
    assert (registry_of(world).share(), registry_of(other).share()) == (0.5, 0.5)


@pytest.mark.on_postgresql
async def test_beat_that_takes_very_long_is_no_death(world: World) -> None:
    def slow_clock() -> datetime:
        world.clock.advance(minutes=1)
        return world.clock()

    database = world.application.database
    registry = ProcessRegistry(database, slow_clock, shared=True)
    for _ in range(2):
        await registry.beat()
        assert registry.share() == 1.0
    assert world.raw_database.query("SELECT process_id FROM processes") == [(registry.process_id,)]


@pytest.mark.on_postgresql
async def test_row_of_a_clock_that_was_far_ahead_goes(
    world: World, other: World, clock: StoppedClock
) -> None:
    clock.jump(days=1)
    await registry_of(other).beat()
    clock.jump(days=-1)
    await registry_of(world).beat()
    assert await live(world) == {registry_of(world).process_id}


@pytest.mark.on_postgresql
async def test_processes_whose_clocks_differ_share_the_budgets(
    world: World, clock: StoppedClock, captured_log: CapturedLog
) -> None:
    """By a minute: for the cloud, and for whoever logs in, both are right enough."""
    database = world.application.database
    ahead = ProcessRegistry(
        database, lambda: clock() + timedelta(minutes=1), shared=True, monotonic=clock.monotonic
    )
    for _ in range(10):
        await ahead.beat()
        await beat(clock, world)
    assert (registry_of(world).share(), ahead.share()) == (0.5, 0.5)
    assert len(await live(world)) == 2
    assert "ended without a word" not in captured_log.getvalue()
    for _ in range(10):  # it is killed
        await beat(clock, world)
    assert registry_of(world).share() == 1.0
    assert "ended without a word" in captured_log.getvalue()


@pytest.mark.on_postgresql
@pytest.mark.parametrize("hours", [1, -1])
async def test_nobody_is_dead_because_the_clock_was_set(
    world: World, other: World, clock: StoppedClock, captured_log: CapturedLog, hours: int
) -> None:
    await beat(clock, world, other, times=BEATS_TO_GROW)
    clock.jump(hours=hours)
    await registry_of(world).beat()
    assert len(await live(world)) == 2
    assert "ended without a word" not in captured_log.getvalue()


async def calls_until_refused(world: World, school: School) -> int:
    """How many calls to VOD one process makes now. No time passes."""
    tom, made = await caller_of(world, school, "tom"), 0
    while True:
        try:
            await world.application.legacy.videos.forward_query(tom, "GET", query(world))
        except CloudUnavailable:
            return made
        made += 1


@pytest.mark.on_postgresql
async def test_two_processes_together_call_the_cloud_as_often_as_one(
    world: World, other: World, school: School, clock: StoppedClock
) -> None:
    """VOD: 20 at once and one a second; a call waits for up to 7.5 s."""
    await beat(clock, world, other, times=BEATS_TO_GROW)
    calls = [await calls_until_refused(each, school) for each in (world, other)]
    assert calls == [10 + 3, 10 + 3]
