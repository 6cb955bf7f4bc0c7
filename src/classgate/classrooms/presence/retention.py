"""Retention of the attendance: removes old presences of classes that have ended."""

import asyncio
from datetime import timedelta
from functools import partial

from classgate.classrooms.presence import retention_repository
from classgate.clock import Clock
from classgate.storage.database import Database
from classgate.storage.deletion import Sleep, delete_in_pieces

_MAX_PIECES = 2000


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
        if not self._retention:
            return 0
        before = self._clock() - self._retention
        delete_piece = partial(retention_repository.delete_old, before=before)
        return await delete_in_pieces(self._database, delete_piece, _MAX_PIECES, self._sleep)
