"""Places and queues: the order of service, and who is refused at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise

import pytest

from classgate import request_queues
from classgate.metrics import RequestClass
from classgate.overload_refusals import Overloaded
from classgate.request_queues import Bounds, KnownCallers, RequestQueues

RUNNING, ENTRY, LOG_IN, LIST = (
    RequestClass.RUNNING,
    RequestClass.ENTRY,
    RequestClass.LOG_IN,
    RequestClass.LIST,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def queues_of(
    places: int, at_once: int = 100, waiting: int = 100, clock: Clock | None = None
) -> RequestQueues:
    bounds = dict.fromkeys(RequestClass, Bounds(at_once, waiting))
    return RequestQueues(bounds, places, clock or Clock())


async def steps(count: int = 10) -> None:
    """Let everybody go on who can."""
    for _ in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def waiting(calls: list[Awaitable[None]]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Tasks that wait in the queues, and none at the end."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    await steps()
    try:
        yield [task for task in tasks if isinstance(task, asyncio.Task)]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def has_place(task: asyncio.Task[None]) -> bool:
    return task.done() and task.exception() is None


async def refused_at_once(queues: RequestQueues, kind: RequestClass) -> Overloaded:
    """The refusal of one more, who does not wait for anybody."""
    async with waiting([queues.take_place(kind)]) as tasks:
        assert tasks[0].done()
        error = tasks[0].exception()
    assert isinstance(error, Overloaded)
    return error


def served_by(
    queues: RequestQueues, order: list[RequestClass]
) -> Callable[[RequestClass], Awaitable[None]]:
    async def serve(kind: RequestClass) -> None:
        await queues.take_place(kind)
        order.append(kind)
        queues.give_back(kind)

    return serve


async def test_running_classes_are_served_first_and_lists_last() -> None:
    queues, order = queues_of(places=1), list[RequestClass]()
    serve = served_by(queues, order)
    await queues.take_place(LIST)
    async with waiting([serve(kind) for kind in (LIST, LOG_IN, ENTRY, RUNNING, LIST, RUNNING)]):
        assert order == []
        queues.give_back(LIST)
        await steps(30)
        assert order == [RUNNING, RUNNING, ENTRY, LOG_IN, LIST, LIST]


async def test_all_that_came_together_are_compared_before_the_first_is_served() -> None:
    queues, order = queues_of(places=1), list[RequestClass]()
    serve = served_by(queues, order)
    async with waiting([serve(kind) for kind in (LIST, LOG_IN, RUNNING)]):
        assert order == [RUNNING, LOG_IN, LIST]


async def test_no_class_takes_the_places_of_the_others() -> None:
    queues, order = queues_of(places=3, at_once=2), list[RequestClass]()
    await queues.take_place(LIST)
    await queues.take_place(LIST)
    async with waiting([queues.take_place(LIST)]) as lists:
        async with waiting([served_by(queues, order)(LOG_IN)]):
            assert order == [LOG_IN]
        assert not has_place(lists[0])


async def test_one_beyond_the_bound_is_refused_at_once() -> None:
    queues = queues_of(places=1, waiting=2)
    await queues.take_place(LIST)
    async with waiting([queues.take_place(LIST), queues.take_place(LIST)]) as tasks:
        refused = await refused_at_once(queues, LIST)
        assert refused.retry_after >= timedelta(seconds=1)
        queues.give_back(LIST)
        await steps()
        assert [has_place(task) for task in tasks] == [True, False]  # nobody who waited was lost
        async with waiting([queues.take_place(LIST)]) as later:
            queues.give_back(LIST)
            queues.give_back(LIST)
            await steps()
            assert has_place(later[0])


async def test_many_refusals_leave_the_loop_to_others_in_between() -> None:
    queues = queues_of(places=1, waiting=0)
    refused = [asyncio.ensure_future(queues.take_place(LIST)) for _ in range(12)]
    counts = list[int]()
    while not counts or counts[-1] < len(refused):
        await asyncio.sleep(0)
        counts.append(sum(task.done() for task in refused))
    assert max(after - before for before, after in pairwise(counts)) <= 4
    assert all(isinstance(task.exception(), Overloaded) for task in refused)


async def test_the_bound_of_one_class_refuses_no_other() -> None:
    queues = queues_of(places=1, waiting=1)
    await queues.take_place(LIST)
    async with waiting([queues.take_place(LIST), queues.take_place(RUNNING)]) as tasks:
        await refused_at_once(queues, LIST)
        queues.give_back(LIST)
        await steps()
        assert [has_place(task) for task in tasks] == [False, True]


async def test_retry_after_is_the_time_that_the_queue_takes() -> None:
    clock = Clock()
    queues = queues_of(places=1, waiting=9, clock=clock)
    await queues.take_place(LIST)
    async with waiting([queues.take_place(LIST) for _ in range(9)]):
        for _ in range(4):  # one each half second
            clock.now += 0.5
            queues.give_back(LIST)
            await steps()
        async with waiting([queues.take_place(LIST) for _ in range(4)]):
            first = await refused_at_once(queues, LIST)
            second = await refused_at_once(queues, LIST)
    # Nine wait in front, and four were served in two seconds; the next is to come after the first.
    assert 4.0 <= first.retry_after.total_seconds() <= 5.0
    assert second.retry_after > first.retry_after
    assert str(first.seconds) in first.message


async def test_a_queue_that_takes_too_long_is_full() -> None:
    clock = Clock()
    queues = queues_of(places=1, waiting=1000, clock=clock)
    await queues.take_place(LIST)
    async with waiting([queues.take_place(LIST) for _ in range(60)]):
        for _ in range(20):
            clock.now += 1.0
            queues.give_back(LIST)
            await steps()
        await refused_at_once(queues, LIST)  # forty in front, one a second


async def test_nobody_begins_to_wait_while_nothing_moves() -> None:
    clock = Clock()
    queues = queues_of(places=1, clock=clock)
    await queues.take_place(RUNNING)
    async with waiting([queues.take_place(ENTRY)]) as tasks:
        clock.now += request_queues.STANDSTILL + 1
        await refused_at_once(queues, ENTRY)
        queues.give_back(RUNNING)
        await steps()
        assert has_place(tasks[0])
        async with waiting([queues.take_place(ENTRY)]) as later:
            queues.give_back(ENTRY)
            await steps()
            assert has_place(later[0])


async def test_a_long_quiet_time_is_no_standstill() -> None:
    clock = Clock()
    queues = queues_of(places=1, clock=clock)
    await queues.take_place(ENTRY)
    queues.give_back(ENTRY)
    clock.now += 3600
    async with waiting([queues.take_place(ENTRY), queues.take_place(ENTRY)]) as tasks:
        assert [has_place(task) for task in tasks] == [True, False]


async def test_a_quiet_time_after_a_burst_makes_no_queue_slow() -> None:
    clock = Clock()
    queues = queues_of(places=32, clock=clock)
    async with waiting([queues.take_place(ENTRY) for _ in range(32)]) as tasks:
        assert all(map(has_place, tasks))
        for _ in tasks:
            queues.give_back(ENTRY)
    clock.now += 3600
    async with waiting([queues.take_place(ENTRY)]) as later:
        assert has_place(later[0])


async def test_nobody_waits_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    queues = queues_of(places=1, waiting=1)
    await queues.take_place(LIST)
    monkeypatch.setattr(request_queues, "MAX_WAIT", 0.0)
    with pytest.raises(Overloaded):
        await queues.take_place(RUNNING)
    monkeypatch.undo()
    async with waiting([queues.take_place(RUNNING)]) as tasks:  # the other one left the queue
        queues.give_back(LIST)
        await steps()
        assert has_place(tasks[0])


async def test_who_is_cancelled_leaves_the_queue() -> None:
    queues = queues_of(places=1, waiting=1)
    await queues.take_place(LIST)
    async with waiting([queues.take_place(LIST)]):
        pass
    async with waiting([queues.take_place(LIST)]) as tasks:
        queues.give_back(LIST)
        await steps()
        assert has_place(tasks[0])


async def test_who_is_cancelled_with_a_place_gives_it_back() -> None:
    queues = queues_of(places=1)
    task = asyncio.ensure_future(queues.take_place(LIST))
    await asyncio.sleep(0)  # it waits
    asyncio.get_running_loop().call_soon(task.cancel)  # right after it is given the place
    with pytest.raises(asyncio.CancelledError):
        await task
    async with waiting([queues.take_place(LIST)]) as tasks:
        assert has_place(tasks[0])


def test_the_longest_unheard_of_is_forgotten() -> None:
    callers = KnownCallers(max_callers=2)
    for token, classroom_id in (("a", 1), ("b", 2), ("a", 3), ("c", 1)):
        callers.record(token, classroom_id)
    assert [callers.is_known(token) for token in "abc"] == [True, False, True]
    assert callers.is_known("a", 3)
    assert not callers.is_known("a", 1)
    callers.forget("a")
    assert not callers.is_known("a")
