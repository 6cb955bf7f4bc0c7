"""Threads that run calls for the event loop."""

import asyncio
import threading
import weakref
from collections.abc import Iterator

import pytest

from classgate.worker_threads import WorkerThreads


@pytest.fixture
def threads() -> Iterator[WorkerThreads]:
    threads = WorkerThreads(1, "test")
    yield threads
    threads.close()


async def test_result_is_that_of_the_function_in_a_thread(threads: WorkerThreads) -> None:
    assert await threads.run(divmod, 17, 5) == (3, 2)
    assert await threads.run(lambda: threading.current_thread().name) == "test_0"


async def test_error_is_raised_to_the_caller_and_the_thread_goes_on(threads: WorkerThreads) -> None:
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 17, 0)
    assert await threads.run(divmod, 17, 5) == (3, 2)


async def test_calls_run_in_the_order_in_which_they_were_given(threads: WorkerThreads) -> None:
    done: list[int] = []
    await asyncio.gather(*[threads.run(done.append, number) for number in range(20)])
    assert done == list(range(20))


async def test_thread_that_cannot_start_is_started_by_the_next_call(
    threads: WorkerThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    with pytest.raises(RuntimeError):
        await threads.run(divmod, 17, 5)
    monkeypatch.undo()
    async with asyncio.timeout(60):  # it only ends what hangs
        assert await threads.run(divmod, 17, 5) == (3, 2)


async def test_thread_that_waits_keeps_no_argument_of_its_last_call(
    threads: WorkerThreads,
) -> None:
    class Password:
        pass

    gone = threading.Event()
    password = Password()
    weakref.finalize(password, gone.set)
    await threads.run(id, password)
    del password
    assert await asyncio.to_thread(gone.wait, 60)


async def test_as_many_calls_run_at_once_as_there_are_threads() -> None:
    threads = WorkerThreads(2, "test")
    both = threading.Barrier(2)
    try:
        await asyncio.gather(threads.run(both.wait, 10), threads.run(both.wait, 10))
    finally:
        threads.close()


async def test_call_whose_caller_was_cancelled_before_is_left_out(threads: WorkerThreads) -> None:
    go, called = threading.Event(), threading.Event()
    first = asyncio.create_task(threads.run(go.wait, 10))
    second = asyncio.create_task(threads.run(called.set))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    go.set()
    assert await first
    assert await threads.run(called.is_set) is False


async def test_caller_who_was_cancelled_meanwhile_harms_nobody(threads: WorkerThreads) -> None:
    begun, go = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go.wait(10)

    waiting = asyncio.create_task(threads.run(work))
    assert await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go.set()
    assert await threads.run(divmod, 17, 5) == (3, 2)


async def test_close_ends_the_threads_and_cancels_who_waits() -> None:
    begun, go = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        go.wait(10)
        return "done"

    threads = WorkerThreads(1, "test")
    first = asyncio.create_task(threads.run(work))
    second = asyncio.create_task(threads.run(work))
    assert await asyncio.to_thread(begun.wait, 10)
    threads.close()
    with pytest.raises(asyncio.CancelledError):
        await second
    go.set()
    assert await first == "done"
    with pytest.raises(RuntimeError, match="closed"):
        await threads.run(work)
    for thread in threads._threads:
        thread.join(10)
    assert [thread.is_alive() for thread in threads._threads] == [False]


async def test_each_thread_is_prepared_once() -> None:
    prepared: list[str] = []
    threads = WorkerThreads(
        2, "test", prepare=lambda: prepared.append(threading.current_thread().name)
    )
    both = threading.Barrier(2)
    try:
        await asyncio.gather(threads.run(both.wait, 10), threads.run(both.wait, 10))
        await threads.run(both.reset)
    finally:
        threads.close()
    assert sorted(prepared) == ["test_0", "test_1"]
