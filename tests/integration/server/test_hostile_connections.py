"""What a stranger's one connection may cost, and what odd but honest clients are answered."""

import asyncio
import gc
import socket
import struct
import weakref
from typing import Any, ClassVar

import pytest
from tests.support.bounded_server import Application, ShortTimeout, exchange, served, serving
from tests.support.tcp_streams import connected
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from classgate.server.bounded_http import (
    MAX_BODY_BYTES,
    MAX_FRAMING_BYTES,
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MAX_PIPELINED,
    BoundedHttpProtocol,
)

GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
OFFERS = [
    b"connection: upgrade\r\nupgrade: h2c\r\n",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n",
    b"upgrade: websocket\r\nconnection: keep-alive, Upgrade\r\n",
]


async def sent_until_cut(port: int, start: bytes, piece: bytes, most: int) -> int:
    """How many bytes the server takes after this before it closes; `most` if it does not."""
    async with connected(port) as (reader, writer):
        writer.write(start)
        sent = 0
        try:
            while sent < most and not reader.at_eof():
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        return sent


@pytest.mark.parametrize(
    ("start", "piece", "bound"),
    [
        (CHUNKED + b"0\r\n", b"a: b\r\n" * 5000, MAX_FRAMING_BYTES),
        (CHUNKED + b"0\r\nx: ", b"a" * 30_000, MAX_FRAMING_BYTES),
        (CHUNKED + b"0\r\n", b"a" * 30_000, MAX_FRAMING_BYTES),
        (CHUNKED, b"1\r\na\r\n" * 5000, MAX_FRAMING_BYTES),
        (CHUNKED, b"8000\r\n" + b"a" * 0x8000 + b"\r\n", MAX_BODY_BYTES),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", b"a" * 60_000, MAX_BODY_BYTES),
        (GET[:-2], b"a: b\r\n" * 5000, MAX_HEAD_BYTES),
        (b"GET /", b"a" * 30_000, MAX_HEAD_BYTES),
        (GET[:-2], b"a:\r\n" * 100, MAX_HEAD_BYTES),
    ],
    ids=["trailers", "trailer", "name", "chunks", "chunked", "body", "headers", "url", "short"],
)
async def test_a_request_that_grows_without_end_is_cut_off(
    start: bytes, piece: bytes, bound: int
) -> None:
    async with served(BoundedHttpProtocol) as port:
        # Beside what was taken, the system keeps what was not: some megabytes on loopback.
        assert await sent_until_cut(port, start, piece, 60_000_000) < bound + 20_000_000


async def test_a_large_body_in_small_chunks_is_taken() -> None:
    body = b"400\r\n" + b"a" * 0x400 + b"\r\n"
    async with served(BoundedHttpProtocol) as port:
        answer = await exchange(port, CHUNKED.replace(b"host", b"connection: close\r\nhost"),
                                body * 2000 + b"0\r\n\r\n")  # fmt: skip
    assert answer.endswith(str(2000 * 0x400).encode())


async def test_a_body_in_more_than_4096_pieces_is_cut_off() -> None:
    start = CHUNKED.replace(b"host", b"connection: close\r\nhost")
    async with served(BoundedHttpProtocol) as port:
        # What comes first is cut once by the network at most, as the rest has to wait for it.
        assert (await exchange(port, start, b"1\r\na\r\n" * 4090 + b"0\r\n\r\n")).endswith(b"4090")
        assert await exchange(port, start, b"1\r\na\r\n" * 4097 + b"0\r\n\r\n") == b""


@pytest.mark.parametrize(("length", "status"), [(8192, b"200"), (8193, b"400")])
async def test_an_address_has_at_most_8192_bytes(length: int, status: bytes) -> None:
    address = b"/" + b"a" * (length - 1)
    async with served(BoundedHttpProtocol) as port:
        answer = await exchange(port, GET.replace(b" / ", b" " + address + b" ")[:-2]
                                + b"connection: close\r\n\r\n")  # fmt: skip
    assert answer.split(b" ")[1] == status


