"""Changing the host of a class, which only an admin may do."""

from classgate.accounts import repository as accounts_repository
from classgate.accounts.identifiers import find_folded
from classgate.accounts.models import Account, Caller
from classgate.accounts.removals import CloudRemovals
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms import repository
from classgate.classrooms.models import (
    Classroom,
    ClassroomRole,
    ClassroomState,
    LeaveReason,
    Membership,
)
from classgate.classrooms.permissions import Permission, may_host, require_may_host
from classgate.classrooms.presence import host_heartbeats
from classgate.classrooms.presence.log import PresenceLog
from classgate.classrooms.room_rights import RoomRights
from classgate.classrooms.roster import end_leases
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import AccountNotFound, ClassroomNotFound
from classgate.leases.service import LeaseService
from classgate.refusals import ClassEnded, HostChangedMeanwhile
from classgate.storage.database import Database, DatabaseConnection


class HostService:
    """Changes the host; a class always has exactly one."""

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

    async def change_host(self, caller: Caller, classroom_id: int, identifier: str) -> Classroom:
        """Make an account the host. The previous host becomes an assistant, if still eligible.

        The leases and presences of both end. Naming the current host changes nothing.
        PermissionDenied, ClassroomNotFound, AccountNotFound; Conflict: not an enabled teacher;
        ClassroomStateConflict: the class has ended, or the host changed meanwhile.
        """
        before = (
            await self._classrooms.check_permission(caller, classroom_id, Permission.CHANGE_HOST)
        ).classroom
        async with self._database.transaction() as connection:
            # Lock order, as everywhere: the caller, other accounts by name, the class.
            await accounts_repository.lock_account(connection, caller.account_id)
            names = {find_folded(each) for each in (before.host, identifier)}
            for name in sorted(each for each in names if each is not None):
                await accounts_repository.lock_account_by_identifier(connection, name)
            actor, _ = await self._classrooms.authorize(
                connection, caller, classroom_id, Permission.CHANGE_HOST
            )
            classroom = await _get_classroom(connection, classroom_id)
            if classroom.state not in {ClassroomState.CREATED, ClassroomState.LIVE}:
                raise ClassEnded("the class has ended; its host stays who it was")
            new = await _get_account(connection, identifier)
            old = await _get_account(connection, before.host)
            if new.account_id == old.account_id and classroom.host == before.host:
                return classroom
            require_may_host(new)
            if not await repository.change_host(
                connection, classroom_id, old.account_id, new.account_id
            ):
                raise HostChangedMeanwhile(classroom.host)
            # The host timeout restarts for the new host.
            await host_heartbeats.record_heartbeat(connection, classroom_id, self._clock())
            await self._swap_roles(connection, classroom_id, old, new)
            await self._end_leases_and_record(connection, actor, classroom_id, old, new)
            return await _get_classroom(connection, classroom_id)

    async def _swap_roles(
        self, connection: DatabaseConnection, classroom_id: int, old: Account, new: Account
    ) -> None:
        """Update the roster. Becoming host lifts a kick and a mute."""
        now = self._clock()
        host = _membership(new, ClassroomRole.HOST)
        before = await repository.find_membership(connection, classroom_id, new.account_id)
        if before is None:
            await repository.add_memberships(connection, classroom_id, [host], now)
        else:
            await repository.change_membership(connection, classroom_id, host)
            await self._room_rights.apply(connection, new, classroom_id, before, host, now)
        if may_host(old):
            assistant = _membership(old, ClassroomRole.ASSISTANT)
            await repository.change_membership(connection, classroom_id, assistant)
        else:
            await repository.remove_membership(connection, classroom_id, old.account_id)
            reason = LeaveReason.REMOVED
            await self._presence_log.end_one(connection, classroom_id, old.account_id, now, reason)

    async def _end_leases_and_record(
        self,
        connection: DatabaseConnection,
        actor: Caller,
        classroom_id: int,
        old: Account,
        new: Account,
    ) -> None:
        now, ended = self._clock(), 0
        # Their PrivateMapKey still opens the room with the rights of the host.
        await self._removals.remove_from_class(connection, old, classroom_id, now)
        for account in sorted((old, new), key=lambda each: each.account_id):
            ended += await end_leases(
                self._leases, connection, account, classroom_id, now, "host_changed"
            )
        stays = may_host(old)
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.HOST_CHANGED,
                at=now,
                account_id=new.account_id,
                actor_id=actor.account_id,
                classroom_id=classroom_id,
                details={
                    "before": old.account_id,
                    "before_becomes": ClassroomRole.ASSISTANT.value if stays else None,
                    "leases_ended": ended,
                },
            ),
        )


def _membership(account: Account, role: ClassroomRole) -> Membership:
    return Membership(account_id=account.account_id, role=role, on_stage=False, kicked_at=None)


async def _get_classroom(connection: DatabaseConnection, classroom_id: int) -> Classroom:
    classroom = await repository.find_classroom(connection, classroom_id)
    if classroom is None:
        raise ClassroomNotFound
    return classroom


async def _get_account(connection: DatabaseConnection, identifier: str) -> Account:
    stored = await accounts_repository.find_by_identifier(connection, identifier)
    if stored is None:
        raise AccountNotFound
    return stored.account
