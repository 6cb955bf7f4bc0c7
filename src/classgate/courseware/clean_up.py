"""Clean-up of uploads and leases left by killed processes, vanished clients and ended classes.

Rows are claimed one by one in short transactions, so that any number of processes may run this. The
store is called between transactions; failures are claimed again later.

Issued keys work until they expire, and a running upload may continue for a while after. So the
store is cleaned for good only after both.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms.models import AccessWindows
from classgate.clock import Clock
from classgate.cloud.ports import ObjectStore
from classgate.courseware import object_keys, repository
from classgate.courseware.models import Upload, UploadState
from classgate.courseware.removal import CoursewareRemoval
from classgate.errors import CloudError, CloudUnavailable
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease, LeaseScope, LeaseState
from classgate.leases.service import LeaseService
from classgate.storage.database import Database, DatabaseConnection

log = structlog.get_logger("classgate.courseware")

CLEAN_UP_INTERVAL = timedelta(minutes=1)
# A call to STS ends within seconds: a lease still pending then belongs to a killed process.
INTERRUPTED_AFTER = timedelta(minutes=2)
# After the last keys expire: margin for clock differences and uploads in flight.
SETTLED_AFTER = timedelta(hours=1)
# Delays after no answer of the store, and after a rejection (such as a missing permission).
RETRY_DELAY = timedelta(minutes=5)
REJECTED_RETRY_DELAY = timedelta(hours=1)

_BATCH = 20
_MAX_BATCHES = 50

Step = Callable[[], Awaitable[int]]


@dataclass(frozen=True)
class CleanUpPolicy:
    """The school's policy for unfinished uploads."""

    windows: AccessWindows
    abandoned_after: timedelta  # counted from the expiry of an upload's last keys


