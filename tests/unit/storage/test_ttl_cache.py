"""What is kept for a moment is forgotten when it is over, or when its group changes."""

from datetime import UTC, datetime, timedelta

from classgate.storage.ttl_cache import TTL, TtlCache

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def kept(memory: TtlCache[str, int]) -> int:
    """How much it holds, whether it is still valid or not."""
    return len(memory._entries)


def test_value_is_returned_within_the_ttl_and_not_after_it() -> None:
    clock = Clock()
    memory: TtlCache[str, int] = TtlCache(clock)
    memory.put("a", 1, 7, memory.version)
    clock.now += TTL - timedelta(seconds=1)
    assert memory.get("a") == 1
    clock.now += timedelta(seconds=1)
    assert memory.get("a") is None
    assert memory.get("b") is None


def test_value_from_the_future_is_not_returned_after_the_clock_was_set_back() -> None:
    clock = Clock()
    memory: TtlCache[str, int] = TtlCache(clock)
    memory.put("a", 1, 7, memory.version)
    clock.now -= timedelta(seconds=1)
    assert memory.get("a") is None


def test_a_group_is_forgotten_together_and_no_other() -> None:
    memory: TtlCache[str, int] = TtlCache(Clock())
    for key, group in (("a", 7), ("b", 7), ("c", 8)):
        memory.put(key, 1, group, memory.version)
    memory.invalidate(7)
    assert [memory.get(key) for key in "abc"] == [None, None, 1]
    memory.put("a", 2, 7, memory.version)
    assert memory.get("a") == 2


def test_what_was_read_while_something_was_forgotten_is_not_kept() -> None:
    memory: TtlCache[str, int] = TtlCache(Clock())
    mark = memory.version
    memory.invalidate(7)
    memory.put("a", 1, 7, mark)
    assert memory.get("a") is None


def test_it_holds_no_more_than_was_read_within_a_moment() -> None:
    clock = Clock()
    memory: TtlCache[str, int] = TtlCache(clock)
    for number in range(1000):
        memory.put(f"k{number}", number, number % 3, memory.version)
        clock.now += timedelta(seconds=1)
    assert kept(memory) <= TTL.total_seconds() + 1
    assert memory.get("k999") == 999
    assert sum(len(keys) for keys in memory._keys.values()) == kept(memory)


def test_clock_that_is_set_back_in_between_breaks_nothing() -> None:
    moments = [datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)]
    memory: TtlCache[str, int] = TtlCache(lambda: moments.pop(0) if moments else NOW)
    memory.put("a", 1, 7, memory.version)
    memory.put("b", 2, 7, memory.version)
    assert memory.get("b") == 2
