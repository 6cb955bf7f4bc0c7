"""Keeping track of who is there, without a write for each heartbeat.

What is heard is remembered in this process and written down each second, all at once. Who is not
heard of for long has left; a live class whose host is not heard of for longer has ended.

Only silence that was listened to counts. After a start, after the database was away, after the
process or its machine stood still, and after the clock was set, everybody has the whole time anew.
"""

from datetime import datetime, timedelta

import structlog

from classgate.classrooms import hearing_repository, presence_repository
from classgate.classrooms.ending import ClassEnding
from classgate.classrooms.models import Silence
from classgate.clock import Clock
from classgate.errors import ServiceUnavailable
from classgate.outbox.service import media_clock
from classgate.storage.database import Database

log = structlog.get_logger("classgate.classrooms")

TICK_EVERY = timedelta(seconds=1)
_SWEEP_EVERY = timedelta(seconds=5)
# Ticks are further apart only when nothing ran in between, a tick took that long, or the clock was
# set: in each case it is not known who was silent meanwhile.
_MISSED_TICKS = timedelta(seconds=10)
_BATCH = 500
_AWAY = "the database is away"


class PresenceKeeper:
    """What this process heard and has not written yet, and since when it has been listening."""

    def __init__(
        self, *, database: Database, ending: ClassEnding, silence: Silence, clock: Clock
    ) -> None:
        self._database = database
        self._ending = ending
        self._silence = silence
        self._clock = clock
        self._heard: dict[int, datetime] = {}  # by presence
        self._hosts_heard: dict[int, datetime] = {}  # by classroom
        self._ticked_at: datetime | None = None
        self._listening_since: datetime | None = None
        self._swept_at: datetime | None = None
        self._may_be_ahead = False  # whether times in the database may lie in the future
        self._is_away = False  # whether the database was, when it was last asked
        self._why_anew = ""  # why the tick before this one listened anew, if it did

    def hear(self, presence_id: int) -> None:
        """Somebody who is there sent a heartbeat."""
        self._heard[presence_id] = self._clock()

    def hear_host(self, classroom_id: int) -> None:
        """The host of a class sent one."""
        self._hosts_heard[classroom_id] = self._clock()

    async def tick(self) -> None:
        """Write down what was heard; every few seconds also what was not. Call it each second."""
        now = self._clock()
        last, self._ticked_at = self._ticked_at, now
        if last is None or not timedelta(0) <= now - last <= _MISSED_TICKS:
            self._listen_anew(now, "the service started" if last is None else "a gap of time")
            self._may_be_ahead = True
        try:
            if self._may_be_ahead:
                await self._set_back(now)
            await self.write()
            if self._is_away:
                # Nobody could be heard either, until now: the same database lets heartbeats in.
                self._is_away = False
                self._listen_anew(self._clock(), _AWAY)
            if self._swept_at is None or now - self._swept_at >= _SWEEP_EVERY:
                self._swept_at = now
                await self.sweep(now)
            if self._listening_since is not None and self._listening_since < now:
                self._why_anew = ""
        except ServiceUnavailable:
            self._is_away = True
            self._listen_anew(self._clock(), _AWAY)

    def _listen_anew(self, now: datetime, why: str) -> None:
        if why != self._why_anew:  # once, not each second
            log.info("presence: everybody has the whole time anew", why=why)
        self._why_anew = why
        self._listening_since = self._swept_at = now

    async def write(self) -> None:
        """Write down what was heard. ServiceUnavailable: it stays remembered."""
        heard, self._heard = self._heard, {}
        hosts, self._hosts_heard = self._hosts_heard, {}
        try:
            if not heard and not hosts:
                await self._database.reader.fetch_one(presence_repository.NOTHING)
                return
            if hosts:
                async with self._database.transaction() as queries:
                    await hearing_repository.see(queries, hosts)
            # By itself: it takes longer, and no host who enters should wait for it.
            if heard:
                async with self._database.transaction() as queries:
                    await presence_repository.see(queries, heard)
        except BaseException:
            self._heard = {**heard, **self._heard}
            self._hosts_heard = {**hosts, **self._hosts_heard}
            raise

    async def _set_back(self, now: datetime) -> None:
        """Nobody was heard of later than now, whatever the clock said before."""
        self._heard = {each: min(at, now) for each, at in self._heard.items()}
        self._hosts_heard = {each: min(at, now) for each, at in self._hosts_heard.items()}
        async with self._database.transaction() as queries:
            await hearing_repository.not_later_than(queries, now)
            await presence_repository.not_later_than(queries, now)
        self._may_be_ahead = False

    async def sweep(self, now: datetime) -> None:
        """Let the silent leave, and end classes without their host. ServiceUnavailable.

        `now` is from before the last writing: what happened since, be it that the machine slept, is
        for the next tick to judge.
        """
        since = self._listening_since or now
        if now - since >= self._silence.member:
            while await self._end_some_silent(now) == _BATCH:
                pass
        if now - since >= self._silence.host:
            while await self._end_one_hostless(now):
                pass

    async def _end_some_silent(self, now: datetime) -> int:
        async with self._database.transaction() as queries:
            return await presence_repository.end_silent(queries, now - self._silence.member, _BATCH)

    async def _end_one_hostless(self, now: datetime) -> bool:
        seconds = int(self._silence.host.total_seconds())
        async with self._database.transaction() as queries:
            classroom = await hearing_repository.claim_hostless(queries, now - self._silence.host)
            if classroom is None:
                return False
            at = self._clock()
            ended = await self._ending.end(
                queries,
                classroom,
                at,
                timestamp=media_clock(at),
                host_is_silent=True,
                actor_id=None,
                rule=f"nothing was heard of its host for {seconds} s",
            )
        log.info("class ended without its host", classroom=classroom.classroom_id)
        return ended
