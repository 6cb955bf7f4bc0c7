"""Recordings, and the index that makes an ended class replayable.

The cloud builds the index. The request goes through the outbox, the answer comes by a callback.
Until then nothing is requested again. After a failure the host may retry at once; the service
retries with growing delays, a limited number of times.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Caller
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms import repository
from classgate.classrooms.models import Classroom, ClassroomState, Recording, Replay
from classgate.classrooms.permissions import Permission
from classgate.classrooms.replays import repository as replay_repository
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import AccountNotFound, ClassroomNotFound
from classgate.outbox.models import GroupKind, MarkerType
from classgate.outbox.service import Outbox
from classgate.refusals import ClassNotEnded, ReplayExists, ReplayNotDue
from classgate.storage.database import Database, DatabaseConnection, Lock
from classgate.validation import clean_web_address, field_error, require_line

log = structlog.get_logger("classgate.classrooms")

_BATCH = 50
_URL_LENGTH = 1000
_VIDEO_ID_LENGTH = 100


RETRY_AFTER = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
"""The delays of the service's retries after the first, the second, … failed request.

After one more failure it stops. Requests by the host count as well.
"""


def may_be_requested(requestable_at: datetime | None, at: datetime) -> bool:
    """Return whether the host may request the replay that has this `requestable_at`; None: it has
    none, or there is no replay.
    """
    return requestable_at is not None and requestable_at <= at


def _due_after_failure(requests: int, at: datetime) -> datetime | None:
    """Return the time of the next automatic request; None: no more."""
    return at + RETRY_AFTER[requests - 1] if requests <= len(RETRY_AFTER) else None


def _require_ended(classroom: Classroom) -> None:
    if classroom.state is ClassroomState.REPLAYABLE:
        raise ReplayExists
    if classroom.state is not ClassroomState.ENDED:
        raise ClassNotEnded


class ReplayService:
    """Requests replays and processes the cloud's callbacks."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        outbox: Outbox,
        classrooms: ClassroomService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._outbox = outbox
        self._classrooms = classrooms
        self._clock = clock

    async def request(self, caller: Caller, classroom_id: int) -> None:
        """Request the index of a class that ended, or request it again after a failure.

        ClassroomNotFound, PermissionDenied: not its host; ClassroomStateConflict: not ended;
        Conflict: too early, or already requested.
        """
        async with self._database.transaction() as connection:
            _, access = await self._classrooms.authorize(
                connection, caller, classroom_id, Permission.REQUEST_REPLAY
            )
            _require_ended(access.classroom)
            now = self._clock()
            if not await replay_repository.mark_requested(connection, classroom_id, now):
                raise ReplayNotDue
            await self._outbox.enqueue_replay_request(connection, classroom_id, now)

    async def require_ended(self, caller: Caller, classroom_id: int) -> None:
        """Run the checks of `request` that do not depend on time. Raises the same."""
        access = await self._classrooms.check_permission(
            caller, classroom_id, Permission.REQUEST_REPLAY
        )
        _require_ended(access.classroom)

    async def request_due_replays(self) -> int:
        """Send all requests that are due; return the number of classes."""
        asked = 0
        while True:
            async with self._database.transaction() as connection:
                now = self._clock()
                due = await replay_repository.claim_due(connection, now, _BATCH)
                for classroom_id in due:
                    await replay_repository.mark_requested(connection, classroom_id, now)
                    await self._outbox.enqueue_replay_request(connection, classroom_id, now)
            asked += len(due)
            if len(due) < _BATCH:
                return asked

    # ── callbacks, already authenticated ───────────────────────────────────────────────────────

    async def record_index(self, classroom_id: int, result: int, url: str | None) -> None:
        """Store the result of the index: the class becomes replayable, or stays ended.

        Repeated callbacks are accepted. ClassroomNotFound; ClassroomStateConflict: the class has
        not ended. InvalidRequest: not a web address.
        """
        clean = None if url is None else clean_web_address("url", url, _URL_LENGTH)
        async with self._database.transaction() as connection:
            await repository.lock_classroom(connection, classroom_id, Lock.EXCLUSIVE)
            classroom = await repository.find_classroom(connection, classroom_id)
            if classroom is None:
                raise ClassroomNotFound
            ended, replayable = ClassroomState.ENDED, ClassroomState.REPLAYABLE
            if classroom.state not in {ended, replayable}:
                raise ClassNotEnded
            now = self._clock()
            if clean is not None and classroom.state is ended:
                await repository.transition_state(connection, classroom_id, ended, replayable, now)
            if clean is None and classroom.state is replayable:
                log.warning("index failed although the class has one", classroom=classroom_id)
                return
            replay = await self._get_own_replay(connection, classroom_id, now)
            if clean is None:
                await self._record_failure(connection, replay, result, now)
            else:
                await replay_repository.set_index(connection, classroom_id, now, result, clean)
                # The index holds what the messages of the group were kept for.
                await self._outbox.enqueue_group_end(
                    connection, classroom_id=classroom_id, kind=GroupKind.REPLAY, at=now
                )
            await self._audit.record(
                connection,
                AuditEntry(
                    event=AuditEvent.REPLAY_INDEXED,
                    at=now,
                    classroom_id=classroom_id,
                    rule="the cloud's callback",
                    details={"result": result, "replayable": clean is not None},
                ),
            )

    async def _get_own_replay(
        self, connection: DatabaseConnection, classroom_id: int, at: datetime
    ) -> Replay:
        """Lock and return the replay.

        Classes that ended before replays existed get one now.
        """
        await replay_repository.lock_replay(connection, classroom_id)
        found = await replay_repository.find_replay(connection, classroom_id)
        if found is None:
            await replay_repository.open_replay(connection, classroom_id, at)
            found = await replay_repository.find_replay(connection, classroom_id)
        if found is None:
            raise RuntimeError("the replay is gone although it is locked")
        return found

    async def _record_failure(
        self, connection: DatabaseConnection, replay: Replay, result: int, at: datetime
    ) -> None:
        """Allow a retry after a failure. A failure reported twice delays nothing."""
        classroom_id = replay.classroom_id
        await replay_repository.set_failure(connection, classroom_id, at, result)
        if replay.requestable_at is None:
            due_at = _due_after_failure(replay.requests, at)
            await replay_repository.reopen_replay(connection, classroom_id, at, due_at)

    async def record_recording(
        self, classroom_id: int, identifier: str, recording: Recording
    ) -> None:
        """Store a recording once, with its marker.

        ClassroomNotFound, AccountNotFound; InvalidRequest: not a web address, or no id.
        """
        url = clean_web_address("video_url", recording.video_url)
        if not recording.video_id:
            raise field_error("video_id", "is missing")
        require_line("video_id", recording.video_id, _VIDEO_ID_LENGTH)
        recording = replace(recording, video_url=url)
        async with self._database.transaction() as connection:
            await accounts_repository.lock_account_by_identifier(connection, identifier)
            await repository.lock_classroom(connection, classroom_id, Lock.EXCLUSIVE)
            stored = await accounts_repository.find_by_identifier(connection, identifier)
            if stored is None:
                raise AccountNotFound
            if await repository.find_classroom(connection, classroom_id) is None:
                raise ClassroomNotFound
            if await replay_repository.has_recording(connection, classroom_id, recording.video_id):
                return
            now, account_id = self._clock(), stored.account.account_id
            await replay_repository.add_recording(
                connection, classroom_id, account_id, recording, now
            )
            await self._outbox.enqueue_marker(
                connection,
                MarkerType.RECORDING_FINISHED,
                classroom_id=classroom_id,
                account_id=account_id,
                timestamp=int(now.timestamp()),  # seconds, in this marker only
                at=now,
                value={name: getattr(recording, name) for name in Recording.__dataclass_fields__},
            )
            await self._audit.record(
                connection,
                AuditEntry(
                    event=AuditEvent.RECORDING_ADDED,
                    at=now,
                    account_id=account_id,
                    classroom_id=classroom_id,
                    rule="the cloud's callback",
                    details={"file_size": recording.file_size, "duration": recording.duration},
                ),
            )
        log.info("recording stored", classroom=classroom_id)
