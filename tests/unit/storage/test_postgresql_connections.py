"""Connections of a pool, without a server."""

import asyncio
from typing import cast

import asyncpg

from classgate.storage.postgresql_connections import ConnectionSlots

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
