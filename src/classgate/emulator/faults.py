"""Fault injection: the next calls of an operation fail as they would at the cloud.

A test injects faults with `POST /_emulator/faults`. Each service takes its next fault before it
handles a call, and answers it with its own error format.
"""

import asyncio
from collections import Counter

KINDS = ("unavailable", "slow", "throttled", "skewed_clock", "expired")
SERVICES = ("sts", "cos", "vod")


class UnknownFault(Exception):
    """The service or the fault does not exist."""


class FaultInjector:
    """Holds the injected faults that have not happened yet."""

    def __init__(self, slow_seconds: float = 5.0) -> None:
        self._slow_seconds = slow_seconds
        self._pending: Counter[tuple[str, str, str]] = Counter()

    def inject(self, service: str, operation: str, fault: str, times: int) -> None:
        """Make the next `times` calls fail. An empty operation or "*" stands for any.

        Raises `UnknownFault`.
        """
        if service not in SERVICES or fault not in KINDS or times < 0:
            raise UnknownFault
        self._pending[service, operation or "*", fault] += times

    async def take(self, service: str, operation: str) -> str | None:
        """Return the next fault of this operation and remove it. Wait here when it is `slow`."""
        for wanted in (operation, "*"):
            for kind in KINDS:
                if self._pending[service, wanted, kind] > 0:
                    self._pending[service, wanted, kind] -= 1
                    if kind == "slow":
                        await asyncio.sleep(self._slow_seconds)
                        return None
                    return kind
        return None

    def clear(self) -> None:
        self._pending.clear()
