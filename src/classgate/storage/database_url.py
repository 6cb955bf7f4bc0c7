"""Which database an address means."""

from urllib.parse import urlsplit

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from classgate.storage.database import Database
from classgate.storage.postgresql import PostgresqlDatabase
from classgate.storage.sqlite import SqliteDatabase, sqlite_path
from classgate.storage.sqlite_errors import describe

# What the drivers raise when a database is not there, does not let us in, or is something else.
CONNECTION_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

_POSTGRESQL = ("postgresql://", "postgres://")

# By the beginning of a SQLSTATE: what an operator sets right, in words.
_REFUSALS = {
    "28": "the server refuses this user or this password",
    "3D": "there is no such database on the server",
    "53": "the server takes no more connections",
    "57P03": "the server is starting or shutting down",
}


def explain_connection_error(error: BaseException) -> str:
    """What one of `UNUSABLE` means, without its message, which may hold parts of the address."""
    in_sqlite = describe(error)
    if in_sqlite is not None:
        return in_sqlite
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None))
    words = (words for start, words in _REFUSALS.items() if state.startswith(start))
    return next(words, type(error).__name__)


def is_postgresql(url: str) -> bool:
    """Whether this is the address of a PostgreSQL server; else it is that of a SQLite file."""
    return url.startswith(_POSTGRESQL)


def describe_url(url: str) -> str:
    """The address as it may be shown: without a password."""
    if not is_postgresql(url):
        return url
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def open_database(url: str) -> Database:
    """The database that the setting `database.url` names; it must exist and be migrated."""
    if is_postgresql(url):
        return PostgresqlDatabase(url)
    return SqliteDatabase(sqlite_path(url))
