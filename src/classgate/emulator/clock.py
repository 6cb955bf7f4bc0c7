"""The emulator's own clock: the real one and an offset that a test or a story may set."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Fifty years: enough to expire anything, and no time leaves what the formats can hold.
MAX_OFFSET = timedelta(days=18_250)


class ClockOutOfRange(Exception):
    """The offset is not a number of seconds that a date can take."""


def system_now() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


class Clock:
    """Tells the time to every service of the emulator."""

    def __init__(self, now: Callable[[], datetime] = system_now) -> None:
        self._now = now
        self._offset = timedelta()

    @property
    def offset(self) -> timedelta:
        return self._offset

    def now(self) -> datetime:
        return self._now() + self._offset

    def set_offset(self, seconds: float) -> None:
        """Move to `seconds` after the real time. Raises `ClockOutOfRange`."""
        if not math.isfinite(seconds) or abs(seconds) > MAX_OFFSET.total_seconds():
            raise ClockOutOfRange
        self._offset = timedelta(seconds=seconds)

    def reset(self) -> None:
        self._offset = timedelta()
