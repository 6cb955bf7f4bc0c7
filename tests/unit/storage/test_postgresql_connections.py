"""Connections of a pool, without a server."""

import asyncio
from typing import cast

import asyncpg
import pytest

from classgate.storage.postgresql_connections import ConnectionSlots, connect

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
        (await slots.acquire()).connection = cast("asyncpg.Connection", Connection(barrier))
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
