"""A budget hands out turns at a rate, and refuses at once what would come too late."""

import asyncio

import pytest
from tests.support.passing_time import Time

from classgate.cloud.call_rate import CallRate, CallRateLimiter, RateLimitExceeded


@pytest.fixture
def time() -> Time:
    return Time()


def budget(time: Time, per_second: float, at_once: int) -> CallRateLimiter:
    return CallRateLimiter(CallRate(per_second, at_once), time.monotonic, time.sleep)


async def take(from_budget: CallRateLimiter, seconds: float = 8.0) -> None:
    async with from_budget.slot(seconds):
        pass


async def test_after_a_quiet_time_so_many_begin_together_and_then_one_at_a_time(
    time: Time,
) -> None:
    turns = budget(time, per_second=4, at_once=3)
    for _ in range(6):
        await take(turns)
    assert time.slept == [0.25, 0.25, 0.25]


async def test_waiting_longer_than_there_is_time_is_refused_at_once(time: Time) -> None:
    turns = budget(time, per_second=1, at_once=1)
    await take(turns)
    with pytest.raises(RateLimitExceeded) as refused:
        await take(turns, seconds=0.5)
    assert refused.value.retry_after == 1.0
    assert time.slept == []


async def test_who_was_refused_took_nothing_from_the_others(time: Time) -> None:
    turns = budget(time, per_second=1, at_once=1)
    await take(turns)
    for _ in range(10):
        with pytest.raises(RateLimitExceeded):
            await take(turns, seconds=0.5)
    await take(turns, seconds=1.0)
    assert time.slept == [1.0]


async def test_what_was_not_used_does_not_add_up(time: Time) -> None:
    turns = budget(time, per_second=10, at_once=2)
    await take(turns)
    time.now += 3600
    for _ in range(3):
        await take(turns)
    assert time.slept == [0.1]


async def test_no_more_are_in_flight_than_allowed(time: Time) -> None:
    turns = budget(time, per_second=1000, at_once=2)
    inside, most, release = 0, 0, asyncio.Event()

    async def call() -> None:
        nonlocal inside, most
        async with turns.slot(60.0):
            inside += 1
            most = max(most, inside)
            await release.wait()
            inside -= 1

    calls = [asyncio.create_task(call()) for _ in range(5)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert inside == 2
    release.set()
    await asyncio.gather(*calls)
    assert most == 2


async def test_who_finds_no_place_in_time_is_refused(time: Time) -> None:
    turns = budget(time, per_second=1000, at_once=1)
    async with turns.slot(1.0):
        with pytest.raises(RateLimitExceeded):
            await take(turns, seconds=0.01)
    await take(turns)


async def test_share_of_the_budget_is_followed_as_it_changes(time: Time) -> None:
    share = 1.0
    turns = CallRateLimiter(CallRate(8, 4), time.monotonic, time.sleep, lambda: share)
    for _ in range(5):
        await take(turns)
    assert time.slept == [0.125]
    share = 0.25  # two calls a second, one at once; four of the five are not back
    await take(turns)
    await take(turns)
    assert time.slept[1:] == [2.0, 0.5]
    share = 1.0
    time.now += 3600
    for _ in range(5):
        await take(turns)
    assert time.slept[3:] == [0.125]


async def test_smaller_share_does_not_bring_back_calls_of_a_time_before(time: Time) -> None:
    share = 1.0
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    turns = CallRateLimiter(CallRate(10, 10), time.monotonic, sleep, lambda: share)
    for _ in range(60):  # all begin together
        await take(turns)
    assert slept[-1] == 5.0
    time.now += 6.0  # all of them are back
    share = 0.1
    await take(turns)
    assert slept[-1] == 5.0
    assert len(slept) == 50


async def test_smallest_share_allows_one_call_at_a_time(time: Time) -> None:
    turns = CallRateLimiter(CallRate(10, 10), time.monotonic, time.sleep, lambda: 0.01)
    for _ in range(2):
        await take(turns, seconds=60.0)
    assert time.slept == [10.0]
