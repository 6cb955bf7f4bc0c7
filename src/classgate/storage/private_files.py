"""Checks who else can access a SQLite file: names, password hashes and the audit are private."""

import stat
from pathlib import Path

from classgate.storage.server_lock import lock_file_path

_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


def find_permission_faults(path: Path) -> list[str]:
    """Return each excessive permission with its fix; none for a missing file."""
    real = path.resolve()
    beside = (real.with_name(f"{real.name}{end}") for end in ("-wal", "-shm", "-journal"))
    faults = [
        f"others can read or write {each}; run: chmod 600 {each}"
        for each in (real, *beside, lock_file_path(real))
        if each.exists() and each.stat().st_mode & _OTHERS
    ]
    # A group may share a folder. In a world-writable folder such as /tmp, only the sticky bit
    # protects files.
    folder = real.parent
    if folder.exists() and folder.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
        faults.append(f"everybody can replace files in {folder}; run: chmod o-w {folder}")
    return faults
