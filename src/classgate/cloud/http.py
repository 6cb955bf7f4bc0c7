"""The HTTP client for all calls to Tencent Cloud: bounded in size, errors translated.

Deadlines and retries are in `resilient_client`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import structlog

from classgate.errors import CloudUnavailable

if TYPE_CHECKING:
    from classgate.cloud.http_session import HttpSession

log = structlog.get_logger("classgate.cloud")


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
        self._session: HttpSession | None = None

    async def send(
        self, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> HttpResponse:
        """Send one signed call. Redirects are not followed.

        CloudUnavailable: no answer, too late, or too large.
        """
        sessions = await _load_sessions()
        if self._session is None:
            self._session = sessions.HttpSession()
        try:
            status, answered, content = await self._session.send(method, url, headers, body)
        except sessions.SEND_ERRORS as error:
            # Not the message: it may contain the address with its signature.
            log.warning("cloud unreachable", service=service, reason=type(error).__name__)
            raise CloudUnavailable(service) from error
        if content is None:
            log.warning("cloud response too large", service=service)
            raise CloudUnavailable(service, retryable=False)
        return HttpResponse(status, answered, content)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


async def _load_sessions() -> Any:
    """Return the module `http_session`, imported with the first call.

    A server is ready sooner without aiohttp. In a thread, because others may not wait that long.
    """
    return _sessions() if _sessions.cache_info().currsize else await asyncio.to_thread(_sessions)


@cache
def _sessions() -> Any:
    return import_module("classgate.cloud.http_session")
