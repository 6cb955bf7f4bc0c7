"""How a service of the cloud is called: within a deadline, again when that helps, not too often.

One `CarefulCalls` for each service holds its circuit breaker and its budgets. What is called has to
be safe to repeat: asking for temporary keys, looking at an object, removing one.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog

from classgate.cloud.budget import CallBudget, OverBudget, Rate, Sleep
from classgate.cloud.circuit import Circuit, CircuitOpen, Monotonic
from classgate.cloud.retries import Chance, RetryBudget, pause_before_retry
from classgate.errors import CloudRejected, CloudUnavailable

log = structlog.get_logger("classgate.cloud")

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long a call may take, in seconds; a class waits on the other side."""

    in_all: float = 8.0  # with waiting for a turn, and all tries
    one_try: float = 3.0
    least: float = 0.5  # with less left than this, no try is begun
    tries: int = 3


@dataclass(frozen=True)
class Surroundings:
    """Time and chance; tests give their own."""

    monotonic: Monotonic = time.monotonic
    sleep: Sleep = asyncio.sleep
    # Spreads callers out; nothing secret hangs on it.
    chance: Chance = random.random


class CarefulCalls:
    """Calls one service."""

    def __init__(
        self,
        service: str,
        rate: Rate,
        patience: Patience | None = None,
        around: Surroundings | None = None,
    ) -> None:
        self._service = service
        self._patience = patience or Patience()
        self._around = around or Surroundings()
        self._circuit = Circuit(service, self._around.monotonic)
        self._budget = CallBudget(rate, self._around.monotonic, self._around.sleep)
        self._retries = RetryBudget()

    async def call(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What `attempt` gives, which is tried again when it raises a CloudUnavailable that passes.

        CloudUnavailable: it failed to the last, or was not tried at all, for that would not have
        helped; `retry_after` says when it might. CloudRejected, as `attempt` raised it.
        """
        patience = self._patience
        ends_at = self._around.monotonic() + patience.in_all
        self._retries.pay_in()
        tries = 0
        while True:
            tries += 1
            try:
                return await self._try_once(attempt, ends_at)
            except CircuitOpen as error:
                raise self._unavailable(error.retry_after) from error
            except OverBudget as error:
                log.warning("cloud budget used up", service=self._service)
                raise self._unavailable(error.retry_after) from error
            except CloudUnavailable as error:
                pause = pause_before_retry(tries, self._around.chance)
                left = ends_at - self._around.monotonic() - pause
                in_time = tries < patience.tries and left >= patience.least
                again = error.passing and in_time and self._retries.take()
                log.warning("cloud call failed", service=self._service, tries=tries, again=again)
                if not again:
                    raise
            await self._around.sleep(pause)

    async def _try_once(self, attempt: Callable[[], Awaitable[T]], ends_at: float) -> T:
        self._circuit.check()  # before the line, not only after it
        spare = ends_at - self._around.monotonic() - self._patience.least
        async with self._budget.turn(max(0.0, spare)):
            era = self._circuit.enter()
            left = ends_at - self._around.monotonic()
            try:
                async with asyncio.timeout(min(left, self._patience.one_try)):
                    result = await attempt()
            except CloudRejected:
                self._circuit.succeeded(era)
                raise
            except TimeoutError as error:
                self._circuit.failed(era)
                log.warning("cloud unreachable", service=self._service, reason="no answer in time")
                raise CloudUnavailable(self._service) from error
            except CloudUnavailable:
                self._circuit.failed(era)
                raise
            except BaseException:
                self._circuit.gave_up(era)
                raise
            self._circuit.succeeded(era)
            return result

    def _unavailable(self, retry_after: float) -> CloudUnavailable:
        return CloudUnavailable(self._service, timedelta(seconds=max(1.0, retry_after)))
