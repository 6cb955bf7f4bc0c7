"""Ending a class, whoever does it: everything that goes with it, in one transaction."""

from datetime import datetime, timedelta

from classgate.audit.models import Entry, Event
from classgate.audit.service import AuditLog
from classgate.classrooms import hearing_repository, replay_repository, repository
from classgate.classrooms.models import Classroom, ClassroomState
from classgate.classrooms.presence_book import PresenceBook
from classgate.leases.models import Scope
from classgate.leases.service import LeaseBook
from classgate.outbox.models import MarkerType
from classgate.outbox.service import Outbox
from classgate.storage.database import Queries

REPLAY_AFTER = timedelta(seconds=300)
"""From the end of a class: until then, recordings of it may still be on their way."""


class ClassEnding:
    """Live becomes ended."""

    def __init__(
        self, audit: AuditLog, leases: LeaseBook, presences: PresenceBook, outbox: Outbox
    ) -> None:
        self._audit = audit
        self._leases = leases
        self._presences = presences
        self._outbox = outbox

    async def end(
        self,
        queries: Queries,
        classroom: Classroom,
        at: datetime,
        *,
        timestamp: int,
        actor_id: int | None,
        rule: str | None = None,
        host_is_silent: bool = False,
    ) -> bool:
        """End it, unless it is not live any more. Of several who try, one is told True.

        Leases of the class end, everybody leaves, its replay may be asked for after a while, and
        the cloud is told. `timestamp` is the media clock for the marker.
        """
        classroom_id = classroom.classroom_id
        live, ended = ClassroomState.LIVE, ClassroomState.ENDED
        await hearing_repository.end(queries, classroom_id)
        if not await repository.move_state(queries, classroom_id, live, ended, at):
            return False
        leases = await self._leases.end(
            queries, Scope(classroom_id=classroom_id), at, "class_ended"
        )
        silent_id = classroom.host_id if host_is_silent else None
        left = await self._presences.end_all(queries, classroom_id, at, silent_id)
        await replay_repository.open_replay(queries, classroom_id, at + REPLAY_AFTER)
        await self._outbox.put_marker(
            queries,
            MarkerType.CLASS_ENDED,
            classroom_id=classroom_id,
            account_id=classroom.host_id,
            timestamp=timestamp,
            at=at,
        )
        await self._audit.record(
            queries,
            Entry(
                event=Event.CLASSROOM_ENDED,
                at=at,
                actor_id=actor_id,
                classroom_id=classroom_id,
                rule=rule,
                details={"leases_ended": leases, "members_left": left},
            ),
        )
        return True
