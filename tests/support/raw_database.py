"""What stands in the database, read and tampered with past the product's own code."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import psycopg

Rows = list[tuple[Any, ...]]


class Access(Protocol):
    """The database's own client. Values stand for the `?` of a statement."""

    def query(self, statement: str, *values: object) -> Rows:
        """All rows. Statements are SQLite's."""

    def change(self, statement: str, *values: object) -> int:
        """Tamper. How many rows that were."""

    def columns(self, table: str) -> set[str]:
        """What a table has."""

    def refuse_records(self, condition: str) -> None:
        """From now on the audit takes no row of which this is true, until `take_records`."""

    def take_records(self) -> None:
        """Take every row again."""

    def stored_bytes(self) -> bytes:
        """Everything that it keeps."""


class SqliteAccess:
    def __init__(self, path: Path) -> None:
        self.path = path

    def query(self, statement: str, *values: object) -> Rows:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement, values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(statement, values).rowcount

    def columns(self, table: str) -> set[str]:
        return {row[0] for row in self.query("SELECT name FROM pragma_table_info(?)", table)}

    def refuse_records(self, condition: str) -> None:
        self.change(
            f"CREATE TRIGGER refuse BEFORE INSERT ON audit_rows WHEN {condition}"
            " BEGIN SELECT RAISE(ABORT, 'the record cannot be written'); END"
        )

    def take_records(self) -> None:
        self.change("DROP TRIGGER refuse")

    def stored_bytes(self) -> bytes:
        wal = self.path.with_name(f"{self.path.name}-wal")
        return self.path.read_bytes() + (wal.read_bytes() if wal.exists() else b"")


class PostgresqlAccess:
    def __init__(self, url: str) -> None:
        self._url = url

    def query(self, statement: str, *values: object) -> Rows:
        with self._connect() as connection:
            return connection.execute(_translated(statement), values).fetchall()

    def change(self, statement: str, *values: object) -> int:
        with self._connect() as connection:
            return connection.execute(_translated(statement), values).rowcount

    def columns(self, table: str) -> set[str]:
        names = "SELECT column_name FROM information_schema.columns WHERE table_name = ?"
        return {row[0] for row in self.query(names, table)}

    def refuse_records(self, condition: str) -> None:
        self.change(
            f"CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN IF {condition} THEN"
            " RAISE EXCEPTION 'the record cannot be written'; END IF; RETURN NEW; END $$"
            " LANGUAGE plpgsql"
        )
        self.change(
            "CREATE TRIGGER refuse BEFORE INSERT ON audit_rows"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )

    def take_records(self) -> None:
        self.change("DROP FUNCTION refuse CASCADE")

    def stored_bytes(self) -> bytes:
        tables = self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        with self._connect() as connection, connection.cursor() as cursor:
            written = bytearray()
            for (table,) in tables:
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    for piece in copy:
                        written += piece
        return bytes(written)

    def _connect(self) -> psycopg.Connection[Any]:
        # A row that the service still holds would be waited for without an end.
        return psycopg.connect(self._url, options="-c lock_timeout=10000")


def _translated(statement: str) -> Any:
    return statement.replace("%", "%%").replace("?", "%s")


class RawDatabase:
    """The questions that tests ask of it."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.query = access.query
        self.change = access.change
        self.take_records = access.take_records
        self.stored_bytes = access.stored_bytes
        self.refuse_records = access.refuse_records

    def events(self) -> list[str]:
        """Of every audit row, the oldest first."""
        return [row[0] for row in self.query("SELECT event FROM audit_rows ORDER BY at, seq")]

    def given(self) -> int:
        """How often the audit says that something was given."""
        return sum(event.endswith(("_issued", "_renewed")) for event in self.events())

    def open_leases(self) -> set[str]:
        """Every lease that is pending or active."""
        found = self.query("SELECT lease_id FROM leases WHERE state != 'ended'")
        return {row[0] for row in found}

    def columns(self, table: str) -> set[str]:
        """The names of a table's columns."""
        return self.access.columns(table)

    def lease_state(self, lease_id: str) -> str:
        ((state,),) = self.query("SELECT state FROM leases WHERE lease_id = ?", lease_id)
        assert isinstance(state, str)
        return state

    def texts(self) -> Iterator[str]:
        """Every value of every column of the audit."""
        for row in self.query("SELECT * FROM audit_rows"):
            yield from map(str, row)
