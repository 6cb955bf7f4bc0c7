"""Pages of classrooms by offset, with how many there are in all."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, or_, select

from classgate.accounts.models import Account
from classgate.classrooms.models import Classroom, DirectoryFilter
from classgate.classrooms.repository import CLASSROOM, WITH_HOST, classrooms, seen_by, to_classroom
from classgate.storage.database import Queries

_EPOCH = datetime.fromtimestamp(0, UTC)


async def list_page(
    queries: Queries,
    viewer: Account,
    wanted: DirectoryFilter,
    host_id: int | None,
    offset: int,
    limit: int,
) -> tuple[Sequence[Classroom], int]:
    """Some classes that the viewer may see, the most recently begun first; and how many in all."""
    conditions = [*seen_by(viewer), *_conditions(wanted, host_id)]
    counted = await queries.fetch_one(
        select(func.count().label("total")).select_from(classrooms).where(*conditions)
    )
    rows = await queries.fetch_all(
        select(*CLASSROOM)
        .select_from(WITH_HOST)
        .where(*conditions)
        .order_by(classrooms.c.recent_at.desc(), classrooms.c.classroom_id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [to_classroom(row) for row in rows], 0 if counted is None else counted["total"]


def _conditions(wanted: DirectoryFilter, host_id: int | None) -> list[ColumnElement[bool]]:
    created, started = classrooms.c.created_at, classrooms.c.started_at
    conditions: list[ColumnElement[bool]] = []
    if wanted.classroom_id is not None:
        conditions.append(classrooms.c.classroom_id == wanted.classroom_id)
    if wanted.begun_after is not None:
        conditions.append(classrooms.c.recent_at >= wanted.begun_after)
    if wanted.begun_before is not None:
        before = wanted.begun_before
        begun = or_(created < before, started < before)
        # A class that has not started counts as started in 1970, as the old backend had it.
        conditions.append(or_(begun, started.is_(None)) if before > _EPOCH else begun)
    if host_id is not None:
        conditions.append(classrooms.c.host_id == host_id)
    if wanted.state is not None:
        conditions.append(classrooms.c.state == wanted.state)
    return conditions
