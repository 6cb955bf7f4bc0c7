"""A TTL cache in the process.

Only for data that may be slightly outdated: heartbeats, never anything that issues or changes.
A change invalidates an entry on commit, and values being loaded meanwhile are not cached. `changes`
creates caches that changes by other processes invalidate too. What nothing announces becomes
visible after the TTL.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from classgate.clock import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

TTL = timedelta(seconds=60)


@dataclass(frozen=True)
class _CacheEntry(Generic[V]):
    value: V
    group: int
    since: datetime
    until: datetime

    def is_fresh(self, now: datetime) -> bool:
        return self.since <= now < self.until


class TtlCache(Generic[K, V]):
    """Values by key, each in a group that is invalidated together.

    While `is_current` answers no, it returns nothing and stores nothing.
    """

    def __init__(self, clock: Clock, is_current: Callable[[], bool] = lambda: True) -> None:
        self._clock = clock
        self._is_current = is_current
        self._entries: OrderedDict[K, _CacheEntry[V]] = OrderedDict()  # the oldest first
        self._keys: defaultdict[int, set[K]] = defaultdict(set)  # by group
        self._invalidations = 0

    def get(self, key: K) -> V | None:
        """Return the value if it is not older than the TTL."""
        kept = self._entries.get(key)
        if kept is None or not kept.is_fresh(self._clock()) or not self._is_current():
            return None
        return kept.value

    @property
    def version(self) -> int:
        """Return a version; take it before loading and pass it when storing."""
        return self._invalidations

    def put(self, key: K, value: V, group: int, version: int) -> None:
        """Store a loaded value unless its group was invalidated while loading."""
        if version != self._invalidations or not self._is_current():
            return
        self._drop(key)
        now = self._clock()
        self._entries[key] = _CacheEntry(value, group, now, now + TTL)
        self._keys[group].add(key)
        while not (oldest := next(iter(self._entries.items())))[1].is_fresh(now):
            self._drop(oldest[0])

    def invalidate(self, group: int) -> None:
        """Invalidate a group; call it on commit, not before."""
        self._invalidations += 1
        for key in self._keys.pop(group, ()):
            del self._entries[key]

    def clear(self) -> None:
        """Invalidate everything."""
        self._invalidations += 1
        self._entries.clear()
        self._keys.clear()

    def _drop(self, key: K) -> None:
        kept = self._entries.pop(key, None)
        if kept is None:
            return
        self._keys[kept.group].discard(key)
        if not self._keys[kept.group]:
            del self._keys[kept.group]
