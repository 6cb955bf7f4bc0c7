"""Counts of the last hour by minute, from tables that a busy school fills fast.

The hour is counted in slices of a few seconds, each by an index and with a bound, and a slice that
is over is remembered. So the first answer reads an hour in small pieces, each later one the last
two minutes, and neither depends on how much the tables hold.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from classgate.service_status.models import MinuteCounts

HOUR = 60  # minutes
_SLICE = 20  # seconds; divides a minute
# A row is written at most this long after its time: transactions end, and the row of a refusal
# counts for a minute.
_SETTLED_AFTER = 120  # seconds


@dataclass(frozen=True)
class SliceCounts:
    """The counts of one slice."""

    counts: Mapping[str, int]
    is_complete: bool


Count = Callable[[datetime, datetime], Awaitable[SliceCounts]]
"""Counts the rows of a time; the end does not belong to it."""


class MinuteRates:
    """Counts what one table recorded."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._settled: dict[int, SliceCounts] = {}  # by the time at which they begin

    async def read(self, now: datetime) -> MinuteCounts:
        """Count the last hour. ServiceUnavailable."""
        seconds = int(now.timestamp())
        first = seconds - seconds % 60 - 60 * (HOUR - 1)
        self._settled = {
            at: each
            for at, each in self._settled.items()
            # What was settled by a clock that was ahead is not.
            if at >= first and _is_settled(at, seconds)
        }
        minutes = [Counter[str]() for _ in range(HOUR)]
        is_complete = True
        for at in range(first, seconds + 1, _SLICE):
            counted = await self._read_slice(at, seconds)
            minutes[(at - first) // 60].update(counted.counts)
            is_complete = is_complete and counted.is_complete
        since = datetime.fromtimestamp(first, UTC)
        return MinuteCounts(since=since, by_minute=minutes, is_complete=is_complete)

    async def _read_slice(self, at: int, now: int) -> SliceCounts:
        known = self._settled.get(at)
        if known is not None:
            return known
        await asyncio.sleep(0)  # SQLite answers at once: others take their turn between slices
        begins = datetime.fromtimestamp(at, UTC)
        counted = await self._count(begins, begins + timedelta(seconds=_SLICE))
        if _is_settled(at, now):
            self._settled[at] = counted
        return counted


def _is_settled(at: int, now: int) -> bool:
    return at + _SLICE + _SETTLED_AFTER <= now
