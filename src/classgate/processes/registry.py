"""The registry of the serving processes: each keeps a row, by which the others see that it lives.

From it every process knows its share of what the cloud gives to the whole school. Over a SQLite
file there is one server, which the lock on the file guarantees: its row is written once.

A process is taken for dead after some missed beats. It may still live, behind a slow database:
whoever takes over what it held must do so in a way that is safe if it does. Clocks are compared
only where no beat was noticed yet: those of two machines may differ, and each may be set.
"""

import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

import classgate
from classgate.clock import Clock
from classgate.processes import repository
from classgate.processes.repository import ServingProcess
from classgate.storage.database import Database, DatabaseConnection

log = structlog.get_logger("classgate.processes")

BEAT_INTERVAL = timedelta(seconds=3)
DEAD_AFTER = timedelta(seconds=15)

CAREFUL_SHARE = 0.1
"""The share of a process that does not know yet whether the others have made room for it."""

_KEPT_COUNTS = 5
# Between its first beat and its third one, every other process has had a beat and made room.
_BEATS_BEFORE_SHARE = 3


@dataclass(frozen=True)
class _Sighting:
    """What this process noticed of another one. `since`: monotonic; for how long its row is so."""

    seen_at: datetime
    since: float
    has_beaten: bool


class ProcessRegistry:
    """The row of this process, and what it knows of the others.

    `shared`: other processes may serve over the same database.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        shared: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.process_id = secrets.token_hex(12)
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._shared = shared
        self._sightings: dict[str, _Sighting] = {}
        self._own: ServingProcess | None = None
        self._beats = 0
        # The numbers of live processes at the latest beats.
        self._counts: deque[int] = deque(maxlen=_KEPT_COUNTS)

    def share(self) -> float:
        """Return the part of a budget of all processes that this one may use.

        It shrinks at once when a process joins, and grows some beats after one has left: beats that
        all fail together, as while the database is down, must not make everybody look dead. A
        command that serves nothing is not counted, and makes few calls.
        """
        if not self._shared or self._own is None:
            return 1.0
        if not self._counts:
            return CAREFUL_SHARE
        most = max(self._counts)
        is_known = most == 1 or self._beats >= _BEATS_BEFORE_SHARE
        return 1 / most if is_known else min(CAREFUL_SHARE, 1 / most)

    async def beat(self) -> None:
        """Write that this process lives, and count those that do. ServiceUnavailable."""
        if not self._shared:
            await self._join_alone()
            return
        reader = self._database.reader  # no transaction: a queue of writers would delay it
        self._own = self._seen_now()
        await repository.save(reader, self._own)
        found = await repository.list_all(reader)
        others = [each for each in found if each.process_id != self.process_id]
        self._sightings = {each.process_id: self._sight(each) for each in others}
        dead = [each.process_id for each in others if self._is_dead(each)]
        self._beats += 1
        self._counts.append(1 + sum(self._is_alive(each) for each in others))
        if dead:
            await repository.remove(reader, dead)
            log.warning("processes ended without a word", processes=dead)

    async def leave(self) -> None:
        """Remove the row of this process, which serves no more. ServiceUnavailable."""
        if self._own is not None:
            await repository.remove(self._database.reader, [self.process_id])
            self._own = None

    async def list_live(self, connection: DatabaseConnection) -> Sequence[ServingProcess]:
        """Return the processes that serve, the first started first."""
        return [each for each in await repository.list_all(connection) if self._is_alive(each)]

    async def live_ids(self, connection: DatabaseConnection) -> frozenset[str]:
        """Return the ids of the processes that serve."""
        return frozenset(each.process_id for each in await self.list_live(connection))

    def _sight(self, process: ServingProcess) -> _Sighting:
        before = self._sightings.get(process.process_id)
        if before is not None and before.seen_at == process.seen_at:
            return before
        return _Sighting(process.seen_at, self._monotonic(), has_beaten=before is not None)

    def _is_alive(self, process: ServingProcess) -> bool:
        if not self._shared:
            return True
        sighting = self._sightings.get(process.process_id)
        if sighting is not None and sighting.seen_at != process.seen_at:
            return True  # it has beaten since
        if sighting is not None and sighting.has_beaten:
            return not self._is_still(sighting)
        return abs(self._clock() - process.seen_at) < DEAD_AFTER

    def _is_dead(self, process: ServingProcess) -> bool:
        return self._is_still(self._sightings[process.process_id]) and not self._is_alive(process)

    def _is_still(self, sighting: _Sighting) -> bool:
        """Return whether no beat was noticed for too long."""
        return self._monotonic() - sighting.since >= DEAD_AFTER.total_seconds()

    async def _join_alone(self) -> None:
        if self._own is None:
            own = self._seen_now()
            async with self._database.transaction() as connection:
                await repository.replace_all(connection, own)
            self._own = own

    def _seen_now(self) -> ServingProcess:
        now = self._clock()
        started_at = now if self._own is None else self._own.started_at
        host, version = socket.gethostname()[:255], classgate.__version__
        return ServingProcess(self.process_id, host, version, started_at, now)
