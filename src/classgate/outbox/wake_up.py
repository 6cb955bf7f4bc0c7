"""Wakes the delivery after a commit that enqueued something."""

import asyncio

from classgate.outbox.policy import Lane

POLL_INTERVAL = 1.0  # seconds; for messages of other processes, retries and repetitions


class WakeUp:
    """One event for each lane of this process."""

    def __init__(self) -> None:
        self._events = {lane: asyncio.Event() for lane in Lane}

    def wake(self) -> None:
        """Let every lane look for messages now."""
        for event in self._events.values():
            event.set()

    async def wait(self, lane: Lane) -> None:
        """Wait until the lane is woken, or until it is time to poll."""
        try:
            async with asyncio.timeout(POLL_INTERVAL):
                await self._events[lane].wait()
        except TimeoutError:
            return

    def clear(self, lane: Lane) -> None:
        """Forget earlier calls, before looking for messages."""
        self._events[lane].clear()
