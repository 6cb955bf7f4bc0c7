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

A_MOMENT = timedelta(seconds=60)


@dataclass(frozen=True)
class _Kept(Generic[V]):
    value: V
    group: int
    since: datetime


class ShortMemory(Generic[K, V]):
    """Values by key, each in a group with others that change together."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[K, _Kept[V]] = OrderedDict()  # the oldest first
        self._keys: defaultdict[int, set[K]] = defaultdict(set)  # by group
        self._forgot = 0

    def recall(self, key: K) -> V | None:
        """The value, if it was read within a moment."""
        kept = self._kept.get(key)
        return kept.value if kept is not None and _is_fresh(kept, self._clock()) else None

    @property
    def mark(self) -> int:
        """Take it before reading, and give it to `remember`."""
        return self._forgot

    def remember(self, key: K, value: V, group: int, mark: int) -> None:
        """Keep what was read, unless something was forgotten while it was being read."""
        if mark != self._forgot:
            return
        self._drop(key)
        now = self._clock()
        self._kept[key] = _Kept(value, group, now)
        self._keys[group].add(key)
        while not _is_fresh(self._kept[oldest := next(iter(self._kept))], now):
            self._drop(oldest)

    def forget(self, group: int) -> None:
        """Something of this group has changed: call it when that is committed, not before."""
        self._forgot += 1
        for key in self._keys.pop(group, ()):
            del self._kept[key]

    def _drop(self, key: K) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self._keys[kept.group].discard(key)
        if not self._keys[kept.group]:
            del self._keys[kept.group]


def _is_fresh(kept: _Kept[V], now: datetime) -> bool:
    return timedelta(0) <= now - kept.since < A_MOMENT
