"""A PostgreSQL server that answers each start of a session with an error; on loopback."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_SSL_REQUEST = 80877103


@asynccontextmanager
async def refusing_server(*states: str, tls: bytes = b"N") -> AsyncIterator[int]:
    """Its port. It answers with one SQLSTATE after the other, with the last for ever.

    An empty state closes the connection without an answer. `tls` answers the request for TLS.
    """
    left = list(states)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            code = await _read_start(reader)
            if code == _SSL_REQUEST:
                writer.write(tls)
                await writer.drain()
                await _read_start(reader)
            state = left.pop(0) if len(left) > 1 else left[0]
            if state:
                fields = f"SFATAL\0C{state}\0Mzq-message-of-the-server\0\0".encode()
                writer.write(b"E" + struct.pack("!I", len(fields) + 4) + fields)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away, which is its answer
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _read_start(reader: asyncio.StreamReader) -> int:
    """The code of a start-up packet."""
    (length,) = struct.unpack("!I", await reader.readexactly(4))
    (code,) = struct.unpack("!I", (await reader.readexactly(length - 4))[:4])
    return int(code)
