"""When the host may request the replay of a class, and how often the service tries by itself."""

from datetime import datetime, timedelta

import pytest
from tests.support.classrooms import NOW

from classgate.classrooms.models import Replay
from classgate.classrooms.replays.service import RETRY_AFTER, may_be_requested

MICROSECOND = timedelta(microseconds=1)


def replay(requestable_at: datetime | None) -> Replay:
    return Replay(
        classroom_id=1,
        requestable_at=requestable_at,
        due_at=None,
        requests=0,
        requested_at=None,
        indexed_at=None,
        index_result=0,
        index_url=None,
    )


@pytest.mark.parametrize(
    ("requestable_at", "may"),
    [
        (NOW - timedelta(days=30), True),
        (NOW - MICROSECOND, True),
        (NOW, True),
        (NOW + MICROSECOND, False),
        (NOW + timedelta(days=30), False),
        (None, False),
    ],
)
def test_replay_may_be_requested_from_its_time_on(
    requestable_at: datetime | None, may: bool
) -> None:
    assert may_be_requested(requestable_at, NOW) is may


def test_service_retries_four_times_with_growing_delays() -> None:
    assert [delay.total_seconds() for delay in RETRY_AFTER] == [300, 1800, 7200, 43200]
