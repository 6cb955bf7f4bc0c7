"""When a client should renew."""

from datetime import UTC, datetime, timedelta

import pytest

from classgate.leases.models import refresh_after

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lifetime", "after"), [(300, 240), (1800, 1440), (86400, 69120), (10, 8), (7, 5), (1, 0)]
)
def test_renewal_is_due_with_a_fifth_of_the_life_left_in_whole_seconds(
    lifetime: int, after: int
) -> None:
    due = refresh_after(AT, AT + timedelta(seconds=lifetime))
    assert due == AT + timedelta(seconds=after)
