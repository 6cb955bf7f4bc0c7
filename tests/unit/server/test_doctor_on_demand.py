"""Doctor on demand: one run at a time, and the same report for some seconds."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from classgate.diagnosis.findings import Finding, fail, ok
from classgate.server.doctor_on_demand import INTERVAL, DoctorOnDemand


class Checks:
    """Checks that end when the test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
        self.runs = 0
        self.has_begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.was_cancelled = False
        self.error: Exception | None = None

    async def run(self) -> list[Finding]:
        self.runs += 1
        self.has_begun.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self.error is not None:
            raise self.error
        return [ok("upload", "the temporary keys upload their object"), fail("STS", "no", "yes")]

    def doctor(self) -> DoctorOnDemand:
        return DoctorOnDemand(self.run, lambda: self.now)


async def test_all_who_ask_share_one_run_each_in_their_language() -> None:
    checks = Checks()
    doctor = checks.doctor()
    asked = [asyncio.create_task(doctor.run(chinese=chinese)) for chinese in (False, True)]
    await asyncio.sleep(0)
    checks.may_end.set()
    english, chinese = await asyncio.gather(*asked)
    assert checks.runs == 1
    assert english.at == chinese.at == checks.now
    assert [each.check for each in english.checks] == ["upload", "STS"]
    assert [each.status for each in chinese.checks] == ["ok", "fail"]
    assert chinese.checks[0].check == "上传"
    assert chinese.checks[0].what == "临时密钥能上传指定的对象"


async def test_report_is_given_again_for_some_seconds() -> None:
    checks = Checks()
    checks.may_end.set()
    doctor = checks.doctor()
    first = await doctor.run(chinese=False)
    checks.now += INTERVAL - timedelta(seconds=1)
    assert (await doctor.run(chinese=False)).at == first.at
    assert checks.runs == 1
    checks.now += timedelta(seconds=1)
    assert (await doctor.run(chinese=False)).at == checks.now
    assert checks.runs == 2


async def test_whoever_leaves_takes_the_report_from_nobody() -> None:
    checks = Checks()
    doctor = checks.doctor()
    leaving = asyncio.create_task(doctor.run(chinese=False))
    staying = asyncio.create_task(doctor.run(chinese=False))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    checks.may_end.set()
    assert len((await staying).checks) == 2
    assert not checks.was_cancelled


async def test_failed_run_is_not_kept() -> None:
    checks = Checks()
    checks.may_end.set()
    checks.error = ValueError("a bug")
    doctor = checks.doctor()
    with pytest.raises(ValueError, match="a bug"):
        await doctor.run(chinese=False)
    checks.error = None
    assert len((await doctor.run(chinese=False)).checks) == 2


async def test_stop_cancels_the_run() -> None:
    checks = Checks()
    doctor = checks.doctor()
    asked = asyncio.create_task(doctor.run(chinese=False))
    await checks.has_begun.wait()
    await doctor.stop()
    assert checks.was_cancelled
    await asyncio.gather(asked, return_exceptions=True)
