"""What was read a moment ago, kept in the process so that it need not be read again at once.

Only for what may be a little old: heartbeats, never anything that gives or changes. What changes
here is forgotten as soon as the change is committed, and what was being read meanwhile is not kept;
what another process changes is found out when the moment is over.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Hashable
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


class TtlCache(Generic[K, V]):
    """Values by key, each in a group with others that change together."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[K, _CacheEntry[V]] = OrderedDict()  # the oldest first
        self._keys: defaultdict[int, set[K]] = defaultdict(set)  # by group
        self._invalidations = 0

    def get(self, key: K) -> V | None:
        """The value, if it was read within a moment."""
        kept = self._entries.get(key)
        return kept.value if kept is not None and _is_fresh(kept, self._clock()) else None

    @property
    def version(self) -> int:
        """Take it before reading, and give it to `remember`."""
        return self._invalidations

    def put(self, key: K, value: V, group: int, version: int) -> None:
        """Keep what was read, unless something was forgotten while it was being read."""
        if version != self._invalidations:
            return
        self._drop(key)
        now = self._clock()
        self._entries[key] = _CacheEntry(value, group, now)
        self._keys[group].add(key)
        while not _is_fresh(self._entries[oldest := next(iter(self._entries))], now):
            self._drop(oldest)

    def invalidate(self, group: int) -> None:
        """Something of this group has changed: call it when that is committed, not before."""
        self._invalidations += 1
        for key in self._keys.pop(group, ()):
            del self._entries[key]

    def _drop(self, key: K) -> None:
        kept = self._entries.pop(key, None)
        if kept is None:
            return
        self._keys[kept.group].discard(key)
        if not self._keys[kept.group]:
            del self._keys[kept.group]


def _is_fresh(kept: _CacheEntry[V], now: datetime) -> bool:
    return timedelta(0) <= now - kept.since < TTL
