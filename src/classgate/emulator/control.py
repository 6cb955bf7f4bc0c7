"""Control calls for tests: `/_emulator/clock`, `/reset`, `/faults`, `/plan` and `/rates`."""

from collections.abc import Callable
from typing import Any

from classgate.emulator.call_budget import CallBudget
from classgate.emulator.clock import Clock, ClockOutOfRange
from classgate.emulator.faults import FaultInjector, UnknownFault
from classgate.emulator.http import (
    MalformedRequest,
    Request,
    Response,
    json_response,
)
from classgate.emulator.im.application import ImApplication, UnknownPlan
from classgate.emulator.im.plans import PLANS

_MAX_BODY_BYTES = 1 << 16
_MAX_TIMES = 1_000_000


class ControlRoutes:
    """Handlers of the control calls. Invalid input is answered with 400 and `error`."""

    def __init__(
        self,
        clock: Clock,
        faults: FaultInjector,
        application: ImApplication,
        budget: CallBudget,
        forget: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._application = application
        self._budget = budget
        self._clear = forget

    async def set_clock(self, request: Request) -> Response:
        """Set the clock: `{"offset": seconds}` → the offset and the current time."""
        offset = (await request.json_object(_MAX_BODY_BYTES)).get("offset")
        if isinstance(offset, bool) or not isinstance(offset, (int, float)):
            return _refusal("offset must be a number of seconds")
        try:
            self._clock.set_offset(offset)
        except (ClockOutOfRange, OverflowError):
            return _refusal("offset is too large")
        return json_response({"offset": offset, "now": int(self._clock.now().timestamp())})

    async def reset(self, _request: Request) -> Response:
        """Delete all that was stored, issued, sent and set, the faults and the offset included."""
        self._clock.reset()
        self._faults.clear()
        self._clear()
        return json_response({})

    async def inject_faults(self, request: Request) -> Response:
        """Inject faults: `{"service", "operation", "fault", "times"}`.

        Without `operation`, any operation fails; without `times`, one call does.
        """
        values = await request.json_object(_MAX_BODY_BYTES)
        service, operation, fault = (_text(values, n) for n in ("service", "operation", "fault"))
        times = values.get("times", 1)
        if isinstance(times, bool) or not isinstance(times, int) or times > _MAX_TIMES:
            return _refusal("times must be a number of calls")
        try:
            self._faults.inject(service, operation, fault, times)
        except UnknownFault:
            return _refusal("unknown service or fault")
        return json_response({})

    async def set_plan(self, request: Request) -> Response:
        """Change the plan of the IM application: `{"plan": "free|pro|flagship"}`."""
        try:
            self._application.set_plan(_text(await request.json_object(_MAX_BODY_BYTES), "plan"))
        except UnknownPlan:
            return _refusal(f"plan must be one of {', '.join(PLANS)}")
        return json_response({})

    async def set_rates(self, request: Request) -> Response:
        """Enforce the rates of calls, or do not: `{"enforced": true}`."""
        enforced = (await request.json_object(_MAX_BODY_BYTES)).get("enforced")
        if not isinstance(enforced, bool):
            return _refusal("enforced must be true or false")
        self._budget.enforced = enforced
        return json_response({})


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise MalformedRequest
    return value


def _refusal(message: str) -> Response:
    return json_response({"error": message}, 400)
