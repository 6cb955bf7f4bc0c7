"""Faults on order: the next calls of an operation fail the way a cloud fails.

A test orders them by `POST /_emulator/faults`; each service asks before it works and answers a
fault in its own shape.
"""

import asyncio
from collections import Counter

KINDS = ("unavailable", "slow", "throttled", "skewed_clock", "expired")
SERVICES = ("sts", "cos", "vod")


class UnknownFault(Exception):
    """No such fault or service here."""


class FaultInjector:
    """What has been ordered and not yet happened."""

    def __init__(self, slow_seconds: float = 5.0) -> None:
        self._slow_seconds = slow_seconds
        self._ordered: Counter[tuple[str, str, str]] = Counter()

    def inject(self, service: str, operation: str, fault: str, times: int) -> None:
        """Let the next `times` calls fail so; an empty operation or "*" means any.

        Raises `UnknownFault`.
        """
        if service not in SERVICES or fault not in KINDS or times < 0:
            raise UnknownFault
        self._ordered[service, operation or "*", fault] += times

    async def next_for(self, service: str, operation: str) -> str | None:
        """Take the fault that this call is to suffer. A slow one is waited for here."""
        for wanted in (operation, "*"):
            for kind in KINDS:
                if self._ordered[service, wanted, kind] > 0:
                    self._ordered[service, wanted, kind] -= 1
                    if kind == "slow":
                        await asyncio.sleep(self._slow_seconds)
                        return None
                    return kind
        return None

    def clear(self) -> None:
        self._ordered.clear()
