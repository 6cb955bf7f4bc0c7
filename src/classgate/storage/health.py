"""The outcome of recent writes, so that readiness need not test each time."""

import time
from collections.abc import Callable

_FAILURE_WINDOW = 5.0  # seconds


class Health:
    """Updated by the database, read by `readiness`."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._wrote_at: float | None = None
        self._refused_at: float | None = None
        self.reason: str | None = None
        """The reason of the last failure, for the operator."""

    def record_write(self) -> None:
        """Record a durable commit."""
        self._wrote_at = self._monotonic()

    def record_failure(self, reason: str, *, lasting: bool) -> None:
        """Record a failure. `lasting`: other statements will probably fail too."""
        self.reason = reason
        if lasting:
            self._refused_at = self._monotonic()

    def has_written_within(self, seconds: float) -> bool:
        """Return whether a commit succeeded within the time."""
        return self._is_within(self._wrote_at, seconds)

    @property
    def is_failing(self) -> bool:
        """Return whether a write failed recently; a smaller one may have succeeded since."""
        return self._is_within(self._refused_at, _FAILURE_WINDOW)

    def _is_within(self, at: float | None, seconds: float) -> bool:
        return at is not None and self._monotonic() - at < seconds
