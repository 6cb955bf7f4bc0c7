"""The server API of TRTC: `POST /` with TC3 and the version 2019-07-22.

Sources: documents 647/50426, 647/34268, 647/51288 and 647/51289.
"""

import re
import uuid
from collections.abc import Callable
from typing import Any, Final

from classgate.emulator.api_errors import FAULTS, ApiError
from classgate.emulator.call_budget import CallBudget
from classgate.emulator.call_log import CallLog
from classgate.emulator.clock import Clock
from classgate.emulator.failed_check import FailedCheck, with_failed_check
from classgate.emulator.faults import GARBLED, LOST, FaultInjector
from classgate.emulator.http import BodyTooLarge, Request, Response, dated, json_response
from classgate.emulator.registry import Registry
from classgate.emulator.sts.calls import JsonCall
from classgate.emulator.trtc.rooms import Block, RoomId, Rooms

__all__ = ["TrtcRoutes", "is_call"]

SERVICE: Final = "trtc"
VERSION: Final = "2019-07-22"
_REGIONS: Final = ("ap-beijing", "ap-guangzhou")
_INTERNATIONAL_REGIONS: Final = (*_REGIONS, "ap-singapore")
_MAX_BODY_BYTES: Final = 10 << 20
_CALLS_PER_SECOND: Final = 20
_MAX_USERS: Final = 10
_ROOM_NAME = re.compile(r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]{1,64}")

Action = Callable[[dict[str, Any]], None]


def is_call(request: Request) -> bool:
    """Return whether a request is a call of TRTC."""
    authorization = request.header("authorization") or ""
    if request.raw_path != b"/" or not authorization.startswith("TC3-"):
        return False
    return request.header("x-tc-version") == VERSION or f"/{SERVICE}/" in authorization


