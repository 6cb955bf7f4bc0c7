"""Copies, checks and replaces SQLite files.

Files are written atomically: under a temporary name in the same folder, which is renamed when the
file is complete and on the disk. After a kill, the next attempt overwrites the temporary file.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from classgate.refusals import BackupRefused

# The bytes that SQLite locks in a file in use (sqlite.org/fileformat: PENDING_BYTE).
_LOCK_BYTES = (512, 0x40000000)
_COMPANION_SUFFIXES = ("-wal", "-shm", "-journal")


@contextmanager
def write_atomically(target: Path, *, replace: bool) -> Iterator[Path]:
    """Yield a temporary file that becomes `target` when the block ends without an error.

    Only its owner can read it. BackupRefused: `target` exists and `replace` is not set, it is not a
    regular file, or another process is writing it.
    """
    if target.exists() and not target.is_file():
        raise BackupRefused(f"{target} is not a regular file")  # such as a device, like /dev/null
    if target.exists() and not replace:
        raise BackupRefused(f"{target} exists; --replace overwrites it")
    part = target.with_name(f".{target.name}.part")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupRefused(f"{target} is being written by another process") from error
        try:
            os.fchmod(descriptor, 0o600)
            os.ftruncate(descriptor, 0)
            _drop_companions(part)
            yield part
            os.fsync(descriptor)
            _publish(part, target, replace=replace)
        finally:
            part.unlink(missing_ok=True)
            _drop_companions(part)
    finally:
        os.close(descriptor)
    sync_folder(target.parent)


def copy_database(source: Path, target: Path) -> None:
    """Copy a consistent snapshot of the committed data; other processes may keep writing.

    sqlite3.Error: the source cannot be read, and the target is not usable.
    """
    _copy(source, target, "mode=rw")


def copy_backup(source: Path, target: Path) -> None:
    """Copy a file that is not in use, without changing it. sqlite3.Error: it cannot be read."""
    # A copy made by hand may have a `-wal`. Without one, the folder may be read-only.
    alone = not source.with_name(f"{source.name}-wal").exists()
    _copy(source, target, "mode=ro&immutable=1" if alone else "mode=ro")


def _copy(source: Path, target: Path, mode: str) -> None:
    address = f"file:{quote(str(source.absolute()))}?{mode}"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=30)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        writing.execute("PRAGMA journal_mode=OFF")
        writing.execute("PRAGMA synchronous=OFF")  # the caller syncs the complete file
        reading.backup(writing)


def is_intact(path: Path) -> bool:
    """Return whether SQLite's `quick_check` finds no fault."""
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))


def has_sqlite_header(path: Path) -> bool:
    """Return whether the file has a SQLite header.

    Other files must not be opened with SQLite, which would delete their companions.
    """
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def merge_wal(path: Path) -> None:
    """Merge the `-wal` into the file. sqlite3.Error: it is in use or damaged."""
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def has_tables(path: Path, names: set[str]) -> bool:
    """Return whether the database has all these tables. sqlite3.Error: it cannot be read."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return names <= {name for (name,) in rows}


def is_companion(path: Path, other: Path) -> bool:
    """Return whether `other` is a companion file of the database, such as its `-wal`."""
    names = {path.name + suffix for suffix in _COMPANION_SUFFIXES}
    return other.name in names and other.parent.resolve() == path.parent.resolve()


def require_unused(path: Path) -> None:
    """Require that no process has the database open, even if it is damaged. BackupRefused."""
    with path.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *_LOCK_BYTES)
        except BlockingIOError as error:
            raise _in_use(path) from error


def put_aside(path: Path, at: datetime) -> Path:
    """Give the current database a second name in the same folder, and return it.

    The first name stays until it is replaced. The `-wal` of a damaged database cannot be merged, so
    its companions are renamed. BackupRefused: it is in use.
    """
    aside = path.with_name(f"{path.name}.replaced-{at:%Y%m%dT%H%M%SZ}")
    try:
        if has_sqlite_header(path):
            merge_wal(path)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in {
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
        }:
            raise _in_use(path) from error
    os.link(path, aside)
    move_companions(path, aside)
    return aside


def move_companions(path: Path, to: Path) -> None:
    """Rename the companions of a database, so that they do not affect its successor."""
    for suffix in _COMPANION_SUFFIXES:
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.rename(to.with_name(to.name + suffix))


def _in_use(path: Path) -> BackupRefused:
    return BackupRefused(
        f"{path} is in use: first stop the service and every other program that has it open"
    )


def sync_folder(folder: Path) -> None:
    """Sync the folder, so that its file names are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _publish(part: Path, target: Path, *, replace: bool) -> None:
    if replace:
        part.replace(target)
        return
    try:
        os.link(part, target)  # unlike a rename, this never overwrites
    except FileExistsError as error:
        raise BackupRefused(f"{target} exists; --replace overwrites it") from error


def _drop_companions(path: Path) -> None:
    for suffix in _COMPANION_SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
