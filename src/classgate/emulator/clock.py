"""The clock of the emulator: the time of the machine plus an offset that a test sets."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Fifty years expire everything, and every time still fits the formats.
MAX_OFFSET = timedelta(days=18_250)


class ClockOutOfRange(Exception):
    """The offset is not finite, or exceeds `MAX_OFFSET`."""


def system_now() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


class Clock:
    """The time source of every service of the emulator."""

    def __init__(self, now: Callable[[], datetime] = system_now) -> None:
        self._now = now
        self._offset = timedelta()

    @property
    def offset(self) -> timedelta:
        return self._offset

    def now(self) -> datetime:
        return self._now() + self._offset

    def set_offset(self, seconds: float) -> None:
        """Set the clock to `seconds` after the real time. Raises `ClockOutOfRange`."""
        if not math.isfinite(seconds) or abs(seconds) > MAX_OFFSET.total_seconds():
            raise ClockOutOfRange
        self._offset = timedelta(seconds=seconds)

    def reset(self) -> None:
        self._offset = timedelta()
