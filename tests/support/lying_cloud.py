"""Stands between classgate and the cloud, and answers some requests in the cloud's place.

For what an emulator cannot be brought to: a public bucket, a rule that lacks something.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.cloud_proxy import Gate, read_request
from tests.support.running_emulator import Emulator
from tests.support.tcp_streams import listening


class Liar(Gate):
    """Hands on what it was not told to lie about."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self._lies: list[tuple[re.Pattern[bytes], bytes]] = []
        self.heard: list[bytes] = []

    def lie(self, pattern: str, status: int, body: str = "", **headers: str) -> None:
        """Answer requests whose head has this in it (a regular expression over all its lines)."""
        lines = [f"HTTP/1.1 {status} Lie", "Connection: close", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        answer = "\r\n".join([*lines, "", body]).encode()
        self._lies.append((re.compile(pattern.encode(), re.DOTALL | re.IGNORECASE), answer))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        self.heard.append(request)
        head = request.partition(b"\r\n\r\n")[0]
        lie = next((answer for pattern, answer in self._lies if pattern.search(head)), None)
        if lie is None:
            await self.forward(request, writer)
        else:
            writer.write(lie)
            await writer.drain()


@asynccontextmanager
async def liar_before(emulator: Emulator) -> AsyncIterator[Liar]:
    """A liar on a free port until the block ends."""
    liar = Liar(emulator)
    async with listening(liar.serve) as liar.port:
        yield liar
