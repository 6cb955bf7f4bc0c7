"""Retention of refusals: removes old rows."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from classgate.clock import Clock
from classgate.refusal_log import retention_repository
from classgate.refusal_log.collector import time_prefix
from classgate.storage.database import Database, to_microseconds

log = structlog.get_logger("classgate.refusals")

# SQLite has a single writer: a piece holds it for a few milliseconds, and the pause is longer.
_PIECE = 50
_PAUSE = 0.02  # seconds
_MAX_PIECES = 5000
"""How much one run removes; the next run continues."""

Sleep = Callable[[float], Awaitable[None]]


class RefusalRetention:
    """Removes rows in pieces, the oldest first. Any number of processes may run it."""

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
        """Remove what is older than the retention; return the number of rows."""
        before_id = time_prefix(to_microseconds(self._clock() - self._retention))
        removed = 0
        for _ in range(_MAX_PIECES):
            async with self._database.transaction() as connection:
                some = await retention_repository.delete_piece(connection, before_id, _PIECE)
            removed += some
            if some < _PIECE:
                break
            await self._sleep(_PAUSE)
        if removed:
            log.info("old refusals were removed", rows=removed)
        return removed
