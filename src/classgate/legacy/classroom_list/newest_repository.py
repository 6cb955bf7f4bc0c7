"""The newest classes: the open ones, which everybody sees alike, and the viewer's own closed ones.

The former can be read once for many viewers, the latter are few.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, bindparam, func, literal, not_, select, true

from classgate.accounts.models import Account, AccountRole
from classgate.classrooms.list_repository import select_open, select_own
from classgate.classrooms.repository import classrooms
from classgate.legacy.classroom_list.models import ClassroomListEntry, OpenClasses, Place
from classgate.legacy.classroom_list.repository import (
    COUNTED_AHEAD,
    ENTRY,
    LATEST_FIRST,
    REACH,
    WITH_DETAILS,
)
from classgate.storage.commit_cache import COMMIT_MARK
from classgate.storage.database import DatabaseConnection, Instant
from classgate.storage.statements import LIMIT, Row, Statement, in_list, to_dataclass

MOST_OWN = 100
"""How many closed classes of a viewer are looked through."""

_WIDTH = len(ENTRY)
_OPEN = select_open().limit(REACH).subquery()
# By itself: beside the page SQLite may build an index of all classes for it.
_COUNT_OPEN = Statement(select(func.count().label("total")).select_from(_OPEN))
_LIST_OPEN = Statement(
    select(*ENTRY, classrooms.c.recent_at)
    .select_from(WITH_DETAILS)
    .where(classrooms.c.open)
    .order_by(*LATEST_FIRST)
    .limit(LIMIT)
)
# By the index of the order, which has few classes since the last one of a page up to a closed one.
_FIND_CLOSED = Statement(
    select(classrooms.c.classroom_id)
    .where(not_(classrooms.c.open), classrooms.c.recent_at >= bindparam("since", type_=Instant))
    .order_by(classrooms.c.recent_at, classrooms.c.classroom_id)
    .limit(1)
)
_FIND_MARK = Statement(select(COMMIT_MARK.label("mark")))
_LIST_NUMBERS = Statement(
    select(*ENTRY)
    .select_from(WITH_DETAILS)
    .where(in_list(classrooms.c.classroom_id, "classroom_ids"))
)


@cache
def _find_own(role: AccountRole) -> Statement:
    """Return the mark, once for each class or once alone."""
    own = (
        select_own(role, not_(classrooms.c.open))
        .add_columns(classrooms.c.recent_at)
        .limit(LIMIT)
        .subquery()
    )
    once = select(literal(1, Integer).label("once")).subquery()
    return Statement(
        select(COMMIT_MARK.label("mark"), own.c.recent_at, own.c.classroom_id).select_from(
            once.outerjoin(own, true())
        )
    )


async def find_mark(connection: DatabaseConnection) -> object:
    """Return the mark of what is committed."""
    row = await connection.fetch_one(_FIND_MARK)
    return None if row is None else row.mark


async def find_own(
    connection: DatabaseConnection, viewer: Account, now: datetime
) -> tuple[object, Sequence[Place]]:
    """Return the mark of what is committed, and the closed classes that the viewer may see.

    More than `MOST_OWN` are not all. Not for an admin, who sees every class.
    """
    values = {"viewer_id": viewer.account_id, "now": now, "limit": MOST_OWN + 1}
    rows = await connection.fetch_all(_find_own(viewer.role), values)
    return rows[0].mark, [tuple(row[1:]) for row in rows if row.classroom_id is not None]


async def list_open(connection: DatabaseConnection, limit: int) -> OpenClasses:
    """Return the most recent open classes."""
    reach = limit + COUNTED_AHEAD
    counted = await connection.fetch_one(_COUNT_OPEN, {"reach": reach})
    total = 0 if counted is None else counted.total
    rows = await connection.fetch_all(_LIST_OPEN, {"limit": limit})
    are_alone = total == reach and (
        await connection.fetch_one(_FIND_CLOSED, {"since": rows[-1].recent_at}) is None
    )
    return OpenClasses(
        tuple(_to_entry(row) for row in rows),
        tuple((row.recent_at, row.classroom_id) for row in rows),
        total,
        are_alone,
    )


async def find_entries(
    connection: DatabaseConnection, classroom_ids: Collection[int]
) -> Mapping[int, ClassroomListEntry]:
    """Return the classes with these numbers, without asking who may see them."""
    rows = await connection.fetch_all(_LIST_NUMBERS, {"classroom_ids": classroom_ids})
    return {row.classroom_id: _to_entry(row) for row in rows}


def _to_entry(row: Row) -> ClassroomListEntry:
    return to_dataclass(ClassroomListEntry, row)
