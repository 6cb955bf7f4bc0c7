"""Resilient calls to a cloud service: deadlines, retries, circuit breaker and budgets.

Each service has one `ResilientClient`. Calls must be idempotent: requesting temporary keys,
inspecting an object, removing one.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog

from classgate.cloud.backoff import Jitter, RetryBudget, backoff_delay
from classgate.cloud.call_rate import (
    CallRate,
    CallRateLimiter,
    RateLimitExceeded,
    Share,
    Sleep,
    whole,
)
from classgate.cloud.circuit_breaker import CircuitBreaker, CircuitOpen, Monotonic
from classgate.errors import CloudRejected, CloudUnavailable
from classgate.metrics import CallOutcome, call_counters, call_seconds

log = structlog.get_logger("classgate.cloud")

T = TypeVar("T")

_NOT_MADE: Mapping[type[BaseException | None], CallOutcome] = {
    CircuitOpen: CallOutcome.CIRCUIT_OPEN,
    RateLimitExceeded: CallOutcome.RATE_LIMITED,
}
"""The outcome of a call that was not made, by its cause."""


@dataclass(frozen=True)
class TimeoutPolicy:
    """The timeouts of a call, in seconds; a class is waiting."""

    total: float = 8.0  # including queueing and all attempts
    per_attempt: float = 3.0
    min_remaining: float = 0.5  # no attempt begins with less time left
    max_attempts: int = 3


@dataclass(frozen=True)
class Runtime:
    """Clocks, sleep and jitter; tests inject their own."""

    monotonic: Monotonic = time.monotonic
    sleep: Sleep = asyncio.sleep
    # Jitter; not security-relevant. Its own generator: the delivery must not move the global one.
    jitter: Jitter = random.Random().random  # noqa: S311


class ResilientClient:
    """Calls one service."""

    def __init__(
        self,
        service: str,
        rate: CallRate,
        timeouts: TimeoutPolicy | None = None,
        runtime: Runtime | None = None,
        share: Share = whole,
    ) -> None:
        self._service = service
        self._timeouts = timeouts or TimeoutPolicy()
        self._runtime = runtime or Runtime()
        self._circuit = CircuitBreaker(service, self._runtime.monotonic)
        self._budget = CallRateLimiter(rate, self._runtime.monotonic, self._runtime.sleep, share)
        self._retries = RetryBudget(self._runtime.monotonic)
        self._calls = call_counters(service)
        self._seconds = call_seconds(service)

    async def call(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `attempt`; retry it while it raises a retryable CloudUnavailable.

        CloudUnavailable: all attempts failed, or none was made; `retry_after` says when to retry.
        CloudRejected is passed on.
        """
        outcome = CallOutcome.ABANDONED
        try:
            with self._seconds.time():
                result = await self._call(attempt)
            outcome = CallOutcome.ANSWERED
        except CloudRejected:
            outcome = CallOutcome.REJECTED
            raise
        except CloudUnavailable as error:
            outcome = _NOT_MADE.get(type(error.__cause__), CallOutcome.UNAVAILABLE)
            raise
        finally:
            self._calls[outcome].inc()
        return result

    def require_available(self) -> None:
        """Require that the circuit lets a call pass, and make none. CloudUnavailable."""
        try:
            self._circuit.require_closed()
        except CircuitOpen as error:
            raise self._unavailable(error.retry_after) from error

    async def _call(self, attempt: Callable[[], Awaitable[T]]) -> T:
        timeouts = self._timeouts
        ends_at = self._runtime.monotonic() + timeouts.total
        self._retries.deposit()
        tries = 0
        while True:
            tries += 1
            try:
                return await self._attempt(attempt, ends_at)
            except CircuitOpen as error:
                raise self._unavailable(error.retry_after) from error
            except RateLimitExceeded as error:
                log.warning("cloud budget used up", service=self._service)
                raise self._unavailable(error.retry_after) from error
            except CloudUnavailable as error:
                pause = backoff_delay(tries, self._runtime.jitter)
                left = ends_at - self._runtime.monotonic() - pause
                in_time = tries < timeouts.max_attempts and left >= timeouts.min_remaining
                again = error.retryable and in_time and self._retries.withdraw()
                log.warning("cloud call failed", service=self._service, tries=tries, again=again)
                if not again:
                    raise
            await self._runtime.sleep(pause)

    async def _attempt(self, attempt: Callable[[], Awaitable[T]], ends_at: float) -> T:
        self._circuit.require_closed()  # before queueing, not only after
        spare = ends_at - self._runtime.monotonic() - self._timeouts.min_remaining
        async with self._budget.slot(max(0.0, spare)):
            era = self._circuit.begin_attempt()
            left = ends_at - self._runtime.monotonic()
            try:
                async with asyncio.timeout(min(left, self._timeouts.per_attempt)):
                    result = await attempt()
            except CloudRejected:
                self._circuit.record_success(era)
                raise
            except TimeoutError as error:
                self._circuit.record_failure(era)
                log.warning("cloud unreachable", service=self._service, reason="no answer in time")
                raise CloudUnavailable(self._service) from error
            except CloudUnavailable:
                self._circuit.record_failure(era)
                raise
            except BaseException:
                self._circuit.record_abandoned(era)
                raise
            self._circuit.record_success(era)
            return result

    def _unavailable(self, retry_after: float) -> CloudUnavailable:
        return CloudUnavailable(self._service, timedelta(seconds=max(1.0, retry_after)))
