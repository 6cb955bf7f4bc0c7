"""Keeping track of who is there, without a write for each heartbeat.

What is heard is remembered in this process and written down each second, all at once. Who is not
heard of for long has left; a live class whose host is not heard of for longer has ended.

Only silence that was listened to counts. After a start, after the database was away, after the
process or its machine stood still, and after the clock was set, everybody has the whole time anew.
"""

from datetime import datetime, timedelta

import structlog

from classgate.classrooms.ending import ClassroomEnding
from classgate.classrooms.models import PresenceTimeouts
from classgate.classrooms.presence import host_heartbeats
from classgate.classrooms.presence import repository as presence_repository
from classgate.clock import Clock
from classgate.errors import ServiceUnavailable
from classgate.signing.media_clock import media_clock
from classgate.storage.database import Database

log = structlog.get_logger("classgate.classrooms")

TICK_INTERVAL = timedelta(seconds=1)
_TIMEOUT_INTERVAL = timedelta(seconds=5)
# Ticks are further apart only when nothing ran in between, a tick took that long, or the clock was
# set: in each case it is not known who was silent meanwhile.
_MAX_TICK_GAP = timedelta(seconds=10)
_BATCH = 500
_AWAY = "the database is away"


class PresenceTracker:
    """What this process heard and has not written yet, and since when it has been listening."""

    def __init__(
        self,
        *,
        database: Database,
        ending: ClassroomEnding,
        timeouts: PresenceTimeouts,
        clock: Clock,
    ) -> None:
        self._database = database
        self._ending = ending
        self._timeouts = timeouts
        self._clock = clock
        self._member_heartbeats: dict[int, datetime] = {}  # by presence
        self._host_heartbeats: dict[int, datetime] = {}  # by classroom
        self._ticked_at: datetime | None = None
        self._timers_started_at: datetime | None = None
        self._timeouts_applied_at: datetime | None = None
        self._clock_may_have_jumped = False  # whether times in the database may lie in the future
        self._database_is_down = False  # whether the database was, when it was last asked
        self._last_reset_reason = ""  # why the tick before this one listened anew, if it did

    def record_heartbeat(self, presence_id: int) -> None:
        """Somebody who is there sent a heartbeat."""
        self._member_heartbeats[presence_id] = self._clock()

    def record_host_heartbeat(self, classroom_id: int) -> None:
        """The host of a class sent one."""
        self._host_heartbeats[classroom_id] = self._clock()

    async def tick(self) -> None:
        """Write down what was heard; every few seconds also what was not. Call it each second."""
        now = self._clock()
        last, self._ticked_at = self._ticked_at, now
        if last is None or not timedelta(0) <= now - last <= _MAX_TICK_GAP:
            self._reset_timers(now, "the service started" if last is None else "a gap of time")
            self._clock_may_have_jumped = True
        try:
            if self._clock_may_have_jumped:
                await self._clamp_to_now(now)
            await self.flush()
            if self._database_is_down:
                # Nobody could be heard either, until now: the same database lets heartbeats in.
                self._database_is_down = False
                self._reset_timers(self._clock(), _AWAY)
            if (
                self._timeouts_applied_at is None
                or now - self._timeouts_applied_at >= _TIMEOUT_INTERVAL
            ):
                self._timeouts_applied_at = now
                await self.apply_timeouts(now)
            if self._timers_started_at is not None and self._timers_started_at < now:
                self._last_reset_reason = ""
        except ServiceUnavailable:
            self._database_is_down = True
            self._reset_timers(self._clock(), _AWAY)

    def _reset_timers(self, now: datetime, why: str) -> None:
        if why != self._last_reset_reason:  # once, not each second
            log.info("presence: everybody has the whole time anew", why=why)
        self._last_reset_reason = why
        self._timers_started_at = self._timeouts_applied_at = now

    async def flush(self) -> None:
        """Write down what was heard. ServiceUnavailable: it stays remembered."""
        heard, self._member_heartbeats = self._member_heartbeats, {}
        hosts, self._host_heartbeats = self._host_heartbeats, {}
        try:
            if not heard and not hosts:
                await self._database.reader.fetch_one(presence_repository.PROBE)
                return
            if hosts:
                async with self._database.transaction() as connection:
                    await host_heartbeats.update_last_seen(connection, hosts)
            # By itself: it takes longer, and no host who enters should wait for it.
            if heard:
                async with self._database.transaction() as connection:
                    await presence_repository.update_last_seen(connection, heard)
        except BaseException:
            self._member_heartbeats = {**heard, **self._member_heartbeats}
            self._host_heartbeats = {**hosts, **self._host_heartbeats}
            raise

    async def _clamp_to_now(self, now: datetime) -> None:
        """Nobody was heard of later than now, whatever the clock said before."""
        self._member_heartbeats = {
            each: min(at, now) for each, at in self._member_heartbeats.items()
        }
        self._host_heartbeats = {each: min(at, now) for each, at in self._host_heartbeats.items()}
        async with self._database.transaction() as connection:
            await host_heartbeats.clamp_last_seen(connection, now)
            await presence_repository.clamp_last_seen(connection, now)
        self._clock_may_have_jumped = False

    async def apply_timeouts(self, now: datetime) -> None:
        """Let the silent leave, and end classes without their host. ServiceUnavailable.

        `now` is from before the last writing: what happened since, be it that the machine slept, is
        for the next tick to judge.
        """
        since = self._timers_started_at or now
        if now - since >= self._timeouts.member:
            while await self._end_timed_out_batch(now) == _BATCH:
                pass
        if now - since >= self._timeouts.host:
            while await self._end_class_without_host(now):
                pass

    async def _end_timed_out_batch(self, now: datetime) -> int:
        async with self._database.transaction() as connection:
            return await presence_repository.end_timed_out(
                connection, now - self._timeouts.member, _BATCH
            )

    async def _end_class_without_host(self, now: datetime) -> bool:
        seconds = int(self._timeouts.host.total_seconds())
        async with self._database.transaction() as connection:
            classroom = await host_heartbeats.claim_class_without_host(
                connection, now - self._timeouts.host
            )
            if classroom is None:
                return False
            at = self._clock()
            ended = await self._ending.end(
                connection,
                classroom,
                at,
                timestamp=media_clock(at),
                host_timed_out=True,
                actor_id=None,
                rule=f"nothing was heard of its host for {seconds} s",
            )
        log.info("class ended without its host", classroom=classroom.classroom_id)
        return ended
