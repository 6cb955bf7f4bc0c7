"""Budgets of calls: how many the cloud accepts in a second."""

from collections.abc import Hashable

from classgate.emulator.clock import Clock
from classgate.signing.encoding import to_epoch


class CallBudget:
    """Counts calls in whole seconds of the emulator's clock. Refuses none unless enforced.

    Unknown: how the cloud measures a second; here it is one of the clock, not a sliding one.
    """

    def __init__(self, clock: Clock, *, enforced: bool) -> None:
        self.enforced = self._enforced_at_first = enforced
        self._clock = clock
        self._second = 0
        self._counts: dict[Hashable, int] = {}

    def allows(self, name: Hashable, limit: int) -> bool:
        """Count a call and return whether it is within the limit of this second."""
        if not self.enforced:
            return True
        second = to_epoch(self._clock.now())
        if second != self._second:
            self._second, self._counts = second, {}
        self._counts[name] = self._counts.get(name, 0) + 1
        return self._counts[name] <= limit

    def reset(self) -> None:
        self.enforced = self._enforced_at_first
        self._counts = {}
