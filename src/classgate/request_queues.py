"""Who is served first when more is asked than can be done, and who is refused at once.

A request takes one of a fixed number of places before it reads the database, and gives it back with
its answer. Who finds no place waits in the bounded queue of its class. Free places go to the first
class that has somebody waiting, so running classes are served before people who arrive, and lists
last. Each class has at most a part of the places: log-ins, lists and calls that wait for the cloud
leave some to the others, however many there are.

Nobody takes a place in the step of the event loop in which the request came: all that arrived
together are compared first, and a heartbeat, which waits in no queue, passes in between.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from classgate.metrics import RequestClass, ShedReason, request_gauges, shed_counters
from classgate.overload_refusals import Overloaded


@dataclass(frozen=True)
class Bounds:
    """The bounds of one class of requests."""

    at_once: int  # places that it may have at one time
    waiting: int  # beyond this, requests are refused at once


PLACES: Final = 32
"""Requests in progress. More would only wait for the database's connections and for one another."""

# A thousand entries wait for three seconds; 200 log-ins for as long, on two threads.
BOUNDS: Final[Mapping[RequestClass, Bounds]] = {
    RequestClass.RUNNING: Bounds(at_once=32, waiting=1024),
    RequestClass.ENTRY: Bounds(at_once=24, waiting=1024),
    RequestClass.CHANGE: Bounds(at_once=8, waiting=256),
    RequestClass.CLOUD: Bounds(at_once=8, waiting=128),
    RequestClass.LOG_IN: Bounds(at_once=8, waiting=200),
    RequestClass.LIST: Bounds(at_once=4, waiting=128),
}

MAX_WAIT: Final = 15.0  # seconds in a queue
STANDSTILL: Final = 5.0  # seconds without a place given back: nothing moves, nobody begins to wait
REFUSED_AT_ONCE: Final = 4  # refusals between two looks at the network
_MAX_RETRY_AFTER: Final = 30.0  # seconds
_RECENT: Final = 256  # requests whose times tell the rate
_FEWEST: Final = 16  # that tell it well enough to refuse by it

Monotonic = Callable[[], float]
"""Seconds of a clock that is never set."""


class _Queue:
    """The requests of one class."""

    def __init__(self, kind: RequestClass, bounds: Bounds) -> None:
        self.kind = kind
        self.bounds = bounds
        self.waiting: deque[asyncio.Future[None]] = deque()
        self.in_progress = 0
        self.moved_at = 0.0  # when one last began or ended
        self.ended_at: deque[float] = deque(maxlen=_RECENT)  # after when they began to wait
        self.promised_at = 0.0  # when the last one that was refused is to come again
        self.gauges = request_gauges(kind)
        self.shed = shed_counters(kind)

    @property
    def has_room(self) -> bool:
        return self.in_progress < self.bounds.at_once

    @property
    def is_measured(self) -> bool:
        return len(self.ended_at) > _FEWEST

    def wait_at(self, now: float) -> float:
        """Return the seconds until somebody who joined now would be served, at the recent rate."""
        return (len(self.waiting) + 1) * self._seconds_for_each(now)

    def _seconds_for_each(self, now: float) -> float:
        recent = self.ended_at
        return max(now - recent[0], 0.001) / len(recent) if recent else 0.01

    def retry_after(self, now: float) -> timedelta:
        """Return when a refused request may be served.

        Requests that are refused together are to come again one after the other.
        """
        again_at = max(self.promised_at + self._seconds_for_each(now), now + self.wait_at(now))
        self.promised_at = min(again_at, now + _MAX_RETRY_AFTER)
        return timedelta(seconds=max(1.0, self.promised_at - now))


