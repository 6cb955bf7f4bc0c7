"""Opens, renews and ends leases, in the caller's transaction and with audit rows.

This is the only place that records an issue: the lease and its audit row are in one transaction, or
nothing is issued. The features authorize before; the rate limit is applied here, before anything is
written.
"""

import os
from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.errors import LeaseEnded, LeaseNotFound
from classgate.leases import repository, unrecorded
from classgate.leases.kinds import KINDS, LeaseKind, SigningKeyNames
from classgate.leases.limits import GrantLimits
from classgate.leases.models import Lease, LeaseScope, LeaseState
from classgate.leases.records import GRANTS, NO_DETAILS, Details, LeaseRecords
from classgate.leases.reservations import LeaseReservation, RenewalReservation
from classgate.metrics import GrantOutcome
from classgate.refusals import TooManyGrants
from classgate.storage.database import DatabaseConnection

_WITH_USER_SIG = tuple(kind for kind, events in KINDS.items() if events.contains_user_sig)


def new_lease_id() -> str:
    """Return a random id that is safe in an object key."""
    return f"l{os.urandom(12).hex()}"


class LeaseService:
    """Writes leases and their audit rows."""

    def __init__(
        self, audit: AuditLog, limits: GrantLimits, keys: SigningKeyNames, clock: Clock
    ) -> None:
        self._records = LeaseRecords(audit, clock)
        self._limits = limits
        self._keys = keys
        self._clock = clock

    async def issue(
        self,
        connection: DatabaseConnection,
        lease: Lease,
        *,
        rule: str,
        credentials: tuple[str, ...],
        details: Details = NO_DETAILS,
        counted_as: str | None = None,
    ) -> None:
        """Record a lease that is issued now. TooManyAttempts: too many of this kind.

        `counted_as` overrides the kind for the limit.
        """
        self._count(connection, lease, counted_as)
        lease = self._with_key(lease)
        await repository.add(connection, lease)
        await self._records.record_issued(connection, lease, rule, credentials, details)

    async def renew(
        self,
        connection: DatabaseConnection,
        lease: Lease,
        *,
        rule: str,
        credentials: tuple[str, ...],
        details: Details = NO_DETAILS,
    ) -> None:
        """Record a renewal with the lease's new times.

        Raises:
            LeaseEnded: It was ended meanwhile.
            TooManyAttempts: Too many of this kind.
        """
        self._count(connection, lease)
        lease = self._with_key(lease)
        await RenewalReservation(self._records, lease).activate(
            connection, lease, rule=rule, credentials=credentials, details=details
        )

    async def reserve(
        self, connection: DatabaseConnection, lease: Lease, *, rule: str, details: Details
    ) -> LeaseReservation:
        """Record a pending lease before the cloud is called. Issues nothing.

        It counts from here on, whatever the cloud answers. TooManyAttempts.
        """
        self._count(connection, lease)
        lease = self._with_key(lease)
        await repository.add(connection, lease)
        await self._records.record_requested(connection, lease, rule, details)
        return LeaseReservation(self._records, lease)

    async def reserve_renewal(
        self, connection: DatabaseConnection, lease: Lease, *, rule: str, details: Details
    ) -> RenewalReservation:
        """Record a renewal of an existing lease before the cloud is called. TooManyAttempts."""
        self._count(connection, lease)
        lease = self._with_key(lease)
        await self._records.record_requested(connection, lease, rule, details)
        return RenewalReservation(self._records, lease)

    async def cancel_interrupted(
        self, connection: DatabaseConnection, before: datetime, at: datetime, limit: int
    ) -> Sequence[Lease]:
        """Cancel leases pending since before the time."""
        found = await repository.claim_pending(connection, before, limit)
        for lease in found:
            await LeaseReservation(self._records, lease).cancel(connection, at, "interrupted")
        return found

    def require_below_limit(self, account_id: int, kind: str) -> None:
        """Require that one more could be issued now, and count nothing. TooManyAttempts."""
        self._limits.require_below(account_id, kind, self._clock())

    async def get_owned(
        self, connection: DatabaseConnection, lease_id: str, kind: LeaseKind, account_id: int
    ) -> Lease:
        """Return a lease of this kind of this account. LeaseNotFound."""
        lease = await self.find_owned(connection, lease_id, kind, account_id)
        if lease is None:
            raise LeaseNotFound
        return lease

    async def find_owned(
        self, connection: DatabaseConnection, lease_id: str, kind: LeaseKind, account_id: int
    ) -> Lease | None:
        """Return the lease; None: it does not exist, or was removed after its end."""
        lease = await repository.find(connection, lease_id, account_id)
        return None if lease is None or lease.kind is not kind else lease

    def require_renewable(self, lease: Lease, at: datetime) -> None:
        """Require that the lease may be renewed. LeaseEnded."""
        if not self.is_renewable(lease, at):
            raise LeaseEnded

    def is_renewable(self, lease: Lease, at: datetime) -> bool:
        """Return whether the lease allows another renewal."""
        until = lease.renewable_until
        return lease.state is LeaseState.ACTIVE and until is not None and at < until

    async def list_unrecorded(
        self, connection: DatabaseConnection, trimmed_before: datetime | None = None
    ) -> Sequence[str]:
        """Return a line for each lease that the audit does not know."""
        return await unrecorded.list_unrecorded(connection, trimmed_before)

    async def find_of_account(
        self, connection: DatabaseConnection, lease_id: str, account_id: int
    ) -> Lease | None:
        """Return the lease if it is the account's."""
        return await repository.find(connection, lease_id, account_id)

    async def find_any(self, connection: DatabaseConnection, lease_id: str) -> Lease | None:
        """Return the lease of any account."""
        return await repository.find_any(connection, lease_id)

    async def find_last_expiry(
        self, connection: DatabaseConnection, upload_id: str
    ) -> datetime | None:
        """Return when the last credentials for an upload expire; None: there never were any."""
        return await repository.find_last_expiry(connection, upload_id)

    async def delete_ended(
        self, connection: DatabaseConnection, before: datetime, limit: int
    ) -> int:
        """Delete a batch of leases that ended and expired before the time; return the number."""
        return await repository.delete_ended(connection, before, limit)

    async def end(
        self, connection: DatabaseConnection, scope: LeaseScope, at: datetime, reason: str
    ) -> int:
        """End all leases of a session, membership, class or account; return their number."""
        return await repository.end(connection, scope, at, reason)

    async def find_latest_user_sig_time(
        self, connection: DatabaseConnection, account_id: int
    ) -> datetime | None:
        """Return the issue time of the account's newest UserSig that may be valid.

        None: there is none. Leases are removed long after their credentials expire.
        """
        return await repository.find_latest_issue_time(connection, account_id, _WITH_USER_SIG)

    async def find_latest_entry_time(
        self, connection: DatabaseConnection, account_id: int, classroom_id: int
    ) -> datetime | None:
        """Return the latest issue time of entry credentials of a class, ended ones included."""
        return await repository.find_latest_entry_time(connection, account_id, classroom_id)

    async def has_renewable_entry(
        self, connection: DatabaseConnection, account_id: int, classroom_id: int
    ) -> bool:
        """Return whether the account has entry credentials of a class that may be renewed."""
        now = self._clock()
        return await repository.has_renewable_entry(connection, account_id, classroom_id, now)

    async def list_rooms(
        self, connection: DatabaseConnection, account_id: int, at: datetime
    ) -> Sequence[int]:
        """Return the classes in whose rooms the account may be, by credentials that ended too."""
        return await repository.list_rooms(connection, account_id, at)

    async def list_entered(
        self,
        connection: DatabaseConnection,
        account_id: int,
        session_id: str,
        *,
        elsewhere: bool = False,
    ) -> Sequence[int]:
        """Return the classes that the account entered in this session, or in its others.

        Only by credentials that did not end.
        """
        return await repository.list_entered(
            connection, account_id, session_id, elsewhere=elsewhere
        )

    async def has_active_user_sig(self, connection: DatabaseConnection, account_id: int) -> bool:
        """Return whether the account has a UserSig whose lease did not end."""
        return await repository.has_active(connection, account_id, _WITH_USER_SIG)

    async def latest_user_sig_time(
        self, connection: DatabaseConnection, account_id: int, now: datetime
    ) -> datetime:
        """Return the issue time of the account's newest UserSig, or now if that is earlier.

        It is briefly in the future after a kick, because it must be later than the kick.
        """
        return max(now, await self.find_latest_user_sig_time(connection, account_id) or now)

    def _with_key(self, lease: Lease) -> Lease:
        """Return the lease with the key that this process signs it with."""
        return replace(lease, signed_by=self._keys.of(lease.kind))

    def _count(
        self, connection: DatabaseConnection, lease: Lease, counted_as: str | None = None
    ) -> None:
        kind = counted_as or lease.kind
        try:
            self._limits.count(connection, lease.account_id, kind, self._clock())
        except TooManyGrants:
            GRANTS[lease.kind][GrantOutcome.LIMITED].inc()
            raise
