"""The mark of a SQLite file whose school was copied to a server, so that only one is served.

It is SQLite's `application_id`, a number in the head of the file that no other program changes and
that needs no table.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

_COPIED: Final = 0x636F7079


def set_mark(connection: sqlite3.Connection, *, is_copied: bool) -> None:
    """Set or remove the mark; it is part of the transaction."""
    connection.execute(f"PRAGMA application_id = {_COPIED if is_copied else 0}")


def is_marked(path: Path) -> bool:
    """Return whether there is a file with the mark. sqlite3.Error: it cannot be read."""
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("PRAGMA application_id").fetchone()
    return bool(found == _COPIED)


def remove_mark(path: Path) -> None:
    """Remove the mark. sqlite3.Error: it cannot be written."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        set_mark(connection, is_copied=False)
