"""VOD over HTTP: `/v2/index.php`, by GET or POST."""

from datetime import datetime, timedelta
from typing import Any

from classgate.emulator.call_log import CallLog
from classgate.emulator.clock import Clock
from classgate.emulator.failed_check import FailedCheck, with_failed_check
from classgate.emulator.faults import FaultInjector
from classgate.emulator.http import (
    Request,
    Response,
    dated,
    json_response,
)
from classgate.emulator.registry import Registry
from classgate.emulator.vod import errors as codes
from classgate.emulator.vod.backend import VodBackend
from classgate.emulator.vod.calls import VodCall, is_call, read_call
from classgate.emulator.vod.errors import FAULTS, VodError
from classgate.signing.cloud_api_v1 import TOLERANCE

__all__ = ["VodRoutes", "is_call"]


class VodRoutes:
    """Handler of the calls of API 2.0; VOD is its only service here."""

    def __init__(
        self, registry: Registry, clock: Clock, faults: FaultInjector, calls: CallLog
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._backend = VodBackend()
        self._seen: dict[tuple[str, str], datetime] = {}

    async def handle(self, request: Request) -> Response:
        """Return the response, errors included.

        Differs: `codeDesc`, which other services of that API add, is left out.
        Unknown: whether an error is always HTTP 200, as here. Only an injected `unavailable`
        is 503.
        """
        call: VodCall | None = None
        try:
            call = await read_call(request)
            fault = await self._faults.take("vod", call.action)
            if fault == "unavailable":
                self._record(call, 503)
                return dated(Response(503), self._clock.now())
            answer = self._answer(call, fault)
            self._record(call, 0)
        except VodError as error:
            self._record(call, error.code)
            return with_failed_check(self._reply(error.code, error.message, {}), error.check)
        return self._reply(0, "", answer)

    def clear(self) -> None:
        """Forget all nonces."""
        self._seen.clear()

    def _record(self, call: VodCall | None, code: int) -> None:
        action, parameters = ("", {}) if call is None else (call.action, call.call.parameters)
        self._calls.record("vod", action, parameters, code)

    def _answer(self, call: VodCall, fault: str | None) -> dict[str, Any]:
        if fault is not None:
            raise VodError(*FAULTS[fault])
        key = call.caller(self._registry, self._clock.now())
        self._require_new(key.secret_id, call.nonce)
        return self._backend.answer(call)

    def _require_new(self, secret_id: str, nonce: str) -> None:
        """Refuse a repeated nonce. Raises `VodError`.

        Unknown: how long the cloud remembers a nonce. The document says that it must differ from
        that of the last call; here it is refused while its timestamp could be valid.
        """
        now = self._clock.now()
        for each in [each for each, until in self._seen.items() if until < now]:
            del self._seen[each]
        if (secret_id, nonce) in self._seen:
            raise VodError(codes.REPLAYED, "the nonce has been used", FailedCheck.NONCE)
        self._seen[secret_id, nonce] = now + 2 * TOLERANCE + timedelta(seconds=1)

    def _reply(self, code: int, message: str, answer: dict[str, Any]) -> Response:
        body = {"code": code, "message": message, **answer}
        return dated(json_response(body), self._clock.now())
