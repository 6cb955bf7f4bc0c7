"""How often an account is given something."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from classgate.errors import TooManyAttempts
from classgate.leases.kinds import LeaseKind
from classgate.leases.limits import GrantLimits

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Transaction:
    """A transaction of which only its undoing is asked for."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def on_rollback(self, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def undo(self) -> None:
        for call in self.calls:
            call()


def count(limits: GrantLimits, at: datetime = NOW, account_id: int = 1) -> timedelta | None:
    """One more of a transaction that is committed; the wait."""
    try:
        limits.count(Transaction(), account_id, LeaseKind.USER_SIG, at)
    except TooManyAttempts as error:
        return error.retry_after
    return None


def test_120_at_once_then_one_a_second() -> None:
    limits = GrantLimits()
    assert [count(limits) for _ in range(122)] == [None] * 120 + [SECOND] * 2
    assert count(limits, account_id=2) is None
    assert count(limits, NOW + SECOND) is None
    assert count(limits, NOW + SECOND) == SECOND


def test_sixty_a_minute_go_on_for_ever() -> None:
    limits = GrantLimits()
    waits = [count(limits, NOW + number * SECOND) for number in range(1000)]
    assert waits == [None] * 1000


@pytest.mark.parametrize("kind", LeaseKind)
def test_kinds_are_counted_by_themselves(kind: LeaseKind) -> None:
    limits = GrantLimits()
    for _ in range(120):
        limits.count(Transaction(), 1, "log_in", NOW)
    limits.count(Transaction(), 1, kind, NOW)


def test_what_is_undone_does_not_count() -> None:
    limits = GrantLimits()
    for _ in range(200):
        connection = Transaction()
        limits.count(connection, 1, LeaseKind.ENTRY, NOW)
        connection.undo()


def test_asking_knows_the_wait_of_the_next_one_and_counts_nothing() -> None:
    limits = GrantLimits()
    for _ in range(119):
        count(limits)
    for _ in range(200):
        limits.require_below(1, LeaseKind.USER_SIG, NOW)
    assert count(limits) is None
    with pytest.raises(TooManyAttempts) as raised:
        limits.require_below(1, LeaseKind.USER_SIG, NOW)
    assert raised.value.retry_after == SECOND
    limits.require_below(1, LeaseKind.ENTRY, NOW)
    limits.require_below(1, LeaseKind.USER_SIG, NOW + SECOND)