async def test_requests_that_come_before_answers_are_answered_in_order_up_to_a_few() -> None:
    requests = [b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % n + b"x" * n for n in range(9)]
    requests[-1] = requests[-1].replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    async with served(BoundedHttpProtocol) as port:
        answers = await exchange(port, b"".join(requests))
        bodies = [each.rpartition(b"\r\n\r\n")[2] for each in answers.split(b"HTTP/1.1")[1:]]
        assert bodies == [str(n).encode() for n in range(9)]


async def test_no_more_than_a_few_requests_wait_in_one_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = 0
    start = RequestResponseCycle.__init__

    def count(self: RequestResponseCycle, *arguments: Any, **named: Any) -> None:
        nonlocal begun
        begun += 1
        start(self, *arguments, **named)

    monkeypatch.setattr(RequestResponseCycle, "__init__", count)
    async with served(BoundedHttpProtocol) as port:
        await exchange(port, GET * 5000)
    assert begun <= MAX_PIPELINED + 2


@pytest.mark.parametrize("requests", [1, 8])
async def test_who_does_not_read_the_answers_is_cut_off(requests: int) -> None:
    large = Application(lambda *_: bytes(20_000_000))
    async with served(ShortTimeout, large) as port, connected(port) as (reader, writer):
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(GET * requests)
        await asyncio.sleep(1.5)  # three times as long as it waits
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert len(await reader.read()) < 20_000_000  # what the system had taken already


@pytest.mark.parametrize("offer", OFFERS)
async def test_an_offer_of_another_protocol_is_declined_and_nothing_of_the_request_is_lost(
    offer: bytes,
) -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\n" + offer
    whole = head + b"content-length: 26\r\n\r\n" + GET
    last = head + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    async with served(BoundedHttpProtocol) as port, connected(port) as (reader, writer):
        for pieces, length in (([whole], 26), ([whole[:-26], whole[-26:]], 26), ([last], 3)):
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.05)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            expected = str(length).encode()
            assert await reader.readexactly(len(expected)) == expected
        writer.write(whole + GET)
        await asyncio.sleep(0.1)
        answers = await reader.read(65536)
        assert answers.count(b"HTTP/1.1 200") == 2
        assert answers.endswith(b"\r\n\r\n0")


