"""What an entry by the API means for the IM groups of the class.

The groups are made with the first entry, not with the class: an application may have few
AVChatRooms at a time, so a class has one while it is taught. Clients of the legacy API make theirs
themselves.
"""

from datetime import datetime

from classgate.accounts.models import Caller, SessionChannel
from classgate.classrooms.models import Classroom, ClassroomRole, ClassroomState, Membership
from classgate.clock import Clock
from classgate.outbox.models import MarkerType
from classgate.outbox.service import Outbox
from classgate.signing.media_clock import media_clock
from classgate.storage.database import DatabaseConnection
from classgate.storage.ttl_cache import TtlCache


class ClassGroups:
    """Enqueues groups, members and markers. A process makes the groups once a minute at most."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self._made: TtlCache[int, bool] = TtlCache(clock)

    async def enter(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom: Classroom,
        member: Membership,
    ) -> None:
        """Enqueue what an entry needs in the cloud."""
        classroom_id, now = classroom.classroom_id, self._clock()
        await self._make(connection, classroom_id, now)
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
        classroom_id: int,
        timestamp: int | None,
        now: datetime,
    ) -> None:
        """Enqueue what the start of a class needs in the cloud, its marker last."""
        if caller.session.channel is not SessionChannel.LEGACY:
            await self._make(connection, classroom_id, now)
        await self._outbox.enqueue_marker(
            connection,
            MarkerType.CLASS_STARTED,
            classroom_id=classroom_id,
            account_id=caller.account_id,
            timestamp=timestamp or media_clock(now),
            at=now,
        )

    async def _make(self, connection: DatabaseConnection, classroom_id: int, now: datetime) -> None:
        if self._made.get(classroom_id):
            return
        await self._outbox.enqueue_groups(connection, classroom_id=classroom_id, at=now)
        version = self._made.version
        connection.on_commit(lambda: self._made.put(classroom_id, True, classroom_id, version))
