"""Call budgets: calls per second of all processes, and concurrent calls of one.

A cloud quota belongs to the whole account, of which classgate is one user. STS allows 600
GetFederationToken a second (document 1312/48195); COS allows more. Each process uses its share of
the budget. Callers above it queue, or fail at once if the wait would exceed their deadline.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from classgate.cloud.circuit_breaker import Monotonic

Sleep = Callable[[float], Awaitable[None]]
"""Sleeps for some seconds."""

Share = Callable[[], float]
"""Returns the part of a budget that this process may use now, above 0 and up to 1."""


def whole() -> float:
    """Return the share of a process that is alone."""
    return 1.0


@dataclass(frozen=True)
class CallRate:
    """The limits of a budget."""

    per_second: float
    burst: int  # after an idle time; also the concurrent calls of each process


class RateLimitExceeded(Exception):
    """No slot is free in time. `retry_after` is the number of seconds until one may be."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("over the budget")
        self.retry_after = retry_after


class CallRateLimiter:
    """Assigns slots in request order."""

    def __init__(
        self,
        rate: CallRate,
        monotonic: Monotonic,
        sleep: Sleep = asyncio.sleep,
        share: Share = whole,
    ) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._share = share
        self._used = 0.0  # tokens that are not back yet, at the time of the latest one
        self._used_at = 0.0
        self._per_second = rate.per_second  # at that time
        self._in_flight = asyncio.Semaphore(rate.burst)

    @asynccontextmanager
    async def slot(self, seconds: float) -> AsyncIterator[None]:
        """Wait at most `seconds` for a slot and hold it for the block. RateLimitExceeded."""
        began = self._monotonic()
        wait = self._take_token(seconds)
        if wait > 0:
            await self._sleep(wait)
        left = max(0.0, seconds - (self._monotonic() - began))
        try:
            async with asyncio.timeout(left):
                await self._in_flight.acquire()
        except TimeoutError as error:
            raise RateLimitExceeded(1.0) from error
        try:
            yield
        finally:
            self._in_flight.release()

    def _take_token(self, seconds: float) -> float:
        """Return the wait for the next token; one that would come too late is not taken."""
        share, now = self._share(), self._monotonic()
        per_second = self._rate.per_second * share
        burst = max(1.0, self._rate.burst * share)
        # By the share of then: a smaller one now must not slow down what came back meanwhile.
        returned = (now - self._used_at) * self._per_second
        used = max(0.0, self._used - returned) + 1
        # Rounded: sums of decimal fractions differ by some attoseconds, which are no wait.
        wait = round((used - burst) / per_second, 9)
        if wait > seconds:
            raise RateLimitExceeded(wait)
        self._used, self._used_at, self._per_second = used, now, per_second
        return max(0.0, wait)
