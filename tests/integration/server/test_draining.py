"""A worker that is replaced takes leave of its connections without losing a request."""

import asyncio

import pytest
from tests.support.bounded_server import Application, serving
from tests.support.tcp_streams import connected

from classgate.server import draining
from classgate.server.draining import Drain, DrainingHttpProtocol

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
BODY = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n"


@pytest.fixture
def protocol(monkeypatch: pytest.MonkeyPatch) -> type[DrainingHttpProtocol]:
    # No test may depend on how fast it writes its next request.
    monkeypatch.setattr(draining, "IDLE_GRACE", 600.0)

    class OfThisTest(DrainingHttpProtocol):
        drain = Drain()

    return OfThisTest


async def answer(reader: asyncio.StreamReader) -> bytes:
    """One answer; its body is one digit."""
    return await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(1)


async def test_idle_connection_may_send_one_more_request(
    protocol: type[DrainingHttpProtocol],
) -> None:
    async with serving(protocol) as listener, connected(listener.port) as (reader, writer):
        writer.write(GET)
        assert b"connection: close" not in await answer(reader)
        protocol.drain.has_begun = True
        listener.should_exit = True
        while not protocol.drain.connections:  # noqa: ASYNC110 — uvicorn has no event for it
            await asyncio.sleep(0.01)
        writer.write(GET)
        last = await reader.read()  # until the server closes
        assert last.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"connection: close\r\n" in last
    assert not protocol.drain.connections


async def test_request_of_which_a_part_is_missing_is_waited_for(
    protocol: type[DrainingHttpProtocol],
) -> None:
    async with serving(protocol) as listener, connected(listener.port) as (reader, writer):
        writer.write(BODY + b"ab")
        while not listener.server_state.tasks:  # noqa: ASYNC110 — until the head is read
            await asyncio.sleep(0.01)
        protocol.drain.has_begun = True
        listener.should_exit = True
        while not protocol.drain.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        writer.write(b"cd")
        last = await reader.read()
        assert last.endswith(b"\r\n\r\n4")
        assert b"connection: close\r\n" in last


async def test_connection_that_is_accepted_last_is_closed_after_its_answer(
    protocol: type[DrainingHttpProtocol],
) -> None:
    async with serving(protocol) as listener, connected(listener.port) as (reader, writer):
        protocol.drain.has_begun = True
        writer.write(GET)
        assert b"connection: close\r\n" in await reader.read()


async def test_requests_sent_ahead_are_all_answered(
    protocol: type[DrainingHttpProtocol],
) -> None:
    application = Application(after=0.05)
    async with (
        serving(protocol, application) as listener,
        connected(listener.port) as (reader, writer),
    ):
        protocol.drain.has_begun = True
        writer.write(GET * 3)
        answers = (await reader.read()).split(b"HTTP/1.1 200 OK")[1:]
        assert [b"connection: close" in each for each in answers] == [False, False, True]


async def test_idle_connection_is_closed_at_once_when_the_whole_service_stops(
    protocol: type[DrainingHttpProtocol],
) -> None:
    async with serving(protocol) as listener, connected(listener.port) as (reader, writer):
        writer.write(GET)
        await answer(reader)
        protocol.drain.has_begun = True
        listener.should_exit = True
        while not protocol.drain.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        protocol.drain.end()
        assert await reader.read() == b""
