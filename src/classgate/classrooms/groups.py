"""The IM groups of a class, made for clients of the HTTP API.

The groups are made shortly before the planned start, or with the first entry. Not earlier: an
application may have few AVChatRooms at a time. What the plan refuses is known before the class.
Clients of the legacy API make the groups of their classes themselves.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from classgate.accounts.models import Caller, SessionChannel
from classgate.classrooms import groups_repository
from classgate.classrooms.models import Classroom, ClassroomRole, ClassroomState, Membership
from classgate.clock import Clock
from classgate.outbox.models import MarkerType
from classgate.outbox.service import Outbox
from classgate.signing.media_clock import media_clock
from classgate.storage.database import Database, DatabaseConnection
from classgate.storage.ttl_cache import TtlCache

MADE_BEFORE = timedelta(minutes=10)
"""How long before the planned start the groups are made."""

UNUSED_KEPT = timedelta(days=1)
"""How long the chat group of a class that does not start is kept after the last entry."""

_BATCH = 50


class ClassGroups:
    """Enqueues groups, members and markers. A process makes the groups once a minute at most."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._made: TtlCache[int, bool] = TtlCache(clock)

    async def plan(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        starts_at: datetime | None,
    ) -> None:
        """Plan the groups of a new class that has a start."""
        if starts_at is not None and caller.session.channel is not SessionChannel.LEGACY:
            due_at = starts_at - MADE_BEFORE
            await groups_repository.set_due(connection, classroom_id, due_at)

    async def move(
        self, connection: DatabaseConnection, classroom_id: int, starts_at: datetime | None
    ) -> None:
        """Plan the groups anew for another start, unless they were made."""
        due_at = None if starts_at is None else starts_at - MADE_BEFORE
        await groups_repository.move_due(connection, classroom_id, due_at)

    async def make_due(self) -> None:
        """Make the groups of the classes that start soon."""
        now, claimed = self._clock(), _BATCH
        while claimed == _BATCH:
            async with self._database.transaction() as connection:
                due = await groups_repository.claim_due(connection, now, _BATCH)
                for classroom in due:
                    await groups_repository.set_due(connection, classroom.classroom_id, None)
                    if classroom.state is ClassroomState.CREATED and not _is_past(classroom, now):
                        await self._make(connection, classroom, now)
            claimed = len(due)

    async def enter(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom: Classroom,
        member: Membership,
    ) -> None:
        """Enqueue what an entry needs in the cloud."""
        classroom_id, now = classroom.classroom_id, self._clock()
        await self._make(connection, classroom, now)
        if member.role is not ClassroomRole.STUDENT or member.on_stage:
            # Who writes on the board, writes to the replay group.
            await self._outbox.enqueue_group_member(
                connection,
                classroom_id=classroom_id,
                account_id=caller.account_id,
                identifier=caller.account.identifier,
                at=now,
            )
        if classroom.state is ClassroomState.LIVE:
            await self._outbox.enqueue_marker(
                connection,
                MarkerType.MEMBER_ENTERED,
                classroom_id=classroom_id,
                account_id=caller.account_id,
                timestamp=media_clock(now),
                at=now,
            )

    async def start(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom: Classroom,
        timestamp: int | None,
        now: datetime,
    ) -> None:
        """Enqueue what the start of a class needs in the cloud, its marker last."""
        if caller.session.channel is not SessionChannel.LEGACY:
            await self._make(connection, replace(classroom, state=ClassroomState.LIVE), now)
        await self._outbox.enqueue_marker(
            connection,
            MarkerType.CLASS_STARTED,
            classroom_id=classroom.classroom_id,
            account_id=caller.account_id,
            timestamp=timestamp or media_clock(now),
            at=now,
        )

    async def _make(
        self, connection: DatabaseConnection, classroom: Classroom, now: datetime
    ) -> None:
        classroom_id = classroom.classroom_id
        if self._made.get(classroom_id):
            return
        await self._outbox.enqueue_groups(connection, classroom_id=classroom_id, at=now)
        if classroom.state is ClassroomState.CREATED:
            await self._outbox.enqueue_unused_group_end(
                connection, classroom_id=classroom_id, at=now, due_at=_unused_at(classroom, now)
            )
        version = self._made.version
        connection.on_commit(lambda: self._made.put(classroom_id, True, classroom_id, version))


def _is_past(classroom: Classroom, now: datetime) -> bool:
    """Return whether nobody expects the class any more, as when the service was off for days.

    Its groups would take the places of others. Whoever enters all the same has them made.
    """
    is_late = classroom.starts_at is not None and classroom.starts_at + UNUSED_KEPT <= now
    return is_late or (classroom.ends_at is not None and classroom.ends_at <= now)


def _unused_at(classroom: Classroom, now: datetime) -> datetime:
    """Return when the chat group is not needed any more if the class does not start."""
    if classroom.starts_at is None or classroom.starts_at < now:
        return now + UNUSED_KEPT
    return classroom.starts_at + UNUSED_KEPT
