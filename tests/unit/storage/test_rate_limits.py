"""Buckets of one process."""

from datetime import UTC, datetime, timedelta

from classgate.storage.rate_limits import InProcessRateLimitStore, RateLimit

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMIT = RateLimit(burst=3, interval=10 * SECOND)


async def test_bucket_lets_so_many_through_at_once_then_one_each_interval() -> None:
    store = InProcessRateLimitStore()
    waits = [await store.acquire("a", LIMIT, NOW) for _ in range(4)]
    assert waits == [None, None, None, 10 * SECOND]
    assert await store.acquire("a", LIMIT, NOW + 10 * SECOND) is None
    assert await store.acquire("a", LIMIT, NOW + 10 * SECOND) == 10 * SECOND
    assert await store.acquire("b", LIMIT, NOW) is None


async def test_bucket_is_empty_again_after_a_while() -> None:
    store = InProcessRateLimitStore()
    for _ in range(3):
        await store.acquire("a", LIMIT, NOW)
    waits = [await store.acquire("a", LIMIT, NOW + 30 * SECOND) for _ in range(4)]
    assert waits == [None, None, None, 10 * SECOND]


async def test_what_is_given_back_may_be_taken_again_and_no_more() -> None:
    store = InProcessRateLimitStore()
    for _ in range(3):
        await store.acquire("a", LIMIT, NOW)
    await store.release("a", LIMIT, NOW)
    assert await store.acquire("a", LIMIT, NOW) is None
    assert await store.acquire("a", LIMIT, NOW) is not None
    for _ in range(10):
        await store.release("b", LIMIT, NOW)
    waits = [await store.acquire("b", LIMIT, NOW) for _ in range(4)]
    assert waits == [None, None, None, 10 * SECOND]


async def test_number_of_names_is_bounded_and_the_longest_untouched_go_first() -> None:
    store = InProcessRateLimitStore(max_entries=2)
    for name in ("a", "b", "a", "c"):
        await store.acquire(name, RateLimit(2, 10 * SECOND), NOW)
    # Of `b` nothing is known any more.
    full = [
        await store.acquire(name, RateLimit(1, SECOND), NOW) is not None for name in ("a", "c", "b")
    ]
    assert full == [True, True, False]


async def test_clock_set_back_makes_nobody_wait_until_it_has_caught_up() -> None:
    store = InProcessRateLimitStore()
    for _ in range(3):
        await store.acquire("full", LIMIT, NOW)
    await store.acquire("one", LIMIT, NOW)
    back = NOW - timedelta(hours=1)
    assert await store.acquire("full", LIMIT, back) == 10 * SECOND
    assert await store.acquire("full", LIMIT, back + 10 * SECOND) is None
    assert await store.acquire("full", LIMIT, back + 10 * SECOND) == 10 * SECOND
    assert await store.acquire("full", LIMIT, back + 40 * SECOND) is None
    assert [await store.acquire("one", LIMIT, back) for _ in range(3)] == [None, None, 10 * SECOND]


async def test_clock_set_back_gives_back_no_more_than_was_taken() -> None:
    store = InProcessRateLimitStore()
    for _ in range(3):
        await store.acquire("a", LIMIT, NOW)
    back = NOW - timedelta(hours=1)
    await store.release("a", LIMIT, back)
    assert [await store.acquire("a", LIMIT, back) for _ in range(2)] == [None, 10 * SECOND]
