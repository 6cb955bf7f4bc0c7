"""The application: the services of one process, and its periodic work. Independent of HTTP.

`wiring` builds it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from classgate.account_deletion import AccountDeletion
from classgate.accounts.wiring import AccountServices
from classgate.admission.service import AdmissionService
from classgate.api.callback_authentication import CallbackAuthenticator
from classgate.api.services import ApiServices
from classgate.app.periodic_jobs import PROCESS_NOT_REGISTERED
from classgate.app.scheduler import Scheduler
from classgate.app.school_metrics import SchoolMetrics
from classgate.audit.models import ChainHead, VerificationResult
from classgate.audit.service import AuditLog
from classgate.classrooms.wiring import ClassroomServices
from classgate.clock import Clock
from classgate.cloud.http import CloudHttpClient
from classgate.courseware.wiring import CoursewareServices
from classgate.credential_questions import CredentialQuestions
from classgate.explanations import ExplanationService
from classgate.leases.lookup import LeaseLookup
from classgate.leases.service import LeaseService
from classgate.legacy.services import LegacyApiServices
from classgate.legacy.wiring import LegacyServices
from classgate.outbox.administration import OutboxAdministration
from classgate.outbox.delivery import OutboxDelivery
from classgate.processes.registry import ProcessRegistry
from classgate.refusal_log.service import RefusalLog
from classgate.request_queues import RequestQueues
from classgate.service_status.service import StatusService
from classgate.storage.database import Database
from classgate.storage.readiness import Readiness

log = structlog.get_logger("classgate")

_LAST_WRITES = 5.0  # seconds; what was answered is written already


@dataclass(frozen=True, kw_only=True)
class Application:
    """The services of one process, by feature, and what they are built on."""

    database: Database
    processes: ProcessRegistry
    readiness: Readiness
    school_metrics: SchoolMetrics
    audit: AuditLog
    queues: RequestQueues
    refusals: RefusalLog
    leases: LeaseService
    http: CloudHttpClient
    callbacks: CallbackAuthenticator
    accounts: AccountServices
    classrooms: ClassroomServices
    courseware: CoursewareServices
    legacy: LegacyServices
    account_deletion: AccountDeletion
    admission: AdmissionService
    explanations: ExplanationService
    credential_questions: CredentialQuestions
    service_status: StatusService
    delivery: OutboxDelivery
    outbox_administration: OutboxAdministration
    scheduler: Scheduler
    clock: Clock

    @property
    def api_services(self) -> ApiServices:
        """The services that the HTTP API calls."""
        return ApiServices(
            queues=self.queues,
            refusals=self.refusals,
            account_refusals=self.accounts.refusals,
            class_refusals=self.classrooms.refusals,
            callbacks=self.callbacks,
            room_events=self.classrooms.room_events,
            group_joins=self.classrooms.group_joins,
            accounts=self.accounts.accounts,
            log_in=self.accounts.log_in,
            registration=self.accounts.registration,
            administration=self.accounts.administration,
            account_list=self.accounts.account_list,
            account_import=self.accounts.account_import,
            account_deletion=self.account_deletion,
            admission=self.admission,
            explanations=self.explanations,
            credential_questions=self.credential_questions,
            service_status=self.service_status,
            invitations=self.accounts.invitations,
            confirmations=self.accounts.confirmations,
            second_factors=self.accounts.second_factors,
            console_access=self.accounts.console_access,
            leases=LeaseLookup(self.database, self.leases),
            classrooms=self.classrooms.classrooms,
            roster=self.classrooms.roster,
            mutes=self.classrooms.mutes,
            hosts=self.classrooms.hosts,
            entry=self.classrooms.entry,
            presence=self.classrooms.presence,
            courseware=self.courseware.courseware,
            courseware_removal=self.courseware.courseware_removal,
            signatures=self.courseware.signatures,
        )

    @property
    def legacy_api_services(self) -> LegacyApiServices:
        """The services that the legacy API calls."""
        return LegacyApiServices(
            queues=self.queues,
            refusals=self.refusals,
            accounts=self.legacy.accounts,
            classrooms=self.classrooms.classrooms,
            classroom_list=self.legacy.classroom_list,
            entry=self.classrooms.entry,
            presence=self.classrooms.presence,
            replays=self.classrooms.replays,
            file_bindings=self.legacy.file_bindings,
            signatures=self.legacy.signatures,
            videos=self.legacy.videos,
        )

    async def verify_audit(self, expected: Sequence[ChainHead] = ()) -> VerificationResult:
        """Verify every chain, checkpoint and expected head, and the audit row of every lease."""
        verdict = await self.audit.verify(expected)
        unrecorded = await self.leases.list_unrecorded(self.database.reader, verdict.trimmed_before)
        return replace(verdict, faults=(*verdict.faults, *unrecorded))

    async def start(self) -> None:
        """Say that this process serves; start to listen, and the periodic work."""
        self.database.start()
        try:
            await self.processes.beat()
        except Exception:  # the next beat says it
            log.exception(PROCESS_NOT_REGISTERED)
        self.scheduler.start()
        self.delivery.start()

    async def stop(self) -> None:
        """Stop the periodic work, write what is in memory, and release all resources."""
        await self.scheduler.stop()
        await _run_steps(self.delivery.stop)
        try:
            async with asyncio.timeout(_LAST_WRITES):
                await _run_steps(
                    self.accounts.session_activity.flush,
                    self.classrooms.presence_tracker.flush,
                    self.refusals.flush,
                    self.audit.checkpoint,
                    self.processes.leave,
                )
        except TimeoutError:
            log.error("the database does not answer; stopped without the last writes")
        await self.close()

    async def close(self) -> None:
        """Release all resources of an application that was not started."""
        self.accounts.passwords.close()
        await self.http.close()
        await self.readiness.stop()
        await self.database.close()


async def _run_steps(*steps: Callable[[], Awaitable[object]]) -> None:
    for step in steps:
        try:
            await step()
        except Exception:  # the remaining steps must still run
            log.exception("a shutdown step failed")
