"""Muting members: their chat, audio and video, for one or for all students of a class.

A mute lasts until it is lifted or the class ends. Muting all also mutes students who join the
roster later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from classgate.accounts.models import Account, Caller
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms import repository
from classgate.classrooms.models import AccessContext, Membership, Mute
from classgate.classrooms.permissions import Permission
from classgate.classrooms.room_rights import RoomRights
from classgate.classrooms.roster import RosterService
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.storage.database import Database, DatabaseConnection

_NAMES = {Mute.CHAT: "chat", Mute.AUDIO: "audio", Mute.VIDEO: "video"}


@dataclass(frozen=True)
class MuteChange:
    """What is muted, or lifted."""

    what: Mute
    muted: bool

    def applied_to(self, muted: int) -> int:
        """Return what is muted after the change."""
        return int(muted | self.what if self.muted else muted & ~self.what)

    def applied_to_member(self, member: Membership, at: datetime) -> Membership:
        """Return the membership after the change."""
        muted_at = at if self.muted else member.muted_at
        return replace(member, muted=self.applied_to(member.muted), muted_at=muted_at)

    @property
    def names(self) -> str:
        """Return what it concerns, for the audit."""
        return " ".join(name for each, name in _NAMES.items() if each in self.what)


class MuteService:
    """Mutes and unmutes, for the host and assistants."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        classrooms: ClassroomService,
        roster: RosterService,
        room_rights: RoomRights,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._classrooms = classrooms
        self._roster = roster
        self._room_rights = room_rights
        self._clock = clock

    async def change_one(
        self, caller: Caller, classroom_id: int, identifier: str, change: MuteChange
    ) -> None:
        """Mute or unmute one member.

        Raises:
            PermissionDenied: the caller may not mute this member.
            MemberNotFound: there is no such member.
            OutsideAccessWindow: the class is over.
        """
        async with self._database.transaction() as connection:
            actor, access, account, member = await self._roster.authorize_over_member(
                connection, caller, classroom_id, identifier, Permission.MUTE
            )
            self._classrooms.require_not_ended(access.classroom)
            now = self._clock()
            changed = await self._change(connection, classroom_id, [(account, member)], change, now)
            if changed:
                event = AuditEvent.MEMBER_MUTED if change.muted else AuditEvent.MEMBER_UNMUTED
                details: dict[str, str | int] = {"what": change.names}
                await self._record(connection, event, actor, access, now, details, account)

    async def change_all(self, caller: Caller, classroom_id: int, change: MuteChange) -> None:
        """Mute or unmute all students, also those who join the roster later.

        Raises:
            PermissionDenied: the caller may not mute members.
            OutsideAccessWindow: the class is over.
        """
        async with self._database.transaction() as connection:
            actor, access = await self._classrooms.authorize(
                connection, caller, classroom_id, Permission.MUTE
            )
            self._classrooms.require_not_ended(access.classroom)
            now = self._clock()
            muted = change.applied_to(access.classroom.muted)
            await repository.change_classroom(connection, classroom_id, {"muted": muted})
            students = await repository.list_students(connection, classroom_id)
            changed = await self._change(connection, classroom_id, students, change, now)
            event = AuditEvent.CLASSROOM_MUTED if change.muted else AuditEvent.CLASSROOM_UNMUTED
            details: dict[str, str | int] = {"what": change.names, "members": changed}
            await self._record(connection, event, actor, access, now, details)

    async def _change(
        self,
        connection: DatabaseConnection,
        classroom_id: int,
        members: Sequence[tuple[Account, Membership]],
        change: MuteChange,
        now: datetime,
    ) -> int:
        """Change those for whom it is new; return their number."""
        changed = [
            (account, before, change.applied_to_member(before, now))
            for account, before in members
            if change.applied_to(before.muted) != before.muted
        ]
        if changed:
            after = [each for _, _, each in changed]
            await repository.change_mutes(connection, classroom_id, after)
            await self._room_rights.apply_all(connection, classroom_id, changed, now)
        return len(changed)

    async def _record(
        self,
        connection: DatabaseConnection,
        event: AuditEvent,
        actor: Caller,
        access: AccessContext,
        at: datetime,
        details: dict[str, str | int],
        account: Account | None = None,
    ) -> None:
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=at,
                account_id=None if account is None else account.account_id,
                actor_id=actor.account_id,
                classroom_id=access.classroom.classroom_id,
                details=details,
            ),
        )
