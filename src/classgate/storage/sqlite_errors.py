"""Classification of SQLite's errors."""

import sqlite3

_DESCRIPTIONS = {
    sqlite3.SQLITE_BUSY: "another program holds the database",
    sqlite3.SQLITE_LOCKED: "another program holds the database",
    sqlite3.SQLITE_PERM: "the file may not be used; look at its permissions",
    sqlite3.SQLITE_READONLY: "the file cannot be written; look at its permissions and its disk",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_NOTADB: "the file is no database",
}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# A wrong statement or a violated constraint: our fault, not the database's.
_PROGRAM_ERRORS = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.NotSupportedError,
)


def is_unavailability(error: sqlite3.Error) -> bool:
    """Return whether the database is busy, full, damaged, missing or not ours."""
    return not isinstance(error, _PROGRAM_ERRORS)


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether another process holds the lock."""
    return _code(error) in _BUSY


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether the file is damaged, or not a database."""
    return _code(error) in _DAMAGED


def is_lasting(error: sqlite3.Error) -> bool:
    """Return whether other statements will probably fail too: the disk or the file is at fault."""
    return _code(error) in _DESCRIPTIONS and not is_busy(error)


def describe(error: BaseException) -> str | None:
    """Describe the error for the operator; None if there is no description."""
    return _DESCRIPTIONS.get(_code(error))


def _code(error: BaseException) -> int:
    # The migrations run through SQLAlchemy, which wraps the driver's error.
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return int(code) & 0xFF
