"""The load generator against a small server: every request is answered and judged once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count

from bench.http_client import request_text
from bench.load import Plan, execute

Answer = Callable[[int], bytes | None]
GOOD = b'HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{"errorCode": 0, '
FAILED = b'HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{"errorCode": 7, '
BUSY = b'HTTP/1.1 503 X\r\ncontent-length: 16\r\n\r\n{"code": "busy"}'


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Plan]:
    """Answer the numbered requests, None by closing; a plan for a connection to this server."""
    numbers = count(1)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                sent = answer(next(numbers))
                if sent is None:
                    break
                writer.write(sent)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield Plan(host=host, port=port, connections=1, requests=[request_text("GET", "/")])


async def test_each_request_of_a_count_is_answered_once() -> None:
    seen: list[int] = []

    def answer(number: int) -> bytes:
        seen.append(number)
        return GOOD

    async with serving(answer) as plan:
        result = await execute(replace(plan, connections=4, count=30))
    assert (result.answers, result.errors, len(seen)) == (30, 0, 30)


async def test_wrong_status_and_wrong_content_are_errors() -> None:
    answers = {1: GOOD, 2: BUSY, 3: FAILED, 4: GOOD}
    async with serving(answers.__getitem__) as plan:
        result = await execute(replace(plan, count=4, contains='"errorCode":0,'))
    assert (result.answers, result.errors) == (4, 2)
    assert sorted(result.examples) == ["1 × 200 7", "1 × 503 busy"]


async def test_lost_connection_is_an_error_and_the_others_go_on() -> None:
    async with serving(lambda number: None if number == 3 else GOOD) as plan:
        result = await execute(replace(plan, connections=2, count=10))
    assert (result.answers, result.errors) == (10, 1)
    assert result.examples == ["1 × connection lost"]


async def test_plan_with_a_rate_sends_its_count() -> None:
    async with serving(lambda _: GOOD) as plan:
        result = await execute(replace(plan, connections=2, count=25, rate=5000))
    assert (result.answers, result.errors) == (25, 0)


async def test_plan_with_a_rate_ends_when_no_connection_is_left() -> None:
    async with serving(lambda _: None) as plan:
        result = await execute(replace(plan, connections=2, count=10, rate=5000))
    assert result.errors == 10
    assert result.answers == 2
