"""The emulator's clock moves when it is set, and only within what a date can hold."""

from datetime import UTC, datetime, timedelta

import pytest

from classgate.emulator.clock import MAX_OFFSET, Clock, ClockOutOfRange

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_clock_is_offset_from_the_real_one() -> None:
    clock = Clock(lambda: NOON)
    clock.set_offset(90)
    assert clock.now() == NOON + timedelta(seconds=90)
    clock.set_offset(-0.5)
    assert clock.now() == NOON - timedelta(seconds=0.5)
    clock.reset()
    assert clock.now() == NOON


@pytest.mark.parametrize(
    "seconds", [float("nan"), float("inf"), -MAX_OFFSET.total_seconds() - 1, 1e300]
)
def test_offset_out_of_range_changes_nothing(seconds: float) -> None:
    clock = Clock(lambda: NOON)
    with pytest.raises(ClockOutOfRange):
        clock.set_offset(seconds)
    assert clock.now() == NOON
