"""Rate limits by leaky buckets, in the memory of one process.

Losing the memory, as in a restart, only resets the limits.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class RateLimit:
    """The parameters of a leaky bucket: `burst` events at once, then one each `interval`."""

    burst: int
    interval: timedelta


class RateLimitStore(Protocol):
    """The interface of rate limits for the features."""

    async def acquire(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        """Count an event and return None; above the limit, count nothing and return the wait."""

    async def find_wait(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        """Return the wait that `acquire` would return, and count nothing."""

    async def release(self, name: str, limit: RateLimit, at: datetime) -> None:
        """Revoke a counted event."""

    async def reset(self, name: str) -> None:
        """Revoke all counted events of the name."""


@dataclass(frozen=True)
class _Bucket:
    empty_at: datetime  # the time at which the bucket is empty
    updated_at: datetime  # the time of the last change


class LeakyBuckets:
    """Leaky buckets by name. Above `max_entries`, the least recently used one is dropped."""

    def __init__(self, max_entries: int = 100_000) -> None:
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._max_entries = max_entries

    def acquire(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        """Count an event and return None; above the limit, count nothing and return the wait."""
        level = self._level(name, at)
        wait = _wait_at(level, limit)
        if wait is not None:
            return wait
        self._put(name, _Bucket(at + level + limit.interval, at))
        return None

    def find_wait(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        """Return the wait that `acquire` would return, and count nothing."""
        return _wait_at(self._level(name, at), limit)

    def release(self, name: str, limit: RateLimit, at: datetime) -> None:
        """Revoke a counted event."""
        level = self._level(name, at) - limit.interval
        if level > timedelta(0):
            self._buckets[name] = _Bucket(at + level, at)
        else:
            self.reset(name)

    def reset(self, name: str) -> None:
        """Revoke all counted events of the name."""
        self._buckets.pop(name, None)

    def _level(self, name: str, at: datetime) -> timedelta:
        """Return the time until the bucket is empty.

        If the clock was set back, the level stays as it was, so that nobody waits longer for it.
        """
        bucket = self._buckets.get(name)
        if bucket is None:
            return timedelta(0)
        if at < bucket.updated_at:
            bucket = self._buckets[name] = _Bucket(at + (bucket.empty_at - bucket.updated_at), at)
        return max(bucket.empty_at - at, timedelta(0))

    def _put(self, name: str, bucket: _Bucket) -> None:
        self._buckets[name] = bucket
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._max_entries:
            self._buckets.popitem(last=False)


def _wait_at(level: timedelta, limit: RateLimit) -> timedelta | None:
    """Return how long the next event has to wait at this level; None: not at all."""
    wait = level + limit.interval - limit.interval * limit.burst
    return wait if wait > timedelta(0) else None


class InProcessRateLimitStore:
    """A `RateLimitStore` for a single process."""

    def __init__(self, max_entries: int = 100_000) -> None:
        self._buckets = LeakyBuckets(max_entries)

    async def acquire(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        return self._buckets.acquire(name, limit, at)

    async def find_wait(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        return self._buckets.find_wait(name, limit, at)

    async def release(self, name: str, limit: RateLimit, at: datetime) -> None:
        self._buckets.release(name, limit, at)

    async def reset(self, name: str) -> None:
        self._buckets.reset(name)
