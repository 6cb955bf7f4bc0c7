"""Pauses grow and are spread; retries are a share of the calls."""

import random

import pytest

from classgate.cloud.backoff import RetryBudget, backoff_delay


@pytest.mark.parametrize(("retry", "top"), [(1, 0.2), (2, 0.4), (3, 0.8), (4, 1.6), (5, 2), (9, 2)])
def test_pause_grows_to_a_top(retry: int, top: float) -> None:
    assert backoff_delay(retry, lambda: 1.0) == pytest.approx(top)
    assert backoff_delay(retry, lambda: 0.0) == 0


def test_pauses_are_spread_over_the_whole_time_up_to_the_top() -> None:
    chance = random.Random(1)  # noqa: S311 - nothing secret hangs on it
    pauses = [backoff_delay(1, chance.random) for _ in range(1000)]
    assert min(pauses) < 0.02
    assert max(pauses) > 0.18
    assert 0.08 < sum(pauses) / 1000 < 0.12


def test_in_an_outage_one_call_in_five_is_repeated() -> None:
    budget = RetryBudget(lambda: 0.0, share=0.2, capacity=10.0)
    repeated = 0
    for _ in range(1000):
        budget.deposit()
        repeated += budget.withdraw()
    assert 200 <= repeated <= 211


def test_quiet_time_saves_up_no_more_than_ten() -> None:
    budget = RetryBudget(lambda: 0.0, share=0.2, capacity=10.0)
    for _ in range(10_000):
        budget.deposit()
    assert [budget.withdraw() for _ in range(12)] == [True] * 10 + [False] * 2


def test_after_a_quiet_time_ten_are_possible_whatever_was_before() -> None:
    now = 0.0
    budget = RetryBudget(lambda: now, share=0.2, capacity=10.0)

    def repeat(calls: int) -> int:
        repeated = 0
        for _ in range(calls):
            budget.deposit()
            repeated += budget.withdraw()
        return repeated

    repeat(100)
    now += 59.0
    assert repeat(4) <= 1
    now += 60.0
    assert repeat(10) == 10
