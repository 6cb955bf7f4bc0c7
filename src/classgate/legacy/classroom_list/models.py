"""The list of classes by offset, with totals."""

from dataclasses import dataclass
from datetime import datetime

from classgate.classrooms.models import ClassroomState


@dataclass(frozen=True, kw_only=True)
class ClassroomListFilter:
    """Filter of a list by offset; None does not filter."""

    classroom_id: int | None = None
    begun_after: datetime | None = None  # created or started at that time or later
    begun_before: datetime | None = None  # created or started before that, or not started yet
    host: str | None = None  # an identifier
    state: ClassroomState | None = None


@dataclass(frozen=True, kw_only=True)
class ClassroomListEntry:
    """A class with the details shown in a list; those of a replay are None if it has none."""

    classroom_id: int
    title: str
    cover_url: str | None
    state: ClassroomState
    host: str  # an identifier
    started_at: datetime | None
    ended_at: datetime | None
    requestable_at: datetime | None
    requested_at: datetime | None
    indexed_at: datetime | None
    index_result: int | None
    index_url: str | None
    present: int


@dataclass(frozen=True)
class ClassroomListPage:
    """A page of classes, most recent first, and the total."""

    entries: tuple[ClassroomListEntry, ...]
    total: int
