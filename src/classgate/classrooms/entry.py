"""Entering a class: authorize the caller and issue entry credentials.

With entry credentials, at their renewal, without any, and after a timeout, one rule decides.
Whoever enters is present from then on.
"""

from classgate.accounts.models import Caller
from classgate.accounts.user_sigs import DEFAULT_LIFETIME, SignedUserSig, UserSigIssuer
from classgate.classrooms import repository
from classgate.classrooms.access_times import role_in
from classgate.classrooms.action_rules import ENTRY_RULE
from classgate.classrooms.groups import ClassGroups
from classgate.classrooms.media_privileges import privileges_of
from classgate.classrooms.models import (
    AccessContext,
    AccessWindows,
    ClassroomRole,
    ClassroomState,
    EntryCredentials,
    Membership,
)
from classgate.classrooms.presence.log import PresenceLog
from classgate.classrooms.room_rights import RoomRights
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import LeaseNotFound
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease, rebind_session, refresh_after
from classgate.leases.records import Details
from classgate.leases.service import LeaseService, new_lease_id
from classgate.outbox.models import MarkerType
from classgate.outbox.service import Outbox
from classgate.refusals import ClassNotLive
from classgate.signing.private_map_key import issue_private_map_key
from classgate.storage.database import Database, DatabaseConnection


