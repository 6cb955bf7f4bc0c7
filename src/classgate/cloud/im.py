"""The IM service's REST API, as the administrator of the application.

Every command is idempotent or made so by its caller, see `outbox.im_commands`. An answer has its
treatment from `treatment`; only a call without an answer raises.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

import structlog

from classgate.clock import Clock
from classgate.cloud.call_rate import RateLimitExceeded
from classgate.cloud.group_rate import GroupRate
from classgate.cloud.http import CloudHttpClient, HttpResponse
from classgate.cloud.ports import CloudAnswer, Treatment
from classgate.cloud.resilient_client import ResilientClient, TimeoutPolicy
from classgate.cloud.treatment import STALE_SIGNATURE, im_treatment
from classgate.errors import CloudUnavailable, VerificationFailed
from classgate.input_bounds import JsonBounds
from classgate.signing.strict_json import read_json_object
from classgate.signing.user_sig import SigningKey, issue_user_sig

log = structlog.get_logger("classgate.cloud.im")

_SERVICE = "IM"
_ANSWER = JsonBounds(size=256 * 1024, values=10_000)
_MAX_CODE = 999_999

# The service's own timeout is 3 s: with less, a call that was done would look as if it was not.
IM_TIMEOUTS = TimeoutPolicy(total=6.0, per_attempt=3.5, max_attempts=1)

_MESSAGE = "send_group_msg"

_COMMANDS: Mapping[str, str] = {
    "account_import": "im_open_login_svc",
    "kick": "im_open_login_svc",
    "create_group": "group_open_http_svc",
    "get_group_info": "group_open_http_svc",
    "destroy_group": "group_open_http_svc",
    _MESSAGE: "group_open_http_svc",
    "add_group_member": "group_open_http_svc",
    "delete_group_member": "group_open_http_svc",
    "forbid_send_msg": "group_open_http_svc",
}
"""The service of each command."""


@dataclass(frozen=True)
class ImEndpoint:
    """The endpoint, the application and its administrator."""

    scheme: str
    endpoint: str
    sdk_app_id: int
    admin_identifier: str


class AdminUserSig:
    """The UserSig of the administrator, made again before it expires. It is never recorded."""

    LIFETIME = timedelta(hours=1)
    _RENEWED_WITH_LEFT = timedelta(minutes=15)

    def __init__(self, key: SigningKey, endpoint: ImEndpoint, clock: Clock) -> None:
        self._key = key
        self._endpoint = endpoint
        self._clock = clock
        self._user_sig = ""
        self._issued_at: datetime | None = None

    def get(self) -> str:
        """Return a UserSig that is valid for some minutes, also after the clock was set."""
        now, issued_at = self._clock(), self._issued_at
        if issued_at is None or not (
            issued_at <= now < issued_at + self.LIFETIME - self._RENEWED_WITH_LEFT
        ):
            issued_at = self._issued_at = now.replace(microsecond=0)
            self._user_sig = issue_user_sig(
                self._key,
                sdk_app_id=self._endpoint.sdk_app_id,
                identifier=self._endpoint.admin_identifier,
                issued_at=issued_at,
                lifetime=self.LIFETIME,
            )
        return self._user_sig

    def discard(self) -> None:
        """Make a new one for the next call."""
        self._issued_at = None


class ImClient:
    """An `ImService`."""

    def __init__(
        self,
        endpoint: ImEndpoint,
        key: SigningKey,
        http: CloudHttpClient,
        clock: Clock,
        calls: ResilientClient,
        group_rate: GroupRate,
    ) -> None:
        self._endpoint = endpoint
        self._user_sig = AdminUserSig(key, endpoint, clock)
        self._http = http
        self._calls = calls
        self._group_rate = group_rate

    @property
    def admin_identifier(self) -> str:
        return self._endpoint.admin_identifier

    async def call(self, command: str, body: Mapping[str, object]) -> CloudAnswer:
        if command != _MESSAGE:
            return await self._call(command, body)
        try:
            async with self._group_rate.slot(str(body["GroupId"]), IM_TIMEOUTS.total):
                return await self._call(command, body)
        except RateLimitExceeded as error:
            raise CloudUnavailable(_SERVICE) from error

    async def _call(self, command: str, body: Mapping[str, object]) -> CloudAnswer:
        content = json.dumps(body, ensure_ascii=False).encode()
        code, answer = await self._calls.call(lambda: self._send(command, content))
        if code in STALE_SIGNATURE:
            self._user_sig.discard()
            code, answer = await self._calls.call(lambda: self._send(command, content))
        treatment = im_treatment(command, code)
        if treatment is not Treatment.DONE:
            # Only the number: the text may repeat what was sent.
            report = log.error if treatment is Treatment.ALARM else log.warning
            report("im refused", command=command, cloud_code=code, treatment=treatment.value)
        return CloudAnswer(treatment, f"im_{code}" if code else "", answer)

    async def _send(self, command: str, content: bytes) -> tuple[int, dict[str, object]]:
        """Send one attempt; return the code and the answer. CloudUnavailable."""
        endpoint = self._endpoint
        query = urlencode(
            {
                "sdkappid": endpoint.sdk_app_id,
                "identifier": endpoint.admin_identifier,
                "usersig": self._user_sig.get(),
                "random": secrets.randbelow(2**32),
                "contenttype": "json",
            }
        )
        path = f"/v4/{_COMMANDS[command]}/{command}"
        url = f"{endpoint.scheme}://{endpoint.endpoint}{path}?{query}"
        headers = {"content-type": "application/json"}
        reply = await self._http.send(_SERVICE, "POST", url, headers, content)
        if reply.status != 200:  # the documented status of every answer
            log.warning("im failed", command=command, status=reply.status)
            raise CloudUnavailable(_SERVICE)
        return _read(command, reply)


def _read(command: str, reply: HttpResponse) -> tuple[int, dict[str, object]]:
    """Parse the answer. CloudUnavailable: malformed."""
    try:
        answer = read_json_object(reply.body, _ANSWER)
    except VerificationFailed as error:
        raise _malformed(command) from error
    code = answer.get("ErrorCode")
    if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code <= _MAX_CODE:
        raise _malformed(command)
    if (answer.get("ActionStatus") == "OK") is not (code == 0):
        raise _malformed(command)
    return code, answer


def _malformed(command: str) -> CloudUnavailable:
    log.warning("im answer not understood", command=command)
    return CloudUnavailable(_SERVICE, retryable=False)
