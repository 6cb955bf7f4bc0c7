"""What is kept for a moment is forgotten when it is over, or when its group changes."""

from datetime import UTC, datetime, timedelta

from classgate.storage.short_memory import A_MOMENT, ShortMemory

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def kept(memory: ShortMemory[str, int]) -> int:
    """How much it holds, whether it would still be recalled or not."""
    return len(memory._kept)


def test_value_is_recalled_within_a_moment_and_not_after_it() -> None:
    clock = Clock()
    memory: ShortMemory[str, int] = ShortMemory(clock)
    memory.remember("a", 1, 7, memory.mark)
    clock.now += A_MOMENT - timedelta(seconds=1)
    assert memory.recall("a") == 1
    clock.now += timedelta(seconds=1)
    assert memory.recall("a") is None
    assert memory.recall("b") is None


def test_value_from_the_future_is_not_recalled_after_the_clock_was_set_back() -> None:
    clock = Clock()
    memory: ShortMemory[str, int] = ShortMemory(clock)
    memory.remember("a", 1, 7, memory.mark)
    clock.now -= timedelta(seconds=1)
    assert memory.recall("a") is None


def test_a_group_is_forgotten_together_and_no_other() -> None:
    memory: ShortMemory[str, int] = ShortMemory(Clock())
    for key, group in (("a", 7), ("b", 7), ("c", 8)):
        memory.remember(key, 1, group, memory.mark)
    memory.forget(7)
    assert [memory.recall(key) for key in "abc"] == [None, None, 1]
    memory.remember("a", 2, 7, memory.mark)
    assert memory.recall("a") == 2


def test_what_was_read_while_something_was_forgotten_is_not_kept() -> None:
    memory: ShortMemory[str, int] = ShortMemory(Clock())
    mark = memory.mark
    memory.forget(7)
    memory.remember("a", 1, 7, mark)
    assert memory.recall("a") is None


def test_it_holds_no_more_than_was_read_within_a_moment() -> None:
    clock = Clock()
    memory: ShortMemory[str, int] = ShortMemory(clock)
    for number in range(1000):
        memory.remember(f"k{number}", number, number % 3, memory.mark)
        clock.now += timedelta(seconds=1)
    assert kept(memory) <= A_MOMENT.total_seconds() + 1
    assert memory.recall("k999") == 999
    assert sum(len(keys) for keys in memory._keys.values()) == kept(memory)


def test_clock_that_is_set_back_in_between_breaks_nothing() -> None:
    moments = [datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)]
    memory: ShortMemory[str, int] = ShortMemory(lambda: moments.pop(0) if moments else NOW)
    memory.remember("a", 1, 7, memory.mark)
    memory.remember("b", 2, 7, memory.mark)
    assert memory.recall("b") == 2
