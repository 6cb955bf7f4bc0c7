"""Work that a serving process repeats: flushes, checkpoints, clean-up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from classgate.cloud.resilient_client import Runtime

log = structlog.get_logger("classgate")

Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class PeriodicJob:
    """Steps that run one after the other, again and again.

    A step that fails is logged as `failure`; the later steps and runs do not depend on it.
    """

    steps: Sequence[Step]
    interval: timedelta
    failure: str
    runs_at_start: bool = False
    # Half to one and a half intervals, so that replicas started together do not run together.
    has_jitter: bool = False


class Scheduler:
    """Runs periodic jobs until it is stopped."""

    def __init__(self, jobs: Sequence[PeriodicJob], runtime: Runtime) -> None:
        self._jobs = jobs
        self._runtime = runtime
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start every job in a task of its own."""
        self._tasks = [asyncio.create_task(self._repeat(job)) for job in self._jobs]

    async def stop(self) -> None:
        """Cancel the jobs and wait for their end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def _repeat(self, job: PeriodicJob) -> None:
        if job.runs_at_start:
            await _run(job)
        while True:
            await self._wait(job)
            await _run(job)

    async def _wait(self, job: PeriodicJob) -> None:
        if job.has_jitter:
            factor = 0.5 + self._runtime.jitter()
            await self._runtime.sleep(job.interval.total_seconds() * factor)
        else:
            await asyncio.sleep(job.interval.total_seconds())


async def _run(job: PeriodicJob) -> None:
    for step in job.steps:
        try:
            await step()
        except Exception:
            log.exception(job.failure)
