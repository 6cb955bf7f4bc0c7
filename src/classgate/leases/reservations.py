"""Reservations: leases and renewals that are recorded before the cloud is called.

A reservation ends by `activate` (the cloud issued the credentials) or by `cancel` (it did not).
"""

from datetime import datetime
from typing import Protocol

from classgate.errors import LeaseEnded
from classgate.leases import repository
from classgate.leases.models import Lease, LeaseState
from classgate.leases.records import Details, LeaseRecords
from classgate.storage.database import DatabaseConnection


class Reservation(Protocol):
    """A recorded request for credentials. Nothing is issued yet."""

    @property
    def lease(self) -> Lease:
        """The lease under which the credentials are requested."""

    async def activate(
        self,
        connection: DatabaseConnection,
        issued: Lease,
        *,
        rule: str,
        credentials: tuple[str, ...],
        details: Details,
    ) -> None:
        """Record the credentials that the cloud issued, with the times of `issued`.

        Raises:
            LeaseEnded: The lease was ended meanwhile; the credentials must not be handed out.
        """

    async def cancel(self, connection: DatabaseConnection, at: datetime, reason: str) -> bool:
        """Record that nothing was issued.

        Returns:
            False if the credentials were issued after all, and only the confirmation of the commit
            was lost.
        """


class LeaseReservation:
    """A reservation of a new lease, which is pending."""

    def __init__(self, records: LeaseRecords, lease: Lease) -> None:
        self._records = records
        self.lease = lease

    async def activate(
        self,
        connection: DatabaseConnection,
        issued: Lease,
        *,
        rule: str,
        credentials: tuple[str, ...],
        details: Details,
    ) -> None:
        """Make the pending lease active. LeaseEnded."""
        if not await repository.activate(connection, issued, LeaseState.PENDING):
            raise LeaseEnded
        await self._records.record_issued(connection, issued, rule, credentials, details)

    async def cancel(self, connection: DatabaseConnection, at: datetime, reason: str) -> bool:
        """End the pending lease."""
        await repository.end_pending(connection, self.lease.lease_id, at, reason)
        now = await repository.find(connection, self.lease.lease_id, self.lease.account_id)
        if now is not None and now.state is LeaseState.ACTIVE:
            return False
        await self._records.record_failed(connection, self.lease, reason)
        return True


class RenewalReservation:
    """A reservation of a renewal. The lease stays active, whatever the cloud answers."""

    def __init__(self, records: LeaseRecords, lease: Lease) -> None:
        self._records = records
        self.lease = lease

    async def activate(
        self,
        connection: DatabaseConnection,
        issued: Lease,
        *,
        rule: str,
        credentials: tuple[str, ...],
        details: Details,
    ) -> None:
        """Give the active lease its new times. LeaseEnded."""
        if not await repository.activate(connection, issued, LeaseState.ACTIVE):
            raise LeaseEnded
        await self._records.record_renewed(connection, issued, rule, credentials, details)

    async def cancel(self, connection: DatabaseConnection, _at: datetime, reason: str) -> bool:
        """Record the failure. What was issued before stays valid."""
        await self._records.record_failed(connection, self.lease, reason)
        return True
