"""What a backup and a restore tell about themselves."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class AuditState:
    """What the audit in a copy looked like. No faults: unbroken."""

    chains: int
    rows: int
    newest_at: datetime | None
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Backup:
    """A copy that was made and looked at. `audit` is None when its schema is an older one."""

    file: Path
    size: int
    schema: str
    audit: AuditState | None


@dataclass(frozen=True)
class Numbers:
    """The next number of each kind, so that none is given a second time."""

    account: int
    classroom: int


@dataclass(frozen=True)
class Restored:
    """What was put in place, and what ended by that."""

    database: Path
    put_aside: Path | None  # the database that was there before
    schema_before: str
    audit: AuditState
    sessions_ended: int
    leases_ended: int
    next_numbers: Numbers
