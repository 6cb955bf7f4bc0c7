"""The HTTP client for all calls to Tencent Cloud: bounded in size, errors translated.

Deadlines and retries are in `resilient_client`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import structlog
from yarl import URL

from classgate.errors import CloudUnavailable

log = structlog.get_logger("classgate.cloud")

# A fallback limit; `resilient_client` has shorter deadlines.
_TIMEOUT = aiohttp.ClientTimeout(total=8, connect=3, sock_read=5)
_MAX_ANSWER_BYTES = 1024 * 1024
# More than any budget allows, so that nobody waits here unnoticed.
_MAX_CONNECTIONS = 200


@dataclass(frozen=True)
class HttpResponse:
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def clock_ahead(self, now: datetime) -> timedelta | None:
        """Return by how much our clock is ahead of the server's; None if unknown."""
        try:
            date = parsedate_to_datetime(self.headers.get("Date", ""))
            return now - date
        except (TypeError, ValueError, OverflowError):
            return None  # no date, or no time zone


class CloudHttpClient:
    """Opens connections with the first call; `close` closes them."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpResponse:
        """Send one signed call. Redirects are not followed.

        CloudUnavailable: no answer, too late, or too large.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_MAX_CONNECTIONS),
                timeout=_TIMEOUT,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body or None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            ) as response:
                content = await _read(response.content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Not the message: it may contain the address with its signature.
            log.warning("cloud unreachable", service=service, reason=type(error).__name__)
            raise CloudUnavailable(service) from error
        if content is None:
            log.warning("cloud response too large", service=service)
            raise CloudUnavailable(service, retryable=False)
        return HttpResponse(response.status, response.headers, content)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


async def _read(stream: aiohttp.StreamReader) -> bytes | None:
    """Read the whole body; None if it is too large."""
    content = bytearray()
    async for piece in stream.iter_any():
        content += piece
        if len(content) > _MAX_ANSWER_BYTES:
            return None
    return bytes(content)
