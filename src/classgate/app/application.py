"""The application: every service of one process, and its periodic work. Independent of HTTP.

`wiring` builds it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from classgate.account_deletion import AccountDeletion
from classgate.accounts.administration import AccountAdministration
from classgate.accounts.imports.service import AccountImport
from classgate.accounts.invitations.service import InvitationService
from classgate.accounts.models import Caller, UserSigGrant
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.registration import RegistrationService
from classgate.accounts.retention import Retention
from classgate.accounts.service import AccountService
from classgate.accounts.session_activity import FLUSH_INTERVAL, SessionActivity
from classgate.audit.models import ChainHead, VerificationResult
from classgate.audit.service import CHECKPOINT_INTERVAL, AuditLog
from classgate.classrooms.entry import EntryService
from classgate.classrooms.hosts import HostService
from classgate.classrooms.models import EntryCredentials
from classgate.classrooms.presence.service import PresenceService
from classgate.classrooms.presence.tracker import TICK_INTERVAL, PresenceTracker
from classgate.classrooms.replays.service import ReplayService
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.http import CloudHttpClient
from classgate.cloud.resilient_client import Runtime
from classgate.courseware.clean_up import CLEAN_UP_INTERVAL, UploadCleanUp
from classgate.courseware.models import UploadGrant
from classgate.courseware.removal import CoursewareRemoval
from classgate.courseware.service import CoursewareService
from classgate.courseware.signatures import SignatureService
from classgate.errors import LeaseNotFound
from classgate.leases.models import LeaseKind
from classgate.leases.service import LeaseService
from classgate.legacy.account_import.service import LegacyImport
from classgate.legacy.accounts import LegacyAccountService
from classgate.legacy.classroom_list.service import LegacyClassroomList
from classgate.legacy.file_bindings.service import FileBindingService
from classgate.legacy.storage_signatures import LegacySignatureService
from classgate.legacy.videos.service import VideoService
from classgate.refusals import LeaseNotRenewable
from classgate.storage.database import Database
from classgate.storage.readiness import Readiness

log = structlog.get_logger("classgate")


@dataclass
class Application:
    """All services of one process."""

    database: Database
    readiness: Readiness
    audit: AuditLog
    clock: Clock
    leases: LeaseService
    accounts: AccountService
    administration: AccountAdministration
    account_import: AccountImport
    legacy_import: LegacyImport
    account_deletion: AccountDeletion
    invitations: InvitationService
    registration: RegistrationService
    classrooms: ClassroomService
    legacy_classroom_list: LegacyClassroomList
    roster: RosterService
    presence: PresenceService
    presence_tracker: PresenceTracker
    replays: ReplayService
    file_bindings: FileBindingService
    legacy_accounts: LegacyAccountService
    legacy_signatures: LegacySignatureService
    hosts: HostService
    entry: EntryService
    courseware: CoursewareService
    courseware_removal: CoursewareRemoval
    signatures: SignatureService
    videos: VideoService
    upload_clean_up: UploadCleanUp
    retention: Retention
    session_activity: SessionActivity
    passwords: PasswordPool
    http: CloudHttpClient
    _runtime: Runtime
    _background: list[asyncio.Task[None]] = field(default_factory=list)

    async def renew_lease(
        self, caller: Caller, lease_id: str
    ) -> UserSigGrant | EntryCredentials | UploadGrant:
        """Renew the credential of a lease, with the same authorization as its first issue.

        LeaseNotFound, LeaseEnded, and everything that the first issue raises.
        """
        kind = await self.get_lease_kind(caller, lease_id)
        match kind:
            case LeaseKind.USER_SIG:
                return await self.accounts.renew_user_sig(caller, lease_id)
            case LeaseKind.ENTRY:
                return await self.entry.renew_entry(caller, lease_id)
            case LeaseKind.UPLOAD | LeaseKind.UPLOAD_PREFIX:
                return await self.courseware.renew_lease(caller, lease_id, kind)
            case (
                LeaseKind.COS_SIGNATURE
                | LeaseKind.DOWNLOAD
                | LeaseKind.VIDEO_QUERY
                | LeaseKind.VIDEO_UPLOAD
            ):
                raise LeaseNotRenewable

    async def get_lease_kind(self, caller: Caller, lease_id: str) -> LeaseKind:
        """Return the kind of the caller's lease. LeaseNotFound."""
        kind = await self.leases.find_kind(self.database.reader, lease_id, caller.account_id)
        if kind is None:
            raise LeaseNotFound
        return kind

    async def verify_audit(self, expected: Sequence[ChainHead] = ()) -> VerificationResult:
        """Verify every chain, checkpoint and expected head, and the audit row of every lease."""
        verdict = await self.audit.verify(expected)
        unrecorded = await self.leases.list_unrecorded(self.database.reader)
        return replace(verdict, faults=(*verdict.faults, *unrecorded))

    async def check_ready(self) -> None:
        """Check that the database accepts a write. ServiceUnavailable: it does not; says why."""
        await self.readiness.check()

    async def start(self) -> None:
        """Start the periodic work."""
        self._background.append(asyncio.create_task(self._checkpoint_forever()))
        self._background.append(asyncio.create_task(self._flush_session_activity_forever()))
        self._background.append(asyncio.create_task(self._clean_up_forever()))
        self._background.append(asyncio.create_task(self._track_presence_forever()))

    async def stop(self) -> None:
        """Stop the periodic work and release all resources."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for step in (
            self.session_activity.flush,
            self.presence_tracker.flush,
            self.audit.checkpoint,
        ):
            try:
                await step()
            except Exception:  # the remaining steps must still run
                log.exception("a shutdown step failed")
        await self.close()

    async def close(self) -> None:
        """Release all resources of an application that was not started."""
        self.passwords.close()
        await self.http.close()
        await self.readiness.stop()
        await self.database.close()

    async def _flush_session_activity_forever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_INTERVAL.total_seconds())
            try:
                await self.session_activity.flush()
            except Exception:  # the next one must still come
                log.exception("session activity not written yet")

    async def _clean_up_forever(self) -> None:
        while True:
            # Jitter, so that replicas started together do not clean up at the same time.
            await self._runtime.sleep(
                CLEAN_UP_INTERVAL.total_seconds() * (0.5 + self._runtime.jitter())
            )
            for step in (
                *self.upload_clean_up.steps,
                self.replays.request_due_replays,
                *self.retention.steps,
            ):
                try:
                    await step()
                except Exception:  # later steps and runs do not depend on this one
                    log.exception("a clean-up step failed; it will be retried")

    async def _track_presence_forever(self) -> None:
        while True:
            try:
                await self.presence_tracker.tick()
            except Exception:  # the next one must still come
                log.exception("presence not written yet")
            await asyncio.sleep(TICK_INTERVAL.total_seconds())

    async def _checkpoint_forever(self) -> None:
        while True:
            try:
                await self.audit.checkpoint()
            except Exception:  # the next one must still come
                log.exception("audit checkpoint failed")
            await asyncio.sleep(CHECKPOINT_INTERVAL.total_seconds())
