"""The gauges that are read from the database: what the school does now, and whether it is stored.

They are read when they are asked for, at most every few seconds.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable

from classgate.audit import repository as audit_repository
from classgate.classrooms import list_repository as classroom_repository
from classgate.classrooms.presence import repository as presence_repository
from classgate.clock import Clock
from classgate.errors import ClassgateError
from classgate.metrics import (
    AUDIT_ROWS,
    CLASSES_LIVE,
    DATABASE_WRITABLE,
    OUTBOX_FAILED,
    OUTBOX_OLDEST_SECONDS,
    OUTBOX_WAITING,
    PEOPLE_PRESENT,
)
from classgate.outbox import delivery_repository as outbox_repository
from classgate.storage.database import Database

REFRESH_INTERVAL = 5.0  # seconds


class SchoolMetrics:
    """Refreshes the gauges."""

    def __init__(
        self,
        database: Database,
        check_ready: Callable[[], Awaitable[None]],
        monotonic: Callable[[], float],
        clock: Clock,
    ) -> None:
        self._database = database
        self._check_ready = check_ready
        self._monotonic = monotonic
        self._clock = clock
        self._turn = asyncio.Lock()
        self._refreshed_at: float | None = None

    async def refresh(self) -> None:
        """Set the gauges, unless they were set moments ago. Never fails: NaN means unknown."""
        async with self._turn:
            at, now = self._refreshed_at, self._monotonic()
            if at is not None and now - at < REFRESH_INTERVAL:
                return
            self._refreshed_at = now
            await self._set_writable()
            await self._set_counts()
            await self._set_outbox()

    async def _set_writable(self) -> None:
        try:
            await self._check_ready()
        except ClassgateError:  # readiness logs the reason
            DATABASE_WRITABLE.set(0)
        else:
            DATABASE_WRITABLE.set(1)

    async def _set_counts(self) -> None:
        for gauge, count in (
            (CLASSES_LIVE, classroom_repository.count_live),
            (PEOPLE_PRESENT, presence_repository.count_all_present),
            (AUDIT_ROWS, audit_repository.count_rows),
        ):
            try:
                gauge.set(await count(self._database.reader))
            except ClassgateError:
                gauge.set(math.nan)

    async def _set_outbox(self) -> None:
        now = self._clock()
        try:
            counts = await outbox_repository.count(self._database.reader, now)
        except ClassgateError:
            for gauge in (OUTBOX_WAITING, OUTBOX_FAILED, OUTBOX_OLDEST_SECONDS):
                gauge.set(math.nan)
            return
        OUTBOX_WAITING.set(counts.waiting)
        OUTBOX_FAILED.set(counts.failed)
        age = 0.0 if counts.oldest is None else (now - counts.oldest).total_seconds()
        OUTBOX_OLDEST_SECONDS.set(max(0.0, age))
