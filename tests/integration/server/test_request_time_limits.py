"""Whoever sends a request without an end, or never ends it, is cut off."""

import asyncio
import contextlib
import subprocess
import sys

import pytest
import structlog
from tests.support.bounded_server import Application, LongTimeout, ShortTimeout, exchange, served
from tests.support.tcp_streams import connected

from classgate.server.bounded_http import MAX_HEAD_BYTES, BoundedHttpProtocol
from classgate.server.listeners import uvicorn_config

HEAD = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"


async def test_a_request_that_comes_whole_is_answered_however_it_is_cut() -> None:
    body = b"x" * 60_000
    request = HEAD + b"content-length: 60000\r\n\r\n" + body
    async with served(BoundedHttpProtocol) as port:
        assert (await exchange(port, request)).endswith(b"60000")
        assert (await exchange(port, request[:50], request[50:3000], request[3000:])).endswith(
            b"60000"
        )


async def test_requests_one_after_the_other_each_have_their_own_time() -> None:
    reader_of = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n"
    async with served(LongTimeout) as port, connected(port) as (reader, writer):
        for _ in range(4):
            writer.write(reader_of + b"x")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(1) == b"1"
            await asyncio.sleep(0.7)


async def test_idle_connection_is_kept_longer_than_heartbeats_and_nginx_pause() -> None:
    assert uvicorn_config(Application()).timeout_keep_alive > 60


async def test_more_connections_than_there_are_files_for_are_turned_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("classgate.server.bounded_http.max_connections", lambda: 2)
    monkeypatch.setattr(BoundedHttpProtocol, "_reported_at", -1e9)
    request = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx"
    with structlog.testing.capture_logs() as said:
        async with served(BoundedHttpProtocol) as port:
            async with connected(port) as first, connected(port) as second:
                for _ in range(2):
                    for reader, writer in (first, second):
                        writer.write(request)
                        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
                        assert await reader.readexactly(1) == b"1"
                    for _ in range(2):
                        assert await exchange(port) == b""
            assert (await exchange(port, HEAD + b"content-length: 1\r\n\r\nx")).endswith(b"1")
    assert [each["event"] for each in said] == ["connection limit reached"]


@pytest.mark.parametrize(
    ("soft", "hard", "allowed", "connections"), [(64, 300, 300, 172), (100, 100, 100, 50)]
)
def test_as_many_files_as_it_may_have_are_asked_for(
    soft: int, hard: int, allowed: int, connections: int
) -> None:
    program = (
        "import resource; from classgate.server import bounded_http;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}));"
        "bounded_http.raise_open_file_limit();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], bounded_http.max_connections())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.split() == [str(allowed), str(connections)]


async def test_an_endless_head_is_cut_off() -> None:
    piece = b"x-filler: " + b"a" * 30_000 + b"\r\n"
    async with served(BoundedHttpProtocol) as port, connected(port) as (reader, writer):
        writer.write(HEAD)
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 50 * MAX_HEAD_BYTES and not reader.at_eof():
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
                await asyncio.sleep(0.005)
        assert sent < 20 * MAX_HEAD_BYTES


async def test_who_goes_on_with_no_request_is_cut_off_in_time() -> None:
    whole = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx"
    for rest in (b"\r\n", b"\n", b"P", b"POST / HTTP/1.1\r\n"):
        async with served(ShortTimeout) as port:
            assert (await exchange(port, whole, rest)).endswith(b"\r\n\r\n1")


async def test_who_never_ends_is_cut_off_in_time() -> None:
    async with served(ShortTimeout) as port:
        for pieces in [(), (b"PO",), (HEAD,), (HEAD + b"content-length: 9\r\n\r\n", b"x")]:
            started = asyncio.get_running_loop().time()
            assert await exchange(port, *pieces) == b""
            assert asyncio.get_running_loop().time() - started >= 0.4
