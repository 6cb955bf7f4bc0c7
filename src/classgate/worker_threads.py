"""Threads that run calls for the event loop, in the order in which they were given.

`loop.run_in_executor` does the same with two futures for each call and their locks, which costs the
thread of the loop three times as much.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class _Call(NamedTuple):
    future: asyncio.Future[Any]
    function: Callable[..., Any]
    arguments: tuple[Any, ...]


class WorkerThreads:
    """A fixed number of threads. They start with the first call."""

    def __init__(self, count: int, name: str, prepare: Callable[[], None] | None = None) -> None:
        """`prepare` runs first in each thread."""
        self._threads = [
            threading.Thread(
                target=self._work, args=[prepare], name=f"{name}_{number}", daemon=True
            )
            for number in range(count)
        ]
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._to_start = list(self._threads)
        self._are_closed = False

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return what the function returns in a thread, or raise what it raises.

        If the caller is cancelled before the function has begun, it is not called.
        """
        if self._are_closed:
            raise RuntimeError("the threads are closed")
        while self._to_start:
            self._to_start[-1].start()  # RuntimeError: there are too many; the next call tries
            self._to_start.pop()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put(_Call(future, function, arguments))
        return await future

    def close(self) -> None:
        """End the threads after what they have begun. Callers of what has not begun are cancelled.

        Call it in the event loop of the callers, or when there are none.
        """
        self._are_closed = True
        with contextlib.suppress(Empty):
            while (call := self._calls.get_nowait()) is not None:
                call.future.cancel()
        for _ in self._threads:
            self._calls.put(None)

    def _work(self, prepare: Callable[[], None] | None) -> None:
        if prepare is not None:
            prepare()
        while (call := self._calls.get()) is not None:
            _run(call)
            del call  # its arguments may be a password, and the next call may come late


def _run(call: _Call) -> None:
    """Run the call in this thread, and settle its future in the event loop."""
    future, function, arguments = call
    if future.cancelled():
        return
    try:
        result = function(*arguments)
    except BaseException as error:
        settle: tuple[Callable[..., None], object] = (future.set_exception, error)
    else:
        settle = (future.set_result, result)
    with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
        future.get_loop().call_soon_threadsafe(_settle, future, *settle)


def _settle(future: asyncio.Future[Any], settle: Callable[[Any], None], outcome: Any) -> None:
    if not future.cancelled():
        settle(outcome)
