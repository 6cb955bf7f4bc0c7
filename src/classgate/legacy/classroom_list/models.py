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


# Compared by identity, so that its text can be kept.
@dataclass(frozen=True, kw_only=True, eq=False)
class ClassroomListEntry:
    """A class with the details shown in a list; those of a replay are None if it has none.

    The times are Unix seconds, but for the one that is compared.
    """

    classroom_id: int
    title: str
    cover_url: str | None
    state: ClassroomState
    host: str  # an identifier
    begin_time: int | None
    end_time: int | None
    requestable_at: datetime | None
    request_time: int | None
    index_time: int | None
    index_result: int | None
    index_url: str | None
    present: int


@dataclass(frozen=True)
class ClassroomListPage:
    """A page of classes, most recent first, and the total."""

    entries: tuple[ClassroomListEntry, ...]
    total: int


Place = tuple[datetime, int]
"""The place of a class in the list: the later of creation and start, and its number."""


@dataclass(frozen=True)
class OpenClasses:
    """The most recent of the open classes, and how many there are, counted up to a bound.

    `are_alone`: no closed class is as recent as one of these, nor changes the number.
    """

    entries: tuple[ClassroomListEntry, ...]
    places: tuple[Place, ...]
    total: int
    are_alone: bool
