"""PURE: how many rows refusals may take.

A flood must fill neither the memory nor the table, and must not displace the refusals of people who
are known. So each kind of caller has a budget of its own. What is over it is counted, in one row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from classgate.refusal_log.models import CallerKind

MAX_ROWS_OF_PERSON: Final = 60
"""The rows of one account or address in one minute: it can ask for as many classes as there are
numbers.
"""


@dataclass(frozen=True)
class Budget:
    """Rows that may be begun at once, and how many more each minute. Also the bound in memory."""

    burst: int
    per_minute: int


BUDGETS: Final[Mapping[CallerKind, Budget]] = {
    # Ten thousand people in front of one class, each refused for two reasons in the same minute.
    CallerKind.AUTHENTICATED: Budget(burst=20_000, per_minute=20_000),
    CallerKind.NAMED: Budget(burst=2_000, per_minute=200),
    # Over thirty days at most 900,000 rows, however long and wide a flood is.
    CallerKind.STRANGER: Budget(burst=600, per_minute=20),
}


class RowBudget:
    """What is left of one budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget: Final = budget
        self._left = float(budget.burst)
        self._refilled_at: float | None = None

    def take(self, minutes: float) -> bool:
        """Take one row at this time, in minutes; return whether one was left."""
        passed = 0.0 if self._refilled_at is None else max(0.0, minutes - self._refilled_at)
        self._refilled_at = minutes
        self._left = min(self.budget.burst, self._left + passed * self.budget.per_minute)
        if self._left < 1:
            return False
        self._left -= 1
        return True
