"""Ensures one server per SQLite file, however its path is spelled. Commands need no such lock.

It uses `flock`, which the kernel releases when the process ends. It is independent of SQLite's
locks.
"""

import fcntl
import os
import re
from pathlib import Path
from types import TracebackType

_NO_LINK = os.O_NOFOLLOW | os.O_CLOEXEC


class LockedByAnotherServer(Exception):
    """Another server or a restore holds the lock. `process` is its id, if known."""

    def __init__(self, process: int | None) -> None:
        super().__init__()
        self.process = process

    def __str__(self) -> str:
        return "another process" if self.process is None else f"process {self.process}"


class ServerLock:
    """A lock held until `close`, or until the process ends. LockedByAnotherServer; OSError.

    It locks two files: one beside the database, which survives a replacement of the database and
    names the holder, and the database itself, which may have a hard link. Acquire it before opening
    the database and close it after: closing the file drops SQLite's locks.
    """

    def __init__(self, path: Path) -> None:
        real = path.resolve()
        self._file = lock_file_path(real)
        self._descriptors: list[int] = []
        try:
            lock = self._take_lock_file()
            if real.exists() and not self._take(real, os.O_RDONLY | _NO_LINK):
                raise LockedByAnotherServer(None)  # noqa: TRY301 — its cleaning up is that of all others
            os.fchmod(lock, 0o600)
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            self.close()
            raise

    def _take_lock_file(self) -> int:
        """Return the locked file that still has its name: the previous holder may have removed
        it.
        """
        while True:
            if not self._take(self._file, os.O_RDWR | os.O_CREAT | _NO_LINK):
                raise LockedByAnotherServer(_process_in(self._file))
            if self._is_named():
                return self._descriptors[0]
            os.close(self._descriptors.pop())

    def _take(self, path: Path, flags: int) -> bool:
        """Open and lock a file. False: it is locked by another process."""
        descriptor = os.open(path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptors.append(descriptor)
        return True

    def _is_named(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptors[0]), self._file.stat())
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Release the lock."""
        if self._descriptors and self._is_named():
            self._file.unlink()  # while held, so that no other process's file is removed
        while self._descriptors:
            os.close(self._descriptors.pop())

    def __enter__(self) -> "ServerLock":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        self.close()


def lock_file_path(path: Path) -> Path:
    """Return the path of the lock file of a database."""
    real = path.resolve()
    return real.with_name(f"{real.name}.lock")


def _process_in(lock: Path) -> int | None:
    try:
        text = lock.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return None
    return int(text) if re.fullmatch("[0-9]{1,10}", text) else None
