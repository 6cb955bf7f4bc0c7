"""Issues temporary credentials in three steps: record the request, call the cloud, record the
result.

No transaction is open during the call. Authorization is checked again after it: if it ended
meanwhile, nothing is issued. If the result cannot be recorded, nothing is issued either.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import structlog

from classgate.accounts.models import Caller
from classgate.classrooms.models import AccessContext
from classgate.classrooms.permissions import Permission
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.ports import TemporaryCredentialsSource
from classgate.errors import ClassgateError
from classgate.leases.models import Lease, LeaseKind, LeaseState, rebind_session
from classgate.leases.service import Details, LeaseService, new_lease_id
from classgate.signing.cos_policy import Policy
from classgate.signing.sts_messages import TemporaryCredentials
from classgate.storage.database import Database, DatabaseConnection

log = structlog.get_logger("classgate.courseware")

Step = Callable[[DatabaseConnection, Lease], Awaitable[None]]
"""A step that joins the same transaction."""


class ActivateLease(Protocol):
    """`LeaseService.activate` or `LeaseService.activate_renewal`."""

    async def __call__(
        self,
        connection: DatabaseConnection,
        lease: Lease,
        *,
        rule: str,
        credentials: tuple[str, ...],
        details: Details = ...,
    ) -> None: ...


@dataclass(frozen=True)
class CredentialRequest:
    """A request for credentials under a lease."""

    resource: str  # the object key or the prefix, for the audit
    policy: Policy


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

    async def issue(
        self,
        caller: Caller,
        classroom_id: int,
        lease: Lease,
        request: CredentialRequest,
        *,
        first: Step,
        undo: Step,
    ) -> TemporaryCredentials:
        """Issue the first credentials of a lease.

        `first` joins the first step; `undo` reverts it if nothing is issued. ClassroomNotFound,
        PermissionDenied, OutsideAccessWindow, LeaseEnded, TooManyAttempts, CloudError.
        """
        async with self._database.transaction() as connection:
            access = await self.authorize(connection, caller, classroom_id)
            await first(connection, lease)
            await self._leases.reserve(
                connection, lease, rule=_rule(access), details={"resource": request.resource}
            )

        async def cancel(connection: DatabaseConnection, reason: str) -> None:
            # If it was issued after all and only the answer was lost, there is nothing to undo.
            if await self._leases.cancel(connection, lease, self._clock(), reason):
                await undo(connection, lease)

        record = self._leases.activate
        return await self._request_and_record(caller, classroom_id, lease, request, record, cancel)

    async def renew(
        self, caller: Caller, classroom_id: int, lease: Lease, request: CredentialRequest
    ) -> TemporaryCredentials:
        """Issue renewed credentials, authorized as the first ones. Raises what `issue` raises."""
        async with self._database.transaction() as connection:
            access = await self.authorize(connection, caller, classroom_id)
            self._leases.require_renewable(lease, self._clock())
            await self._leases.reserve_renewal(
                connection, lease, rule=_rule(access), details={"resource": request.resource}
            )

        async def cancel(connection: DatabaseConnection, reason: str) -> None:
            await self._leases.record_failure(connection, lease, reason)

        lease = rebind_session(lease, caller.session_id, caller.session.expires_at)
        record = self._leases.activate_renewal
        return await self._request_and_record(caller, classroom_id, lease, request, record, cancel)

    async def _request_and_record(
        self,
        caller: Caller,
        classroom_id: int,
        lease: Lease,
        request: CredentialRequest,
        record: ActivateLease,
        cancel: Callable[[DatabaseConnection, str], Awaitable[None]],
    ) -> TemporaryCredentials:
        """Call the cloud and record the result."""
        try:
            credentials = await self._source.issue_credentials(request.policy, self._lifetime)
            async with self._database.transaction() as connection:
                access = await self.authorize(connection, caller, classroom_id)
                await record(
                    connection,
                    _with_times(lease, credentials),
                    rule=_rule(access),
                    credentials=_identifying_parts(credentials),
                    details={"resource": request.resource},
                )
        except BaseException as error:
            reason = error.code if isinstance(error, ClassgateError) else "internal_error"
            # Shielded: a disconnecting client must not leave the lease pending.
            await asyncio.shield(self._cancel(lease, reason, cancel))
            raise
        return credentials

    async def _cancel(
        self,
        lease: Lease,
        reason: str,
        cancel: Callable[[DatabaseConnection, str], Awaitable[None]],
    ) -> None:
        """Record that nothing was issued; the original error stays the answer."""
        try:
            async with self._database.transaction() as connection:
                await cancel(connection, reason)
        except Exception:
            log.exception("could not cancel a lease; it stays pending", lease_id=lease.lease_id)

    async def check_permission(self, caller: Caller, classroom_id: int) -> None:
        """Authorize early, without a decision. Raises what `authorize` raises."""
        access = await self._classrooms.check_permission(caller, classroom_id, Permission.UPLOAD)
        self._classrooms.require_not_ended(access.classroom)

    async def authorize(
        self, connection: DatabaseConnection, caller: Caller, classroom_id: int
    ) -> AccessContext:
        """Authorize an upload in this transaction."""
        _, access = await self._classrooms.authorize(
            connection, caller, classroom_id, Permission.UPLOAD
        )
        self._classrooms.require_not_ended(access.classroom)
        return access


def _with_times(lease: Lease, credentials: TemporaryCredentials) -> Lease:
    return replace(lease, issued_at=credentials.starts_at, expires_at=credentials.expires_at)


def _identifying_parts(credentials: TemporaryCredentials) -> tuple[str, ...]:
    """These details link a leaked credential, or a line in the bucket's log, to its lease."""
    return (credentials.secret_id, credentials.session_token)


def _rule(access: AccessContext) -> str:
    return f"{access.role_name} of the class, which is not over"
