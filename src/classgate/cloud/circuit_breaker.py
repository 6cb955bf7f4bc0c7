"""A circuit breaker: pauses calls to a service that failed several times in a row.

`monotonic` returns seconds that no clock setting affects.
"""

from collections.abc import Callable
from enum import Enum

import structlog

from classgate.metrics import circuit_gauge

log = structlog.get_logger("classgate.cloud")

Monotonic = Callable[[], float]
"""Returns monotonic seconds."""

FAILURES_IN_A_ROW = 5
OPEN_SECONDS = 10.0
_FORGOTTEN_AFTER = 60.0  # seconds; failures of another hour are not in a row with those of now


class CircuitOpen(Exception):
    """The circuit is open. `retry_after` is the number of seconds until the next trial."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the circuit is open")
        self.retry_after = retry_after


class CircuitState(Enum):
    CLOSED = "closed"  # all calls are allowed
    OPEN = "open"  # nobody may
    HALF_OPEN = "half_open"  # one is finding out


class CircuitBreaker:
    """The breaker of one service. One of the three outcomes follows every `enter`."""

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
        self._gauges = {state: circuit_gauge(service, state.value) for state in CircuitState}
        self._show_state()
        self._failures = 0
        self._failed_at = 0.0
        self._open_until = 0.0
        self._generation = (
            0  # counts state changes; outcomes of calls from an earlier state are ignored
        )

    @property
    def state(self) -> CircuitState:
        return self._state

    def begin_attempt(self) -> int:
        """Begin a call; return the token for its outcome. CircuitOpen."""
        self.require_closed()
        if self._state is CircuitState.OPEN:
            self._change(CircuitState.HALF_OPEN)
        return self._generation

    def require_closed(self) -> None:
        """no call is allowed"""
        left = self._open_until - self._monotonic()
        if self._state is CircuitState.OPEN and left > 0:
            raise CircuitOpen(left)
        if self._state is CircuitState.HALF_OPEN:
            raise CircuitOpen(1.0)  # one is finding out; that takes a moment

    def record_success(self, generation: int) -> None:
        """Record that the service answered, even with a rejection."""
        if generation != self._generation:
            return
        self._failures = 0
        if self._state is CircuitState.HALF_OPEN:
            self._change(CircuitState.CLOSED)

    def record_failure(self, generation: int) -> None:
        """Record that the service did not answer, or not validly."""
        if generation != self._generation:
            return
        before, self._failed_at = self._failed_at, self._monotonic()
        if self._failed_at - before >= _FORGOTTEN_AFTER:
            self._failures = 0
        self._failures += 1
        if self._state is CircuitState.HALF_OPEN or self._failures >= self._most_failures:
            self._open_until = self._monotonic() + self._open_seconds
            self._change(CircuitState.OPEN)

    def record_abandoned(self, generation: int) -> None:
        """Record that the caller was cancelled; the next one may be the trial."""
        if generation == self._generation and self._state is CircuitState.HALF_OPEN:
            self._open_until = self._monotonic()
            self._change(CircuitState.OPEN)

    def _change(self, state: CircuitState) -> None:
        before, self._state = self._state, state
        self._generation += 1
        self._show_state()
        tell = log.warning if state is CircuitState.OPEN else log.info
        tell(
            "cloud circuit changed",
            service=self._service,
            before=before.value,
            now=state.value,
            failures=self._failures,
        )

    def _show_state(self) -> None:
        for state, gauge in self._gauges.items():
            gauge.set(state is self._state)
