"""Who else can get at a SQLite file: names, password hashes and the audit are for nobody else."""

import stat
from pathlib import Path

from classgate.storage.server_lock import lock_file_path

_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


def find_permission_faults(path: Path) -> list[str]:
    """What is open to others, each with its remedy. None of a file that is not there."""
    real = path.resolve()
    beside = (real.with_name(f"{real.name}{end}") for end in ("-wal", "-shm", "-journal"))
    faults = [
        f"others can read or write {each}; run: chmod 600 {each}"
        for each in (real, *beside, lock_file_path(real))
        if each.exists() and each.stat().st_mode & _OTHERS
    ]
    # A group may share a folder. Where everybody may write, as in /tmp, files are safe from others
    # only with the sticky bit.
    folder = real.parent
    if folder.exists() and folder.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
        faults.append(f"everybody can replace files in {folder}; run: chmod o-w {folder}")
    return faults
