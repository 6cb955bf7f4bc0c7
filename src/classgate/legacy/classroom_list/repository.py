"""Pages of classrooms by offset, with the total."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import ColumnElement, Integer, bindparam, func, not_, or_, select

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
from classgate.storage.statements import LIMIT, Statement, Values, one_of

_EPOCH = datetime.fromtimestamp(0, UTC)

_BEGUN_BEFORE = or_(
    classrooms.c.created_at < bindparam("begun_before"),
    classrooms.c.started_at < bindparam("begun_before"),
)
# By the name of the filter.
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "classroom_id": classrooms.c.classroom_id == bindparam("classroom_id"),
    "begun_after": classrooms.c.recent_at >= bindparam("begun_after"),
    "begun_before": _BEGUN_BEFORE,
    # A class that has not started counts as started in 1970, as in the 2017 backend.
    "begun_before_or_never": or_(_BEGUN_BEFORE, classrooms.c.started_at.is_(None)),
    "host_id": classrooms.c.host_id == bindparam("host_id"),
    "state": classrooms.c.state == bindparam("state"),
}
_Filters = frozenset[str]


async def list_page(
    connection: DatabaseConnection,
    viewer: Account,
    wanted: ClassroomListFilter,
    host_id: int | None,
    offset: int,
    limit: int,
) -> tuple[Sequence[Classroom], int]:
    """Return a page of the classes that the viewer may see, most recent first, and the total."""
    filters, values = _filters(wanted, host_id)
    values = {**values, "viewer_id": viewer.account_id}
    total = await _count(connection, viewer.role, filters, values)
    if offset >= total or limit == 0:
        return [], total
    rows = await connection.fetch_all(
        _list(viewer.role, filters), {**values, "offset": offset, "limit": limit}
    )
    return [to_classroom(row) for row in rows], total


def _filters(wanted: ClassroomListFilter, host_id: int | None) -> tuple[_Filters, Values]:
    """Return the names of the conditions, and their values."""
    given = {
        "classroom_id": wanted.classroom_id,
        "begun_after": wanted.begun_after,
        "begun_before": wanted.begun_before,
        "host_id": host_id,
        "state": wanted.state,
    }
    values = {name: value for name, value in given.items() if value is not None}
    names = set(values)
    if wanted.begun_before is not None and wanted.begun_before > _EPOCH:
        names ^= {"begun_before", "begun_before_or_never"}
    return frozenset(names), values


async def _count(
    connection: DatabaseConnection, role: AccountRole, filters: _Filters, values: Values
) -> int:
    """Count open and other classes separately, because each count can use an index."""
    if role is AccountRole.ADMIN:
        statements = [_count_all(filters)]
    else:
        statements = [_count_open(filters), _count_own(role, filters)]
    rows = [await connection.fetch_one(statement, values) for statement in statements]
    return sum(row.total for row in rows if row is not None)


@cache
def _list(role: AccountRole, filters: _Filters) -> Statement:
    return Statement(
        select(*CLASSROOM)
        .select_from(WITH_HOST)
        .where(*visible_to(role), *_conditions(filters))
        .order_by(classrooms.c.recent_at.desc(), classrooms.c.classroom_id.desc())
        .offset(bindparam("offset", type_=Integer))
        .limit(LIMIT)
    )


@cache
def _count_all(filters: _Filters) -> Statement:
    return _count_where(_conditions(filters))


@cache
def _count_open(filters: _Filters) -> Statement:
    # The index of open classes begins with the state, so the condition always names states.
    states = one_of(classrooms.c.state, ClassroomState)
    return _count_where([classrooms.c.open, states, *_conditions(filters)])


@cache
def _count_own(role: AccountRole, filters: _Filters) -> Statement:
    own = classrooms.c.classroom_id.in_(select_memberships_of(role))
    return _count_where([not_(classrooms.c.open), own, *_conditions(filters)])


def _count_where(conditions: Sequence[ColumnElement[bool]]) -> Statement:
    return Statement(select(func.count().label("total")).select_from(classrooms).where(*conditions))


def _conditions(filters: _Filters) -> list[ColumnElement[bool]]:
    return [_CONDITIONS[name] for name in sorted(filters)]
