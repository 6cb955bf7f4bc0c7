"""The SQLite file that is copied: read in one transaction, in which nobody else writes to it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Table

from classgate.backups.copies.tables import Row, RowReader
from classgate.refusals import BackupRefused
from classgate.storage.copied_mark import set_mark

_BATCH = 1000


class CopySource:
    """The file during the copy."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def count(self, table: Table) -> int:
        """Return the number of rows."""
        (rows,) = self._connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()  # noqa: S608
        return int(rows)

    def batches(self, table: Table) -> Iterator[list[Row]]:
        """Yield the rows as the server stores them, some at a time. BackupRefused names one that
        it cannot store.
        """
        reader = RowReader(table)
        names = ", ".join(column.name for column in table.columns)
        cursor = self._connection.execute(f"SELECT {names} FROM {table.name}")  # noqa: S608
        while batch := cursor.fetchmany(_BATCH):
            yield [reader.read(raw) for raw in batch]

    def last_number(self, table: Table) -> int:
        """Return the highest number that the table ever gave to a row; 0 if it gave none."""
        (column,) = table.primary_key.columns
        highest = self._connection.execute(f"SELECT max({column.name}) FROM {table.name}")  # noqa: S608
        given = self._connection.execute(
            "SELECT max(seq) FROM sqlite_sequence WHERE name = ?", (table.name,)
        )
        return max(found or 0 for (found,) in (*highest, *given))

    def require_references(self) -> None:
        """Require that each row's references exist. BackupRefused."""
        found = self._connection.execute("PRAGMA foreign_key_check").fetchone()
        if found is not None:
            table, row, parent, _ = found
            raise BackupRefused(
                f"{_text(table)}, row {row}, refers to a row of {_text(parent)} that does not "
                "exist; nothing was copied; correct the file, then copy again"
            )

    def mark_copied(self) -> None:
        """Mark the file, so that it is not served any more. It counts when the block ends."""
        set_mark(self._connection, is_copied=True)


@contextmanager
def opened_source(path: Path) -> Iterator[CopySource]:
    """Open the file for the block. BackupRefused: another process writes to it.

    The server lock must be held: it keeps servers away, and this transaction the commands.
    """
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        connection.text_factory = bytes
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise BackupRefused(
                f"{path} is in use: wait until the other command has ended, then copy again"
            ) from error
        try:
            yield CopySource(connection)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
