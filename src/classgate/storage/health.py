"""What the newest writes tell of a database, so that readiness need not ask it each time."""

import time
from collections.abc import Callable

_REFUSAL_COUNTS_FOR = 5.0  # seconds


class Health:
    """Kept by a database, read by `readiness`."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._wrote_at: float | None = None
        self._refused_at: float | None = None
        self.reason: str | None = None
        """Why something was refused last, in words for the operator."""

    def record_write(self) -> None:
        """A commit reached the disk."""
        self._wrote_at = self._monotonic()

    def record_failure(self, reason: str, *, lasting: bool) -> None:
        """Something could not be done. `lasting`: others will hardly be able to either."""
        self.reason = reason
        if lasting:
            self._refused_at = self._monotonic()

    def has_written_within(self, seconds: float) -> bool:
        """Whether a commit reached the disk that lately."""
        return self._is_within(self._wrote_at, seconds)

    @property
    def is_failing(self) -> bool:
        """Whether a write was refused a moment ago; a smaller one may have gone well since."""
        return self._is_within(self._refused_at, _REFUSAL_COUNTS_FOR)

    def _is_within(self, at: float | None, seconds: float) -> bool:
        return at is not None and self._monotonic() - at < seconds
