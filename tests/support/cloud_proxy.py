"""Stands between classgate and the cloud's STS: holds a call back, or answers in the cloud's place.

What is let through goes to the emulator as it was sent.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.support.running_emulator import Emulator
from tests.support.tcp_streams import connected, listening

_MOST = 1 << 20


class CloudProxy:
    """Forwards calls unless it holds them; `arrived` says that a call has come."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._open = asyncio.Event()
        self._open.set()
        self._answer: Sequence[bytes] | None = None
        self.arrived = asyncio.Event()
        self.port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def hold(self) -> None:
        """Hold all further calls back."""
        self.arrived.clear()
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def answer_with(self, *pieces: bytes) -> None:
        """Answer in the cloud's place, in pieces with a moment between; no pieces: hang up."""
        self._answer = pieces

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        self.arrived.set()
        await self._open.wait()
        if self._answer is None:
            await self.forward(request, writer)
        else:
            await self._say(self._answer, writer)

    async def forward(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        async with connected(self._emulator.port) as (from_cloud, to_cloud):
            # One call to a connection, so that the end of the answer is the end of the stream.
            to_cloud.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
            while piece := await from_cloud.read(_MOST):
                writer.write(piece)
            await writer.drain()

    async def _say(self, pieces: Sequence[bytes], writer: asyncio.StreamWriter) -> None:
        size = sum(map(len, pieces))
        if not pieces:
            return
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + pieces[0])
        for piece in pieces[1:]:
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write(piece)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    sizes = [
        int(line.partition(b":")[2])
        for line in head.lower().splitlines()
        if line.startswith(b"content-length:")
    ]
    return head + await reader.readexactly(sizes[0] if sizes else 0)


@asynccontextmanager
async def cloud_proxy_before(emulator: Emulator) -> AsyncIterator[CloudProxy]:
    """Serve a proxy on a free port until the block ends."""
    proxy = CloudProxy(emulator)
    async with listening(proxy.serve) as proxy.port:
        yield proxy
