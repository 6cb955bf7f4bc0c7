"""Compares the schema of a database with the one that this version needs.

`upgrade` changes it. This module imports no Alembic, so that a server starts without it.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classgate.storage.database_url import is_postgresql
from classgate.storage.sqlite import prepare, sqlite_path

_VERSIONS = Path(__file__).parent / "versions"


def newest_revision() -> str:
    """Return the revision that this version of the program needs."""
    # A migration's file begins with its number, which is its revision.
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def current_revision(url: str) -> str | None:
    """Return the revision of the database; None if it is empty or its file is missing."""
    return _read(url).revision


@dataclass(frozen=True)
class StoredVersion:
    """What the database says of its schema."""

    revision: str | None = None
    oldest_program: str | None = None
    """What `compatibility_mark` made; None in a schema before 0014."""

    def serves(self, newest: str) -> bool:
        """Return whether it is later than `newest`, and a program that knows that may use it.

        The mark counts only for the revision that it was written with.
        """
        revision, _, oldest = (self.oldest_program or "").partition(" ")
        return bool(oldest) and revision == self.revision and oldest <= newest < revision


def compatibility_mark(revision: str, oldest: str) -> str:
    """Return what is stored beside a revision: the oldest one that a program has to know."""
    return f"{revision} {oldest}"


def _read(url: str) -> StoredVersion:
    if is_postgresql(url):
        # The caller may have an event loop.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, _read_postgresql(url)).result()
    path = sqlite_path(url)
    return _read_sqlite(path) if path.exists() else StoredVersion()


def _read_sqlite(path: Path) -> StoredVersion:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        prepare(connection)
        tables = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
        if connection.execute(tables).fetchone() is None:
            return StoredVersion()
        return version_of(connection.execute("SELECT * FROM alembic_version").fetchone())


async def _read_postgresql(url: str) -> StoredVersion:
    from classgate.storage.postgresql_connections import connect  # noqa: PLC0415 - if it is needed

    connection = await connect(url, unlimited_wait=True)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return StoredVersion()
        return version_of(await connection.fetchrow("SELECT * FROM alembic_version"))
    finally:
        await connection.close()


def version_of(row: Any) -> StoredVersion:
    """Return what a row of `alembic_version` says, with all its columns; None: nothing."""
    if row is None:
        return StoredVersion()
    columns = {name: row[name] for name in row.keys()}  # noqa: SIM118 - rows of three drivers
    return StoredVersion(str(columns["version_num"]), columns.get("oldest_program"))


@dataclass(frozen=True)
class SchemaFault:
    """Why this version cannot use a database, and what to do."""

    what: str
    fix: str
    is_upgradable: bool = True


def find_schema_fault(url: str, *, exactly: bool = False) -> SchemaFault | None:
    """What keeps this version from using the database; None if nothing does.

    Its schema is the newest one that this version knows, or, unless it has to be that `exactly`, a
    later one that has all that this version uses: replicas are replaced one after the other.
    """
    version, newest = _read(url), newest_revision()
    current = version.revision
    if current == newest or (not exactly and version.serves(newest)):
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
