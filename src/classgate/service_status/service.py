"""Reads how the service does, for an operator who looks at it again and again."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from classgate.audit import rate_repository as audit_rates
from classgate.classrooms.replays import repository as replays
from classgate.clock import Clock
from classgate.courseware import repository as uploads
from classgate.metrics import read_cloud_services
from classgate.outbox import admin_repository as outbox
from classgate.processes.registry import ProcessRegistry
from classgate.refusal_log import rate_repository as refusal_rates
from classgate.service_status.models import ServiceStatus, WaitingWork
from classgate.service_status.rates import MinuteRates, SliceCounts
from classgate.storage.database import Database
from classgate.storage.measurement import measure

MAX_COUNTED = 1000
"""The waiting replays and clean-ups are counted up to this number."""

_REFRESH_INTERVAL = 2.0  # seconds
_MAX_ROWS = 50_000  # of a slice


class StatusService:
    """Reads the state of the service, at most every two seconds, however many ask."""

    def __init__(
        self,
        *,
        database: Database,
        registry: ProcessRegistry,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._monotonic = monotonic
        self._started_at = clock()
        self._events = MinuteRates(self._count_events)
        self._refusals = MinuteRates(self._count_refusals)
        self._turn = asyncio.Lock()
        self._newest: tuple[float, ServiceStatus] | None = None

    async def read(self) -> ServiceStatus:
        """Return the state now, or moments ago. ServiceUnavailable."""
        async with self._turn:
            now = self._monotonic()
            if self._newest is None or now - self._newest[0] >= _REFRESH_INTERVAL:
                self._newest = now, await self._read()
            return self._newest[1]

    async def _read(self) -> ServiceStatus:
        now, connection = self._clock(), self._database.reader
        return ServiceStatus(
            at=now,
            started_at=self._started_at,
            events=await self._events.read(now),
            refusals=await self._refusals.read(now),
            cloud=read_cloud_services(),
            processes=await self._registry.list_live(connection),
            answered_by=self._registry.process_id,
            waiting=WaitingWork(
                lanes=await outbox.count_by_lane(connection, now),
                replays=await replays.count_due(connection, now, MAX_COUNTED),
                clean_ups=await uploads.count_for_clean_up(connection, now, MAX_COUNTED),
            ),
            database=await measure(self._database, self._monotonic),
        )

    async def _count_events(self, since: datetime, until: datetime) -> SliceCounts:
        connection = self._database.reader
        counts = await audit_rates.count_events(connection, since, until, _MAX_ROWS)
        return SliceCounts(counts, sum(counts.values()) < _MAX_ROWS)

    async def _count_refusals(self, since: datetime, until: datetime) -> SliceCounts:
        connection = self._database.reader
        counts, rows = await refusal_rates.count_reasons(connection, since, until, _MAX_ROWS)
        return SliceCounts(counts, rows < _MAX_ROWS)
