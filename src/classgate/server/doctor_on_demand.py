"""Runs doctor for the HTTP API: one run at a time, and not again for some seconds.

The checks are imported when somebody asks for them first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from classgate.api.doctor import CheckResult, DoctorReport
from classgate.clock import Clock, utc_now
from classgate.settings.loading import Settings

if TYPE_CHECKING:
    from classgate.diagnosis.findings import Finding

INTERVAL: Final = timedelta(seconds=15)
"""A report is given again for this time: the checks call the cloud."""

MAX_DURATION: Final = timedelta(seconds=10)
"""The timeout of one check; somebody is waiting."""

Run = Callable[[], Awaitable[Sequence["Finding"]]]
_Task = asyncio.Task[tuple[datetime, Sequence["Finding"]]]


class DoctorOnDemand:
    """Runs the checks when somebody asks, and shares what they found."""

    def __init__(self, run: Run, clock: Clock) -> None:
        self._run_checks = run
        self._clock = clock
        self._task: _Task | None = None

    async def run(self, *, chinese: bool) -> DoctorReport:
        """Return the report of a run that begins now, is under way, or ended moments ago."""
        if self._task is None or self._is_over(self._task):
            self._task = asyncio.create_task(self._run())
        # Shielded: whoever leaves must not take the report from the others.
        at, findings = await asyncio.shield(self._task)
        if chinese:
            from classgate.diagnosis.findings_zh import in_chinese  # noqa: PLC0415 - if needed

            findings = [in_chinese(each) for each in findings]
        return DoctorReport(at, [_result(each) for each in findings])

    async def stop(self) -> None:
        """Cancel a run; its object is removed from the bucket as far as possible."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _is_over(self, task: _Task) -> bool:
        if not task.done():
            return False
        failed = task.cancelled() or task.exception() is not None
        return failed or abs(self._clock() - task.result()[0]) >= INTERVAL

    async def _run(self) -> tuple[datetime, Sequence["Finding"]]:
        findings = await self._run_checks()
        return self._clock(), findings


def doctor_on_demand(settings: Settings, clock: Clock = utc_now) -> DoctorOnDemand:
    """Return the checks of an installation, without the one that reads the whole storage."""

    async def run() -> Sequence["Finding"]:
        from classgate.diagnosis.runner import run_checks  # noqa: PLC0415 - only if asked for

        return await run_checks(settings, clock, MAX_DURATION, reads_storage=False)

    return DoctorOnDemand(run, clock)


def _result(finding: "Finding") -> CheckResult:
    return CheckResult(
        check=finding.check, status=finding.status.value, what=finding.what, fix=finding.fix
    )
