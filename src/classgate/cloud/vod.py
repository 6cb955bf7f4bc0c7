"""The video service (VOD) over API 2.0, with the service's own key.

Only for read-only actions, which may be retried. Answers are validated before use.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import structlog

from classgate.clock import Clock
from classgate.cloud.clock_check import clock_error
from classgate.cloud.http import CloudHttpClient, HttpResponse
from classgate.cloud.resilient_client import ResilientClient
from classgate.errors import CloudError, CloudRejected, CloudUnavailable, VerificationFailed
from classgate.input_bounds import JsonBounds
from classgate.signing.cloud_api_v1 import (
    API_2_PATH,
    MAX_NONCE,
    ParameterCall,
    sign_parameters,
)
from classgate.signing.strict_json import read_json_object

log = structlog.get_logger("classgate.cloud.vod")

_SERVICE = "VOD"
# Our nonces have 64 random bits, so the code means the time (213/6982; older documents say 4200).
_CLOCK = (4200, 4500)
_ANSWER = JsonBounds(size=1024 * 1024, values=50_000)  # lists of videos with all details
# Documented as an integer; other services of this API send it as text.
_CODE = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True)
class VodEndpoint:
    """The VOD endpoint and the key."""

    scheme: str
    endpoint: str
    secret_id: str
    secret_key: str

    def __repr__(self) -> str:
        return f"VodEndpoint({self.scheme}://{self.endpoint})"


class VodClient:
    """A `VideoQueries`."""

    def __init__(
        self, address: VodEndpoint, http: CloudHttpClient, clock: Clock, calls: ResilientClient
    ) -> None:
        self._address = address
        self._http = http
        self._clock = clock
        self._calls = calls

    async def query(
        self, action: str, method: Literal["GET", "POST"], parameters: Mapping[str, str]
    ) -> Mapping[str, object]:
        """Send one action. SigningError, CloudRejected, CloudUnavailable."""
        call = ParameterCall(
            self._address.endpoint,
            {**parameters, "Action": action},
            method,
            path=API_2_PATH,
            dotted_names=True,
        )
        return await self._calls.call(lambda: self._attempt(call))

    async def _attempt(self, call: ParameterCall) -> Mapping[str, object]:
        """Send one signed attempt: the service accepts no nonce twice."""
        address = self._address
        signed = sign_parameters(
            call,
            secret_id=address.secret_id,
            secret_key=address.secret_key,
            issued_at=self._clock(),
            nonce=1 + secrets.randbelow(MAX_NONCE),
            method="HmacSHA256",
        )
        reply = await self._send(call.method, urlencode(signed))
        if reply.status == 429 or reply.status >= 500:
            log.warning("vod failed", status=reply.status)
            raise CloudUnavailable(_SERVICE)
        answer, code = self._read(reply)
        if code != 0:
            raise self._refusal(code, reply)
        if reply.status != 200:  # such as a redirect: not an answer of VOD
            raise self._malformed(reply)
        return {**answer, "code": 0}

    async def _send(self, method: str, form: str) -> HttpResponse:
        url = f"{self._address.scheme}://{self._address.endpoint}{API_2_PATH}"
        if method == "GET":
            return await self._http.send(_SERVICE, method, f"{url}?{form}", {})
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self._http.send(_SERVICE, method, url, headers, form.encode())

    def _read(self, reply: HttpResponse) -> tuple[dict[str, object], int]:
        """Parse the answer and its code. CloudUnavailable: malformed."""
        try:
            answer = read_json_object(reply.body, _ANSWER)
        except VerificationFailed as error:
            raise self._malformed(reply) from error
        code = answer.get("code")
        if not isinstance(code, int | str) or isinstance(code, bool):
            raise self._malformed(reply)
        if _CODE.fullmatch(str(code)) is None:
            raise self._malformed(reply)
        return answer, int(code)

    def _refusal(self, code: int, reply: HttpResponse) -> CloudError:
        # Only the number: the message may repeat what was sent.
        log.warning("vod refused", cloud_code=code)
        if code in _CLOCK:
            return clock_error(_SERVICE, str(code), reply, self._clock())
        return CloudRejected(_SERVICE, str(code))

    def _malformed(self, reply: HttpResponse) -> CloudUnavailable:
        log.warning("vod answer not understood", status=reply.status)
        return CloudUnavailable(_SERVICE, retryable=False)
