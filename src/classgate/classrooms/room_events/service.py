"""Records the events of rooms beside the heartbeats, and answers those of people who are barred.

An issued PrivateMapKey opens the room until it expires: whoever enters without the right to be
there is removed again, and whoever sends without the right to send is blocked.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Account
from classgate.accounts.removals import CloudRemovals
from classgate.classrooms import access_repository, repository
from classgate.classrooms.media_privileges import blocked_media
from classgate.classrooms.models import (
    AccessContext,
    Classroom,
    ClassroomState,
    LeaveReason,
    Membership,
    Mute,
    PresenceSource,
)
from classgate.classrooms.permissions import is_active_member
from classgate.classrooms.presence import (
    host_heartbeats,
    room_presence_repository,
    room_users,
)
from classgate.classrooms.presence import repository as presence_repository
from classgate.classrooms.presence.room_users import RoomUser
from classgate.classrooms.room_events.models import (
    KEPT,
    EventOutcome,
    RoomEvent,
    RoomEventType,
    apply_event,
)
from classgate.clock import Clock
from classgate.outbox.service import Outbox
from classgate.storage.database import Database, DatabaseConnection, Lock

_EVERY_MEDIUM = Mute.AUDIO | Mute.VIDEO
_NOBODY = 0
_NEVER_ENTERED = ""
_BATCH = 500


class RoomEventService:
    """Applies room events, each in one transaction."""

    def __init__(
        self,
        *,
        database: Database,
        outbox: Outbox,
        removals: CloudRemovals,
        private_map_key_lifetime: timedelta,
        clock: Clock,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._removals = removals
        self._private_map_key_lifetime = private_map_key_lifetime
        self._clock = clock

    async def record(self, event: RoomEvent) -> EventOutcome:
        """Apply an event to presence, and answer it in the room if need be."""
        if not event.is_timely(self._clock()):
            return EventOutcome.UNTIMELY
        if event.type is RoomEventType.CREATED:
            return EventOutcome.APPLIED  # who created it has an event of entering too
        async with self._database.transaction() as connection:
            if event.type is RoomEventType.DISMISSED:
                return await self._record_dismissal(connection, event)
            return await self._record_of_person(connection, event)

    async def delete_old(self) -> int:
        """Delete a batch of events that are neither believed nor needed to recognize messages."""
        async with self._database.transaction() as connection:
            return await room_users.delete_old(connection, self._clock() - KEPT, _BATCH)

    async def _record_dismissal(
        self, connection: DatabaseConnection, event: RoomEvent
    ) -> EventOutcome:
        classroom_id = event.classroom_id
        await repository.lock_classroom(connection, classroom_id, Lock.EXCLUSIVE)
        classroom = await repository.find_classroom(connection, classroom_id)
        if classroom is None:
            return EventOutcome.UNKNOWN
        left = await room_users.empty_room(connection, classroom_id, event.at)
        if not left:
            return EventOutcome.REPEATED
        await self._leave(connection, classroom, left, event)
        return EventOutcome.APPLIED

    async def _record_of_person(
        self, connection: DatabaseConnection, event: RoomEvent
    ) -> EventOutcome:
        # The order of locks is that of entering: the account, then the class.
        await accounts_repository.lock_account_by_identifier(connection, event.identifier)
        await repository.lock_classroom(connection, event.classroom_id, Lock.SHARED)
        account = await _find_account(connection, event.identifier)
        if account is None:
            return EventOutcome.UNKNOWN  # a robot that records, or a deleted account
        access = await access_repository.find_access(connection, event.classroom_id, account)
        if access is None:
            return EventOutcome.UNKNOWN
        before = await room_users.find(connection, event.classroom_id, account.account_id)
        after = apply_event(before, event, account.account_id)
        if after is None:
            return EventOutcome.REPEATED
        await room_users.put(connection, after)
        if not after.in_room:
            await self._leave(connection, access.classroom, [account.account_id], event)
            return EventOutcome.APPLIED
        now = self._clock()
        if not may_be_in_room(access, now):
            await self._removals.remove_from_class(connection, account, event.classroom_id, now)
            return EventOutcome.REMOVED
        return await self._stay(connection, access, after)

    async def _stay(
        self, connection: DatabaseConnection, access: AccessContext, user: RoomUser
    ) -> EventOutcome:
        """Record that somebody is in the room who may be there."""
        member = access.membership
        if member is None:
            raise RuntimeError("whoever may be in the room is a member")
        await self._be_present(connection, access, member, min(user.event_at, self._clock()))
        blocked = blocked_media(member)
        if not user.sends or not self._must_block(member, blocked):
            return EventOutcome.APPLIED
        await self._outbox.enqueue_media_block(
            connection,
            classroom_id=user.classroom_id,
            account_id=user.account_id,
            identifier=access.account.identifier,
            at=self._clock(),
            audio=Mute.AUDIO in blocked,
            video=Mute.VIDEO in blocked,
        )
        return EventOutcome.BLOCKED

    def _must_block(self, member: Membership, blocked: Mute) -> bool:
        """Return whether somebody who sends must be blocked.

        Who may send audio or video does so with a PrivateMapKey that lacks the other, unless one
        from before the mute is still valid.
        """
        if blocked in {Mute.NOTHING, _EVERY_MEDIUM}:
            return bool(blocked)
        muted_at = member.muted_at
        return muted_at is not None and self._clock() < muted_at + self._private_map_key_lifetime

    async def _be_present(
        self,
        connection: DatabaseConnection,
        access: AccessContext,
        member: Membership,
        at: datetime,
    ) -> None:
        classroom_id, account_id = access.classroom.classroom_id, access.account.account_id
        last = await presence_repository.find_latest(connection, classroom_id, account_id)
        if last is not None and last.left_at is None:
            await room_presence_repository.mark_seen_in_room(connection, last.presence_id)
            return
        # A presence belongs to the session that entered, whose PrivateMapKey opened the room.
        session_id = _NEVER_ENTERED if last is None else last.session_id
        await presence_repository.enter(
            connection,
            classroom_id,
            account_id,
            session_id,
            member.role,
            at,
            PresenceSource.CLOUD,
        )

    async def _leave(
        self,
        connection: DatabaseConnection,
        classroom: Classroom,
        account_ids: Collection[int],
        event: RoomEvent,
    ) -> None:
        """Record that people left the room. A live class ends by the timeout of its host."""
        at = min(event.at, self._clock())
        is_live = classroom.state is ClassroomState.LIVE
        if is_live and classroom.host_id in account_ids:
            await host_heartbeats.record_heartbeat(connection, classroom.classroom_id, at)
        reason = event.leave_reason
        if event.type is RoomEventType.DISMISSED:
            reason = LeaveReason.TIMED_OUT
        await room_presence_repository.leave_room(
            connection,
            classroom.classroom_id,
            account_ids,
            at,
            reason,
            stays_id=classroom.host_id if is_live else _NOBODY,
        )


def may_be_in_room(access: AccessContext, at: datetime) -> bool:
    """Return whether the account may be in the room, whichever PrivateMapKey it has."""
    return (
        not access.account.disabled
        and access.classroom.state in {ClassroomState.CREATED, ClassroomState.LIVE}
        and is_active_member(access, at)
    )


async def _find_account(connection: DatabaseConnection, identifier: str) -> Account | None:
    """Return the account of a UserID, which is compared letter by letter."""
    stored = await accounts_repository.find_by_identifier(connection, identifier)
    if stored is None or stored.account.identifier != identifier:
        return None
    return stored.account
