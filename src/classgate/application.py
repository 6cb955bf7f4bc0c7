"""The application: every service of one process, and its periodic work. Knows nothing of HTTP.

It is put together in `wiring`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from classgate.accounts.administration import AccountAdministration
from classgate.accounts.importing import AccountImport
from classgate.accounts.invitations import InvitationDesk
from classgate.accounts.legacy_access import LegacyAccess
from classgate.accounts.legacy_importing import LegacyImport
from classgate.accounts.models import Caller, UserSigGrant
from classgate.accounts.passwords import PasswordPool
from classgate.accounts.registration import RegistrationService
from classgate.accounts.retention import Retention
from classgate.accounts.service import AccountService
from classgate.accounts.session_uses import WRITE_EVERY, SessionUses
from classgate.audit.models import Head, Verdict
from classgate.audit.service import CHECKPOINT_EVERY, AuditLog
from classgate.classrooms.bindings import BindingService
from classgate.classrooms.deletion import AccountDeletion
from classgate.classrooms.directory import ClassroomDirectory
from classgate.classrooms.entry import EntryService
from classgate.classrooms.hosts import HostService
from classgate.classrooms.models import Ticket
from classgate.classrooms.presence import PresenceService
from classgate.classrooms.presence_keeping import TICK_EVERY, PresenceKeeper
from classgate.classrooms.replays import ReplayService
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.careful_calls import Surroundings
from classgate.cloud.http import CloudHttp
from classgate.courseware.legacy_signatures import LegacySignatureService
from classgate.courseware.models import UploadGrant
from classgate.courseware.removal import CoursewareRemoval
from classgate.courseware.service import CoursewareService
from classgate.courseware.signatures import SignatureService
from classgate.courseware.sweeping import SWEEP_EVERY, UploadSweep
from classgate.errors import Conflict, LeaseNotFound
from classgate.leases.models import LeaseKind
from classgate.leases.service import LeaseBook
from classgate.storage.database import Database
from classgate.storage.readiness import Readiness
from classgate.videos.service import VideoService

log = structlog.get_logger("classgate")


@dataclass
class Application:
    """All services of one process."""

    database: Database
    readiness: Readiness
    audit: AuditLog
    clock: Clock
    leases: LeaseBook
    accounts: AccountService
    administration: AccountAdministration
    account_import: AccountImport
    legacy_import: LegacyImport
    deletion: AccountDeletion
    invitations: InvitationDesk
    registration: RegistrationService
    classrooms: ClassroomService
    directory: ClassroomDirectory
    roster: RosterService
    presence: PresenceService
    presence_keeper: PresenceKeeper
    replays: ReplayService
    bindings: BindingService
    legacy_access: LegacyAccess
    legacy_signatures: LegacySignatureService
    hosts: HostService
    entry: EntryService
    courseware: CoursewareService
    removal: CoursewareRemoval
    signatures: SignatureService
    videos: VideoService
    sweep: UploadSweep
    retention: Retention
    session_uses: SessionUses
    passwords: PasswordPool
    http: CloudHttp
    _around: Surroundings
    _background: list[asyncio.Task[None]] = field(default_factory=list)

    async def renew_lease(
        self, caller: Caller, lease_id: str
    ) -> UserSigGrant | Ticket | UploadGrant:
        """Whatever was given under this lease, given again by the same admission.

        LeaseNotFound, LeaseEnded, and all that the first issue raises.
        """
        kind = await self.get_lease_kind(caller, lease_id)
        match kind:
            case LeaseKind.USER_SIG:
                return await self.accounts.renew_user_sig(caller, lease_id)
            case LeaseKind.ENTRY:
                return await self.entry.renew_ticket(caller, lease_id)
            case LeaseKind.UPLOAD | LeaseKind.UPLOAD_PREFIX:
                return await self.courseware.renew_lease(caller, lease_id, kind)
            case (
                LeaseKind.COS_SIGNATURE
                | LeaseKind.DOWNLOAD
                | LeaseKind.VIDEO_QUERY
                | LeaseKind.VIDEO_UPLOAD
            ):
                raise Conflict("this kind of lease is not renewed; ask for a new one")

    async def get_lease_kind(self, caller: Caller, lease_id: str) -> LeaseKind:
        """Of which kind the caller's lease is. LeaseNotFound."""
        kind = await self.leases.find_kind(self.database.reader, lease_id, caller.account_id)
        if kind is None:
            raise LeaseNotFound
        return kind

    async def verify_audit(self, expected: Sequence[Head] = ()) -> Verdict:
        """Check the record: every chain, checkpoint and given head, and every lease's row."""
        verdict = await self.audit.verify(expected)
        unrecorded = await self.leases.list_unrecorded(self.database.reader)
        return replace(verdict, faults=(*verdict.faults, *unrecorded))

    async def check_ready(self) -> None:
        """ServiceUnavailable, soon: the database takes no write. The message says why."""
        await self.readiness.check()

    async def start(self) -> None:
        """Begin the periodic work."""
        self._background.append(asyncio.create_task(self._checkpoint_forever()))
        self._background.append(asyncio.create_task(self._write_session_uses_forever()))
        self._background.append(asyncio.create_task(self._sweep_forever()))
        self._background.append(asyncio.create_task(self._keep_presence_forever()))

    async def stop(self) -> None:
        """End the periodic work and let go of everything."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for step in (self.session_uses.write, self.presence_keeper.write, self.audit.checkpoint):
            try:
                await step()
            except Exception:  # the next step and the end must still come
                log.exception("a last step before the end failed")
        await self.close()

    async def close(self) -> None:
        """Let go of everything, for one who did not `start`."""
        self.passwords.close()
        await self.http.close()
        await self.readiness.stop()
        await self.database.close()

    async def _write_session_uses_forever(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY.total_seconds())
            try:
                await self.session_uses.write()
            except Exception:  # the next one must still come
                log.exception("session uses stay unwritten for now")

    async def _sweep_forever(self) -> None:
        while True:
            # Spread out, so that replicas that were started together do not sweep together.
            await self._around.sleep(SWEEP_EVERY.total_seconds() * (0.5 + self._around.chance()))
            for step in (*self.sweep.steps, self.replays.request_due, *self.retention.steps):
                try:
                    await step()
                except Exception:  # neither the next step nor the next time depends on this one
                    log.exception("a step of the sweep failed; it is tried again")

    async def _keep_presence_forever(self) -> None:
        while True:
            try:
                await self.presence_keeper.tick()
            except Exception:  # the next one must still come
                log.exception("presence stays unwritten for now")
            await asyncio.sleep(TICK_EVERY.total_seconds())

    async def _checkpoint_forever(self) -> None:
        while True:
            try:
                await self.audit.checkpoint()
            except Exception:  # the next one must still come
                log.exception("audit checkpoint failed")
            await asyncio.sleep(CHECKPOINT_EVERY.total_seconds())
