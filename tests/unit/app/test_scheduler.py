"""Work that is repeated while the process serves."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from classgate.app.scheduler import PeriodicJob, Scheduler
from classgate.cloud.resilient_client import Runtime


class Pauses:
    """Records each pause; a pause lasts until the test ends it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.begun = asyncio.Event()
        self.over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.begun.set()
        await self.over.wait()
        self.over.clear()


def runtime_of(pauses: Pauses) -> Runtime:
    return Runtime(monotonic=lambda: 0.0, sleep=pauses.sleep, jitter=lambda: 0.25)


async def test_a_job_waits_runs_its_steps_in_order_and_waits_again() -> None:
    pauses, done = Pauses(), list[str]()

    async def first() -> None:
        done.append("first")

    async def second() -> None:
        done.append("second")

    job = PeriodicJob(
        steps=[first, second], interval=timedelta(seconds=60), failure="failed", has_jitter=True
    )
    scheduler = Scheduler([job], runtime_of(pauses))
    scheduler.start()
    try:
        await pauses.begun.wait()
        assert done == []
        pauses.begun.clear()
        pauses.over.set()
        await pauses.begun.wait()
        assert done == ["first", "second"]
        assert pauses.seconds == [45.0, 45.0]
    finally:
        await scheduler.stop()


async def test_a_failing_step_stops_neither_the_others_nor_the_next_run() -> None:
    pauses, runs = Pauses(), list[int]()

    async def fail() -> None:
        raise RuntimeError

    async def count() -> None:
        runs.append(len(runs))

    job = PeriodicJob(
        steps=[fail, count],
        interval=timedelta(seconds=60),
        failure="clean-up failed",
        runs_at_start=True,
        has_jitter=True,
    )
    scheduler = Scheduler([job], runtime_of(pauses))
    with capture_logs() as logs:
        scheduler.start()
        try:
            await pauses.begun.wait()
            assert runs == [0]
            pauses.begun.clear()
            pauses.over.set()
            await pauses.begun.wait()
            assert runs == [0, 1]
        finally:
            await scheduler.stop()
    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("clean-up failed", "error"),
        ("clean-up failed", "error"),
    ]


async def test_stopping_ends_every_task() -> None:
    pauses = Pauses()
    job = PeriodicJob(steps=[], interval=timedelta(seconds=1), failure="", has_jitter=True)
    before = asyncio.all_tasks()
    scheduler = Scheduler([job, job], runtime_of(pauses))
    scheduler.start()
    await pauses.begun.wait()
    await scheduler.stop()
    assert asyncio.all_tasks() == before
