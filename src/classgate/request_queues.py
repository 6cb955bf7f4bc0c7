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
from typing import Final, NamedTuple

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


class _Waiting(NamedTuple):
    """A request that waits."""

    place: asyncio.Future[None]
    since: float  # by the clock of the loop


class _Queue:
    """The requests of one class."""

    def __init__(self, kind: RequestClass, bounds: Bounds) -> None:
        self.kind = kind
        self.bounds = bounds
        self.waiting: deque[_Waiting] = deque()
        self.in_progress = 0
        self.moved_at = 0.0  # when one last began or ended
        self.ended_at: deque[float] = deque(maxlen=_RECENT)  # since somebody waits
        self.promised_at = 0.0  # when the last one that was refused is to come again
        self.gauges = request_gauges(kind)
        self.shed = shed_counters(kind)
        self._shown = (0, 0)

    @property
    def has_room(self) -> bool:
        return self.in_progress < self.bounds.at_once

    def find_reason(self, now: float) -> ShedReason | None:
        """Return why one more cannot wait here."""
        # While nobody waits there is no recent rate.
        is_late = len(self.ended_at) > _FEWEST and self.waiting and self.wait_at(now) > MAX_WAIT
        if is_late or len(self.waiting) >= self.bounds.waiting:
            return ShedReason.QUEUE_FULL
        if not self.has_room and now - self.moved_at > STANDSTILL:
            return ShedReason.STANDSTILL
        return None

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

    def show(self) -> None:
        """Set the gauges to what changed."""
        waiting, in_progress = len(self.waiting), self.in_progress
        shown, self._shown = self._shown, (waiting, in_progress)
        if waiting != shown[0]:
            self.gauges.waiting.set(waiting)
        if in_progress != shown[1]:
            self.gauges.in_progress.set(in_progress)


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
        self._waiting = 0
        self._in_progress = 0
        self._moved_at = 0.0
        self._refused: deque[asyncio.Future[None]] = deque()
        self._is_assigning = False  # in the next step of the loop
        self._is_watching = False  # for those who wait too long
        self.callers = KnownCallers()

    async def take_place(self, kind: RequestClass) -> None:
        """Wait for a place, to be given back. Overloaded: at once, or after MAX_WAIT."""
        queue = self._queues[kind]
        now = self._now()
        reason = queue.find_reason(now)
        if self._in_progress >= self._places and now - self._moved_at > STANDSTILL:
            reason = reason or ShedReason.STANDSTILL
        if reason is not None:
            refusal = self._refusal(queue, reason)
            await self._wait_for_refusal()
            raise refusal
        if not queue.waiting:
            queue.ended_at.clear()
            queue.ended_at.append(now)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(loop.create_future(), loop.time())
        queue.waiting.append(waiting)
        self._waiting += 1
        self._assign_soon()
        try:
            await waiting.place
        except asyncio.CancelledError:
            if waiting in queue.waiting:
                queue.waiting.remove(waiting)
                self._waiting -= 1
                queue.show()
            elif not waiting.place.cancelled() and waiting.place.exception() is None:
                self.give_back(kind)  # it was given just when the caller was cancelled
            raise

    def give_back(self, kind: RequestClass) -> None:
        """Give a place back."""
        queue = self._queues[kind]
        queue.in_progress -= 1
        self._in_progress -= 1
        self._moved_at = queue.moved_at = self._now()
        queue.show()
        if self._waiting:
            if queue.waiting:
                queue.ended_at.append(queue.moved_at)
            self._assign_soon()

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
        now = self._now()
        for queue in self._queues.values():
            if not queue.waiting:
                continue
            while queue.waiting and queue.has_room and self._in_progress < self._places:
                place, _ = queue.waiting.popleft()
                self._waiting -= 1
                if not place.cancelled():
                    queue.in_progress += 1
                    self._in_progress += 1
                    self._moved_at = queue.moved_at = now
                    place.set_result(None)
            queue.show()
        for _ in range(min(len(self._refused), REFUSED_AT_ONCE)):
            turn = self._refused.popleft()
            if not turn.cancelled():
                turn.set_result(None)
        if self._refused:
            self._assign_soon()
        self._watch()

    def _watch(self) -> None:
        """Refuse those who will have waited for too long, when they will."""
        if self._waiting and not self._is_watching:
            self._is_watching = True
            first = min(queue.waiting[0].since for queue in self._queues.values() if queue.waiting)
            asyncio.get_running_loop().call_at(first + MAX_WAIT, self._refuse_late)

    def _refuse_late(self) -> None:
        self._is_watching = False
        latest = asyncio.get_running_loop().time() - MAX_WAIT
        for queue in self._queues.values():
            while queue.waiting and queue.waiting[0].since <= latest:
                place, _ = queue.waiting.popleft()
                self._waiting -= 1
                if not place.cancelled():
                    place.set_exception(self._refusal(queue, ShedReason.WAITED_TOO_LONG))
            queue.show()
        self._watch()


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
        return known is not None and (classroom_id is None or classroom_id == known)
