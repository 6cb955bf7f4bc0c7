"""Lists of classrooms. Each reads by an index, however many classes there are.

A viewer sees the open classes and those that the viewer belongs to. No index holds both, so the
newest of each are read, and the page is taken from the two.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    union,
)

from classgate.accounts.identifiers import find_folded
from classgate.accounts.models import Account, AccountRole
from classgate.accounts.repository import accounts
from classgate.classrooms.models import Classroom, ClassroomRole, ClassroomState, ListFilter
from classgate.classrooms.repository import (
    CLASSROOM,
    IS_NOT_OVER,
    WITH_HOST,
    classrooms,
    memberships,
    to_classroom,
)
from classgate.storage.database import DatabaseConnection, Instant
from classgate.storage.statements import LIMIT, Statement

_MANY = 1000
_FIRST = 2**62
"""Behind every number of a class."""

_ID = classrooms.c.classroom_id
_BEFORE = bindparam("before", type_=BigInteger)


def is_membership_of_viewer(role: AccountRole) -> ColumnElement[bool]:
    """Return the condition that a membership is of the viewer, an account of this role, and opens
    the class.

    The parameters are `viewer_id`, the number of the account, and `now`.
    """
    is_kicked = and_(
        memberships.c.kicked_at.is_not(None),
        or_(
            memberships.c.kicked_until.is_(None),
            memberships.c.kicked_until > bindparam("now", type_=Instant),
        ),
    )
    wanted = [memberships.c.account_id == bindparam("viewer_id"), not_(is_kicked)]
    if role is not AccountRole.TEACHER:  # a former host's membership grants nothing
        wanted.append(memberships.c.role != ClassroomRole.HOST)
    return and_(*wanted)


def select_open(*wanted: ColumnElement[bool]) -> Select[tuple[int]]:
    """Select the numbers of open classes."""
    return select(_ID).where(classrooms.c.open, *wanted)


def select_own(
    role: AccountRole,
    *wanted: ColumnElement[bool],
    before: BindParameter[int] | None = None,
) -> Select[tuple[int]]:
    """Select the numbers of the classes that the viewer belongs to, with the conditions wanted."""
    own = memberships.c.classroom_id
    selected = select(own).where(is_membership_of_viewer(role))
    if before is not None:
        selected = selected.where(own < before).order_by(own.desc())
    if wanted:
        selected = selected.join(classrooms, own == _ID).where(*wanted)
    return selected


def is_visible_to(role: AccountRole) -> ColumnElement[bool]:
    """Return the condition for classes that the viewer may see, for a look at one class each."""
    own = exists().where(memberships.c.classroom_id == _ID, is_membership_of_viewer(role))
    return or_(classrooms.c.open, own)


_FIND_MANIETH = Statement(
    select(memberships.c.classroom_id)
    .where(memberships.c.account_id == bindparam("viewer_id"))
    .order_by(memberships.c.classroom_id)
    .offset(_MANY)
    .limit(1)
)


async def belongs_to_many(connection: DatabaseConnection, viewer: Account) -> bool:
    """Return whether the viewer's own classes are too many to look through.

    They are then found among the classes that fit the filters, which have indexes.
    """
    if viewer.role is AccountRole.ADMIN:
        return False
    values = {"viewer_id": viewer.account_id}
    return await connection.fetch_one(_FIND_MANIETH, values) is not None


def either(*selected: Select[tuple[int]]) -> CompoundSelect[Any]:
    """Select what any of these, which may be sorted and limited, selects."""
    parts = [each.subquery() for each in selected]
    return union(*(select(part.c.classroom_id) for part in parts))


_time = func.coalesce(classrooms.c.starts_at, classrooms.c.created_at, type_=Instant)
# By the parameter that each one needs.
_FILTERS = {
    "state": classrooms.c.state == bindparam("state"),
    "host": classrooms.c.host_id
    == select(accounts.c.account_id)
    .where(accounts.c.identifier_folded == bindparam("host"))
    .scalar_subquery(),
    "starts_from": _time >= bindparam("starts_from"),
    "starts_before": _time < bindparam("starts_before"),
}


@cache
def _list(role: AccountRole, filters: frozenset[str], many: bool) -> Statement:
    wanted = [_ID < _BEFORE, *(_FILTERS[name] for name in sorted(filters))]
    order: ColumnElement[int] = _ID
    if "starts_from" in filters:
        # By the index of times: most lists are of the present and the future, which are few.
        order = _ID + literal_column("0")
        wanted[0] = order < _BEFORE
    page = select(*CLASSROOM).select_from(WITH_HOST).order_by(_ID.desc()).limit(LIMIT)
    if role is AccountRole.ADMIN or many:
        visible_too = [is_visible_to(role)] if many else []
        page = page.where(*wanted, *visible_too).order_by(None).order_by(order.desc())
        return Statement(page)
    visible = either(
        select_open(*wanted).order_by(order.desc()).limit(LIMIT),
        select_own(role, *wanted[1:], before=_BEFORE).limit(LIMIT),
    )
    return Statement(page.where(_ID.in_(visible)))


async def list_classrooms(
    connection: DatabaseConnection,
    viewer: Account,
    wanted: ListFilter,
    before: int | None,
    limit: int,
    now: datetime,
) -> Sequence[Classroom]:
    """Return the visible classes, newest first, with ids below `before`."""
    host = None if wanted.host is None else find_folded(wanted.host)
    if wanted.host is not None and host is None:
        return []  # invalid as an identifier
    possible = {
        "state": wanted.state,
        "host": host,
        "starts_from": wanted.starts_from,
        "starts_before": wanted.starts_before,
    }
    given = {name: value for name, value in possible.items() if value is not None}
    values = {
        **given,
        "before": _FIRST if before is None else before,
        "viewer_id": viewer.account_id,
        "now": now,
        "limit": limit,
    }
    many = bool(given) and await belongs_to_many(connection, viewer)
    rows = await connection.fetch_all(_list(viewer.role, frozenset(given), many), values)
    return [to_classroom(row) for row in rows]


_LIST_HOSTED = Statement(
    select(_ID)
    .where(classrooms.c.host_id == bindparam("host_id"), IS_NOT_OVER)
    .order_by(_ID)
    .limit(LIMIT)
)
_COUNT_LIVE = Statement(
    select(func.count().label("live"))
    .select_from(classrooms)
    .where(classrooms.c.state == ClassroomState.LIVE)
)


async def list_hosted(connection: DatabaseConnection, account_id: int, limit: int) -> Sequence[int]:
    """Return the numbers of unfinished classes of this host, oldest first."""
    rows = await connection.fetch_all(_LIST_HOSTED, {"host_id": account_id, "limit": limit})
    return [row.classroom_id for row in rows]


async def count_live(connection: DatabaseConnection) -> int:
    """Return the number of live classes."""
    row = await connection.fetch_one(_COUNT_LIVE)
    return 0 if row is None else int(row.live)
