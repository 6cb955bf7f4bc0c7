"""Old refusals go, with the ids of their requests; young ones stay."""

from datetime import timedelta

from tests.support.harness import Opener, World
from tests.support.refusals import kept
from tests.support.school import CREATED, ENDED, School

from classgate.refusal_log.retention import RefusalRetention

KEPT = timedelta(days=30)


def _retention(world: World) -> RefusalRetention:
    return RefusalRetention(
        database=world.application.database,
        retention=KEPT,
        clock=world.clock,
        sleep=world.clock.sleep,
    )


async def _refuse(world: World, school: School, classroom: int, times: int = 1) -> None:
    for _ in range(times):
        path = f"/v1/classrooms/{classroom}/entry"
        answer = await world.call("POST", path, school.tokens["amy"])
        assert answer.status_code == 409
    await world.application.refusals.flush()


async def test_old_rows_go_with_their_requests(world: World, school: School) -> None:
    await _refuse(world, school, ENDED, times=3)
    world.clock.advance(days=29)
    world.raw_database.change("UPDATE sessions SET expires_at = expires_at + 86400000000 * 400")
    world.raw_database.change("UPDATE sessions SET last_used_at = last_used_at + 86400000000 * 29")
    await _refuse(world, school, CREATED, times=2)
    assert await _retention(world).run_once() == 0
    world.clock.advance(days=1, minutes=1)
    assert await _retention(world).run_once() == 1
    assert await kept(world, "reason, count") == [("class_not_started", 2)]
    assert world.raw_database.query("SELECT count(*) FROM refusal_requests") == [(1,)]
    assert await _retention(world).run_once() == 0


async def test_many_rows_go_in_pieces(world: World, school: School) -> None:
    for _ in range(120):
        await _refuse(world, school, ENDED)
        world.clock.advance(minutes=1)
    world.clock.advance(days=31)
    pieces: list[float] = []

    async def sleep(seconds: float) -> None:
        pieces.append(seconds)

    retention = RefusalRetention(
        database=world.application.database, retention=KEPT, clock=world.clock, sleep=sleep
    )
    assert await retention.run_once() == 120
    assert len(pieces) == 2
    assert await kept(world, "reason") == []


async def test_it_is_part_of_the_periodic_work(open_with: Opener, school: School) -> None:
    async with open_with(audit={"refusals_retention": 86400}) as world:
        await _refuse(world, school, ENDED)
        world.clock.advance(days=2)
        steps = [
            step
            for job in world.application.scheduler._jobs
            for step in job.steps
            if isinstance(getattr(step, "__self__", None), RefusalRetention)
        ]
        assert [await step() for step in steps] == [1]
