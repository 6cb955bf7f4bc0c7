"""The log of the calls that the services received, in order: `GET /_emulator/calls`."""

import json
import re
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from classgate.emulator.clock import Clock
from classgate.signing.encoding import to_epoch

MAX_CALLS: Final = 10_000
_MAX_PARAMETER_BYTES: Final = 1 << 15
_SECRET_NAME: Final = re.compile(
    r"sig|secret|token|authorization|credential|access_?key|private_?map_?key|password",
    re.IGNORECASE,
)


class CallLog:
    """The last `MAX_CALLS` calls. Parameters that hold a secret are left out, at any depth."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: deque[dict[str, Any]] = deque(maxlen=MAX_CALLS)

    def record(
        self, service: str, action: str, parameters: Mapping[str, Any], code: int | str
    ) -> None:
        """Record a call; `code` is 0, or what the service refused it with."""
        self._calls.append(
            {
                "at": to_epoch(self._clock.now()),
                "service": service,
                "action": action,
                "parameters": _bounded(_without_secrets(parameters)),
                "code": code,
            }
        )

    def since(self, service: str | None, seconds: int) -> list[dict[str, Any]]:
        """Return the calls of a service, or of all, from a time on (Unix seconds)."""
        return [
            call
            for call in self._calls
            if call["at"] >= seconds and service in (None, call["service"])
        ]

    def clear(self) -> None:
        self._calls.clear()


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _without_secrets(each)
            for name, each in value.items()
            if not _SECRET_NAME.search(name)
        }
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value


def _bounded(parameters: Any) -> Any:
    size = len(json.dumps(parameters))
    return parameters if size <= _MAX_PARAMETER_BYTES else {"omitted_bytes": size}
