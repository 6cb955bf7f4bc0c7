"""Database URLs: which database an address means."""

from urllib.parse import urlsplit

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from classgate.storage.database import Database
from classgate.storage.postgresql import PostgresqlDatabase
from classgate.storage.sqlite import SqliteDatabase, sqlite_path
from classgate.storage.sqlite_errors import describe

# The drivers' errors for a missing, inaccessible or wrong database.
CONNECTION_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

_POSTGRESQL = ("postgresql://", "postgres://")

# By SQLSTATE prefix: what an operator can fix.
_REFUSALS = {
    "28": "the server refuses this user or this password",
    "3D": "there is no such database on the server",
    "53": "the server takes no more connections",
    "57P03": "the server is starting or shutting down",
}


def explain_connection_error(error: BaseException) -> str:
    """Describe a connection error without its message, which may contain parts of the address."""
    in_sqlite = describe(error)
    if in_sqlite is not None:
        return in_sqlite
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None))
    words = (words for start, words in _REFUSALS.items() if state.startswith(start))
    return next(words, type(error).__name__)


def is_postgresql(url: str) -> bool:
    """Return whether it is the address of a PostgreSQL server; else it is a SQLite file."""
    return url.startswith(_POSTGRESQL)


def describe_url(url: str) -> str:
    """Return the address without its password."""
    if not is_postgresql(url):
        return url
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def open_database(url: str) -> Database:
    """Open the database of `database.url`; it must exist and be migrated."""
    if is_postgresql(url):
        return PostgresqlDatabase(url)
    return SqliteDatabase(sqlite_path(url))
