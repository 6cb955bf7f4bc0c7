"""Temporary credentials from STS, by GetFederationToken (cloud document 1312/48195).

Answers are validated: one that is malformed, incomplete or of another lifetime is rejected.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

import structlog

from classgate.clock import Clock
from classgate.cloud.clock_check import clock_error
from classgate.cloud.http import CloudHttpClient, HttpResponse
from classgate.cloud.resilient_client import ResilientClient
from classgate.errors import CloudError, CloudRejected, CloudUnavailable, VerificationFailed
from classgate.signing.cloud_api import CloudApiRequest, sign_headers
from classgate.signing.cos_policy import Policy
from classgate.signing.sts_messages import (
    StsError,
    TemporaryCredentials,
    federation_token_payload,
    read_federation_token_reply,
)

log = structlog.get_logger("classgate.cloud.sts")

_SERVICE = "STS"
# Transient errors that are not the request's fault: retryable.
_RETRYABLE_CODES = ("RequestLimitExceeded", "InternalError", "InternalServerError")
_CLOCK = "AuthFailure.SignatureExpire"
# The accepted clock difference; beyond it STS rejects calls.
_CLOCK_TOLERANCE = timedelta(minutes=5)
_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
# The documented limits: 1024 bytes for an id and a key, 4096 for a token.
_KEY = re.compile(r"[\x21-\x7e]{1,1024}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True)
class StsEndpoint:
    """The STS endpoint and the key."""

    scheme: str
    endpoint: str
    region: str
    secret_id: str
    secret_key: str

    def __repr__(self) -> str:
        return f"StsEndpoint({self.scheme}://{self.endpoint})"


class StsClient:
    """A `TemporaryCredentialsSource`."""

    def __init__(
        self, address: StsEndpoint, http: CloudHttpClient, clock: Clock, calls: ResilientClient
    ) -> None:
        self._address = address
        self._http = http
        self._clock = clock
        self._calls = calls

    async def issue_credentials(self, policy: Policy, lifetime: timedelta) -> TemporaryCredentials:
        """Issue keys for exactly this policy. CloudRejected, CloudUnavailable."""
        return await self._calls.call(lambda: self._send(policy, lifetime))

    async def _send(self, policy: Policy, lifetime: timedelta) -> TemporaryCredentials:
        """Send one signed attempt. CloudRejected, CloudUnavailable."""
        address = self._address
        request = CloudApiRequest(
            host=address.endpoint,
            service="sts",
            action="GetFederationToken",
            version="2018-08-13",
            region=address.region,
            payload=federation_token_payload(policy, lifetime=lifetime, name="classgate"),
        )
        headers = sign_headers(
            request,
            secret_id=address.secret_id,
            secret_key=address.secret_key,
            issued_at=self._clock(),
        )
        url = f"{address.scheme}://{address.endpoint}/"
        reply = await self._http.send(_SERVICE, "POST", url, headers, request.payload)
        if reply.status == 429 or reply.status >= 500:
            log.warning("sts failed", status=reply.status)
            raise CloudUnavailable(_SERVICE)
        try:
            answer = read_federation_token_reply(reply.body, lifetime=lifetime)
        except VerificationFailed as error:
            log.warning("sts answer not understood", status=reply.status)
            raise CloudUnavailable(_SERVICE, retryable=False) from error
        if isinstance(answer, StsError):
            raise self._refusal(answer, reply)
        if reply.status != 200:  # such as a redirect: not an answer of STS
            log.warning("sts answer not understood", status=reply.status)
            raise CloudUnavailable(_SERVICE, retryable=False)
        self._require_valid_keys(answer)
        self._require_expiry(answer, lifetime)
        return answer

    def _refusal(self, error: StsError, reply: HttpResponse) -> CloudError:
        # Only the code, and only a well-formed one: the rest may repeat what was sent.
        code = error.code if _CODE.fullmatch(error.code) else "an unreadable code"
        request_id = error.request_id if _CODE.fullmatch(error.request_id) else ""
        log.warning("sts refused", cloud_code=code, cloud_request_id=request_id)
        if code.startswith(_RETRYABLE_CODES):
            return CloudUnavailable(_SERVICE)
        if code == _CLOCK:
            return clock_error(_SERVICE, code, reply, self._clock())
        return CloudRejected(_SERVICE, code)

    def _require_valid_keys(self, credentials: TemporaryCredentials) -> None:
        """Require sound keys that are not the service's own. CloudUnavailable."""
        own = {self._address.secret_id, self._address.secret_key}
        if (
            _KEY.fullmatch(credentials.secret_id)
            and _KEY.fullmatch(credentials.secret_key)
            and _TOKEN.fullmatch(credentials.session_token)
            and not own & {credentials.secret_id, credentials.secret_key}
        ):
            return
        log.warning("sts returned malformed keys")
        raise CloudUnavailable(_SERVICE, retryable=False)

    def _require_expiry(self, credentials: TemporaryCredentials, lifetime: timedelta) -> None:
        """Reject keys that expire too soon or too late."""
        left = credentials.expires_at - self._clock()
        if lifetime / 5 < left <= lifetime + _CLOCK_TOLERANCE:
            return
        log.warning(
            "sts gave an odd expiry; are the clocks right?", seconds_left=left.total_seconds()
        )
        raise CloudUnavailable(_SERVICE, retryable=False)
