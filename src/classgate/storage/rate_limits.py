"""Rate limits by leaky buckets, in the memory of one process.

Losing the memory, as in a restart, only resets the limits. `postgresql_rate_limits` has the buckets
of several processes.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct


@dataclass(frozen=True)
class RateLimit:
    """The parameters of a leaky bucket: `burst` events at once, then one each `interval`."""

    burst: int
    interval: timedelta


@dataclass(frozen=True)
class NamedLimit:
    """A bucket by its name, with its limit."""

    name: str
    limit: RateLimit


@dataclass(frozen=True)
class FullBucket:
    """A bucket that refuses an event, and how long the event has to wait."""

    bucket: NamedLimit
    wait: timedelta


class RateLimitStore(Protocol):
    """The interface of rate limits for the features. ServiceUnavailable: the database is."""

    @property
    def is_shared(self) -> bool:
        """Return whether other processes count in the same buckets."""

    async def acquire(self, buckets: Sequence[NamedLimit], at: datetime) -> FullBucket | None:
        """Count an event in all buckets, and return None; the names differ.

        If one is full, count nothing and return it, the first of them.
        """

    async def find_wait(self, bucket: NamedLimit, at: datetime) -> timedelta | None:
        """Return the wait that `acquire` would return, and count nothing."""

    async def find_longest_wait(
        self, prefix: str, limit: RateLimit, at: datetime
    ) -> timedelta | None:
        """Return the longest wait of the buckets whose names begin so; all have this limit."""

    async def release(self, buckets: Sequence[NamedLimit]) -> None:
        """Revoke a counted event of each bucket."""

    async def reset(self, name: str) -> None:
        """Revoke all counted events of the name."""

    async def delete_empty(self, at: datetime) -> int:
        """Delete the buckets that are empty; return their number."""


class BucketLevel(Struct, frozen=True):
    """What a bucket contains."""

    empty_at: datetime  # the time at which the bucket is empty
    updated_at: datetime  # the time of the last change

    def left(self, at: datetime) -> timedelta:
        """Return the time until the bucket is empty.

        If the clock was set back, the level stays as it was, so that nobody waits longer for it.
        """
        if at < self.updated_at:
            return self.empty_at - self.updated_at
        return max(self.empty_at - at, timedelta(0))


class LeakyBuckets:
    """Leaky buckets by name. Above `max_entries`, the least recently used one is dropped."""

    def __init__(self, max_entries: int = 100_000) -> None:
        self._buckets: OrderedDict[str, BucketLevel] = OrderedDict()
        self._max_entries = max_entries

    def acquire(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        """Count an event and return None; above the limit, count nothing and return the wait."""
        level = self._level(name, at)
        wait = wait_at(level, limit)
        if wait is not None:
            return wait
        self._put(name, BucketLevel(at + level + limit.interval, at))
        return None

    def find_wait(self, name: str, limit: RateLimit, at: datetime) -> timedelta | None:
        """Return the wait that `acquire` would return, and count nothing."""
        return wait_at(self._level(name, at), limit)

    def list_names(self, prefix: str) -> Sequence[str]:
        """Return the names that begin so."""
        return [name for name in self._buckets if name.startswith(prefix)]

    def release(self, name: str, limit: RateLimit) -> None:
        """Revoke a counted event.

        It needs no time: with the time at which the event was counted, the bucket would leak twice
        what it has leaked since then.
        """
        bucket = self._buckets.get(name)
        if bucket is None:
            return
        empty_at = bucket.empty_at - limit.interval
        if empty_at > bucket.updated_at:
            self._buckets[name] = BucketLevel(empty_at, bucket.updated_at)
        else:
            self.reset(name)

    def reset(self, name: str) -> None:
        """Revoke all counted events of the name."""
        self._buckets.pop(name, None)

    def delete_empty(self, at: datetime) -> int:
        """Delete the buckets that are empty; return their number."""
        empty = [name for name, bucket in self._buckets.items() if bucket.empty_at <= at]
        for name in empty:
            del self._buckets[name]
        return len(empty)

    def _level(self, name: str, at: datetime) -> timedelta:
        bucket = self._buckets.get(name)
        if bucket is None:
            return timedelta(0)
        level = bucket.left(at)
        if at < bucket.updated_at:
            self._buckets[name] = BucketLevel(at + level, at)
        return level

    def _put(self, name: str, bucket: BucketLevel) -> None:
        self._buckets[name] = bucket
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._max_entries:
            self._buckets.popitem(last=False)


def wait_at(level: timedelta, limit: RateLimit) -> timedelta | None:
    """Return how long the next event has to wait at this level; None: not at all."""
    wait = level + limit.interval - limit.interval * limit.burst
    return wait if wait > timedelta(0) else None


class InProcessRateLimitStore:
    """A `RateLimitStore` for a single process."""

    is_shared = False

    def __init__(self, max_entries: int = 100_000) -> None:
        self._buckets = LeakyBuckets(max_entries)

    async def acquire(self, buckets: Sequence[NamedLimit], at: datetime) -> FullBucket | None:
        for number, each in enumerate(buckets):
            wait = self._buckets.acquire(each.name, each.limit, at)
            if wait is not None:
                await self.release(buckets[:number])
                return FullBucket(each, wait)
        return None

    async def find_wait(self, bucket: NamedLimit, at: datetime) -> timedelta | None:
        return self._buckets.find_wait(bucket.name, bucket.limit, at)

    async def find_longest_wait(
        self, prefix: str, limit: RateLimit, at: datetime
    ) -> timedelta | None:
        waits = [
            self._buckets.find_wait(name, limit, at) for name in self._buckets.list_names(prefix)
        ]
        return max((wait for wait in waits if wait is not None), default=None)

    async def release(self, buckets: Sequence[NamedLimit]) -> None:
        for each in buckets:
            self._buckets.release(each.name, each.limit)

    async def reset(self, name: str) -> None:
        self._buckets.reset(name)

    async def delete_empty(self, at: datetime) -> int:
        return self._buckets.delete_empty(at)
