"""Entering a class, by one admission: with a ticket, at its renewal, without one, after a silence.

Whoever is let in is in the class from then on.
"""

from dataclasses import replace

from classgate.accounts.models import Caller
from classgate.accounts.user_sigs import WITHOUT_END, SignedUserSig, UserSigIssuer
from classgate.classrooms import repository
from classgate.classrooms.models import (
    ClassroomRole,
    ClassroomState,
    Membership,
    Standing,
    Ticket,
    Windows,
)
from classgate.classrooms.permissions import (
    Right,
    privileges_of,
    require_entry_window,
)
from classgate.classrooms.presence_book import PresenceBook
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import ClassroomStateConflict, LeaseNotFound
from classgate.leases.models import Lease, LeaseKind, hung_below, refresh_after
from classgate.leases.service import LeaseBook, new_lease_id
from classgate.outbox.models import MarkerType
from classgate.outbox.service import Outbox
from classgate.signing.private_map_key import issue_private_map_key
from classgate.storage.database import Database, Queries


class EntryService:
    """Gives tickets: UserSig and PrivateMapKey, together and for one room."""

    def __init__(
        self,
        *,
        database: Database,
        leases: LeaseBook,
        presences: PresenceBook,
        outbox: Outbox,
        classrooms: ClassroomService,
        user_sigs: UserSigIssuer,
        windows: Windows,
        clock: Clock,
    ) -> None:
        self._database = database
        self._leases = leases
        self._presences = presences
        self._outbox = outbox
        self._classrooms = classrooms
        self._user_sigs = user_sigs
        self._windows = windows
        self._clock = clock

    async def issue_ticket(self, caller: Caller, classroom_id: int) -> Ticket:
        """Let the caller in, in the role that the roster gives; they are there from now on.

        ClassroomNotFound: not a member, and the class is not open. PermissionDenied: kicked.
        OutsideWindow: too early, or over.
        """
        async with self._database.transaction() as queries:
            current, member, standing = await self._admit(queries, caller, classroom_id)
            signed = await self._sign_user_sig(queries, current, standing)
            lease = Lease(
                lease_id=new_lease_id(),
                kind=LeaseKind.ENTRY,
                account_id=current.account_id,
                session_id=current.session_id,
                classroom_id=classroom_id,
                issued_at=signed.issued_at,
                expires_at=signed.expires_at,
                renewable_until=current.session.expires_at,
            )
            ticket = self._sign_ticket(current, standing, member, signed, lease)
            await self._leases.give(
                queries,
                lease,
                rule=_rule(member),
                credentials=(ticket.user_sig, ticket.private_map_key),
                details={"role": member.role.value, "privileges": int(ticket.privileges)},
            )
            return ticket

    async def renew_ticket(self, caller: Caller, lease_id: str) -> Ticket:
        """A new ticket under the same lease, if the caller would be let in now.

        LeaseNotFound, LeaseEnded, and all that `issue_ticket` raises.
        """
        async with self._database.transaction() as queries:
            owned = await self._leases.get_owned(
                queries, lease_id, LeaseKind.ENTRY, caller.account_id
            )
            if owned.classroom_id is None:
                raise LeaseNotFound
            current, member, standing = await self._admit(
                queries, caller, owned.classroom_id, by_lease=lease_id
            )
            self._leases.require_renewable(owned, self._clock())
            owned = hung_below(owned, current.session_id, current.session.expires_at)
            signed = await self._sign_user_sig(queries, current, standing)
            lease = replace(owned, issued_at=signed.issued_at, expires_at=signed.expires_at)
            ticket = self._sign_ticket(current, standing, member, signed, lease)
            await self._leases.give_again(
                queries,
                lease,
                rule=_rule(member),
                credentials=(ticket.user_sig, ticket.private_map_key),
                details={"role": member.role.value, "privileges": int(ticket.privileges)},
            )
            return ticket

    async def enter(self, caller: Caller, classroom_id: int, timestamp: int) -> None:
        """Come into a live class without a ticket, as clients do that have the room from elsewhere.

        `timestamp` is the client's media clock: a device that was started again has a new one, and
        says so by entering again. ClassroomNotFound; PermissionDenied: kicked.
        ClassroomStateConflict: not live; OutsideWindow: over.
        """
        async with self._database.transaction() as queries:
            current, _, standing = await self._admit(queries, caller, classroom_id)
            if standing.classroom.state is not ClassroomState.LIVE:
                raise ClassroomStateConflict("the class is not live")
            await self._outbox.put_marker(
                queries,
                MarkerType.MEMBER_ENTERED,
                classroom_id=classroom_id,
                account_id=current.account_id,
                timestamp=timestamp,
                at=self._clock(),
            )

    async def come_back(self, caller: Caller, classroom_id: int) -> Standing:
        """Be there again after a silence, by the same admission. Raises as `issue_ticket`."""
        async with self._database.transaction() as queries:
            return (await self._admit(queries, caller, classroom_id))[2]

    def require_window(self, standing: Standing) -> None:
        """A first look at the time. OutsideWindow: the class is over, or not open yet."""
        role = _role_in(standing)
        require_entry_window(standing.classroom, role, self._clock(), self._windows)

    async def _admit(
        self, queries: Queries, caller: Caller, classroom_id: int, by_lease: str | None = None
    ) -> tuple[Caller, Membership, Standing]:
        """Everything that decides over an entry, read in the transaction that records it.

        Whoever is let in is there.
        """
        current, standing = await self._classrooms.admit(queries, caller, classroom_id, Right.ENTER)
        now = self._clock()
        member, role = standing.membership, _role_in(standing)
        require_entry_window(standing.classroom, role, now, self._windows)
        if member is None:  # an open class: who enters is on its roster from now on
            member = Membership(
                account_id=current.account_id, role=role, on_stage=False, kicked_at=None
            )
            await repository.add_memberships(queries, classroom_id, [member], now)
        await self._presences.enter(queries, current, classroom_id, role, now, by_lease)
        return current, member, standing

    async def _sign_user_sig(
        self, queries: Queries, caller: Caller, standing: Standing
    ) -> SignedUserSig:
        now = self._clock()
        ends_at = standing.classroom.ends_at
        # A distant end must not make a long life: a day at most, then the lease is renewed.
        closes = now + WITHOUT_END
        if ends_at is not None:
            closes = min(closes, ends_at + self._windows.overrun)
        return await self._user_sigs.issue(queries, caller.account, now, closes)

    def _sign_ticket(
        self,
        caller: Caller,
        standing: Standing,
        member: Membership,
        signed: SignedUserSig,
        lease: Lease,
    ) -> Ticket:
        room_id = standing.classroom.classroom_id
        privileges = privileges_of(member.role, member.on_stage)
        lifetime = self._windows.ticket_lifetime
        # The UserSig may have to be of a later time than now, see `UserSigIssuer.issue`; the ticket
        # need not, and must not live longer for it.
        issued_at = min(signed.issued_at, self._clock().replace(microsecond=0))
        private_map_key = issue_private_map_key(
            self._user_sigs.application.key,
            sdk_app_id=self._user_sigs.sdk_app_id,
            identifier=caller.account.identifier,
            room_id=room_id,
            privileges=privileges,
            issued_at=issued_at,
            lifetime=lifetime,
        )
        return Ticket(
            sdk_app_id=self._user_sigs.sdk_app_id,
            identifier=caller.account.identifier,
            user_sig=signed.user_sig,
            private_map_key=private_map_key,
            private_map_key_expires_at=issued_at + lifetime,
            room_id=room_id,
            role=member.role,
            privileges=privileges,
            chat_group=str(room_id),
            replay_group=f"{room_id}_replay",
            issued_at=signed.issued_at,
            expires_at=signed.expires_at,
            refresh_after=refresh_after(issued_at, issued_at + lifetime),
            server_time=self._clock(),
            lease_id=lease.lease_id,
        )


def _role_in(standing: Standing) -> ClassroomRole:
    """Whoever enters an open class is a student of it."""
    return ClassroomRole.STUDENT if standing.membership is None else standing.membership.role


def _rule(member: Membership) -> str:
    stage = " on stage" if member.on_stage and member.role is ClassroomRole.STUDENT else ""
    return f"{member.role.value}{stage} of the class, inside its window"
