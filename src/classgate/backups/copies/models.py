"""The result of a copy to a server, and its progress."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from classgate.backups.models import AuditState

Progress = Callable[[int, int], None]
"""Called with the rows that are done and all rows; each is written once and read back once."""


@dataclass(frozen=True)
class CopiedTable:
    """A table that is equal on both sides."""

    name: str
    rows: int
    digest: str
    """Of all rows, in no order; the same for the file and for the server."""


@dataclass(frozen=True)
class Copied:
    """A school that was copied."""

    source: Path
    target: str
    """The address without its password."""
    schema: str
    tables: tuple[CopiedTable, ...]
    audit: AuditState
    is_source_marked: bool
    """Whether the file is not served any more."""
