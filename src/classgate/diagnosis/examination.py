"""All checks in order, each bounded in time; one that fails or hangs does not stop the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import timedelta

import structlog

from classgate.clock import Clock, utc_now
from classgate.cloud.bucket import Key
from classgate.cloud.http import CloudHttp
from classgate.diagnosis import (
    browsers,
    data,
    old_clients,
    reminders,
    signing_key,
    times,
    token_service,
    uploads,
)
from classgate.diagnosis.direct_line import DirectLine, NoAnswer
from classgate.diagnosis.findings import Finding, Status, fail, ok, warn
from classgate.diagnosis.patient import Patient
from classgate.settings import Settings

log = structlog.get_logger("classgate.diagnosis")

LONGEST = timedelta(seconds=30)
"""How long one check may take."""


async def examine(
    settings: Settings, clock: Clock = utc_now, longest: timedelta = LONGEST
) -> list[Finding]:
    """Everything there is to say about an installation. Raises nothing."""
    http = CloudHttp()
    try:
        return await _Examination(Patient(settings, DirectLine(http), clock), longest).run()
    finally:
        await http.close()


def refuse(faults: Iterable[str]) -> list[Finding]:
    """What is said when the settings cannot be run with: nothing else can be looked at."""
    fix = "docs/reference/settings.md; all other checks wait for the settings"
    return [fail("configuration", fault, fix) for fault in faults]


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing failed; warnings do not count."""
    return all(each.status is not Status.FAIL for each in findings)


class _Examination:
    def __init__(self, patient: Patient, longest: timedelta) -> None:
        self._patient = patient
        self._longest = longest.total_seconds()
        self._findings: list[Finding] = []
        self._key: Key | None = None

    async def run(self) -> list[Finding]:
        patient = self._patient
        self._findings = [
            ok("configuration", "complete; nothing in it is weak"),
            _say_whom(patient),
            *old_clients.look_at_the_door(patient.settings),
        ]
        await self._take("UserSig key", signing_key.check_signing_key(patient))
        await self._take("database", data.check_database(patient))
        await self._take("clock", times.check_clock(patient))
        await self._take("bucket", uploads.check_bucket(patient))
        await self._take("STS", self._ask_for_keys())
        try:
            await self._take("upload", _listed(uploads.check_upload(patient, self._key)))
            await self._take("upload in parts", _listed(uploads.check_resuming(patient, self._key)))
            await self._take("other object", uploads.check_other_key(patient, self._key))
            await self._take("private bucket", uploads.check_privacy(patient))
            await self._take("CORS", browsers.check_browsers(patient))
        finally:
            await self._take("removal", uploads.check_removal(patient))
        return [*self._findings, *reminders.remind()]

    async def _ask_for_keys(self) -> list[Finding]:
        self._key, findings = await token_service.ask_for_keys(self._patient)
        return findings

    async def _take(self, check: str, looking: Awaitable[list[Finding]]) -> None:
        try:
            async with asyncio.timeout(self._longest):
                self._findings += await looking
        except TimeoutError:
            what = f"no result within {self._longest:.0f} s"
            self._findings.append(fail(check, what, "look at the network and the firewall"))
        except NoAnswer as error:
            fix = "look at the network, the firewall, cos.bucket, cos.region and cloud.cos_endpoint"
            self._findings.append(fail(check, error.what, fix))
        except Exception as error:  # one broken check must not hide what the others see
            log.exception("a check of doctor broke", check=check)
            what = f"the check itself broke ({type(error).__name__})"
            self._findings.append(fail(check, what, "tell the makers of classgate"))


def _say_whom(patient: Patient) -> Finding:
    settings = patient.settings
    if patient.is_offline:
        what = (
            f"{settings.cloud.sts_endpoint} is this machine: a stand-in answers, and nothing below "
            "tells of an account at Tencent"
        )
        fix = "for the real cloud leave cloud.scheme, sts_endpoint and cos_endpoint out"
        return warn("cloud", what, fix)
    return ok("cloud", f"{settings.cloud.sts_endpoint} and {patient.cos_host}")


async def _listed(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]