class RequestQueues:
    """The places and queues of one process."""

    def __init__(
        self,
        bounds: Mapping[RequestClass, Bounds] = BOUNDS,
        places: int = PLACES,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._queues = {kind: _Queue(kind, bounds[kind]) for kind in RequestClass}
        self._places = places
        self._now = monotonic
        self._in_progress = 0
        self._moved_at = 0.0
        self._refused: deque[asyncio.Future[None]] = deque()
        self._is_assigning = False  # in the next step of the loop
        self.callers = KnownCallers()

    async def take_place(self, kind: RequestClass) -> None:
        """Wait for a place, to be given back. Overloaded: at once, or after MAX_WAIT."""
        queue = self._queues[kind]
        refusal = self._find_refusal(queue)
        if refusal is not None:
            await self._wait_for_refusal()
            raise refusal
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not queue.waiting:
            queue.ended_at.clear()
            queue.ended_at.append(self._now())
        queue.waiting.append(place)
        queue.gauges.waiting.inc()
        self._assign_soon()
        try:
            async with asyncio.timeout(MAX_WAIT):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self.give_back(kind)  # it was given just when the caller was cancelled
            else:
                self._remove(queue, place)
            if isinstance(error, TimeoutError):
                raise self._refusal(queue, ShedReason.WAITED_TOO_LONG) from None
            raise

    def give_back(self, kind: RequestClass) -> None:
        """Give a place back."""
        queue = self._queues[kind]
        self._count(queue, -1)
        queue.ended_at.append(queue.moved_at)
        if any(each.waiting for each in self._queues.values()):
            self._assign_soon()

    def _find_refusal(self, queue: _Queue) -> Overloaded | None:
        now = self._now()
        # While nobody waits, the recent times are those of another hour and tell no rate.
        is_late = queue.waiting and queue.is_measured and queue.wait_at(now) > MAX_WAIT
        if is_late or len(queue.waiting) >= queue.bounds.waiting:
            return self._refusal(queue, ShedReason.QUEUE_FULL)
        is_full = self._in_progress >= self._places
        if (is_full and now - self._moved_at > STANDSTILL) or (
            not queue.has_room and now - queue.moved_at > STANDSTILL
        ):
            return self._refusal(queue, ShedReason.STANDSTILL)
        return None

    async def _wait_for_refusal(self) -> None:
        """Wait until the loop has looked at the network again, if many are refused.

        An answer costs the processor as much if it is a refusal.
        """
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._refused.append(turn)
        self._assign_soon()
        await turn

    def _refusal(self, queue: _Queue, reason: ShedReason) -> Overloaded:
        queue.shed[reason].inc()
        return Overloaded(queue.retry_after(self._now()))

    def _assign_soon(self) -> None:
        if not self._is_assigning:
            self._is_assigning = True
            asyncio.get_running_loop().call_soon(self._assign)

    def _assign(self) -> None:
        """Give the free places to those who wait, by the order of the classes."""
        self._is_assigning = False
        for queue in self._queues.values():
            while queue.waiting and queue.has_room and self._in_progress < self._places:
                place = queue.waiting[0]
                self._remove(queue, place)
                if not place.cancelled():
                    self._count(queue, 1)
                    place.set_result(None)
        for _ in range(min(len(self._refused), REFUSED_AT_ONCE)):
            turn = self._refused.popleft()
            if not turn.cancelled():
                turn.set_result(None)
        if self._refused:
            self._assign_soon()

    def _remove(self, queue: _Queue, place: asyncio.Future[None]) -> None:
        if place in queue.waiting:
            queue.waiting.remove(place)
            queue.gauges.waiting.dec()

    def _count(self, queue: _Queue, change: int) -> None:
        self._in_progress += change
        queue.in_progress += change
        queue.gauges.in_progress.inc(change)
        self._moved_at = queue.moved_at = self._now()


class KnownCallers:
    """Who was served in which class by this process, the last 100,000 of them.

    It says who is served first, and never what anybody may do. Of a token only a hash is kept,
    whose key is of this process.
    """

    def __init__(self, max_callers: int = 100_000) -> None:
        self._max_callers = max_callers
        self._classrooms: OrderedDict[int, int] = OrderedDict()  # by the token's hash

    def record(self, token: str, classroom_id: int) -> None:
        """Record that the caller was served in the class."""
        key = hash(token)
        self._classrooms[key] = classroom_id
        self._classrooms.move_to_end(key)
        if len(self._classrooms) > self._max_callers:
            self._classrooms.popitem(last=False)

    def forget(self, token: str) -> None:
        """Forget a caller who was refused."""
        self._classrooms.pop(hash(token), None)

    def is_known(self, token: str, classroom_id: int | None = None) -> bool:
        """Return whether the caller was last served in this class; without one, in any class."""
        known = self._classrooms.get(hash(token))
        return known is not None and classroom_id in {None, known}
