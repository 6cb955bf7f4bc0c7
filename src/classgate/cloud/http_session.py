"""The open connections of `http.CloudHttpClient`. Only this module imports aiohttp."""

from collections.abc import Mapping

import aiohttp
from yarl import URL

# A fallback limit; `resilient_client` has shorter deadlines.
_TIMEOUT = aiohttp.ClientTimeout(total=8, connect=3, sock_read=5)
_MAX_ANSWER_BYTES = 1024 * 1024
# More than any budget allows, so that nobody waits here unnoticed.
_MAX_CONNECTIONS = 200

SEND_ERRORS = (aiohttp.ClientError, TimeoutError, OSError)


class HttpSession:
    """Sends calls over connections that it keeps until `close`."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_MAX_CONNECTIONS),
            timeout=_TIMEOUT,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes | None]:
        """Return the status, the headers and the body; None for a body that is too large.

        Raises SEND_ERRORS.
        """
        async with self._session.request(
            method,
            URL(url, encoded=True),
            headers=headers,
            data=body or None,
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Accept-Encoding"),
        ) as response:
            return response.status, response.headers, await _read(response.content)

    async def close(self) -> None:
        await self._session.close()


async def _read(stream: aiohttp.StreamReader) -> bytes | None:
    """Read the whole body; None if it is too large."""
    content = bytearray()
    async for piece in stream.iter_any():
        content += piece
        if len(content) > _MAX_ANSWER_BYTES:
            return None
    return bytes(content)
