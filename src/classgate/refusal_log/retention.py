"""Retention of refusals: removes old rows."""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from classgate.clock import Clock
from classgate.refusal_log import retention_repository
from classgate.refusal_log.collector import time_prefix
from classgate.storage.database import Database, to_microseconds
from classgate.storage.deletion import Sleep, delete_in_pieces

log = structlog.get_logger("classgate.refusals")

_MAX_PIECES = 5000


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
        delete_piece = partial(retention_repository.delete_piece, before_id=before_id)
        removed = await delete_in_pieces(self._database, delete_piece, _MAX_PIECES, self._sleep)
        if removed:
            log.info("old refusals were removed", rows=removed)
        return removed
