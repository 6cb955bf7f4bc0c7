"""STS over HTTP: `POST /`, in either format that `calls` parses."""

import uuid

from classgate.emulator.api_errors import FAULTS, ApiError
from classgate.emulator.call_log import CallLog
from classgate.emulator.clock import Clock
from classgate.emulator.failed_check import FailedCheck, with_failed_check
from classgate.emulator.faults import FaultInjector
from classgate.emulator.http import (
    BodyTooLarge,
    Request,
    Response,
    dated,
)
from classgate.emulator.registry import Registry
from classgate.emulator.sts.backend import StsBackend
from classgate.emulator.sts.calls import Call, is_call, read_call
from classgate.signing import sts_messages

__all__ = ["StsRoutes", "is_call"]

_MAX_BODY_BYTES = 10 << 20


class StsRoutes:
    """Handler of the calls of the cloud API."""

    def __init__(
        self, registry: Registry, clock: Clock, faults: FaultInjector, calls: CallLog
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._backend = StsBackend(registry)

    async def handle(self, request: Request) -> Response:
        """Return the response, errors included.

        Differs: `AssumeRole` and the other actions of STS are not implemented yet and are answered
        with InvalidAction; only `GetFederationToken` is. Unknown: whether an error is always HTTP
        200, as here. Only an injected `unavailable` is 503.
        """
        request_id = str(uuid.uuid4())
        call: Call | None = None
        check: FailedCheck | None = None
        try:
            call = await _read(request)
            fault = await self._faults.take("sts", call.action)
            if fault == "unavailable":
                self._record(call, 503)
                return dated(Response(503), self._clock.now())
            body = self._answer(call, request_id, fault)
            self._record(call, 0)
        except ApiError as error:
            self._record(call, error.code)
            check = error.check
            body = sts_messages.error_reply(
                sts_messages.StsError(error.code, error.message, request_id)
            )
        response = Response(headers=[("content-type", "application/json")], body=body)
        return dated(with_failed_check(response, check), self._clock.now())

    def _record(self, call: Call | None, code: int | str) -> None:
        if call is None:
            self._calls.record("sts", "", {}, code)
            return
        try:
            parameters = call.parameters()
        except ApiError:
            parameters = {}
        self._calls.record("sts", call.action, parameters, code)

    def _answer(self, call: Call, request_id: str, fault: str | None) -> bytes:
        if fault is not None:
            raise ApiError(*FAULTS[fault])
        key = call.caller(self._registry, self._clock.now())
        if call.action != sts_messages.ACTION:
            raise ApiError("InvalidAction", "The emulator implements GetFederationToken only.")
        if call.version != sts_messages.VERSION:
            raise ApiError("NoSuchVersion", f"The version is {sts_messages.VERSION}.")
        if key.session_token is not None:
            raise ApiError(
                "InvalidParameter.AccessKeyNotSupport",
                "A temporary key cannot ask for another.",
                FailedCheck.KEY_ID,
            )
        return self._grant(call, request_id)

    def _grant(self, call: Call, request_id: str) -> bytes:
        starts_at = self._clock.now()
        key = self._backend.get_federation_token(
            call.parameters(), ignores_principal=call.ignores_principal
        )
        return sts_messages.federation_token_reply(
            sts_messages.TemporaryCredentials(
                secret_id=key.secret_id,
                secret_key=key.secret_key,
                session_token=key.session_token or "",
                starts_at=starts_at,
                expires_at=key.expires_at or starts_at,
                request_id=request_id,
            )
        )


async def _read(request: Request) -> Call:
    try:
        payload = await request.body(_MAX_BODY_BYTES)
    except BodyTooLarge as error:
        raise ApiError("RequestSizeLimitExceeded", "The body is over 10 MB.") from error
    return read_call(request, payload)
