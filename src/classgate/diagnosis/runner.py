"""Runs all checks in order, each with a timeout; failures do not stop the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import timedelta

import structlog

from classgate.clock import Clock, utc_now
from classgate.cloud.bucket import CosCredentials
from classgate.cloud.http import CloudHttpClient
from classgate.diagnosis import (
    clock,
    cors,
    database,
    legacy_api,
    manual_checks,
    outbox,
    signing_key,
    sts,
    uploads,
)
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, Status, fail, ok, warn
from classgate.diagnosis.probe_client import NoAnswer, ProbeClient
from classgate.settings.loading import Settings

log = structlog.get_logger("classgate.diagnosis")

MAX_DURATION = timedelta(seconds=30)
"""The timeout of one check."""


async def run_checks(
    settings: Settings,
    clock: Clock = utc_now,
    max_duration: timedelta = MAX_DURATION,
    *,
    reads_storage: bool = True,
) -> list[Finding]:
    """Run all checks of an installation. Raises nothing.

    `reads_storage`: also the check that reads the database for seconds.
    """
    http = CloudHttpClient()
    try:
        context = CheckContext(settings, ProbeClient(http), clock, reads_storage)
        return await _Runner(context, max_duration).run()
    finally:
        await http.close()


def report_configuration(faults: Iterable[str]) -> list[Finding]:
    """Return the finding for invalid settings: nothing else can be checked."""
    fix = "docs/reference/settings.md; all other checks wait for the settings"
    return [fail("configuration", fault, fix) for fault in faults]


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Return whether nothing failed; warnings do not count."""
    return all(each.status is not Status.FAIL for each in findings)


class _Runner:
    def __init__(self, context: CheckContext, max_duration: timedelta) -> None:
        self._context = context
        self._max_duration = max_duration.total_seconds()
        self._findings: list[Finding] = []
        self._key: CosCredentials | None = None

    async def run(self) -> list[Finding]:
        context = self._context
        self._findings = [
            ok("configuration", "complete; no setting is weak"),
            _describe_target(context),
            *legacy_api.check_legacy_api(context.settings),
            *outbox.check_services(context.settings),
        ]
        await self._run_check("UserSig key", signing_key.check_signing_key(context))
        await self._run_check("database", database.check_database(context))
        await self._run_check("clock", clock.check_clock(context))
        await self._run_check("bucket", uploads.check_bucket(context))
        await self._run_check("STS", self._request_keys())
        try:
            await self._run_check("upload", _listed(uploads.check_upload(context, self._key)))
            await self._run_check(
                "upload in parts", _listed(uploads.check_resuming(context, self._key))
            )
            await self._run_check("other object", uploads.check_other_key(context, self._key))
            await self._run_check("private bucket", uploads.check_privacy(context))
            await self._run_check("CORS", cors.check_cors(context))
        finally:
            await self._run_check("removal", uploads.check_removal(context))
        return [*self._findings, *manual_checks.list_manual_checks()]

    async def _request_keys(self) -> list[Finding]:
        self._key, findings = await sts.check_sts(self._context)
        return findings

    async def _run_check(self, check: str, findings: Awaitable[list[Finding]]) -> None:
        try:
            async with asyncio.timeout(self._max_duration):
                self._findings += await findings
        except TimeoutError:
            what = f"no result within {self._max_duration:.0f} s"
            self._findings.append(fail(check, what, "check the network and the firewall"))
        except NoAnswer as error:
            fix = "check the network, the firewall, cos.bucket, cos.region and cloud.cos_endpoint"
            self._findings.append(fail(check, error.what, fix))
        except Exception as error:  # a failing check must not hide the results of others
            log.exception("a check of doctor failed", check=check)
            what = f"the check itself failed ({type(error).__name__})"
            self._findings.append(fail(check, what, "please report this bug"))


def _describe_target(context: CheckContext) -> Finding:
    settings = context.settings
    if context.is_offline:
        what = (
            f"{settings.cloud.sts_endpoint} is this machine: the checks below test an emulator, "
            "not an account at Tencent"
        )
        fix = "for the real cloud, remove cloud.scheme, sts_endpoint and cos_endpoint"
        return warn("cloud", what, fix)
    return ok("cloud", f"{settings.cloud.sts_endpoint} and {context.cos_host}")


async def _listed(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]
