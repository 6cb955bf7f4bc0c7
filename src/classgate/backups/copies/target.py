"""The PostgreSQL database that is filled: in one transaction, verified before it is committed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy import Table

from classgate.backups.copies.tables import NOT_COPIED, Row, RowDigest, numbered_column
from classgate.migrations.tables import metadata
from classgate.refusals import BackupRefused
from classgate.storage.postgresql_connections import connect

_BATCH = 1000
_CLOSE_TIMEOUT = 5  # seconds
_OWN: Final = {"alembic_version", *metadata.tables}

_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'f', 'v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
ORDER BY relname
"""  # those of extensions, such as pg_stat_statements, are no content
_SERVERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'classgate' AND pid <> pg_backend_pid()
"""


class CopyTarget:
    """The database during the copy."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def require_empty(self) -> None:
        """Require that there is no row, no table of another program and no server.

        BackupRefused: it names what is there.
        """
        if await self._connection.fetchval(_SERVERS):
            raise BackupRefused("a classgate server runs on the target: stop it, then copy again")
        found = [str(name) for (name,) in await self._connection.fetch(_TABLES)]
        others = [name for name in found if name not in _OWN]
        if others:
            raise BackupRefused(
                f"the target contains tables of another program: {_listed(others)}; make an empty "
                "database, and copy to that"
            )
        filled = []
        for name in found:
            if name == "alembic_version" or name in NOT_COPIED:
                continue
            if rows := await self._connection.fetchval(f"SELECT count(*) FROM {name}"):  # noqa: S608
                filled.append(f"{name} ({rows} rows)")
        if filled:
            raise BackupRefused(
                f"the target is not empty: it contains {_listed(filled)}; nothing was changed; "
                "copy to a new database"
            )

    async def lock(self) -> None:
        """Keep everybody else from writing until the transaction ends."""
        tables = ", ".join(name for name in metadata.tables if name not in NOT_COPIED)
        await self._connection.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")

    async def insert(self, table: Table, rows: AsyncIterator[Row]) -> None:
        """Insert the rows. BackupRefused: a constraint forbids one."""
        names = [column.name for column in table.columns]
        try:
            await self._connection.copy_records_to_table(table.name, records=rows, columns=names)
        except asyncpg.IntegrityConstraintViolationError as error:
            # The message of the server would repeat values of the row.
            raise BackupRefused(
                f"{table.name}: a row breaks {error.constraint_name or 'a constraint'} of the "
                "schema; nothing was copied; run: classgate doctor"
            ) from None

    async def digest(self, table: Table) -> AsyncIterator[RowDigest]:
        """Read the rows back; yield the digest so far, after some rows, and at the end."""
        names = ", ".join(column.name for column in table.columns)
        query = f"SELECT {names} FROM {table.name}"  # noqa: S608
        digest = RowDigest()
        async for record in self._connection.cursor(query, prefetch=_BATCH):
            digest.add(tuple(record))
            if digest.rows % _BATCH == 0:
                yield digest
        yield digest

    async def set_last_number(self, table: Table, number: int) -> None:
        """Let the next row of the table have the number after this one."""
        column = numbered_column(table)
        if column is None:
            return
        await self._connection.fetchval(
            "SELECT setval(pg_get_serial_sequence($1, $2), $3, $4)",
            *(table.name, column.name, max(number, 1), number > 0),
        )

    async def analyze(self) -> None:
        """Tell the server how much is where, so that it plans well from the first query."""
        for name in metadata.tables:
            await self._connection.execute(f"ANALYZE {name}")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commit everything in the block, or nothing."""
        async with self._connection.transaction():
            yield


@asynccontextmanager
async def opened_target(url: str) -> AsyncIterator[CopyTarget]:
    """Connect to the server for the block. It waits for locks and answers as long as it takes."""
    connection: Any = await connect(url, unlimited_wait=True)
    try:
        await connection.execute("SET synchronous_commit = on")
        yield CopyTarget(connection)
    finally:
        try:
            await connection.close(timeout=_CLOSE_TIMEOUT)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()


def _listed(names: list[str]) -> str:
    return ", ".join(_few(names))


def _few(names: list[str]) -> Iterator[str]:
    yield from names[:8]
    if len(names) > 8:
        yield f"and {len(names) - 8} more"
