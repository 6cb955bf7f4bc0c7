"""Claims of periodic work that one of several processes does."""

from datetime import timedelta

from classgate.app.scheduler import Step
from classgate.clock import Clock
from classgate.storage.rate_limits import NamedLimit, RateLimit, RateLimitStore


class JobClaims:
    """Claims by buckets that hold one event, which all processes over a database share."""

    def __init__(self, rate_limits: RateLimitStore, clock: Clock) -> None:
        self._rate_limits = rate_limits
        self._clock = clock

    def once(self, name: str, interval: timedelta, step: Step) -> Step:
        """Return a step that does nothing if another process has begun it lately.

        The claim ends after half of the interval, the shortest pause with jitter, whether or not
        the process that has it came to an end.
        """
        bucket = NamedLimit(f"job:{name}", RateLimit(burst=1, interval=interval / 2))

        async def run() -> None:
            if await self._rate_limits.acquire([bucket], self._clock()) is None:
                await step()

        return run
