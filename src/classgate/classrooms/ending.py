"""Ending a class, whoever does it: everything that goes with it, in one transaction."""

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
"""From the end of a class: until then, recordings of it may still be on their way."""


class ClassroomEnding:
    """Live becomes ended."""

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
        """End it, unless it is not live any more. Of several who try, one is told True.

        Leases of the class end, everybody leaves, its replay may be asked for after a while, and
        the cloud is told. `timestamp` is the media clock for the marker.
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
