"""How much one process may ask of a service: so many calls a second, so many at once.

A quota of the cloud belongs to the whole account, of which classgate is one user. STS takes 600
GetFederationToken a second (document 1312/48195); COS takes more. Who comes over the budget waits
in line, or is told at once that waiting would take longer than there is time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from classgate.cloud.circuit import Monotonic

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


@dataclass(frozen=True)
class Rate:
    """What a budget allows."""

    per_second: float
    at_once: int  # calls in flight, and how many may begin together after a quiet time


class OverBudget(Exception):
    """There is no turn in time. `retry_after` says after how many seconds there may be one."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("over the budget")
        self.retry_after = retry_after


class CallBudget:
    """Hands out turns in the order of asking."""

    def __init__(self, rate: Rate, monotonic: Monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._full_at = 0.0  # when all tokens are back; each one taken moves it further away
        self._in_flight = asyncio.Semaphore(rate.at_once)

    @asynccontextmanager
    async def turn(self, seconds: float) -> AsyncIterator[None]:
        """A turn that begins within so many seconds, for the length of the block. OverBudget."""
        began = self._monotonic()
        wait = self._take_token(seconds)
        if wait > 0:
            await self._sleep(wait)
        left = max(0.0, seconds - (self._monotonic() - began))
        try:
            async with asyncio.timeout(left):
                await self._in_flight.acquire()
        except TimeoutError as error:
            raise OverBudget(1.0) from error
        try:
            yield
        finally:
            self._in_flight.release()

    def _take_token(self, seconds: float) -> float:
        """How long the next token is away. One that would come too late is not taken."""
        now = self._monotonic()
        each = 1.0 / self._rate.per_second
        full_at = max(now, self._full_at) + each
        wait = full_at - now - self._rate.at_once * each
        if wait > seconds:
            raise OverBudget(wait)
        self._full_at = full_at
        return max(0.0, wait)
