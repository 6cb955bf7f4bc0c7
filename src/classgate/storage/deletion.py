"""Deletes many rows in pieces, so that nobody waits for it."""

import asyncio
from collections.abc import Awaitable, Callable

from classgate.storage.database import Database, DatabaseConnection

# SQLite has a single writer: a piece holds it for a few milliseconds, and the pause is longer.
PIECE = 50
PAUSE = 0.02  # seconds

Sleep = Callable[[float], Awaitable[None]]
DeletePiece = Callable[[DatabaseConnection, int], Awaitable[int]]
"""Deletes at most this many rows, the oldest first, and returns their number."""


async def delete_in_pieces(
    database: Database, delete_piece: DeletePiece, max_pieces: int, sleep: Sleep = asyncio.sleep
) -> int:
    """Delete piece by piece, each in a transaction of its own; return the number of rows.

    It ends with a piece that is not full, or after `max_pieces`: the next run continues.
    """
    deleted = 0
    for _ in range(max_pieces):
        async with database.transaction() as connection:
            some = await delete_piece(connection, PIECE)
        deleted += some
        if some < PIECE:
            break
        await sleep(PAUSE)
    return deleted
