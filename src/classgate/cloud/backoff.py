"""Retry delays and the retry budget.

Randomness is injected for tests.
"""

from collections.abc import Callable

Jitter = Callable[[], float]
"""Returns a number from 0 to 1, as `random.random`."""

BASE_DELAY = 0.2
MAX_DELAY = 2.0

_QUIET = 60.0  # seconds without a call


def backoff_delay(retry: int, jitter: Jitter) -> float:
    """Return the delay before the first (1), second (2), … retry: full jitter, exponential limit.

    Jitter keeps callers that failed together from retrying together.
    """
    top = min(MAX_DELAY, BASE_DELAY * 2.0 ** (retry - 1))
    return top * jitter()


class RetryBudget:
    """Limits retries to a share of the calls, so that they do not multiply an outage.

    Every call adds a fifth of a retry, up to ten; after a quiet time ten in a row are possible.
    """

    def __init__(
        self, monotonic: Callable[[], float], share: float = 0.2, capacity: float = 10.0
    ) -> None:
        self._monotonic = monotonic
        self._share = share
        self._capacity = capacity
        self._left = capacity
        self._called_at = monotonic()

    def deposit(self) -> None:
        """Count a call."""
        before, self._called_at = self._called_at, self._monotonic()
        if self._called_at - before >= _QUIET:  # what an outage had used up does not matter now
            self._left = self._capacity
        self._left = min(self._capacity, self._left + self._share)

    def withdraw(self) -> bool:
        """Return whether another retry is allowed, and count it."""
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