async def test_it_is_no_proxy() -> None:
    async with served(BoundedHttpProtocol) as port:
        answer = await exchange(port, b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


async def test_what_follows_a_body_is_no_header() -> None:
    names = Application(lambda scope, _: b" ".join(sorted(name for name, _ in scope["headers"])))
    trailed = CHUNKED + b"1\r\na\r\n0\r\nauthorization: Bearer x\r\n\r\n"
    async with served(BoundedHttpProtocol, names) as port, connected(port) as (reader, writer):
        writer.write(trailed)
        await reader.readuntil(b"\r\n\r\n")
        seen = b"host transfer-encoding"
        assert await reader.readexactly(len(seen)) == seen
        writer.write(GET)
        assert b"content-length: 4\r\n" in await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("request_", [GET, CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"])
async def test_who_sends_no_more_is_answered(request_: bytes) -> None:
    async with (
        served(BoundedHttpProtocol, Application(after=0.2)) as port,
        connected(port) as (reader, writer),
    ):
        writer.write(request_)
        writer.write_eof()
        assert (await reader.read()).startswith(b"HTTP/1.1 200")


async def test_who_ends_in_the_middle_of_a_request_is_not_waited_for() -> None:
    async with served(BoundedHttpProtocol) as port, connected(port) as (reader, writer):
        writer.write(CHUNKED + b"3\r\nab")
        writer.write_eof()
        async with asyncio.timeout(5):
            assert await reader.read() == b""


@pytest.mark.parametrize(("number", "status"), [(MAX_HEADERS - 1, b"200"), (MAX_HEADERS, b"")])
async def test_a_head_has_so_many_lines_and_no_more(number: int, status: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nconnection: close\r\n" + b"a:\r\n" * number + b"\r\n"
    async with served(BoundedHttpProtocol) as port:
        assert (await exchange(port, head))[9:12] == status


HALF = CHUNKED + b"3\r\nab"
NONSENSE = [b"\x01\r\n\r\n", CHUNKED + b"ZZ\r\n", b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n"]


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("number", [1, 3])
async def test_requests_are_answered_before_the_nonsense_behind_them(
    nonsense: bytes, number: int
) -> None:
    async with served(BoundedHttpProtocol, Application(after=0.2)) as port:
        answer = await exchange(port, GET * number + nonsense)
        assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1") == number
        later = await exchange(port, GET * number, nonsense)
        assert later.count(b"HTTP/1.1 200") == later.count(b"HTTP/1.1") == number
        assert (await exchange(port, nonsense)).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("ending", [False, True])
async def test_requests_are_answered_that_a_half_one_follows(ending: bool) -> None:
    slow = Application(after=0.3)
    async with serving(BoundedHttpProtocol, slow) as listener, connected(listener.port) as streams:
        reader, writer = streams
        writer.write(GET + GET + HALF)
        await asyncio.sleep(0.1)
        if ending:
            listener.should_exit = True
        else:
            writer.write_eof()
        assert (await reader.read()).count(b"HTTP/1.1 200") == 2


async def test_a_connection_whose_request_was_refused_at_its_head_is_kept_as_others() -> None:
    class Refusing(Application):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan":
                await super().__call__(scope, receive, send)
                return
            headers = [(b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

    refused = b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\n"
    async with served(ShortTimeout, Refusing()) as port, connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(refused)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 401")
            writer.write(b"12345")
            await asyncio.sleep(1.0)  # twice as long as a request may take


class Watched(BoundedHttpProtocol):
    seen: ClassVar[list["weakref.ref[BoundedHttpProtocol]"]] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.seen.append(weakref.ref(self))
        super().connection_made(transport)


@pytest.mark.parametrize("reset", [False, True])
async def test_a_connection_that_is_lost_leaves_nothing(reset: bool) -> None:
    Watched.seen.clear()
    linger = struct.pack("ii", int(reset), 0)
    async with served(Watched) as port:
        async with connected(port) as (reader, writer):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
        async with asyncio.timeout(5):
            while Watched.seen[0]() is not None:
                gc.collect()
                await asyncio.sleep(0.05)


async def test_an_idle_connection_keeps_nothing_of_its_request() -> None:
    Watched.seen.clear()
    async with served(Watched) as port, connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n0")
            await asyncio.sleep(0.05)
            protocol = Watched.seen[0]()
            assert protocol is not None
            kept = [protocol.headers, protocol.scope, protocol.cycle.scope]
            assert not any(kept)


async def test_requests_end_without_the_garbage_collector() -> None:
    Watched.seen.clear()
    gc.disable()
    try:
        async with served(Watched) as port, connected(port) as (reader, writer):
            seen: list[weakref.ref[object]] = []
            for _ in range(2):
                writer.write(GET)
                await reader.readuntil(b"\r\n\r\n0")
                for _ in range(20):  # the server's task ends
                    await asyncio.sleep(0)
                protocol = Watched.seen[0]()
                assert protocol is not None
                seen.append(weakref.ref(protocol.cycle))
            assert [each() is None for each in seen] == [True, False]
    finally:
        gc.enable()


async def test_a_request_of_which_a_part_is_missing_does_not_hold_up_the_end() -> None:
    async with (
        serving(BoundedHttpProtocol) as listener,
        connected(listener.port) as (reader, writer),
    ):
        writer.write(HALF)
        await asyncio.sleep(0.1)
        listener.should_exit = True
        async with asyncio.timeout(5):
            assert await reader.read() == b""
