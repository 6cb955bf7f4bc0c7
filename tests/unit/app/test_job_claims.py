"""Of several processes one does the work, and another one the next time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from classgate.app.job_claims import JobClaims
from classgate.storage.rate_limits import InProcessRateLimitStore

HOUR = timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def test_one_of_several_processes_does_the_work_of_an_interval() -> None:
    clock, done = Clock(), list[int]()
    store = InProcessRateLimitStore()  # as if shared

    async def work() -> None:
        done.append(1)
        await asyncio.sleep(0)

    steps = [JobClaims(store, clock).once("audit", HOUR, work) for _ in range(3)]
    other = JobClaims(store, clock).once("folders", HOUR, work)
    await asyncio.gather(*(step() for step in steps))
    assert len(done) == 1
    await other()
    assert len(done) == 2
    clock.now += HOUR / 2 - timedelta(microseconds=1)
    await steps[1]()
    assert len(done) == 2
    clock.now += timedelta(microseconds=1)
    await asyncio.gather(*(step() for step in steps))
    assert len(done) == 3


@pytest.mark.parametrize("end", [asyncio.CancelledError(), OSError("killed")])
async def test_process_that_ends_in_the_middle_stops_the_work_for_no_longer(
    end: BaseException,
) -> None:
    clock, done = Clock(), list[int]()
    store = InProcessRateLimitStore()

    async def break_off() -> None:
        raise end

    async def work() -> None:
        done.append(1)

    with pytest.raises(type(end)):
        await JobClaims(store, clock).once("audit", HOUR, break_off)()
    survivor = JobClaims(store, clock).once("audit", HOUR, work)
    await survivor()
    assert done == []
    clock.now += HOUR / 2
    await survivor()
    assert done == [1]
