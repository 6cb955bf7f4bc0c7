"""Small facts that expire, shared by all that must agree on them: leaky buckets and markers.

One process keeps them in memory. Nothing here is a record: losing it costs at most a delay.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class Limit:
    """A leaky bucket: so many at once, then one each `interval`."""

    at_once: int
    interval: timedelta


class KeyValue(Protocol):
    """What the features are given."""

    async def take(self, name: str, limit: Limit, at: datetime) -> timedelta | None:
        """Count one more. None: fine. Otherwise nothing was counted, and this is the wait."""

    async def give_back(self, name: str, limit: Limit, at: datetime) -> None:
        """Uncount one, which turned out not to matter."""

    async def mark(self, name: str, until: datetime) -> None:
        """Remember a name until then."""

    async def is_marked(self, name: str, at: datetime) -> bool:
        """Whether the name is remembered."""


class InProcessKeyValue:
    """For one process; bounded in number: the longest untouched go first."""

    def __init__(self, most: int = 100_000) -> None:
        # A bucket is kept as the moment at which it will have run empty.
        self._empty_at: OrderedDict[str, datetime] = OrderedDict()
        self._marked_until: OrderedDict[str, datetime] = OrderedDict()
        self._most = most

    async def take(self, name: str, limit: Limit, at: datetime) -> timedelta | None:
        empty_at = max(self._empty_at.get(name, at), at) + limit.interval
        wait = empty_at - at - limit.interval * limit.at_once
        if wait > timedelta(0):
            return wait
        self._put(self._empty_at, name, empty_at)
        return None

    async def give_back(self, name: str, limit: Limit, at: datetime) -> None:
        empty_at = self._empty_at.get(name, at) - limit.interval
        if empty_at > at:
            self._empty_at[name] = empty_at
        else:
            self._empty_at.pop(name, None)

    async def mark(self, name: str, until: datetime) -> None:
        self._put(self._marked_until, name, until)

    async def is_marked(self, name: str, at: datetime) -> bool:
        until = self._marked_until.get(name)
        return until is not None and at < until

    def _put(self, table: OrderedDict[str, datetime], name: str, value: datetime) -> None:
        table[name] = value
        table.move_to_end(name)
        if len(table) > self._most:
            table.popitem(last=False)
