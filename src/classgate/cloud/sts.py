"""Temporary credentials from Tencent's STS, by GetFederationToken (cloud document 1312/48195)."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from classgate.clock import Clock
from classgate.cloud.http import CloudHttp
from classgate.errors import CloudRejected, CloudUnavailable, VerificationFailed
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
# Not our request's fault, and gone by itself: worth a second try by the client.
_PASSING = ("RequestLimitExceeded", "InternalError")


@dataclass(frozen=True)
class StsAddress:
    """Where STS is, and with which key it is asked."""

    scheme: str
    endpoint: str
    region: str
    secret_id: str
    secret_key: str

    def __repr__(self) -> str:
        return f"StsAddress({self.scheme}://{self.endpoint})"


class Sts:
    """A `TemporaryCredentialsSource`."""

    def __init__(self, address: StsAddress, http: CloudHttp, clock: Clock) -> None:
        self._address = address
        self._http = http
        self._clock = clock

    async def issue_credentials(self, policy: Policy, lifetime: timedelta) -> TemporaryCredentials:
        """Keys for exactly this policy. CloudRejected, CloudUnavailable."""
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
        try:
            answer = read_federation_token_reply(reply.body, lifetime=lifetime)
        except VerificationFailed as error:
            log.warning("sts answer not understood", status=reply.status)
            raise CloudUnavailable(_SERVICE) from error
        if isinstance(answer, StsError):
            log.warning("sts refused", cloud_code=answer.code, cloud_request_id=answer.request_id)
            if answer.code.startswith(_PASSING):
                raise CloudUnavailable(_SERVICE)
            raise CloudRejected(_SERVICE, answer.code)
        self._require_sane(answer, lifetime)
        return answer

    def _require_sane(self, credentials: TemporaryCredentials, lifetime: timedelta) -> None:
        """What has expired, or lives much longer than was asked, is not handed on."""
        left = credentials.expires_at - self._clock()
        if not timedelta(0) < left <= lifetime + timedelta(minutes=5):
            log.warning(
                "sts gave an odd expiry; are the clocks right?", seconds_left=left.total_seconds()
            )
            raise CloudUnavailable(_SERVICE)
