"""Issues temporary credentials in three steps: record the request, call the cloud, record the
result.

No transaction is open during the call. Authorization is checked again after it: if it ended
meanwhile, nothing is issued. If the result cannot be recorded, nothing is issued either.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from classgate.accounts.models import Caller
from classgate.classrooms.models import AccessContext
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.ports import TemporaryCredentialsSource
from classgate.courseware import repository
from classgate.courseware.action_rules import UPLOAD_RULE
from classgate.courseware.models import UploadState
from classgate.errors import ClassgateError
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease, LeaseState, rebind_session
from classgate.leases.records import Details
from classgate.leases.reservations import LeaseReservation, Reservation
from classgate.leases.service import LeaseService, new_lease_id
from classgate.signing.cos_policy import Policy
from classgate.signing.sts_messages import TemporaryCredentials
from classgate.storage.database import Database, DatabaseConnection

log = structlog.get_logger("classgate.courseware")


@dataclass(frozen=True)
class CredentialRequest:
    """A request for credentials under a lease."""

    resource: str  # the object key or the prefix, for the audit
    policy: Policy


class UploadReservation:
    """A reservation of a new upload's credentials: if nothing is issued, the upload is closed."""

    def __init__(self, reservation: Reservation, upload_id: str) -> None:
        self._reservation = reservation
        self._upload_id = upload_id

    @property
    def lease(self) -> Lease:
        """The pending lease."""
        return self._reservation.lease

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
        await self._reservation.activate(
            connection, issued, rule=rule, credentials=credentials, details=details
        )

    async def cancel(self, connection: DatabaseConnection, at: datetime, reason: str) -> bool:
        """End the pending lease and abandon the upload, unless it was issued after all."""
        if not await self._reservation.cancel(connection, at, reason):
            return False
        await repository.transition_state(connection, self._upload_id, UploadState.ABANDONED, at)
        return True


class CredentialService:
    """Issues and renews temporary credentials for uploads to a class."""

    def __init__(
        self,
        *,
        database: Database,
        leases: LeaseService,
        classrooms: ClassroomService,
        source: TemporaryCredentialsSource,
        lifetime: timedelta,
        clock: Clock,
    ) -> None:
        self._database = database
        self._leases = leases
        self._classrooms = classrooms
        self._source = source
        self._lifetime = lifetime
        self._clock = clock

    def new_lease(
        self, caller: Caller, kind: LeaseKind, classroom_id: int, upload_id: str | None
    ) -> Lease:
        """Build a lease that is not stored yet."""
        now = self._clock()
        return Lease(
            lease_id=new_lease_id(),
            kind=kind,
            state=LeaseState.PENDING,
            account_id=caller.account_id,
            session_id=caller.session_id,
            classroom_id=classroom_id,
            upload_id=upload_id,
            issued_at=now,
            expires_at=now + self._lifetime,
            renewable_until=caller.session.expires_at,
        )

    async def reserve(
        self,
        connection: DatabaseConnection,
        access: AccessContext,
        lease: Lease,
        request: CredentialRequest,
    ) -> LeaseReservation:
        """Record a new lease before the cloud is called, by what `authorize` returned.

        TooManyAttempts.
        """
        return await self._leases.reserve(
            connection, lease, rule=_rule(access), details={"resource": request.resource}
        )

    async def issue(
        self, caller: Caller, classroom_id: int, lease: Lease, request: CredentialRequest
    ) -> TemporaryCredentials:
        """Issue the first credentials of a lease that nothing else depends on.

        ClassroomNotFound, PermissionDenied, OutsideAccessWindow, LeaseEnded, TooManyAttempts,
        CloudError.
        """
        async with self._database.transaction() as connection:
            access = await self.authorize(connection, caller, classroom_id)
            reservation = await self.reserve(connection, access, lease, request)
        return await self.obtain(caller, classroom_id, reservation, request)

    async def renew(
        self, caller: Caller, classroom_id: int, lease: Lease, request: CredentialRequest
    ) -> TemporaryCredentials:
        """Issue renewed credentials, authorized as the first ones. Raises what `issue` raises."""
        async with self._database.transaction() as connection:
            access = await self.authorize(connection, caller, classroom_id)
            self._leases.require_renewable(lease, self._clock())
            reservation = await self._leases.reserve_renewal(
                connection,
                rebind_session(lease, caller.session_id, caller.session.expires_at),
                rule=_rule(access),
                details={"resource": request.resource},
            )
        return await self.obtain(caller, classroom_id, reservation, request)

    async def obtain(
        self,
        caller: Caller,
        classroom_id: int,
        reservation: Reservation,
        request: CredentialRequest,
    ) -> TemporaryCredentials:
        """Call the cloud, and activate or cancel the reservation. Raises what `issue` raises."""
        try:
            credentials = await self._source.issue_credentials(request.policy, self._lifetime)
            async with self._database.transaction() as connection:
                access = await self.authorize(connection, caller, classroom_id)
                await reservation.activate(
                    connection,
                    _with_times(reservation.lease, credentials),
                    rule=_rule(access),
                    credentials=_identifying_parts(credentials),
                    details={"resource": request.resource},
                )
        except BaseException as error:
            reason = error.code if isinstance(error, ClassgateError) else "internal_error"
            # Shielded: a disconnecting client must not leave the lease pending.
            await asyncio.shield(self._cancel(reservation, reason))
            raise
        return credentials

    async def _cancel(self, reservation: Reservation, reason: str) -> None:
        """Record that nothing was issued; the original error stays the answer."""
        try:
            async with self._database.transaction() as connection:
                await reservation.cancel(connection, self._clock(), reason)
        except Exception:
            log.exception(
                "could not cancel a lease; it stays pending", lease_id=reservation.lease.lease_id
            )

    async def check_permission(self, caller: Caller, classroom_id: int) -> None:
        """Authorize early, without a decision. Raises what `authorize` raises."""
        permission = UPLOAD_RULE.permission
        access = await self._classrooms.check_permission(caller, classroom_id, permission)
        self._classrooms.require_time(UPLOAD_RULE, access)

    async def authorize(
        self, connection: DatabaseConnection, caller: Caller, classroom_id: int
    ) -> AccessContext:
        """Authorize an upload in this transaction."""
        _, access = await self._classrooms.authorize(
            connection, caller, classroom_id, UPLOAD_RULE.permission
        )
        self._classrooms.require_time(UPLOAD_RULE, access)
        return access


def _with_times(lease: Lease, credentials: TemporaryCredentials) -> Lease:
    return lease.with_times(credentials.starts_at, credentials.expires_at)


def _identifying_parts(credentials: TemporaryCredentials) -> tuple[str, ...]:
    """These details link a leaked credential, or a line in the bucket's log, to its lease."""
    return (credentials.secret_id, credentials.session_token)


def _rule(access: AccessContext) -> str:
    return f"{access.role_name} of the class, which is not over"
