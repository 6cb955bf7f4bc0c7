"""SQLite files: copied whole, looked at, and put in the place of another. Knows nothing of classes.

A file appears under its name when it is whole and on the disk, or not at all: it is written under
another name beside it. What a kill leaves is that other file, and the next attempt overwrites it.
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

# Where SQLite locks a file that is in use, whatever is in it (sqlite.org/fileformat: PENDING_BYTE).
_LOCK_BYTES = (512, 0x40000000)
_BESIDE = ("-wal", "-shm", "-journal")


@contextmanager
def written_whole(target: Path, *, replace: bool) -> Iterator[Path]:
    """A file to write; when the block ends well it becomes `target`, for its owner's eyes only.

    Conflict: `target` is there and is not to be replaced, or no plain file, or somebody else is
    writing it now.
    """
    if target.exists() and not target.is_file():
        raise BackupRefused(f"{target} is no plain file")  # a device would be gone for everybody
    if target.exists() and not replace:
        raise BackupRefused(f"{target} is there already; --replace overwrites it")
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
    """Everything that is committed in `source` at one moment, while others may write on there.

    sqlite3.Error: the source cannot be read. Then the target is to be thrown away.
    """
    _copy(source, target, "mode=rw")


def copy_backup(source: Path, target: Path) -> None:
    """The same of a file that nobody writes, without touching it. sqlite3.Error: cannot be read."""
    # A copy by hand may have brought its `-wal`; alone it may lie where nothing can be written.
    alone = not source.with_name(f"{source.name}-wal").exists()
    _copy(source, target, "mode=ro&immutable=1" if alone else "mode=ro")


def _copy(source: Path, target: Path, mode: str) -> None:
    address = f"file:{quote(str(source.absolute()))}?{mode}"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=30)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        writing.execute("PRAGMA journal_mode=OFF")
        writing.execute("PRAGMA synchronous=OFF")  # it is put on the disk as a whole, at the end
        reading.backup(writing)


def is_sound(path: Path) -> bool:
    """Whether SQLite finds every page of it in order."""
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))


def begins_as_one(path: Path) -> bool:
    """Whether a file begins as a database does. One that does not is not shown to SQLite, which
    would throw away what lies beside it."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"


def make_one_file(path: Path) -> None:
    """Put what stands in the `-wal` beside it into the file itself. sqlite3.Error: cannot."""
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def has_tables(path: Path, names: set[str]) -> bool:
    """Whether all of these are there. sqlite3.Error: cannot be read."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return names <= {name for (name,) in rows}


def lies_beside(path: Path, other: Path) -> bool:
    """Whether the other is what SQLite keeps beside a database."""
    names = {path.name + end for end in _BESIDE}
    return other.name in names and other.parent.resolve() == path.parent.resolve()


def require_unused(path: Path) -> None:
    """Conflict: a process has the database open. Whether it can be read plays no part."""
    with path.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, *_LOCK_BYTES)
        except BlockingIOError as error:
            raise _in_use(path) from error


def put_aside(path: Path, at: datetime) -> Path:
    """Another name for the database that is there, beside its own, which it keeps for now.

    A damaged one cannot be made one file; its companions go under that name too. Conflict: it is
    in use.
    """
    aside = path.with_name(f"{path.name}.replaced-{at:%Y%m%dT%H%M%SZ}")
    try:
        if begins_as_one(path):
            make_one_file(path)
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
    """What SQLite keeps beside a file must not be taken for another's that gets its name."""
    for end in _BESIDE:
        companion = path.with_name(path.name + end)
        if companion.exists():
            companion.rename(to.with_name(to.name + end))


def _in_use(path: Path) -> BackupRefused:
    return BackupRefused(
        f"{path} is in use: stop the service, and whatever else has it open, first"
    )


def sync_folder(folder: Path) -> None:
    """Put the names in it on the disk."""
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
        os.link(part, target)  # unlike a rename it overwrites nothing
    except FileExistsError as error:
        raise BackupRefused(f"{target} is there already; --replace overwrites it") from error


def _drop_companions(path: Path) -> None:
    for end in _BESIDE:
        path.with_name(path.name + end).unlink(missing_ok=True)
