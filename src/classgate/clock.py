"""What time it is. Whoever needs to know is given a clock; tests give their own."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Tells the time as an aware UTC datetime."""


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)
