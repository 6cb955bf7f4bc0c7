"""The budget of messages to each IM group.

IM takes 40 messages a second in one group from all senders together (document 269/9346).
"""

from collections import OrderedDict
from contextlib import AbstractAsyncContextManager

from classgate.cloud.call_rate import CallRate, CallRateLimiter, Share, whole
from classgate.cloud.resilient_client import Runtime

MAX_GROUPS = 1000
"""The groups whose recent messages are remembered."""


class GroupRate:
    """One budget for each group; the least recently used ones are forgotten."""

    def __init__(self, rate: CallRate, runtime: Runtime, share: Share = whole) -> None:
        self._rate = rate
        self._runtime = runtime
        self._share = share
        self._limiters: OrderedDict[str, CallRateLimiter] = OrderedDict()

    def slot(self, group: str, seconds: float) -> AbstractAsyncContextManager[None]:
        """Wait at most `seconds` for a slot and hold it for the block. RateLimitExceeded."""
        limiter = self._limiters.get(group)
        if limiter is None:
            limiter = CallRateLimiter(
                self._rate, self._runtime.monotonic, self._runtime.sleep, self._share
            )
            self._limiters[group] = limiter
        self._limiters.move_to_end(group)
        if len(self._limiters) > MAX_GROUPS:
            self._limiters.popitem(last=False)
        return limiter.slot(seconds)
