"""Ending a class, for every caller, in one transaction with all consequences."""

from datetime import datetime, timedelta

from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms import repository
from classgate.classrooms.models import Classroom, ClassroomState
from classgate.classrooms.presence import host_heartbeats
from classgate.classrooms.presence.log import PresenceLog
from classgate.classrooms.replays import repository as replay_repository
from classgate.leases.models import LeaseScope
from classgate.leases.service import LeaseService
from classgate.outbox.models import GroupKind, MarkerType
from classgate.outbox.service import Outbox
from classgate.storage.database import DatabaseConnection

REPLAY_DELAY = timedelta(seconds=300)
"""The delay after the end of a class during which recordings may still arrive."""

REPLAY_GROUP_KEPT = timedelta(days=7)
"""How long the replay group stays without an index; IM keeps its messages no longer."""


class ClassroomEnding:
    """Ends live classes."""

    def __init__(
        self,
        audit: AuditLog,
        leases: LeaseService,
        presence_log: PresenceLog,
        outbox: Outbox,
        private_map_key_lifetime: timedelta,
    ) -> None:
        self._audit = audit
        self._leases = leases
        self._presence_log = presence_log
        self._outbox = outbox
        self._private_map_key_lifetime = private_map_key_lifetime

    async def end(
        self,
        connection: DatabaseConnection,
        classroom: Classroom,
        at: datetime,
        *,
        timestamp: int,
        actor_id: int | None,
        rule: str | None = None,
        host_timed_out: bool = False,
    ) -> bool:
        """End the class if it is live. Only one concurrent caller gets True.

        The leases and presences of the class end, the replay request is scheduled, and messages to
        the cloud are enqueued. `timestamp` is the media clock of the marker.
        """
        classroom_id = classroom.classroom_id
        live, ended = ClassroomState.LIVE, ClassroomState.ENDED
        await host_heartbeats.stop_tracking(connection, classroom_id)
        if not await repository.transition_state(connection, classroom_id, live, ended, at):
            return False
        leases = await self._leases.end(
            connection, LeaseScope(classroom_id=classroom_id), at, "class_ended"
        )
        timed_out_id = classroom.host_id if host_timed_out else None
        left = await self._presence_log.end_all(connection, classroom_id, at, timed_out_id)
        unmuted = await repository.lift_mutes(connection, classroom_id)
        await replay_repository.open_replay(connection, classroom_id, at + REPLAY_DELAY)
        await self._outbox.enqueue_marker(
            connection,
            MarkerType.CLASS_ENDED,
            classroom_id=classroom_id,
            account_id=classroom.host_id,
            timestamp=timestamp,
            at=at,
        )
        await self._end_in_cloud(connection, classroom_id, at)
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.CLASSROOM_ENDED,
                at=at,
                actor_id=actor_id,
                classroom_id=classroom_id,
                rule=rule,
                details={"leases_ended": leases, "members_left": left, "unmuted": unmuted},
            ),
        )
        return True

    async def _end_in_cloud(
        self, connection: DatabaseConnection, classroom_id: int, at: datetime
    ) -> None:
        """Close the room, until the last PrivateMapKey has expired, and end the groups."""
        outbox = self._outbox
        until = at + self._private_map_key_lifetime
        await outbox.enqueue_dismissal(connection, classroom_id=classroom_id, at=at, until=until)
        await outbox.enqueue_group_end(
            connection, classroom_id=classroom_id, kind=GroupKind.CHAT, at=at
        )
        await outbox.enqueue_group_end(
            connection,
            classroom_id=classroom_id,
            kind=GroupKind.REPLAY,
            at=at,
            due_at=at + REPLAY_GROUP_KEPT,
        )
