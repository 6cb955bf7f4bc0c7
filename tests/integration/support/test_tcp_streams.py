"""The tests' own streams end with their block, whatever was going on in them."""

import asyncio
import warnings
from collections.abc import Iterator

import pytest
from tests.support.tcp_streams import connected, listening


@pytest.fixture(autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    """What is left open warns when its loop is closed over it, and a warning fails a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        yield


async def never(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def much(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(50_000_000))


async def little(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"x")


@pytest.mark.parametrize("serve", [never, much, little])
@pytest.mark.parametrize("wait", [None, 0, 0.05])
async def test_block_ends_while_somebody_is_served(serve: object, wait: float | None) -> None:
    """`much` is never read to its end: the server waits until it is closed, and is cut off."""
    assert callable(serve)
    async with listening(serve) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        if wait is not None:
            await asyncio.sleep(wait)
    async with asyncio.timeout(10):
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(60_000_000)
    writer.transport.abort()
    await asyncio.sleep(0)


async def test_error_of_what_serves_is_not_lost() -> None:
    async def fail(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with listening(fail) as port, connected(port) as (reader, _):
            await asyncio.sleep(0.05)
            assert not reader.at_eof()
