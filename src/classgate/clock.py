"""The clock type and the production clock. Tests inject their own."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time as an aware UTC datetime."""


def utc_now() -> datetime:
    """Return the system time."""
    return datetime.now(UTC)
