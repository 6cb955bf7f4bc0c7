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
from classgate.outbox.models import MarkerType
from classgate.outbox.service import Outbox
from classgate.storage.database import DatabaseConnection

REPLAY_DELAY = timedelta(seconds=300)
"""The delay after the end of a class during which recordings may still arrive."""


class ClassroomEnding:
    """Ends live classes."""

    def __init__(
        self, audit: AuditLog, leases: LeaseService, presence_log: PresenceLog, outbox: Outbox
    ) -> None:
        self._audit = audit
        self._leases = leases
        self._presence_log = presence_log
        self._outbox = outbox

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

        The leases and presences of the class end, the replay request is scheduled, and a marker is
        sent to the cloud. `timestamp` is the media clock of the marker.
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
        await replay_repository.open_replay(connection, classroom_id, at + REPLAY_DELAY)
        await self._outbox.enqueue_marker(
            connection,
            MarkerType.CLASS_ENDED,
            classroom_id=classroom_id,
            account_id=classroom.host_id,
            timestamp=timestamp,
            at=at,
        )
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.CLASSROOM_ENDED,
                at=at,
                actor_id=actor_id,
                classroom_id=classroom_id,
                rule=rule,
                details={"leases_ended": leases, "members_left": left},
            ),
        )
        return True