class TrtcRoutes:
    """Handler of the calls. The actions about blocks exist on the international host only."""

    def __init__(
        self,
        registry: Registry,
        rooms: Rooms,
        sdk_app_id: int,
        *,
        is_international: bool,
        clock: Clock,
        faults: FaultInjector,
        budget: CallBudget,
        calls: CallLog,
    ) -> None:
        self._registry = registry
        self._rooms = rooms
        self._sdk_app_id = sdk_app_id
        self._clock = clock
        self._faults = faults
        self._budget = budget
        self._calls = calls
        self._regions = _INTERNATIONAL_REGIONS if is_international else _REGIONS
        self._actions: dict[str, Action] = {
            "RemoveUser": lambda given: self._remove(_number(given), given),
            "RemoveUserByStrRoomId": lambda given: self._remove(_name(given, "RoomId"), given),
            "DismissRoom": lambda given: self._rooms.dismiss(_number(given)),
            "DismissRoomByStrRoomId": lambda given: self._rooms.dismiss(_name(given, "RoomId")),
        }
        if is_international:
            self._actions["SetUserBlocked"] = lambda given: self._block(_number(given), given)
            self._actions["SetUserBlockedByStrRoomId"] = lambda given: self._block(
                _name(given, "StrRoomId"), given
            )

    async def handle(self, request: Request) -> Response:
        """Return the response, errors included.

        Differs: recordings and the actions that read are not implemented: InvalidAction. Only an
        injected `unavailable` or `lost` is 503.
        """
        request_id = str(uuid.uuid4())
        action = request.header("x-tc-action") or ""
        fault = await self._faults.take("trtc", action)
        given: dict[str, Any] = {}
        answer: dict[str, Any] = {"RequestId": request_id}
        code: int | str = 0
        check: FailedCheck | None = None
        try:
            call = await _read(request)
            given = _parameters(call)
            if fault == "unavailable":
                code = 503
            else:
                self._answer(call, given, fault)
        except ApiError as error:
            answer["Error"] = {"Code": error.code, "Message": error.message}
            code, check = error.code, error.check
        self._calls.record("trtc", action, given, code)
        if fault in ("unavailable", LOST):
            return dated(Response(503), self._clock.now())
        if fault == GARBLED:
            return dated(Response(body=b"<html>"), self._clock.now())
        response = with_failed_check(json_response({"Response": answer}), check)
        return dated(response, self._clock.now())

    def _answer(self, call: JsonCall, given: dict[str, Any], fault: str | None) -> None:
        """Perform an action. Raises `ApiError`.

        Unknown: in which order the cloud checks a call; here it is the signature, the action, the
        region, the rate, the parameters.
        Differs: a temporary key is refused, because no policy here names TRTC.
        """
        if fault in FAULTS:
            raise ApiError(*FAULTS[fault])
        if fault not in (None, LOST, GARBLED):
            raise ApiError(str(fault), "This refusal was injected.")
        key = call.caller(self._registry, self._clock.now())
        if key.session_token is not None:
            raise ApiError(
                "AuthFailure.UnauthorizedOperation",
                "No policy allows this action.",
                FailedCheck.POLICY,
            )
        self._find(call)(given)

    def _find(self, call: JsonCall) -> Action:
        action = self._actions.get(call.action)
        if call.version != VERSION:
            raise ApiError("NoSuchVersion", f"The version is {VERSION}.")
        if action is None:
            raise ApiError("InvalidAction", "This host does not have this action.")
        region = call.request.header("x-tc-region")
        if not region:
            raise ApiError("MissingParameter", "The header X-TC-Region is missing.")
        if region not in self._regions:
            raise ApiError("UnsupportedRegion", f"The region is not {' or '.join(self._regions)}.")
        if not self._budget.allows(("trtc", call.action), _CALLS_PER_SECOND):
            raise ApiError("RequestLimitExceeded", "More than 20 calls a second.")
        return self._with_own_app(action)

    def _with_own_app(self, action: Action) -> Action:
        def perform(given: dict[str, Any]) -> None:
            sdk_app_id = _required(given, "SdkAppId")
            if isinstance(sdk_app_id, bool) or not isinstance(sdk_app_id, int):
                raise ApiError("InvalidParameter.SdkAppId", "SdkAppId must be a number.")
            if sdk_app_id != self._sdk_app_id:
                raise ApiError(
                    "FailedOperation.SdkAppIdNotExist",
                    "There is no such SdkAppId.",
                    FailedCheck.SDK_APP_ID,
                )
            action(given)

        return perform

    def _remove(self, room_id: RoomId, given: dict[str, Any]) -> None:
        users = _required(given, "UserIds")
        if not isinstance(users, list) or not 1 <= len(users) <= _MAX_USERS:
            raise ApiError("InvalidParameter.UserIds", "UserIds must have 1 to 10 entries.")
        if not all(isinstance(each, str) and each for each in users):
            raise ApiError("InvalidParameter.UserIds", "UserIds must be texts.")
        self._rooms.remove(room_id, users)

    def _block(self, room_id: RoomId, given: dict[str, Any]) -> None:
        user, block = _required(given, "UserId"), _required(given, "IsMute")
        if not isinstance(user, str) or not user:
            raise ApiError("InvalidParameter.UserId", "UserId must be a text.")
        if isinstance(block, bool) or block not in tuple(Block):
            raise ApiError("InvalidParameter", "IsMute must be 0, 1, 2 or 3.")
        self._rooms.block(room_id, user, Block(block))


async def _read(request: Request) -> JsonCall:
    try:
        return JsonCall(request, await request.body(_MAX_BODY_BYTES), SERVICE)
    except BodyTooLarge as error:
        raise ApiError("RequestSizeLimitExceeded", "The body is over 10 MB.") from error


def _parameters(call: JsonCall) -> dict[str, Any]:
    try:
        return call.parameters()
    except ApiError as error:
        raise ApiError("InvalidParameter", "The body is not a JSON object.") from error


def _required(given: dict[str, Any], name: str) -> Any:
    if given.get(name) is None:
        raise ApiError(f"MissingParameter.{name}", f"{name} is missing.")
    return given[name]


def _number(given: dict[str, Any]) -> int:
    value = _required(given, "RoomId")
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 0xFFFFFFFF:
        raise ApiError("InvalidParameter.RoomId", "RoomId must be a number of 32 bits.")
    return value


def _name(given: dict[str, Any], name: str) -> str:
    value = _required(given, name)
    if not isinstance(value, str) or _ROOM_NAME.fullmatch(value) is None:
        raise ApiError("InvalidParameter.RoomId", f"{name} must be the text of a room.")
    return value
