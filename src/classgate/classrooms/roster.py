"""The roster of a class: adding, changing, removing, kicking."""

from dataclasses import replace
from datetime import datetime

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Account, Caller
from classgate.accounts.removals import CloudRemovals
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms import repository
from classgate.classrooms.models import (
    AccessContext,
    Classroom,
    ClassroomRole,
    LeaveReason,
    Member,
    Membership,
    Mute,
)
from classgate.classrooms.permissions import (
    Permission,
    require_may_assign_role,
    require_may_change_member,
)
from classgate.classrooms.presence import attendance_repository
from classgate.classrooms.presence import repository as presence_repository
from classgate.classrooms.presence.log import PresenceLog
from classgate.classrooms.room_rights import RoomRights
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import AccountNotFound, MemberNotFound
from classgate.leases.models import LeaseScope
from classgate.leases.service import LeaseService
from classgate.refusals import MemberIsKicked
from classgate.storage.changes import Changed
from classgate.storage.cursors import CursorFormat, split_page
from classgate.storage.database import Database, DatabaseConnection
from classgate.validation import field_error

# A name in the list: an identifier, or `deleted~<number>`.
_NAME = CursorFormat(r"([!-~]{1,40})")


class RosterService:
    """Changes the roster. Changes take effect at once: credentials of a lost membership end."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        leases: LeaseService,
        removals: CloudRemovals,
        presence_log: PresenceLog,
        room_rights: RoomRights,
        classrooms: ClassroomService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._leases = leases
        self._removals = removals
        self._presence_log = presence_log
        self._room_rights = room_rights
        self._classrooms = classrooms
        self._clock = clock

    async def list_members(
        self,
        caller: Caller,
        classroom_id: int,
        cursor: str | None,
        limit: int,
        online: bool | None = None,
    ) -> tuple[list[Member], str | None]:
        """Return a page of the roster by name; all, only the present, or only the absent.

        ClassroomNotFound, PermissionDenied; InvalidRequest: invalid cursor.
        """
        after = None if cursor is None else _NAME.read(cursor)[0]
        await self._classrooms.check_permission(caller, classroom_id, Permission.READ_ROSTER)
        found = await attendance_repository.list_members(
            self._database.reader, classroom_id, after, limit + 1, online
        )
        now = self._clock()
        members = [replace(each, membership=each.membership.at(now)) for each in found]
        return split_page(members, limit, lambda each: each.identifier)

    async def set_member(
        self,
        caller: Caller,
        classroom_id: int,
        identifier: str,
        role: ClassroomRole,
        on_stage: bool,
    ) -> Member:
        """Add a member, change their role or stage, or lift a kick.

        PermissionDenied, AccountNotFound, OutsideAccessWindow when the class is over.
        """
        async with self._database.transaction() as connection:
            actor, access = await self._classrooms.authorize(
                connection, caller, classroom_id, Permission.CHANGE_ROSTER, about=identifier
            )
            require_may_assign_role(access, role)
            self._classrooms.require_not_ended(access.classroom)
            account = await _get_account(connection, identifier)
            before = await repository.find_membership(connection, classroom_id, account.account_id)
            now = self._clock()
            require_may_change_member(access, before, now)
            member = Membership(
                account_id=account.account_id,
                role=role,
                on_stage=on_stage,
                kicked_at=None,
                muted=_muted_of(access.classroom, before, role),
                muted_at=now if before is None else before.muted_at,
            )
            if before is None:
                # Not in the repository: whoever enters an open class is added there too.
                connection.announce(Changed.CLASSROOM, classroom_id)
                await repository.add_memberships(connection, classroom_id, [member], now)
            else:
                await repository.change_membership(connection, classroom_id, member)
            await self._room_rights.apply(connection, account, classroom_id, before, member, now)
            details: dict[str, str | int] = {"role": role.value, "on_stage": on_stage}
            await self._record(
                connection, AuditEvent.MEMBER_SET, actor, account, classroom_id, now, details
            )
            here = await presence_repository.find_open(connection, classroom_id, account.account_id)
            return Member(account.identifier, account.display_name, member, here is not None)

    async def remove_member(self, caller: Caller, classroom_id: int, identifier: str) -> None:
        """Remove a member; their presence and leases in this class end.

        PermissionDenied, MemberNotFound; Conflict: they were kicked, and stay barred.
        """
        async with self._database.transaction() as connection:
            actor, _, account, member = await self.authorize_over_member(
                connection, caller, classroom_id, identifier, Permission.CHANGE_ROSTER
            )
            now = self._clock()
            if member.is_kicked(now):
                raise MemberIsKicked
            await repository.remove_membership(connection, classroom_id, account.account_id)
            ended = await self._end_presence_and_leases(
                connection, account, classroom_id, now, LeaveReason.REMOVED
            )
            details: dict[str, str | int] = {"leases_ended": ended}
            await self._record(
                connection, AuditEvent.MEMBER_REMOVED, actor, account, classroom_id, now, details
            )

    async def kick(
        self,
        caller: Caller,
        classroom_id: int,
        identifier: str,
        until: datetime | None = None,
    ) -> None:
        """Kick a member; their presence and leases in this class end.

        They are barred until the host lifts it, or until a time. A second kick replaces the first.

        Raises:
            InvalidRequest: `until` is not in the future.
            PermissionDenied: the caller may not kick this member.
            MemberNotFound: there is no such member.
        """
        async with self._database.transaction() as connection:
            actor, _, account, member = await self.authorize_over_member(
                connection, caller, classroom_id, identifier, Permission.KICK
            )
            now = self._clock()
            if until is not None and until <= now:
                raise field_error("until", "expected a time in the future")
            kicked = replace(
                member,
                on_stage=False,
                kicked_at=now if member.kicked_at is None else member.kicked_at,
                kicked_until=until,
            )
            await repository.change_membership(connection, classroom_id, kicked)
            ended = await self._end_presence_and_leases(
                connection, account, classroom_id, now, LeaveReason.KICKED
            )
            details: dict[str, str | int] = {"leases_ended": ended}
            if until is not None:
                details["until"] = int(until.timestamp())
            await self._record(
                connection, AuditEvent.MEMBER_KICKED, actor, account, classroom_id, now, details
            )

    async def _end_presence_and_leases(
        self,
        connection: DatabaseConnection,
        account: Account,
        classroom_id: int,
        now: datetime,
        reason: LeaveReason,
    ) -> int:
        """End the presence and the leases, also in the cloud; return the number of leases."""
        account_id = account.account_id
        await self._removals.remove_from_class(connection, account, classroom_id, now)
        await self._presence_log.end_one(connection, classroom_id, account_id, now, reason)
        return await end_leases(self._leases, connection, account, classroom_id, now, reason.value)

    async def authorize_over_member(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        identifier: str,
        permission: Permission,
    ) -> tuple[Caller, AccessContext, Account, Membership]:
        """Authorize the actor over a member; return both, and the actor's access."""
        actor, access = await self._classrooms.authorize(
            connection, caller, classroom_id, permission, about=identifier
        )
        stored = await accounts_repository.find_by_identifier(connection, identifier)
        if stored is None:
            raise MemberNotFound
        account = stored.account
        member = await repository.find_membership(connection, classroom_id, account.account_id)
        if member is None:
            raise MemberNotFound
        now = self._clock()
        require_may_change_member(access, member, now)
        return actor, access, account, member.at(now)

    async def _record(
        self,
        connection: DatabaseConnection,
        event: AuditEvent,
        actor: Caller,
        account: Account,
        classroom_id: int,
        at: datetime,
        details: dict[str, str | int],
    ) -> None:
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=at,
                account_id=account.account_id,
                actor_id=actor.account_id,
                classroom_id=classroom_id,
                details=details,
            ),
        )


async def end_leases(
    leases: LeaseService,
    connection: DatabaseConnection,
    account: Account,
    classroom_id: int,
    now: datetime,
    reason: str,
) -> int:
    """End the member's presence and leases; their next UserSig is later than all issued ones."""
    scope = LeaseScope(account_id=account.account_id, classroom_id=classroom_id)
    ended = await leases.end(connection, scope, now, reason)
    last = await leases.latest_user_sig_time(connection, account.account_id, now)
    await accounts_repository.set_signatures_after(connection, account.account_id, last)
    return ended


def _muted_of(classroom: Classroom, before: Membership | None, role: ClassroomRole) -> int:
    """Return what a member is muted in: a new student as all students are."""
    if before is not None:
        return before.muted
    return classroom.muted if role is ClassroomRole.STUDENT else Mute.NOTHING


async def _get_account(connection: DatabaseConnection, identifier: str) -> Account:
    stored = await accounts_repository.find_by_identifier(connection, identifier)
    if stored is None:
        raise AccountNotFound
    return stored.account
