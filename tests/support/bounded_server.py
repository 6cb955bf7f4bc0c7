"""A small application, served as `serve` serves, and a client that sends it bytes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.support.tcp_streams import connected

from classgate.server.bounded_http import BoundedHttpProtocol
from classgate.server.listeners import Listener, bind, uvicorn_config

Answer = Callable[[dict[str, Any], int], bytes]


class ShortTimeout(BoundedHttpProtocol):
    within = 0.5


class LongTimeout(BoundedHttpProtocol):
    within = 2.0


def size_of_body(_scope: dict[str, Any], size: int) -> bytes:
    return str(size).encode()


class Application:
    """Reads the whole body, and says how long it was, or what it is reported to."""

    def __init__(self, answer: Answer = size_of_body, after: float = 0.0) -> None:
        self._answer = answer
        self._after = after

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
                if kind == "lifespan.shutdown":
                    return
        length, more = 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            length, more = length + len(message["body"]), message["more_body"]
        await asyncio.sleep(self._after)
        text = self._answer(scope, length)
        headers = [(b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def serving(
    protocol: type[BoundedHttpProtocol], application: Application | None = None
) -> AsyncIterator[Listener]:
    """As `serve` serves, but for the time that it waits."""
    config = uvicorn_config(application or Application())
    assert config.http is BoundedHttpProtocol
    config.http = protocol
    config.loop = "none"
    listener = Listener(config, bind("test", "127.0.0.1", 0))
    task = asyncio.create_task(listener.serve(sockets=[listener.bound]))
    async with asyncio.timeout(10):
        while not listener.started:  # noqa: ASYNC110 — uvicorn has no event for it
            await asyncio.sleep(0.01)
    try:
        async with asyncio.timeout(60):  # whoever waits for ever here has failed
            yield listener
    finally:
        listener.should_exit = True
        await task


@asynccontextmanager
async def served(
    protocol: type[BoundedHttpProtocol], application: Application | None = None
) -> AsyncIterator[int]:
    """The same; its port."""
    async with serving(protocol, application) as listener:
        yield listener.port


async def exchange(port: int, *pieces: bytes) -> bytes:
    """What comes back until the server closes, or for a while."""
    async with connected(port) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
        try:
            async with asyncio.timeout(5):
                return await reader.read()
        except ConnectionError:
            return b""
