"""When a failed try is repeated: how long to wait before, and how many repeats there may be in all.

Chance is given, so that tests know it.
"""

from collections.abc import Callable

Jitter = Callable[[], float]
"""A number from 0 to 1, as `random.random`."""

BASE_DELAY = 0.2
MAX_DELAY = 2.0


def backoff_delay(retry: int, jitter: Jitter) -> float:
    """Seconds to wait before the first (1), second (2), … retry: full jitter under a growing top.

    Callers who failed together do not come back together.
    """
    top = min(MAX_DELAY, BASE_DELAY * 2.0 ** (retry - 1))
    return top * jitter()


class RetryBudget:
    """Lets retries be a share of the calls, so that an outage is not multiplied by them.

    Every call pays in a fifth of a retry, up to ten; so a quiet time allows ten in a row.
    """

    def __init__(self, share: float = 0.2, capacity: float = 10.0) -> None:
        self._share = share
        self._capacity = capacity
        self._left = capacity

    def deposit(self) -> None:
        """Another call begins."""
        self._left = min(self._capacity, self._left + self._share)

    def withdraw(self) -> bool:
        """Whether one more retry may be made; it counts then."""
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
