"""The audit rows of leases."""

from collections.abc import Mapping

from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.leases.kinds import KINDS
from classgate.leases.models import Lease
from classgate.metrics import GrantOutcome, grant_counters
from classgate.storage.database import DatabaseConnection

Details = Mapping[str, str | int | bool | None]
NO_DETAILS: Details = {}

GRANTS = {kind: grant_counters(kind) for kind in KINDS}


class LeaseRecords:
    """Writes the audit rows of leases, in the transaction that writes the lease."""

    def __init__(self, audit: AuditLog, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock

    async def record_issued(
        self,
        connection: DatabaseConnection,
        lease: Lease,
        rule: str,
        credentials: tuple[str, ...],
        details: Details,
    ) -> None:
        """Record issued credentials, by their fingerprints, and the rule that allowed them."""
        event = KINDS[lease.kind].issued
        connection.on_commit(GRANTS[lease.kind][GrantOutcome.ISSUED].inc)
        await self._record(connection, lease, event, rule, credentials, details)

    async def record_renewed(
        self,
        connection: DatabaseConnection,
        lease: Lease,
        rule: str,
        credentials: tuple[str, ...],
        details: Details,
    ) -> None:
        """Record renewed credentials. RuntimeError: the kind cannot be renewed."""
        event = KINDS[lease.kind].renewed
        if event is None:
            raise RuntimeError(f"leases of the kind {lease.kind.value} cannot be renewed")
        connection.on_commit(GRANTS[lease.kind][GrantOutcome.RENEWED].inc)
        await self._record(connection, lease, event, rule, credentials, details)

    async def record_requested(
        self, connection: DatabaseConnection, lease: Lease, rule: str, details: Details
    ) -> None:
        """Record that the cloud is about to be asked for credentials."""
        event = AuditEvent.UPLOAD_CREDENTIALS_REQUESTED
        await self._record(connection, lease, event, rule, (), details)

    async def record_failed(
        self, connection: DatabaseConnection, lease: Lease, reason: str
    ) -> None:
        """Record that requested credentials were not issued."""
        event = AuditEvent.UPLOAD_CREDENTIALS_FAILED
        connection.on_commit(GRANTS[lease.kind][GrantOutcome.FAILED].inc)
        await self._record(connection, lease, event, None, (), {"reason": reason})

    async def _record(
        self,
        connection: DatabaseConnection,
        lease: Lease,
        event: AuditEvent,
        rule: str | None,
        credentials: tuple[str, ...],
        details: Details,
    ) -> None:
        expires = None if lease.expires_at is None else int(lease.expires_at.timestamp())
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=self._clock(),
                account_id=lease.account_id,
                actor_id=lease.account_id,
                classroom_id=lease.classroom_id,
                lease_id=lease.lease_id,
                rule=rule,
                credentials=credentials,
                details={"expires_at": expires, **details},
            ),
        )
