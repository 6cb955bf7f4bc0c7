"""Database URLs: which database an address means."""

import time
from collections.abc import Callable

from classgate.storage.database import Database
from classgate.storage.postgresql_rate_limits import PostgresqlRateLimitStore
from classgate.storage.rate_limits import InProcessRateLimitStore, RateLimitStore
from classgate.storage.sqlite import SqliteDatabase, sqlite_path

_POSTGRESQL = ("postgresql://", "postgres://")


def is_postgresql(url: str) -> bool:
    """Return whether it is the address of a PostgreSQL server; else it is a SQLite file."""
    return url.startswith(_POSTGRESQL)


def describe_url(url: str) -> str:
    """Return the address without its password."""
    if not is_postgresql(url):
        return url
    address, _, parameters = url.partition("://")[2].partition("?")
    if "@" in parameters:  # perhaps the end of a password that was not encoded
        return "postgresql://…"
    return f"postgresql://{address.rpartition('@')[2]}"


def open_database(url: str, monotonic: Callable[[], float] = time.monotonic) -> Database:
    """Open the database of `database.url`; it must exist and be migrated."""
    if is_postgresql(url):
        from classgate.storage.postgresql import PostgresqlDatabase  # noqa: PLC0415 - its driver takes 3 MiB

        return PostgresqlDatabase(url, monotonic)
    return SqliteDatabase(sqlite_path(url))


def open_rate_limits(url: str, database: Database) -> RateLimitStore:
    """Return the rate limits of the processes that serve over this database."""
    return PostgresqlRateLimitStore(database) if is_postgresql(url) else InProcessRateLimitStore()
