"""Keeps the outbox bounded: what was set aside long ago, and what nobody delivers."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from classgate.clock import Clock
from classgate.outbox import delivery_repository
from classgate.outbox.policy import Lane
from classgate.storage.database import Database

log = structlog.get_logger("classgate.outbox")

FAILED_KEPT = timedelta(days=30)
MAX_FAILED = 10_000
UNDELIVERABLE_KEPT = timedelta(days=1)


class OutboxRetention:
    """Deletes old messages. `idle_lanes` are those whose service the settings do not name."""

    def __init__(self, database: Database, idle_lanes: Sequence[Lane], clock: Clock) -> None:
        self._database = database
        self._idle_lanes = idle_lanes
        self._clock = clock

    async def run_once(self) -> None:
        """Delete what is over."""
        now = self._clock()
        async with self._database.transaction() as connection:
            removed = await delivery_repository.delete_old_failed(
                connection, now - FAILED_KEPT, MAX_FAILED
            )
            for lane in self._idle_lanes:
                before = now - UNDELIVERABLE_KEPT
                removed += await delivery_repository.delete_waiting(connection, lane, before)
        if removed:
            log.info("old messages to the cloud were removed", number=removed)
