"""Fault injection: the next calls of an operation fail as they would at the cloud.

A test injects faults with `POST /_emulator/faults`. Each service takes its next fault before it
handles a call, and answers it with its own error format.
"""

import asyncio
import re
from typing import Final

KINDS = ("unavailable", "slow", "throttled", "skewed_clock", "expired")
SERVICES = ("sts", "cos", "vod", "im", "trtc")

LOST: Final = "lost"
"""The call takes effect, and its answer is lost."""
GARBLED: Final = "garbled"
"""The call takes effect, and its answer is no JSON."""

# Beside `KINDS`, these services can lose or garble an answer, or answer a code of their own.
_ERROR_CODES = {
    "im": re.compile(r"[1-9][0-9]{3,5}"),
    "trtc": re.compile(r"[A-Z][A-Za-z]{2,40}(\.[A-Z][A-Za-z]{2,40})?"),
}


class UnknownFault(Exception):
    """The service or the fault does not exist."""


class FaultInjector:
    """Holds the injected faults that have not happened yet."""

    def __init__(self, slow_seconds: float = 5.0) -> None:
        self._slow_seconds = slow_seconds
        self._pending: dict[tuple[str, str, str], int] = {}

    def inject(self, service: str, operation: str, fault: str, times: int) -> None:
        """Make the next `times` calls fail. An empty operation or "*" stands for any.

        Raises `UnknownFault`.
        """
        if service not in SERVICES or not _is_fault(service, fault) or times < 0:
            raise UnknownFault
        key = (service, operation or "*", fault)
        self._pending[key] = self._pending.get(key, 0) + times

    async def take(self, service: str, operation: str) -> str | None:
        """Return the next fault of this operation and remove it. Wait here when it is `slow`."""
        fault = self._next(service, operation) or self._next(service, "*")
        if fault == "slow":
            await asyncio.sleep(self._slow_seconds)
            return None
        return fault

    def clear(self) -> None:
        self._pending.clear()

    def _next(self, service: str, operation: str) -> str | None:
        """Take a fault of exactly this operation: the kinds in their order, then the others."""
        waiting = [
            key for key, times in self._pending.items() if key[:2] == (service, operation) and times
        ]
        if not waiting:
            return None
        key = min(waiting, key=lambda each: _rank(each[2]))
        self._pending[key] -= 1
        return key[2]


def _is_fault(service: str, fault: str) -> bool:
    if fault in KINDS:
        return True
    codes = _ERROR_CODES.get(service)
    return codes is not None and (fault in (LOST, GARBLED) or codes.fullmatch(fault) is not None)


def _rank(fault: str) -> int:
    return KINDS.index(fault) if fault in KINDS else len(KINDS)
