"""The bucket over the COS XML API, as whoever asks: with any key, with temporary keys, with none.

For looking at the bucket itself. What the service does with its objects all day is in `cos`.
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
# A clock that is a little ahead must not make a signature that is not valid yet.
_CLOCK_TOLERANCE = timedelta(seconds=60)
_VALID_FOR = timedelta(minutes=2)
_CODE = re.compile(rb"<Code>([A-Za-z0-9._-]{1,64})</Code>")

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class CosCredentials:
    """What signs a request. A session token makes it a temporary one. `repr` shows nothing."""

    secret_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


class HttpSender(Protocol):
    """`CloudHttpClient`, or what speaks through it."""

    async def send(
        self, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes = ...
    ) -> HttpResponse: ...


class BucketClient:
    """Requests to one bucket, answered by whatever the cloud says: refusals are no errors here."""

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
        """One request, signed with the key, or not at all. Raises what the sender raises."""
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
            # Buckets in strict mode want these signed.
            signed_headers=("host", "content-type", "content-length"),
        )


def refusal_code(reply: HttpResponse) -> str:
    """COS's own word for why not. Answers to HEAD have none: then it is the status."""
    found = _CODE.search(reply.body)
    return found[1].decode() if found else f"HTTP {reply.status}"
