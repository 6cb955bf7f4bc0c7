"""The server API of audio/video rooms (TRTC, 2019-07-22): out of a room, and out of all.

A class's room is numeric, as in its PrivateMapKey, so the actions for numeric rooms are used.
Removing somebody who is not there is harmless, so every call may be repeated.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from classgate.clock import Clock
from classgate.cloud.clock_check import clock_error
from classgate.cloud.http import CloudHttpClient, HttpResponse
from classgate.cloud.ports import CloudAnswer, Treatment
from classgate.cloud.resilient_client import ResilientClient, TimeoutPolicy
from classgate.cloud.treatment import rtc_treatment
from classgate.errors import CloudUnavailable, VerificationFailed
from classgate.signing.cloud_api import CloudApiRequest, sign_headers
from classgate.signing.strict_json import read_json_object

log = structlog.get_logger("classgate.cloud.rtc")

_SERVICE = "TRTC"
_VERSION = "2019-07-22"
_CLOCK = "AuthFailure.SignatureExpire"
_CODE = re.compile(r"[A-Za-z0-9._-]{1,50}")
MAX_USERS = 10
"""The number of users that one call removes."""

RTC_TIMEOUTS = TimeoutPolicy(total=6.0, per_attempt=3.0, max_attempts=1)


@dataclass(frozen=True)
class RtcEndpoint:
    """The endpoint, the key and the application. `can_block`: the host has SetUserBlocked."""

    scheme: str
    endpoint: str
    region: str
    secret_id: str
    secret_key: str
    sdk_app_id: int
    can_block: bool

    def __repr__(self) -> str:
        return f"RtcEndpoint({self.scheme}://{self.endpoint})"


class RtcClient:
    """A `RoomService`."""

    def __init__(
        self, endpoint: RtcEndpoint, http: CloudHttpClient, clock: Clock, calls: ResilientClient
    ) -> None:
        self._endpoint = endpoint
        self._http = http
        self._clock = clock
        self._calls = calls

    @property
    def can_block(self) -> bool:
        return self._endpoint.can_block

    async def remove_users(self, room_id: int, identifiers: Sequence[str]) -> CloudAnswer:
        return await self._call("RemoveUser", room_id, {"UserIds": list(identifiers)})

    async def dismiss_room(self, room_id: int) -> CloudAnswer:
        return await self._call("DismissRoom", room_id, {})

    async def block_user(
        self, room_id: int, identifier: str, *, audio: bool, video: bool
    ) -> CloudAnswer:
        # 0 neither, 1 both, 2 audio, 3 video (tencentcloud.com document 647/51289; unconfirmed).
        mute = {(False, False): 0, (True, True): 1, (True, False): 2, (False, True): 3}
        wanted = {"UserId": identifier, "IsMute": mute[audio, video]}
        return await self._call("SetUserBlocked", room_id, wanted)

    async def _call(
        self, action: str, room_id: int, parameters: Mapping[str, object]
    ) -> CloudAnswer:
        body = {"SdkAppId": self._endpoint.sdk_app_id, "RoomId": room_id, **parameters}
        payload = json.dumps(body).encode()
        code = await self._calls.call(lambda: self._send(action, payload))
        treatment = rtc_treatment(code)
        if treatment is not Treatment.DONE:
            report = log.error if treatment is Treatment.ALARM else log.warning
            report("trtc refused", action=action, cloud_code=code, treatment=treatment.value)
        return CloudAnswer(treatment, code)

    async def _send(self, action: str, payload: bytes) -> str:
        """Send one signed attempt; return the code of its error, or "". CloudUnavailable."""
        endpoint = self._endpoint
        request = CloudApiRequest(
            host=endpoint.endpoint,
            service="trtc",
            action=action,
            version=_VERSION,
            region=endpoint.region,
            payload=payload,
        )
        headers = sign_headers(
            request,
            secret_id=endpoint.secret_id,
            secret_key=endpoint.secret_key,
            issued_at=self._clock(),
        )
        url = f"{endpoint.scheme}://{endpoint.endpoint}/"
        reply = await self._http.send(_SERVICE, "POST", url, headers, payload)
        if reply.status != 200:  # every answer of API 3.0 has 200
            log.warning("trtc failed", status=reply.status)
            raise CloudUnavailable(_SERVICE)
        code = _read(reply)
        if code == _CLOCK:
            clock_error(_SERVICE, code, reply, self._clock())  # logs by how much
        return code


def _read(reply: HttpResponse) -> str:
    """Return the code of the error, or "". CloudUnavailable: malformed."""
    try:
        response = read_json_object(reply.body).get("Response")
    except VerificationFailed as error:
        raise _malformed() from error
    if not isinstance(response, dict) or not isinstance(response.get("RequestId"), str):
        raise _malformed()
    if "Error" not in response:
        return ""
    given = response["Error"]
    code = given.get("Code") if isinstance(given, dict) else None
    if not isinstance(code, str) or _CODE.fullmatch(code) is None:
        raise _malformed()
    return code


def _malformed() -> CloudUnavailable:
    log.warning("trtc answer not understood")
    return CloudUnavailable(_SERVICE, retryable=False)
