"""Compares the schema of a database with the one that this version needs.

`upgrade` changes it. This module imports no Alembic, so that a server starts without it.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from classgate.storage.database_url import is_postgresql
from classgate.storage.sqlite import prepare, sqlite_path

_VERSIONS = Path(__file__).parent / "versions"


def newest_revision() -> str:
    """Return the revision that this version of the program needs."""
    # A migration's file begins with its number, which is its revision.
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def current_revision(url: str) -> str | None:
    """Return the revision of the database; None if it is empty or its file is missing."""
    if is_postgresql(url):
        # The caller may have an event loop.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, _revision_in_postgresql(url)).result()
    path = sqlite_path(url)
    return _revision_in_sqlite(path) if path.exists() else None


def _revision_in_sqlite(path: Path) -> str | None:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        prepare(connection)
        tables = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
        if connection.execute(tables).fetchone() is None:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])


async def _revision_in_postgresql(url: str) -> str | None:
    from classgate.storage.postgresql_connections import connect  # noqa: PLC0415 - if it is needed

    connection = await connect(url, unlimited_wait=True)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()


@dataclass(frozen=True)
class SchemaFault:
    """Why this version cannot use a database, and what to do."""

    what: str
    fix: str
    is_upgradable: bool = True


def find_schema_fault(url: str) -> SchemaFault | None:
    """What keeps this version from using the database; None if its schema is the newest."""
    current, newest = current_revision(url), newest_revision()
    if current == newest:
        return None
    if current is None:
        return SchemaFault(
            f"is empty or missing; this version needs schema {newest}", "classgate db upgrade"
        )
    if current > newest:
        return SchemaFault(
            f"has schema {current}, which is newer than this version of classgate, whose newest "
            f"is {newest}",
            "install the version that upgraded the database, or a newer one",
            is_upgradable=False,
        )
    copy = "pg_dump, see docs/how-to/back-up.md" if is_postgresql(url) else "classgate db backup"
    return SchemaFault(
        f"has schema {current}; this version needs schema {newest}",
        f"classgate db upgrade (before it: {copy})",
    )
