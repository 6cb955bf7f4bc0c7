"""The results of a backup and a restore."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class AuditState:
    """The state of the audit in a copy. No faults: intact."""

    chains: int
    rows: int
    newest_at: datetime | None
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Backup:
    """A verified copy. `audit` is None when its schema is older."""

    file: Path
    size: int
    schema: str
    audit: AuditState | None


@dataclass(frozen=True)
class Numbers:
    """The next number of each kind, so that none is reused."""

    account: int
    classroom: int


@dataclass(frozen=True)
class Completed:
    """What ended, and where numbers go on, in a database that was put back."""

    audit: AuditState
    sessions_ended: int
    leases_ended: int
    next_numbers: Numbers


@dataclass(frozen=True)
class Restored(Completed):
    """The result of a restore."""

    database: Path | str  # the file, or the address without its password
    put_aside: Path | None  # the previous database
    schema_before: str
