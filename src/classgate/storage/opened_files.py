"""Detects that SQLite's open files are no longer those of the database's path.

SQLite writes to its open files even after `rm`, `mv` or a replacement. Its commits are then lost:
after a restart nothing is known of what was issued since. This module opens no file, because
closing one would drop SQLite's locks.
"""

import os
from pathlib import Path

import structlog

log = structlog.get_logger("classgate.storage")

_Identity = tuple[int, int]  # device and inode
_MIN_FREE_BYTES = 1024 * 1024


class OpenDatabaseFiles:
    """The database, its `-wal` and its `-shm`, recorded right after SQLite opened them."""

    def __init__(self, path: Path) -> None:
        real = (
            path.resolve()
        )  # SQLite keeps the companions beside the real file, not beside a symbolic link
        beside = (real.with_name(f"{real.name}{end}") for end in ("-wal", "-shm"))
        paths = map(str, (path.absolute(), *beside))  # as texts, for they are looked at often
        opened = ((each, _identity_of(each)) for each in paths)
        # Without WAL there are no companions.
        self._opened = {each: identity for each, identity in opened if identity is not None}
        self._last_logged_fault: str | None = None
        self._replaced: str | None = None

    def find_fault(self) -> str | None:
        """Return the fault, for the operator; None while all files are in place.

        A file that was moved away and back is accepted. After another file was seen in its place
        only a restart helps, because its user may have written to ours as well.
        """
        fault = self._replaced or self._check()
        if fault != self._last_logged_fault:  # log it once, not for each request
            self._last_logged_fault = fault
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
    """Return a fault if the disk is nearly full: a small write may succeed where an issue fails."""
    try:
        disk = os.statvfs(path)
    except OSError:
        return None  # other checks report that
    if disk.f_bavail * disk.f_frsize < _MIN_FREE_BYTES:
        return f"the disk of {path} is full"
    return None


def _identity_of(path: str) -> _Identity | None:
    """Return the identity of a file; None if it is missing or unreadable."""
    try:
        found = os.stat(path)  # noqa: PTH116 - at each read, and faster
    except OSError:
        return None
    return found.st_dev, found.st_ino
