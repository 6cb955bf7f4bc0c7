"""A bucket over the COS XML API, with any key, temporary keys, or none.

For inspecting the bucket itself. Normal object access is in `cos`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import quote

from classgate.clock import Clock
from classgate.cloud.http import HttpResponse
from classgate.signing.cos_request import CosRequest, KeyTime, issue_authorization

SERVICE = "COS"
# A slightly fast clock must not make a signature that is not valid yet.
_CLOCK_TOLERANCE = timedelta(seconds=60)
_VALID_FOR = timedelta(minutes=2)
_CODE = re.compile(rb"<Code>([A-Za-z0-9._-]{1,64})</Code>")

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class CosCredentials:
    """The key that signs a request; with a session token, a temporary one. `repr` is redacted."""

    secret_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


class HttpSender(Protocol):
    """`CloudHttpClient` or a wrapper of it."""

    async def send(
        self, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes = ...
    ) -> HttpResponse: ...


class BucketClient:
    """Sends requests to one bucket; rejections are results, not errors."""

    def __init__(self, scheme: str, host: str, http: HttpSender, clock: Clock) -> None:
        self._scheme = scheme
        self._host = host
        self._http = http
        self._clock = clock

    async def request(
        self,
        method: str,
        object_key: str = "",
        *,
        key: CosCredentials | None,
        parameters: Pairs = (),
        headers: Pairs = (),
        body: bytes = b"",
    ) -> HttpResponse:
        """Send one request, signed with the key, or unsigned. Raises what the sender raises."""
        path, sent = f"/{object_key}", {"host": self._host, **dict(headers)}
        if body:
            sent |= {"content-type": "text/plain", "content-length": str(len(body))}
        if key is not None:
            sent["authorization"] = self._sign(method, path, parameters, sent, key)
            if key.session_token:
                sent["x-cos-security-token"] = key.session_token
        query = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in parameters)
        url = f"{self._scheme}://{self._host}{quote(path)}{'?' if query else ''}{query}"
        return await self._http.send(SERVICE, method, url, sent, body)

    def _sign(
        self,
        method: str,
        path: str,
        parameters: Pairs,
        headers: dict[str, str],
        key: CosCredentials,
    ) -> str:
        now = self._clock()
        return issue_authorization(
            CosRequest(method, path, parameters=parameters, headers=list(headers.items())),
            secret_id=key.secret_id,
            secret_key=key.secret_key,
            key_time=KeyTime(now - _CLOCK_TOLERANCE, now + _VALID_FOR),
            # Strict buckets require these to be signed.
            signed_headers=("host", "content-type", "content-length"),
        )


def refusal_code(reply: HttpResponse) -> str:
    """Return COS's error code. Answers to HEAD have none: then the status."""
    found = _CODE.search(reply.body)
    return found[1].decode() if found else f"HTTP {reply.status}"
