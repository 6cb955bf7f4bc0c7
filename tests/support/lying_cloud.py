"""Stands between classgate and the cloud, and answers some requests in the cloud's place.

For what an emulator cannot be brought to: a public bucket, a rule that lacks something.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.cloud_proxy import CloudProxy, read_request
from tests.support.running_emulator import Emulator
from tests.support.tcp_streams import listening


class LyingCloud(CloudProxy):
    """Forwards what it has no forged answer for."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self._forged: list[tuple[re.Pattern[bytes], bytes]] = []
        self.requests: list[bytes] = []

    def forge(self, pattern: str, status: int, body: str = "", **headers: str) -> None:
        """Answer requests whose head has this in it (a regular expression over all its lines)."""
        lines = [
            f"HTTP/1.1 {status} Forged",
            "Connection: close",
            f"Content-Length: {len(body)}",
        ]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        answer = "\r\n".join([*lines, "", body]).encode()
        self._forged.append((re.compile(pattern.encode(), re.DOTALL | re.IGNORECASE), answer))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        self.requests.append(request)
        head = request.partition(b"\r\n\r\n")[0]
        forged = next((answer for pattern, answer in self._forged if pattern.search(head)), None)
        if forged is None:
            await self.forward(request, writer)
        else:
            writer.write(forged)
            await writer.drain()


@asynccontextmanager
async def lying_cloud_before(emulator: Emulator) -> AsyncIterator[LyingCloud]:
    """Serve a lying cloud on a free port until the block ends."""
    lying_cloud = LyingCloud(emulator)
    async with listening(lying_cloud.serve) as lying_cloud.port:
        yield lying_cloud