class EntryService:
    """Issues entry credentials: UserSig and PrivateMapKey together, for one room."""

    def __init__(
        self,
        *,
        database: Database,
        leases: LeaseService,
        presence_log: PresenceLog,
        outbox: Outbox,
        classrooms: ClassroomService,
        groups: ClassGroups,
        room_rights: RoomRights,
        user_sigs: UserSigIssuer,
        windows: AccessWindows,
        clock: Clock,
    ) -> None:
        self._database = database
        self._leases = leases
        self._presence_log = presence_log
        self._outbox = outbox
        self._classrooms = classrooms
        self._groups = groups
        self._room_rights = room_rights
        self._user_sigs = user_sigs
        self._windows = windows
        self._clock = clock

    async def issue_entry(self, caller: Caller, classroom_id: int) -> EntryCredentials:
        """Issue entry credentials in the role of the roster and mark the caller as present.

        ClassroomNotFound: not a member, and the class is not open. PermissionDenied: kicked.
        OutsideAccessWindow: too early, or over.
        """
        async with self._database.transaction() as connection:
            current, member, access = await self._authorize_entry(connection, caller, classroom_id)
            signed = self._sign_user_sig(current, access)
            lease = Lease(
                lease_id=new_lease_id(),
                kind=ENTRY_RULE.kind,
                account_id=current.account_id,
                session_id=current.session_id,
                classroom_id=classroom_id,
                issued_at=signed.issued_at,
                expires_at=signed.expires_at,
                renewable_until=current.session.expires_at,
            )
            entry = self._sign_credentials(current, access, member, signed, lease)
            await self._leases.issue(
                connection,
                lease,
                rule=_rule(member),
                credentials=(entry.user_sig, entry.private_map_key),
                details=_details_of(entry),
            )
            await self._groups.enter(connection, current, access.classroom, member)
            return entry

    async def renew_entry(self, caller: Caller, lease_id: str) -> EntryCredentials:
        """Issue new entry credentials under the same lease, if the caller may still enter.

        LeaseNotFound, LeaseEnded, and all that `issue_entry` raises.
        """
        async with self._database.transaction() as connection:
            owned = await self._leases.get_owned(
                connection, lease_id, LeaseKind.ENTRY, caller.account_id
            )
            if owned.classroom_id is None:
                raise LeaseNotFound
            current, member, access = await self._authorize_entry(
                connection, caller, owned.classroom_id, renewed_lease=lease_id
            )
            self._leases.require_renewable(owned, self._clock())
            owned = rebind_session(owned, current.session_id, current.session.expires_at)
            signed = self._sign_user_sig(current, access)
            lease = owned.with_times(signed.issued_at, signed.expires_at)
            entry = self._sign_credentials(current, access, member, signed, lease)
            await self._leases.renew(
                connection,
                lease,
                rule=_rule(member),
                credentials=(entry.user_sig, entry.private_map_key),
                details=_details_of(entry),
            )
            return entry

    async def enter(self, caller: Caller, classroom_id: int, timestamp: int) -> None:
        """Enter a live class without credentials, for clients that have the room from elsewhere.

        `timestamp` is the client's media clock. A restarted device has a new one and reports it by
        entering again. ClassroomNotFound; PermissionDenied: kicked. ClassroomStateConflict: not
        live; OutsideAccessWindow: over.
        """
        async with self._database.transaction() as connection:
            current, _, access = await self._authorize_entry(connection, caller, classroom_id)
            if access.classroom.state is not ClassroomState.LIVE:
                raise ClassNotLive
            await self._outbox.enqueue_marker(
                connection,
                MarkerType.MEMBER_ENTERED,
                classroom_id=classroom_id,
                account_id=current.account_id,
                timestamp=timestamp,
                at=self._clock(),
            )

    async def reenter(self, caller: Caller, classroom_id: int) -> AccessContext:
        """Mark the caller as present again after a timeout, by the same rules. Raises as
        `issue_entry`.
        """
        async with self._database.transaction() as connection:
            return (await self._authorize_entry(connection, caller, classroom_id))[2]

    def require_window(self, access: AccessContext) -> None:
        """Check the access window before the transaction. OutsideAccessWindow: over, or not open
        yet.
        """
        ENTRY_RULE.require_time(access, self._clock(), self._windows)

    async def _authorize_entry(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        renewed_lease: str | None = None,
    ) -> tuple[Caller, Membership, AccessContext]:
        """Authorize an entry with what is read in the transaction that records it.

        Whoever is authorized is present from then on.
        """
        current, access = await self._classrooms.authorize(
            connection, caller, classroom_id, ENTRY_RULE.permission
        )
        now = self._clock()
        ENTRY_RULE.require_time(access, now, self._windows)
        member, role = access.membership, role_in(access)
        if member is None:  # an open class: entering adds the caller to its roster
            member = Membership(
                account_id=current.account_id,
                role=role,
                on_stage=False,
                kicked_at=None,
                muted=access.classroom.muted,
                muted_at=now,
            )
            await repository.add_memberships(connection, classroom_id, [member], now)
            await self._room_rights.apply(
                connection, current.account, classroom_id, None, member, now
            )
        await self._presence_log.enter(connection, current, classroom_id, role, now, renewed_lease)
        return current, member, access

    def _sign_user_sig(self, caller: Caller, access: AccessContext) -> SignedUserSig:
        now = self._clock()
        ends_at = access.classroom.ends_at
        # A distant end must not make a long lifetime: one day at most, then the lease is renewed.
        closes = now + DEFAULT_LIFETIME
        if ends_at is not None:
            closes = min(closes, ends_at + self._windows.overrun)
        return self._user_sigs.issue(caller.account, now, closes)

    def _sign_credentials(
        self,
        caller: Caller,
        access: AccessContext,
        member: Membership,
        signed: SignedUserSig,
        lease: Lease,
    ) -> EntryCredentials:
        room_id = access.classroom.classroom_id
        privileges = privileges_of(member.role, member.on_stage, member.muted)
        lifetime = self._windows.private_map_key_lifetime
        # The UserSig may need a later time than now, see `UserSigIssuer.issue`. The PrivateMapKey
        # does not, and must not live longer because of it.
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
        return EntryCredentials(
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


def _rule(member: Membership) -> str:
    stage = " on stage" if member.on_stage and member.role is ClassroomRole.STUDENT else ""
    return f"{member.role.value}{stage} of the class, inside its window"


def _details_of(entry: EntryCredentials) -> Details:
    """Return what the audit records beside the times of the UserSig."""
    return {
        "role": entry.role.value,
        "privileges": int(entry.privileges),
        "private_map_key_expires_at": int(entry.private_map_key_expires_at.timestamp()),
    }
