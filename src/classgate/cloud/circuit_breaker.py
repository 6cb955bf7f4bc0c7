"""A circuit breaker: who failed several times in a row is left alone for a while.

Time is given: `monotonic` tells seconds that no clock setting moves.
"""

from collections.abc import Callable
from enum import Enum

import structlog

log = structlog.get_logger("classgate.cloud")

Monotonic = Callable[[], float]
"""Seconds since some moment; they never jump."""

FAILURES_IN_A_ROW = 5
OPEN_SECONDS = 10.0


class CircuitOpen(Exception):
    """Nobody may call now. `retry_after` says in how many seconds it is tried again."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the circuit is open")
        self.retry_after = retry_after


class CircuitState(Enum):
    CLOSED = "closed"  # everybody may call
    OPEN = "open"  # nobody may
    HALF_OPEN = "half_open"  # one is finding out


class CircuitBreaker:
    """The breaker of one service. Every `enter` is followed by one of the three outcomes."""

    def __init__(
        self,
        service: str,
        monotonic: Monotonic,
        *,
        failures_in_a_row: int = FAILURES_IN_A_ROW,
        open_seconds: float = OPEN_SECONDS,
    ) -> None:
        self._service = service
        self._monotonic = monotonic
        self._most_failures = failures_in_a_row
        self._open_seconds = open_seconds
        self._state = CircuitState.CLOSED
        self._failures = 0
        self._open_until = 0.0
        self._generation = (
            0  # counts the changes of state; what began in another one no longer matters
        )

    @property
    def state(self) -> CircuitState:
        return self._state

    def begin_attempt(self) -> int:
        """Begin a try, and have the number to tell its outcome with. CircuitOpen: not now."""
        self.require_closed()
        if self._state is CircuitState.OPEN:
            self._change(CircuitState.HALF_OPEN)
        return self._generation

    def require_closed(self) -> None:
        """CircuitOpen, when nobody may call now."""
        left = self._open_until - self._monotonic()
        if self._state is CircuitState.OPEN and left > 0:
            raise CircuitOpen(left)
        if self._state is CircuitState.HALF_OPEN:
            raise CircuitOpen(1.0)  # one is finding out; that takes a moment

    def record_success(self, generation: int) -> None:
        """The service answered, if only with a no."""
        if generation != self._generation:
            return
        self._failures = 0
        if self._state is CircuitState.HALF_OPEN:
            self._change(CircuitState.CLOSED)

    def record_failure(self, generation: int) -> None:
        """The service did not answer, or not in its own language."""
        if generation != self._generation:
            return
        self._failures += 1
        if self._state is CircuitState.HALF_OPEN or self._failures >= self._most_failures:
            self._open_until = self._monotonic() + self._open_seconds
            self._change(CircuitState.OPEN)

    def record_abandoned(self, generation: int) -> None:
        """The caller went away; nothing was learned. The next one may find out."""
        if generation == self._generation and self._state is CircuitState.HALF_OPEN:
            self._open_until = self._monotonic()
            self._change(CircuitState.OPEN)

    def _change(self, state: CircuitState) -> None:
        before, self._state = self._state, state
        self._generation += 1
        tell = log.warning if state is CircuitState.OPEN else log.info
        tell(
            "cloud circuit changed",
            service=self._service,
            before=before.value,
            now=state.value,
            failures=self._failures,
        )
