"""Whether the files that SQLite has open are still the ones that the database's path names.

SQLite writes into the files that it opened, whatever becomes of their names. After `rm`, `mv` or a
replacement its commits go where nobody finds them: after a restart nothing is known of what was
given since. No file is opened here: closing it would drop the locks that SQLite has on it.
"""

import os
from pathlib import Path

import structlog

log = structlog.get_logger("classgate.storage")

_Identity = tuple[int, int]  # device and inode
_ROOM = 1024 * 1024


class OpenDatabaseFiles:
    """The database, its `-wal` and its `-shm`, as they are right after SQLite opened them."""

    def __init__(self, path: Path) -> None:
        real = path.resolve()  # SQLite keeps the other two beside it, not beside a symbolic link
        beside = (real.with_name(f"{real.name}{end}") for end in ("-wal", "-shm"))
        opened = ((each, _identity_of(each)) for each in (path.absolute(), *beside))
        # Where WAL is not possible there are no companions to compare.
        self._opened = {each: identity for each, identity in opened if identity is not None}
        self._said: str | None = None
        self._replaced: str | None = None

    def find_fault(self) -> str | None:
        """What is wrong, in words for the operator; None while all are in their places.

        A file that was moved away and back is taken again. After another file was seen in its place
        only a restart helps: who opened that one may have written into ours as well.
        """
        fault = self._replaced or self._check()
        if fault != self._said:  # once, not for each request
            self._said = fault
            if fault is None:
                log.warning("database files are back in their places")
            else:
                log.error("database file lost", reason=fault)
        return fault

    def _check(self) -> str | None:
        for path, opened in self._opened.items():
            found = _identity_of(path)
            if found is None:
                return (
                    f"{path} was moved or removed while the database is open, so nothing is given; "
                    "move the same file back, or copy what is left, stop the service and restore"
                )
            if found != opened:
                self._replaced = (
                    f"{path} was replaced while the database is open, so nothing is given; stop "
                    "the service, see that the right files are in place, and start it"
                )
                return self._replaced
        return None


def find_full_disk(path: Path) -> str | None:
    """That the disk is nearly full: a small write may still go well where a grant does not."""
    try:
        disk = os.statvfs(path)
    except OSError:
        return None  # then there is more amiss, and others say it
    if disk.f_bavail * disk.f_frsize < _ROOM:
        return f"the disk of {path} is full"
    return None


def _identity_of(path: Path) -> _Identity | None:
    """None also when it cannot be told: then it is not certain that the file is there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
