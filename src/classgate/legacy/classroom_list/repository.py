"""Pages of classrooms by offset, with the total."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, not_, or_, select

from classgate.accounts.models import Account, AccountRole
from classgate.classrooms.models import Classroom, ClassroomState
from classgate.classrooms.repository import (
    CLASSROOM,
    WITH_HOST,
    classrooms,
    select_memberships_of,
    to_classroom,
    visible_to,
)
from classgate.legacy.classroom_list.models import ClassroomListFilter
from classgate.storage.database import DatabaseConnection

_EPOCH = datetime.fromtimestamp(0, UTC)


async def list_page(
    connection: DatabaseConnection,
    viewer: Account,
    wanted: ClassroomListFilter,
    host_id: int | None,
    offset: int,
    limit: int,
) -> tuple[Sequence[Classroom], int]:
    """Return a page of the classes that the viewer may see, most recent first, and the total."""
    total = await _count(connection, viewer, wanted, host_id)
    if offset >= total or limit == 0:
        return [], total
    conditions = [*visible_to(viewer), *_conditions(wanted, host_id)]
    rows = await connection.fetch_all(
        select(*CLASSROOM)
        .select_from(WITH_HOST)
        .where(*conditions)
        .order_by(classrooms.c.recent_at.desc(), classrooms.c.classroom_id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [to_classroom(row) for row in rows], total


async def _count(
    connection: DatabaseConnection,
    viewer: Account,
    wanted: ClassroomListFilter,
    host_id: int | None,
) -> int:
    """Count open and other classes separately, because each count can use an index.

    The index of open classes begins with the state, so the condition always names states.
    """
    conditions = _conditions(wanted, host_id)
    if viewer.role is AccountRole.ADMIN:
        return await _count_where(connection, conditions)
    states = classrooms.c.state.in_(list(ClassroomState))
    opened = await _count_where(connection, [classrooms.c.open, states, *conditions])
    own = classrooms.c.classroom_id.in_(select_memberships_of(viewer))
    return opened + await _count_where(connection, [not_(classrooms.c.open), own, *conditions])


async def _count_where(
    connection: DatabaseConnection, conditions: list[ColumnElement[bool]]
) -> int:
    statement = select(func.count().label("total")).select_from(classrooms).where(*conditions)
    row = await connection.fetch_one(statement)
    return 0 if row is None else row["total"]


def _conditions(wanted: ClassroomListFilter, host_id: int | None) -> list[ColumnElement[bool]]:
    created, started = classrooms.c.created_at, classrooms.c.started_at
    conditions: list[ColumnElement[bool]] = []
    if wanted.classroom_id is not None:
        conditions.append(classrooms.c.classroom_id == wanted.classroom_id)
    if wanted.begun_after is not None:
        conditions.append(classrooms.c.recent_at >= wanted.begun_after)
    if wanted.begun_before is not None:
        before = wanted.begun_before
        begun = or_(created < before, started < before)
        # A class that has not started counts as started in 1970, as in the 2017 backend.
        conditions.append(or_(begun, started.is_(None)) if before > _EPOCH else begun)
    if host_id is not None:
        conditions.append(classrooms.c.host_id == host_id)
    if wanted.state is not None:
        conditions.append(classrooms.c.state == wanted.state)
    return conditions
