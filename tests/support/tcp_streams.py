"""Streams of the tests' own, none of which outlives its block.

A stream that is left open is noticed when its memory is reclaimed, in whichever test runs then.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to that port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        await hang_up(writer)


@asynccontextmanager
async def listening(serve: Serving) -> AsyncIterator[int]:
    """A free port on which that serves each connection, which is closed when it returns.

    Nobody waits for answers after the block: what is still being served then is cut off.
    """
    serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Who hangs up early is what many of these tests are about.
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
            writer.close()
            await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving[asyncio.create_task(serve_one(reader, writer))] = writer

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        for _ in range(5):  # until those that were just being accepted have begun
            await asyncio.sleep(0)
        for task in serving:
            task.cancel()
        outcomes = await asyncio.gather(*serving, return_exceptions=True)
        for writer in serving.values():
            await hang_up(writer)
        for outcome in outcomes:
            if outcome is not None and not isinstance(outcome, asyncio.CancelledError):
                raise outcome


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """End it at once, whatever was still to be sent.

    Without `wait_closed`: what that waits for is cancelled with whoever else was waiting for it.
    """
    writer.transport.abort()
    for _ in range(3):  # asyncio closes the socket in the loop's next turn
        await asyncio.sleep(0)
