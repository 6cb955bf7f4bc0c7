"""Buckets of one process, and those that several processes share: they behave alike."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.databases import Databases

from classgate.accounts.attempt_limits import ADDRESS, AttemptLimiter
from classgate.errors import WrongCredentials
from classgate.refusals import TooManyLogins
from classgate.storage.database_url import is_postgresql, open_database, open_rate_limits
from classgate.storage.rate_limits import (
    FullBucket,
    InProcessRateLimitStore,
    NamedLimit,
    RateLimit,
    RateLimitStore,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMIT = RateLimit(burst=3, interval=10 * SECOND)


@pytest.fixture
async def store(school_url: str) -> AsyncIterator[RateLimitStore]:
    database = open_database(school_url)
    yield open_rate_limits(school_url, database)
    await database.close()


@pytest.fixture
async def other(school_url: str) -> AsyncIterator[RateLimitStore]:
    """That of another process."""
    database = open_database(school_url)
    yield open_rate_limits(school_url, database)
    await database.close()


async def take(
    store: RateLimitStore, name: str, at: datetime = NOW, limit: RateLimit = LIMIT
) -> timedelta | None:
    full = await store.acquire([NamedLimit(name, limit)], at)
    return None if full is None else full.wait


async def give_back(store: RateLimitStore, name: str) -> None:
    await store.release([NamedLimit(name, LIMIT)])


async def test_bucket_lets_so_many_through_at_once_then_one_each_interval(
    store: RateLimitStore,
) -> None:
    waits = [await take(store, "a") for _ in range(4)]
    assert waits == [None, None, None, 10 * SECOND]
    assert await take(store, "a", NOW + 10 * SECOND) is None
    assert await take(store, "a", NOW + 10 * SECOND) == 10 * SECOND
    assert await take(store, "b") is None


async def test_bucket_is_empty_again_after_a_while(store: RateLimitStore) -> None:
    for _ in range(3):
        await take(store, "a")
    waits = [await take(store, "a", NOW + 30 * SECOND) for _ in range(4)]
    assert waits == [None, None, None, 10 * SECOND]


async def test_wait_is_exact_to_the_microsecond(store: RateLimitStore) -> None:
    for _ in range(3):
        await take(store, "a", NOW + timedelta(microseconds=7))
    just_before = NOW + timedelta(seconds=10, microseconds=6)
    assert await take(store, "a", just_before) == timedelta(microseconds=1)
    assert await take(store, "a", just_before + timedelta(microseconds=1)) is None


async def test_what_is_given_back_may_be_taken_again_and_no_more(store: RateLimitStore) -> None:
    for _ in range(3):
        await take(store, "a")
    await give_back(store, "a")
    assert await take(store, "a") is None
    assert await take(store, "a") is not None
    for _ in range(10):
        await give_back(store, "b")
    waits = [await take(store, "b") for _ in range(4)]
    assert waits == [None, None, None, 10 * SECOND]
    await take(store, "c")
    for _ in range(3):
        await give_back(store, "c")
    assert [await take(store, "c") for _ in range(4)] == [None, None, None, 10 * SECOND]


async def test_what_is_reset_was_never_taken(store: RateLimitStore) -> None:
    for name in ("a", "b"):
        for _ in range(3):
            await take(store, name)
    await store.reset("a")
    assert [await take(store, "a") for _ in range(4)] == [None, None, None, 10 * SECOND]
    assert await take(store, "b") is not None


async def test_of_several_buckets_all_count_or_none(store: RateLimitStore) -> None:
    narrow, wide = RateLimit(1, SECOND), RateLimit(2, 60 * SECOND)
    buckets = [NamedLimit("z", wide), NamedLimit("m", narrow), NamedLimit("a", wide)]
    assert await store.acquire(buckets, NOW) is None
    for _ in range(3):
        assert await store.acquire(buckets, NOW) == FullBucket(buckets[1], SECOND)
    assert await store.acquire(buckets, NOW + SECOND) is None
    # Now all are full, and the first is told.
    assert await store.acquire(buckets, NOW + SECOND) == FullBucket(buckets[0], 59 * SECOND)
    await store.release(buckets)
    assert await store.acquire(buckets, NOW + SECOND) is None


async def test_asking_counts_nothing(store: RateLimitStore) -> None:
    bucket = NamedLimit("log-in:a@1", LIMIT)
    for expected in (None, None, None, 10 * SECOND):
        for _ in range(5):
            assert await store.find_wait(bucket, NOW) == expected
        await store.acquire([bucket], NOW)
    for _ in range(3):
        await take(store, "log-in:a@2", NOW + 5 * SECOND)
        await take(store, "log-in:b@3", NOW + 8 * SECOND)
    later = NOW + 8 * SECOND
    assert await store.find_longest_wait("log-in:a@", LIMIT, later) == 7 * SECOND
    assert await store.find_longest_wait("log-in:c@", LIMIT, later) is None


async def test_clock_set_back_makes_nobody_wait_until_it_has_caught_up(
    store: RateLimitStore,
) -> None:
    for _ in range(3):
        await take(store, "full")
    await take(store, "one")
    back = NOW - timedelta(hours=1)
    assert await take(store, "full", back) == 10 * SECOND
    await give_back(store, "full")
    assert await take(store, "full", back) is None
    assert await take(store, "full", back + 10 * SECOND) is None
    assert await take(store, "full", back + 10 * SECOND) == 10 * SECOND
    assert await take(store, "full", back + 40 * SECOND) is None
    assert [await take(store, "one", back) for _ in range(3)] == [None, None, 10 * SECOND]


async def test_clock_set_back_gives_back_no_more_than_was_taken(store: RateLimitStore) -> None:
    for _ in range(3):
        await take(store, "a")
    back = NOW - timedelta(hours=1)
    await give_back(store, "a")
    assert [await take(store, "a", back) for _ in range(2)] == [None, 10 * SECOND]


async def test_right_log_in_that_takes_long_lets_nobody_guess_faster(store: RateLimitStore) -> None:
    """What it had counted is given back. The time meanwhile has leaked once, and not twice."""
    attempts = AttemptLimiter(store, digest=str)
    later = NOW + 6 * SECOND

    async def guess(names: range, at: datetime) -> None:
        for number in names:
            with pytest.raises(WrongCredentials):
                async with attempts.limit_login(f"name{number}", "192.0.2.1", at, known=False):
                    raise WrongCredentials

    await guess(range(ADDRESS.burst - 1), NOW)
    async with attempts.limit_login("amy", "192.0.2.1", NOW, known=False):
        await guess(range(300, 330), later)  # as many as leaked in six seconds
    await guess(range(330, 331), later)  # instead of the right one
    with pytest.raises(TooManyLogins):
        await guess(range(331, 332), later)


async def test_empty_buckets_are_deleted_and_others_are_not(store: RateLimitStore) -> None:
    for number in range(120):
        await take(store, f"n{number}", NOW - 10 * SECOND)
    for _ in range(3):
        await take(store, "full")
    await take(store, "released")
    await give_back(store, "released")
    await store.delete_empty(NOW - SECOND)
    assert await take(store, "full") == 10 * SECOND
    assert await store.delete_empty(NOW) >= 120
    assert await store.delete_empty(NOW) == 0
    assert await take(store, "full") == 10 * SECOND
    assert await store.delete_empty(NOW + 30 * SECOND) == 1


# ── of one process ──────────────────────────────────────────────────────────────────────────────


async def test_number_of_names_is_bounded_and_the_longest_untouched_go_first() -> None:
    store = InProcessRateLimitStore(max_entries=2)
    for name in ("a", "b", "a", "c"):
        await take(store, name, limit=RateLimit(2, 10 * SECOND))
    # Of `b` nothing is known any more.
    full = [
        await take(store, name, limit=RateLimit(1, SECOND)) is not None for name in ("a", "c", "b")
    ]
    assert full == [True, True, False]


# ── of several processes ────────────────────────────────────────────────────────────────────────


async def test_processes_over_a_server_count_together(
    store: RateLimitStore, other: RateLimitStore, school_url: str
) -> None:
    assert store.is_shared is is_postgresql(school_url)
    waits = [await take(each, "a") for each in (store, other, store, other)]
    assert waits == [None, None, None, 10 * SECOND if store.is_shared else None]


@pytest.mark.on_postgresql
async def test_events_at_the_same_time_are_all_counted(
    store: RateLimitStore, other: RateLimitStore
) -> None:
    """In buckets that are asked for in different orders, which must not lock each other out."""
    buckets = [NamedLimit("a", LIMIT), NamedLimit("b", LIMIT), NamedLimit("c", LIMIT)]

    async def count(each: RateLimitStore, order: int) -> bool:
        return await each.acquire(buckets[::order], NOW) is None

    answers = await asyncio.gather(
        *(count(each, order) for _ in range(10) for each in (store, other) for order in (1, -1))
    )
    # Some were refused by what others took for a moment; nobody got more than there is.
    assert 1 <= sum(answers) <= LIMIT.burst
    waits = [await take(store, name) for name in "aaabbbccc"]
    assert sum(wait is None for wait in waits) == 3 * (LIMIT.burst - sum(answers))


@pytest.mark.on_postgresql
async def test_clocks_of_two_machines_that_differ_a_little_lose_nothing(
    store: RateLimitStore, other: RateLimitStore
) -> None:
    """Each turn of the slower one must not take the difference out of the bucket."""
    fast, slow = NOW + 2 * SECOND, NOW
    limit = RateLimit(burst=6, interval=SECOND)
    waits = [
        await take(each, "a", at, limit)
        for _ in range(3)
        for each, at in ((store, fast), (other, slow))
    ]
    assert waits == [None] * 6
    assert await take(store, "a", fast, limit) == SECOND
    assert await take(other, "a", slow, limit) == SECOND
    await other.release([NamedLimit("a", limit)])
    assert await take(store, "a", fast, limit) is None
    assert await take(store, "a", fast, limit) == SECOND


@pytest.mark.on_postgresql
async def test_change_waits_for_no_disk(databases: Databases, school_url: str) -> None:
    kind = "SELECT relpersistence::text FROM pg_class WHERE oid = 'public.rate_limits'::regclass"
    assert databases.raw_database(school_url).query(kind) == [("u",)]


async def test_full_bucket_leaks_on_when_the_clock_was_set_back(store: RateLimitStore) -> None:
    for _ in range(3):
        await take(store, "a")
    set_back = NOW - timedelta(hours=1)
    assert await take(store, "a", set_back) == 10 * SECOND
    assert await take(store, "a", set_back + 9 * SECOND) == SECOND
    assert await take(store, "a", set_back + 10 * SECOND) is None
