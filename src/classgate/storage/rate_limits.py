"""Leaky buckets: how often something was done of late.

One process keeps them in memory. Nothing here is a record: losing it costs at most a delay.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class RateLimit:
    """A leaky bucket: so many at once, then one each `interval`."""

    burst: int
    interval: timedelta


class RateLimitStore(Protocol):
    """What the features are given."""

    async def acquire(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        """Count one more. None: fine. Otherwise nothing was counted, and this is the wait."""

    async def release(self, name: str, limit: RateLimit, at: datetime) -> None:
        """Uncount one, which turned out not to matter."""

    async def reset(self, name: str) -> None:
        """Uncount all."""


@dataclass(frozen=True)
class _Bucket:
    empty_at: datetime  # when it will have run empty
    seen_at: datetime  # when that was reckoned


class LeakyBuckets:
    """For one process; bounded in number: the longest untouched go first."""

    def __init__(self, max_entries: int = 100_000) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._most = max_entries

    def acquire(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        """Count one more. None: fine. Otherwise nothing was counted, and this is the wait."""
        level = self._level(name, at)
        wait = level + limit.interval - limit.interval * limit.burst
        if wait > timedelta(0):
            return wait
        self._put(name, _Bucket(at + level + limit.interval, at))
        return None

    def release(self, name: str, limit: RateLimit, at: datetime) -> None:
        """Uncount one, which turned out not to matter."""
        level = self._level(name, at) - limit.interval
        if level > timedelta(0):
            self._buckets[name] = _Bucket(at + level, at)
        else:
            self.reset(name)

    def reset(self, name: str) -> None:
        """Uncount all."""
        self._buckets.pop(name, None)

    def _level(self, name: str, at: datetime) -> timedelta:
        """How long the bucket takes from now on to run empty.

        When the clock was set back it is as full as it was: nobody waits for the clock to catch up.
        """
        bucket = self._buckets.get(name)
        if bucket is None:
            return timedelta(0)
        if at < bucket.seen_at:
            bucket = self._buckets[name] = _Bucket(at + (bucket.empty_at - bucket.seen_at), at)
        return max(bucket.empty_at - at, timedelta(0))

    def _put(self, name: str, bucket: _Bucket) -> None:
        self._buckets[name] = bucket
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)


class InProcessRateLimitStore:
    """What the features are given, where one process is all there is."""

    def __init__(self, max_entries: int = 100_000) -> None:
        self._buckets = LeakyBuckets(max_entries)

    async def acquire(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        return self._buckets.acquire(name, limit, at)

    async def release(self, name: str, limit: RateLimit, at: datetime) -> None:
        self._buckets.release(name, limit, at)

    async def reset(self, name: str) -> None:
        self._buckets.reset(name)