class UploadCleanUp:
    """Four independent, idempotent steps."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        leases: LeaseService,
        objects: ObjectStore,
        removal: CoursewareRemoval,
        rules: CleanUpPolicy,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._leases = leases
        self._objects = objects
        self._removal = removal
        self._rules = rules
        self._clock = clock

    @property
    def steps(self) -> Sequence[Step]:
        """The steps that claim rows, in dependency order; each returns how much it did."""
        return (self.cancel_interrupted, self.abandon_expired, self.clean_up_uploads)

    async def run_once(self) -> int:
        """Run all steps in order; return the number of ended or cleaned items."""
        return sum([await step() for step in (*self.steps, self.clean_up_folders)])

    # ── ended here ──────────────────────────────────────────────────────────────────────────────

    async def cancel_interrupted(self) -> int:
        """Cancel leases that a killed process left pending, and record it."""
        return await self._in_batches(self._cancel_interrupted_batch)

    async def _cancel_interrupted_batch(self) -> int:
        now = self._clock()
        async with self._database.transaction() as connection:
            ended = await self._leases.cancel_interrupted(
                connection, now - INTERRUPTED_AFTER, now, _BATCH
            )
        # Not above: uploads are always locked before their leases.
        for lease in ended:
            if lease.upload_id is not None:
                await self._abandon_unannounced(lease, lease.upload_id)
        return len(ended)

    async def _abandon_unannounced(self, lease: Lease, upload_id: str) -> None:
        """Abandon an upload whose first keys were never issued: no client knows of it."""
        async with self._database.transaction() as connection:
            upload = await repository.find_any(connection, upload_id)
            if upload is not None and upload.created_at == lease.issued_at:
                await self._abandon(connection, upload, "interrupted")

    async def abandon_expired(self) -> int:
        """Abandon open uploads whose class is over or that have been unused for long."""
        return await self._in_batches(self._abandon_expired_batch)

    async def _abandon_expired_batch(self) -> int:
        now = self._clock()
        wanted = repository.ExpiredUploadFilter(
            now=now,
            overrun=self._rules.windows.overrun,
            keys_ended_before=now - self._rules.abandoned_after,
            keys_ended_before_in_class_over=now - SETTLED_AFTER,
        )
        async with self._database.transaction() as connection:
            found = await repository.claim_expired(connection, wanted, _BATCH)
            for upload in found:
                await self._abandon(connection, upload, "forgotten")
        return len(found)

    async def _abandon(self, connection: DatabaseConnection, upload: Upload, reason: str) -> None:
        now = self._clock()
        to_state = UploadState.ABANDONED
        if not await repository.transition_state(connection, upload.upload_id, to_state, now):
            return
        await self._leases.end(
            connection, LeaseScope(upload_id=upload.upload_id), now, to_state.value
        )
        await self._record(connection, upload, AuditEvent.UPLOAD_ABANDONED, reason=reason)

    # ── clean-up of the store ─────────────────────────────────────────────────────────────────────

    async def clean_up_uploads(self) -> int:
        """Abort the parts and delete the object of every abandoned or removed upload."""
        done = 0
        for _ in range(_MAX_BATCHES):
            claimed = await self._claim_batch()
            for upload in claimed:
                try:
                    done += await self._clean_up(upload)
                except CloudError as error:
                    await self._postpone(upload, error)
                    if isinstance(error, CloudUnavailable):
                        return done  # the rest of the batch is claimed again later
            if len(claimed) < _BATCH:
                break
        return done

    async def _claim_batch(self) -> Sequence[Upload]:
        """Claim a batch of due uploads.

        Only states that never change to `complete`.
        """
        now = self._clock()
        async with self._database.transaction() as connection:
            return await repository.claim_for_clean_up(connection, now, now + RETRY_DELAY, _BATCH)

    async def _clean_up(self, upload: Upload) -> bool:
        """Clean up one upload; return whether it is final. CloudError."""
        if upload.state is UploadState.REMOVED:
            await self._removal.delete_object(upload)
        settled_at = await self._settled_at(upload)
        if self._clock() < settled_at:
            await self._retry_at(upload, settled_at)
            return False
        parts = 0
        for unfinished in await self._objects.list_unfinished(upload.object_key):
            if unfinished.object_key == upload.object_key:
                await self._objects.abort_upload(unfinished)
                parts += 1
        await self._objects.delete_object(upload.object_key)
        async with self._database.transaction() as connection:
            is_first = await repository.mark_cleaned_up(connection, upload.upload_id, self._clock())
            if is_first and upload.state is UploadState.ABANDONED:
                await self._record(connection, upload, AuditEvent.UPLOAD_CLEANED_UP, aborted=parts)
        return True

    async def _settled_at(self, upload: Upload) -> datetime:
        last = await self._leases.find_last_expiry(self._database.reader, upload.upload_id)
        return max(last or upload.created_at, upload.created_at) + SETTLED_AFTER

    async def _postpone(self, upload: Upload, error: CloudError) -> None:
        log.warning(
            "bucket clean-up failed, will be retried", upload=upload.upload_id, code=error.code
        )
        wait = RETRY_DELAY if isinstance(error, CloudUnavailable) else REJECTED_RETRY_DELAY
        await self._retry_at(upload, self._clock() + wait)

    async def _retry_at(self, upload: Upload, at: datetime) -> None:
        async with self._database.transaction() as connection:
            await repository.postpone_clean_up(connection, upload.upload_id, at)

    async def clean_up_folders(self) -> int:
        """Abort parts in folders whose keys have expired. Complete objects stay.

        Other locations are not touched.
        """
        done = 0
        try:
            for unfinished in await self._objects.list_unfinished(object_keys.CLASSES_PREFIX):
                lease_id = object_keys.lease_id_of_folder(unfinished.object_key)
                if lease_id is not None and await self._is_folder_over(lease_id):
                    await self._objects.abort_upload(unfinished)
                    done += 1
        except CloudError as error:
            log.warning("folder clean-up failed; it will be retried", code=error.code)
        return done

    async def _is_folder_over(self, lease_id: str) -> bool:
        lease = await self._leases.find_any(self._database.reader, lease_id)
        if lease is None or lease.kind is not LeaseKind.UPLOAD_PREFIX or lease.expires_at is None:
            return False
        now = self._clock()
        is_over = lease.state is LeaseState.ENDED or not self._leases.is_renewable(lease, now)
        wait = SETTLED_AFTER if is_over else max(SETTLED_AFTER, self._rules.abandoned_after)
        return now >= lease.expires_at + wait

    # ── small parts ─────────────────────────────────────────────────────────────────────────────

    async def _in_batches(self, some: Step) -> int:
        done = 0
        for _ in range(_MAX_BATCHES):
            did = await some()
            done += did
            if did < _BATCH:
                break
        return done

    async def _record(
        self,
        connection: DatabaseConnection,
        upload: Upload,
        event: AuditEvent,
        **details: str | int,
    ) -> None:
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=self._clock(),
                account_id=upload.account_id,
                classroom_id=upload.classroom_id,
                lease_id=upload.lease_id,
                details={"object_key": upload.object_key, "size": upload.size, **details},
            ),
        )
