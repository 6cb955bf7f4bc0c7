"""Connections of a pool, without a server."""

import asyncio
from collections.abc import Awaitable
from typing import cast

import asyncpg
import pytest

from classgate.errors import ServiceUnavailable
from classgate.storage import postgresql_connections
from classgate.storage.postgresql_connections import ConnectionSlots, Slot, connect
from classgate.storage.postgresql_pipeline import PipelinedConnection

LIMIT = 60  # seconds; it only ends what hangs


class Connection:
    """Is closed when all others are being closed as well."""

    def __init__(self, barrier: asyncio.Barrier) -> None:
        self._barrier = barrier

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109 — the driver's
        assert timeout > 0
        await self._barrier.wait()


async def test_connections_are_closed_together() -> None:
    slots, barrier = ConnectionSlots("postgresql://", 3), asyncio.Barrier(2)
    for _ in range(2):  # the third place has none
        (await slots.acquire()).connection = cast("PipelinedConnection", Connection(barrier))
    async with asyncio.timeout(LIMIT):
        await slots.close()


async def test_server_is_asked_to_keep_quiet_connections_alive() -> None:
    started: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started.append(await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4))
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(LIMIT):
            with pytest.raises((OSError, asyncpg.PostgresError)):
                await connect(f"postgresql://somebody@127.0.0.1:{port}/school?sslmode=disable")
    names_and_values = started[0][4:].split(b"\0")
    asked = dict(zip(names_and_values[::2], names_and_values[1::2], strict=False))
    assert asked[b"tcp_keepalives_idle"] == b"60"
    assert asked[b"tcp_keepalives_interval"] == b"10"
    assert asked[b"tcp_keepalives_count"] == b"6"


# ── taking turns ────────────────────────────────────────────────────────────────────────────────


async def waiting(*acquiring: Awaitable[Slot]) -> list[asyncio.Task[Slot]]:
    """Tasks that have begun to wait, in this order."""
    tasks = [asyncio.ensure_future(each) for each in acquiring]
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    return tasks


async def test_free_place_with_the_lowest_number_is_taken_first() -> None:
    slots = ConnectionSlots("postgresql://", 3)
    first, second, third = [await slots.acquire() for _ in range(3)]
    assert [first.number, second.number, third.number] == [0, 1, 2]
    for slot in (third, first, second):
        slots.release(slot)
    assert [(await slots.acquire()).number for _ in range(3)] == [0, 1, 2]


async def test_place_goes_to_whoever_waits_longest_and_to_nobody_who_came_later() -> None:
    slots = ConnectionSlots("postgresql://", 2)
    held = [await slots.acquire() for _ in range(2)]
    first, second, third = await waiting(*(slots.acquire() for _ in range(3)))
    slots.release(held[1])
    (late,) = await waiting(slots.acquire())
    assert (await first).number == 1
    slots.release(held[0])
    assert (await second).number == 0
    slots.release(await first)
    slots.release(await second)
    assert [(await third).number, (await late).number] == [1, 0]


@pytest.mark.parametrize("was_given", [False, True])
async def test_place_of_one_who_is_cancelled_goes_to_the_next(was_given: bool) -> None:
    slots = ConnectionSlots("postgresql://", 1)
    held = await slots.acquire()
    leaving, staying = await waiting(slots.acquire(), slots.acquire())
    if was_given:
        slots.release(held)
        leaving.cancel()
    else:
        leaving.cancel()
        slots.release(held)
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying is held
    slots.release(held)
    assert await slots.acquire() is held


async def test_one_who_waited_in_vain_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_connections, "_ACQUIRE_TIMEOUT", 0)
    slots = ConnectionSlots("postgresql://", 1)
    held = await slots.acquire()
    for _ in range(3):
        with pytest.raises(ServiceUnavailable):
            await slots.acquire()
    slots.release(held)
    assert await slots.acquire() is held
