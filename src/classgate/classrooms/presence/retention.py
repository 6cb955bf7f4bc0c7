"""Retention of the attendance: removes old presences of classes that have ended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from classgate.classrooms.presence import retention_repository
from classgate.clock import Clock
from classgate.storage.database import Database

# SQLite has a single writer: a piece holds it for a few milliseconds, and the pause is longer.
_PIECE = 50
_PAUSE = 0.02  # seconds
_MAX_PIECES = 2000

Sleep = Callable[[float], Awaitable[None]]


class AttendanceRetention:
    """Removes presences that ended long ago, in pieces. Any number of processes may run it."""

    def __init__(
        self,
        *,
        database: Database,
        retention: timedelta,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._database = database
        self._retention = retention
        self._clock = clock
        self._sleep = sleep

    async def run_once(self) -> int:
        """Remove what is older than the retention; return the number. Without one, remove none."""
        removed = 0
        if not self._retention:
            return removed
        before = self._clock() - self._retention
        for _ in range(_MAX_PIECES):
            async with self._database.transaction() as connection:
                some = await retention_repository.delete_old(connection, before, _PIECE)
            removed += some
            if some < _PIECE:
                break
            await self._sleep(_PAUSE)
        return removed
