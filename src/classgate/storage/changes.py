"""What a transaction changed of which processes keep copies, and the copies that it invalidates.

A transaction announces the numbers of what it changed, see `DatabaseConnection.announce`. On commit
the copies of this process are invalidated; PostgreSQL carries the numbers to the other processes,
see `listening`. Nothing but the numbers is taken from there: what is needed is read again.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Set
from enum import StrEnum

from classgate.clock import Clock
from classgate.storage.ttl_cache import K, TtlCache, V


class Changed(StrEnum):
    """What a number is of."""

    ACCOUNT = "account"  # its sessions or its role: who calls
    CLASSROOM = "class"  # its state, its roster, or who is present
    ERASED_ACCOUNT = "erased"  # deleted with its personal data


Changes = Mapping[Changed, Set[int]]

_EVERYTHING = "{}"
_MAX_PAYLOAD = 7_900  # bytes; the server takes less than 8,000


def to_payload(changes: Changes) -> str:
    """Return the text for other processes; with too many numbers one that invalidates all."""
    payload = json.dumps(
        {kind.value: sorted(numbers) for kind, numbers in changes.items()}, separators=(",", ":")
    )
    return payload if len(payload) <= _MAX_PAYLOAD else _EVERYTHING


def from_payload(payload: str) -> Changes:
    """Return the changes of another process. ValueError: it does not say which."""
    content = json.loads(payload)
    if not isinstance(content, dict) or not content:
        raise ValueError("not an object with members")
    return {Changed(kind): _numbers(numbers) for kind, numbers in content.items()}


def _numbers(value: object) -> Set[int]:
    if not isinstance(value, list) or not all(type(each) is int for each in value):
        raise ValueError("not a list of numbers")
    return frozenset(value)


class CacheRegistry:
    """The copies of one process. `is_current`: whether changes by other processes arrive now."""

    def __init__(self, is_current: Callable[[], bool] = lambda: True) -> None:
        self.is_current = is_current
        self._calls: dict[Changed, list[Callable[[int], None]]] = {kind: [] for kind in Changed}
        self._clears: list[Callable[[], None]] = []

    def create(self, kind: Changed, clock: Clock) -> TtlCache[K, V]:
        """Return a cache whose groups are the numbers of that kind.

        It is empty to its users while changes by other processes may be missed.
        """
        cache: TtlCache[K, V] = TtlCache(clock, self.is_current)
        self.call_on(kind, cache.invalidate)
        self._clears.append(cache.clear)
        return cache

    def call_on(self, kind: Changed, call: Callable[[int], None]) -> None:
        """Call it with each changed number; it must not fail."""
        self._calls[kind].append(call)

    def apply(self, changes: Changes) -> None:
        """Invalidate what was changed."""
        for kind, numbers in changes.items():
            for call in self._calls[kind]:
                for number in numbers:
                    call(number)

    def clear(self) -> None:
        """Empty every cache: changes may have been missed."""
        for clear in self._clears:
            clear()


class PendingChanges:
    """What one transaction announced so far; each number once."""

    def __init__(self) -> None:
        self.by_kind: dict[Changed, set[int]] = {}

    def add(self, kind: Changed, numbers: Iterable[int]) -> None:
        """Add numbers; none is fine."""
        for number in numbers:
            self.by_kind.setdefault(kind, set()).add(number)
