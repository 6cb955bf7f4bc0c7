"""The data directory of `classgate demo`: locking it, and emptying it for `--fresh`."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classgate.errors import ConfigurationError

_LOCK = "demo.lock"
# Only these files are removed, in case --data-dir names a wrong directory.
_DEMO_FILES = (
    "classgate.db",
    "classgate.db-shm",
    "classgate.db-wal",
    "classgate.log",
    "classgate.toml",
    "demo.json",
    "emulator",
)


@contextmanager
def lock_folder(folder: Path, *, fresh: bool) -> Iterator[None]:
    """Lock the directory for the block; with `fresh`, remove the files of an earlier demo.

    ConfigurationError: another demo uses it, or it cannot be written.
    """
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigurationError([f"{folder} cannot be written ({error.strerror})"]) from error
    try:
        _lock(descriptor, folder)
        if fresh:
            _empty(folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        fault = f"--data-dir: another demo uses {folder}; stop it, or name another directory"
        raise ConfigurationError([fault]) from error


def _empty(folder: Path) -> None:
    try:
        for name in _DEMO_FILES:
            path = folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError([f"{folder} cannot be emptied ({error.strerror})"]) from error
