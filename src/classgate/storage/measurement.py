"""What an operator wants to know of a database: its kind, schema, size, and how fast it answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import column, select, table, text

from classgate.storage.database import Database
from classgate.storage.sqlite import SqliteDatabase
from classgate.storage.statements import Statement

_READ_REVISION = Statement(select(column("version_num")).select_from(table("alembic_version")))
_READ_FILE_SIZE = Statement(
    text(
        "SELECT page_count * page_size, file"
        " FROM pragma_page_count, pragma_page_size, pragma_database_list WHERE name = 'main'"
    )
)
_READ_SERVER_SIZE = Statement(text("SELECT pg_database_size(current_database())"))


@dataclass(frozen=True, kw_only=True)
class DatabaseMeasurement:
    """The database as it is now."""

    kind: Literal["sqlite", "postgresql"]
    revision: str  # of the schema
    round_trip: float  # seconds of a small query
    size: int  # bytes
    log_size: int | None  # bytes of SQLite's write-ahead log; None: a server has its own


async def measure(database: Database, monotonic: Callable[[], float]) -> DatabaseMeasurement:
    """Measure the database. ServiceUnavailable."""
    connection, started = database.reader, monotonic()
    row = await connection.fetch_one(_READ_REVISION)
    round_trip = monotonic() - started
    revision = "" if row is None else str(row[0])
    is_file = isinstance(database, SqliteDatabase)
    found = await connection.fetch_one(_READ_FILE_SIZE if is_file else _READ_SERVER_SIZE)
    size = 0 if found is None else int(found[0])
    log_size = None
    if is_file and found is not None:
        log_size = await asyncio.to_thread(_size_of, Path(f"{found[1]}-wal"))
    return DatabaseMeasurement(
        kind="sqlite" if is_file else "postgresql",
        revision=revision,
        round_trip=round_trip,
        size=size,
        log_size=log_size,
    )


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
