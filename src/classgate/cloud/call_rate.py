"""How much one process may ask of a service: so many calls a second, so many at once.

A quota of the cloud belongs to the whole account, of which classgate is one user. STS takes 600
GetFederationToken a second (document 1312/48195); COS takes more. Who comes over the budget waits
in line, or is told at once that waiting would take longer than there is time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from classgate.cloud.circuit_breaker import Monotonic

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


@dataclass(frozen=True)
class CallRate:
    """What a budget allows."""

    per_second: float
    burst: int  # calls in flight, and how many may begin together after a quiet time


class RateLimitExceeded(Exception):
    """There is no turn in time. `retry_after` says after how many seconds there may be one."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("over the budget")
        self.retry_after = retry_after


class CallRateLimiter:
    """Hands out turns in the order of asking."""

    def __init__(self, rate: CallRate, monotonic: Monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._full_at = 0.0  # when all tokens are back; each one taken moves it further away
        self._in_flight = asyncio.Semaphore(rate.burst)

    @asynccontextmanager
    async def slot(self, seconds: float) -> AsyncIterator[None]:
        """Wait at most `seconds` for a slot, and hold it for the block. RateLimitExceeded."""
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
        """How long the next token is away. One that would come too late is not taken."""
        now = self._monotonic()
        each = 1.0 / self._rate.per_second
        full_at = max(now, self._full_at) + each
        wait = full_at - now - self._rate.burst * each
        if wait > seconds:
            raise RateLimitExceeded(wait)
        self._full_at = full_at
        return max(0.0, wait)
