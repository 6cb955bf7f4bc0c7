"""The presence tracker: timeouts without a write for each heartbeat.

Heartbeats are buffered in this process and written together each second. A member without
heartbeats has left; a live class without heartbeats of its host ends. Neither happens to somebody
who is in the room by the events of the cloud.

The timers restart after a start, a database outage, a pause of the process or machine, and a change
of the clock: heartbeats may have been missed then.
"""

from datetime import datetime, timedelta

import structlog

from classgate.classrooms.ending import ClassroomEnding
from classgate.classrooms.models import PresenceTimeouts
from classgate.classrooms.presence import host_heartbeats
from classgate.classrooms.presence import repository as presence_repository
from classgate.classrooms.presence.room_users import ROOM_TRUST
from classgate.clock import Clock
from classgate.errors import ServiceUnavailable
from classgate.signing.media_clock import media_clock
from classgate.storage.database import Database

log = structlog.get_logger("classgate.classrooms")

TICK_INTERVAL = timedelta(seconds=1)
_TIMEOUT_INTERVAL = timedelta(seconds=5)
# Ticks are further apart only if the process stood still, a tick was slow, or the clock was set. In
# each case heartbeats may have been missed.
_MAX_TICK_GAP = timedelta(seconds=10)
_BATCH = 500
_AWAY = "the database is unavailable"


class PresenceTracker:
    """Buffers heartbeats, writes them, and ends what timed out."""

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
        self._clock_may_have_jumped = False  # whether times in the database may be in the future
        self._database_is_down = False  # whether the database was available at the last check
        self._last_reset_reason = ""  # why the previous tick restarted the timers, if it did

    def record_heartbeat(self, presence_id: int) -> None:
        """Record a heartbeat of a present member."""
        self._member_heartbeats[presence_id] = self._clock()

    def record_host_heartbeat(self, classroom_id: int) -> None:
        """Record a heartbeat of the host of a class."""
        self._host_heartbeats[classroom_id] = self._clock()

    async def tick(self) -> None:
        """Write the heartbeats; every few seconds also end what timed out. Call it each second."""
        now = self._clock()
        last, self._ticked_at = self._ticked_at, now
        if last is None or not timedelta(0) <= now - last <= _MAX_TICK_GAP:
            self._reset_timers(
                now, "the service started" if last is None else "a gap between ticks"
            )
            self._clock_may_have_jumped = True
        try:
            if self._clock_may_have_jumped:
                await self._clamp_to_now(now)
            await self.flush()
            if self._database_is_down:
                # Heartbeats were impossible until now: accepting them needs the same database.
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
        if why != self._last_reset_reason:  # log it once, not each second
            log.info("presence timers reset", why=why)
        self._last_reset_reason = why
        self._timers_started_at = self._timeouts_applied_at = now

    async def flush(self) -> None:
        """Write the buffered heartbeats. ServiceUnavailable: they stay buffered."""
        members, self._member_heartbeats = self._member_heartbeats, {}
        hosts, self._host_heartbeats = self._host_heartbeats, {}
        try:
            if not members and not hosts:
                await self._database.reader.fetch_one(presence_repository.CONNECTION_PROBE)
                return
            if hosts:
                async with self._database.transaction() as connection:
                    await host_heartbeats.update_last_seen(connection, hosts)
            # A separate transaction: it is slower, and a host who enters should not wait for it.
            if members:
                async with self._database.transaction() as connection:
                    await presence_repository.update_last_seen(connection, members)
        except BaseException:
            self._member_heartbeats = {**members, **self._member_heartbeats}
            self._host_heartbeats = {**hosts, **self._host_heartbeats}
            raise

    async def _clamp_to_now(self, now: datetime) -> None:
        """Clamp stored times in the future to now, after the clock was set back."""
        self._member_heartbeats = {
            each: min(at, now) for each, at in self._member_heartbeats.items()
        }
        self._host_heartbeats = {each: min(at, now) for each, at in self._host_heartbeats.items()}
        async with self._database.transaction() as connection:
            await host_heartbeats.clamp_last_seen(connection, now)
            await presence_repository.clamp_last_seen(connection, now)
        self._clock_may_have_jumped = False

    async def apply_timeouts(self, now: datetime) -> None:
        """End timed-out presences, and classes whose host timed out. ServiceUnavailable.

        `now` is from before the last write; the next tick handles what happened since, such as a
        pause of the machine.
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
                connection, now - self._timeouts.member, now - ROOM_TRUST, _BATCH
            )

    async def _end_class_without_host(self, now: datetime) -> bool:
        seconds = int(self._timeouts.host.total_seconds())
        async with self._database.transaction() as connection:
            classroom = await host_heartbeats.claim_class_without_host(
                connection, now - self._timeouts.host, now - ROOM_TRUST
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
                rule=f"no heartbeat of its host for {seconds} s",
            )
        log.info("class ended without its host", classroom=classroom.classroom_id)
        return ended
