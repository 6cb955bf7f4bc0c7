"""The SQLite file of the emulator, which survives a restart.

Only the thread of the event loop uses it; each call is an indexed look-up.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS temporary_keys (
    secret_id TEXT PRIMARY KEY,
    secret_key TEXT NOT NULL,
    session_token TEXT NOT NULL,
    policy TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL,
    object_key TEXT NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    sha1 TEXT NOT NULL,
    headers TEXT NOT NULL,
    attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    crc64 TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (bucket, object_key)
) STRICT;
CREATE TABLE IF NOT EXISTS uploads (
    upload_id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    object_key TEXT NOT NULL,
    headers TEXT NOT NULL,
    started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS uploads_by_key ON uploads (bucket, object_key, upload_id);
CREATE TABLE IF NOT EXISTS parts (
    upload_id TEXT NOT NULL REFERENCES uploads ON DELETE CASCADE,
    number INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    crc64 TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (upload_id, number)
) STRICT;
CREATE TABLE IF NOT EXISTS slice_uploads (
    session TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    object_key TEXT NOT NULL,
    size INTEGER NOT NULL,
    slice_size INTEGER NOT NULL,
    sha1 TEXT NOT NULL,
    attributes TEXT NOT NULL,
    only_new INTEGER NOT NULL,
    UNIQUE (bucket, object_key)
) STRICT;
CREATE TABLE IF NOT EXISTS slices (
    session TEXT NOT NULL REFERENCES slice_uploads ON DELETE CASCADE,
    number INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha1 TEXT NOT NULL,
    crc64 TEXT NOT NULL,
    PRIMARY KEY (session, number)
) STRICT;
CREATE TABLE IF NOT EXISTS bucket_settings (
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (bucket, name)
) STRICT;
CREATE TABLE IF NOT EXISTS used_signatures (
    fingerprint BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;
"""

_TABLES = (
    "temporary_keys", "objects", "parts", "uploads", "slices", "slice_uploads", "used_signatures",
    "bucket_settings",
)  # fmt: skip


class Database:
    """A connection with the schema in place."""

    def __init__(self, file: Path) -> None:
        # One thread may create the application and another serve it, never both at once.
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;" + _SCHEMA)
        for table in ("objects", "parts"):
            self._add_checksums(table)

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run statements atomically. Do not `await` inside."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def clear(self) -> None:
        """Delete all rows."""
        with self.transaction():
            for table in _TABLES:
                self.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the list above

    def close(self) -> None:
        self._connection.close()

    def _add_checksums(self, table: str) -> None:
        """Add the column to a file of version 0.1; its existing rows stay without a checksum."""
        columns = self.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
        if ("crc64",) not in columns:
            self.execute(f"ALTER TABLE {table} ADD COLUMN crc64 TEXT NOT NULL DEFAULT ''")
