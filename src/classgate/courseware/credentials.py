"""Giving temporary credentials, in three steps: record the intent, ask the cloud, record the gift.

No transaction is open while the cloud is asked. Admission is checked again after it: what ended
meanwhile gets nothing. If the last record cannot be written, nothing is given either.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import structlog

from classgate.accounts.models import Caller
from classgate.classrooms.models import Standing
from classgate.classrooms.permissions import Right
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.cloud.ports import TemporaryCredentialsSource
from classgate.errors import ClassgateError
from classgate.leases.models import Lease, LeaseKind, LeaseState, hung_below
from classgate.leases.service import Details, LeaseBook, new_lease_id
from classgate.signing.cos_policy import Policy
from classgate.signing.sts_messages import TemporaryCredentials
from classgate.storage.database import Database, Queries

log = structlog.get_logger("classgate.courseware")

Step = Callable[[Queries, Lease], Awaitable[None]]
"""Something that belongs into the same transaction."""


class Giving(Protocol):
    """`LeaseBook.give_intended` or `LeaseBook.give_intended_again`."""

    async def __call__(
        self,
        queries: Queries,
        lease: Lease,
        *,
        rule: str,
        credentials: tuple[str, ...],
        details: Details = ...,
    ) -> None: ...


@dataclass(frozen=True)
class Wish:
    """What is to be given under a lease, once that is allowed."""

    covers: str  # the one key, or the prefix, for the record
    policy: Policy


class CredentialDesk:
    """Gives and renews temporary credentials for uploads to a class."""

    def __init__(
        self,
        *,
        database: Database,
        leases: LeaseBook,
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
        """A lease that is not written yet and gives nothing."""
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

    async def give(
        self,
        caller: Caller,
        classroom_id: int,
        lease: Lease,
        wish: Wish,
        *,
        first: Step,
        undo: Step,
    ) -> TemporaryCredentials:
        """The first credentials of a lease.

        `first` joins the first step; `undo` takes it back when nothing is given in the end.
        ClassroomNotFound, PermissionDenied, OutsideWindow, LeaseEnded, TooManyAttempts, CloudError.
        """
        async with self._database.transaction() as queries:
            standing = await self.admit(queries, caller, classroom_id)
            await first(queries, lease)
            await self._leases.intend(
                queries, lease, rule=_rule(standing), details={"covers": wish.covers}
            )

        async def take_back(queries: Queries, reason: str) -> None:
            # When it was given after all, only the answer got lost: then there is nothing to undo.
            if await self._leases.give_up(queries, lease, self._clock(), reason):
                await undo(queries, lease)

        give = self._leases.give_intended
        return await self._ask(caller, classroom_id, lease, wish, give, take_back)

    async def give_again(
        self, caller: Caller, classroom_id: int, lease: Lease, wish: Wish
    ) -> TemporaryCredentials:
        """Renewed credentials, by the same admission as the first. Raises what `give` raises."""
        async with self._database.transaction() as queries:
            standing = await self.admit(queries, caller, classroom_id)
            self._leases.require_renewable(lease, self._clock())
            await self._leases.intend_again(
                queries, lease, rule=_rule(standing), details={"covers": wish.covers}
            )

        async def take_back(queries: Queries, reason: str) -> None:
            await self._leases.tell_not_given(queries, lease, reason)

        lease = hung_below(lease, caller.session_id, caller.session.expires_at)
        give = self._leases.give_intended_again
        return await self._ask(caller, classroom_id, lease, wish, give, take_back)

    async def _ask(
        self,
        caller: Caller,
        classroom_id: int,
        lease: Lease,
        wish: Wish,
        give: Giving,
        take_back: Callable[[Queries, str], Awaitable[None]],
    ) -> TemporaryCredentials:
        """The second and the third step: ask the cloud, and record what it gave."""
        try:
            credentials = await self._source.issue_credentials(wish.policy, self._lifetime)
            async with self._database.transaction() as queries:
                standing = await self.admit(queries, caller, classroom_id)
                await give(
                    queries,
                    _with_times(lease, credentials),
                    rule=_rule(standing),
                    credentials=_marks(credentials),
                    details={"covers": wish.covers},
                )
        except BaseException as error:
            reason = error.code if isinstance(error, ClassgateError) else "internal_error"
            # Shielded: a client that hangs up must not leave the lease pending.
            await asyncio.shield(self._take_back(lease, reason, take_back))
            raise
        return credentials

    async def _take_back(
        self, lease: Lease, reason: str, take_back: Callable[[Queries, str], Awaitable[None]]
    ) -> None:
        """Say in the record that nothing was given; what led here stays the answer."""
        try:
            async with self._database.transaction() as queries:
                await take_back(queries, reason)
        except Exception:
            log.exception("a lease stays pending; it gives nothing", lease_id=lease.lease_id)

    async def require(self, caller: Caller, classroom_id: int) -> None:
        """A first look, which decides nothing. Raises what `admit` raises."""
        standing = await self._classrooms.require(caller, classroom_id, Right.UPLOAD)
        self._classrooms.require_not_over(standing.classroom)

    async def admit(self, queries: Queries, caller: Caller, classroom_id: int) -> Standing:
        """Everything that decides over an upload, read in this transaction."""
        _, standing = await self._classrooms.admit(queries, caller, classroom_id, Right.UPLOAD)
        self._classrooms.require_not_over(standing.classroom)
        return standing


def _with_times(lease: Lease, credentials: TemporaryCredentials) -> Lease:
    return replace(lease, issued_at=credentials.starts_at, expires_at=credentials.expires_at)


def _marks(credentials: TemporaryCredentials) -> tuple[str, ...]:
    """By these a leaked credential, or a line in the bucket's log, is found again."""
    return (credentials.secret_id, credentials.session_token)


def _rule(standing: Standing) -> str:
    return f"{standing.role_name} of the class, which is not over"
