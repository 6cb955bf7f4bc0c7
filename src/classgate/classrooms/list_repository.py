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
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
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
from classgate.storage.commit_cache import COMMIT_MARK, CommitCache
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
    columns = [*CLASSROOM, COMMIT_MARK.label("mark")]
    page = select(*columns).select_from(WITH_HOST).order_by(_ID.desc()).limit(LIMIT)
    if role is AccountRole.ADMIN or many:
        visible_too = [is_visible_to(role)] if many else []
        page = page.where(*wanted, *visible_too).order_by(None).order_by(order.desc())
        return Statement(page)
    visible = either(
        select_open(*wanted).order_by(order.desc()).limit(LIMIT),
        select_own(role, *wanted[1:], before=_BEFORE).limit(LIMIT),
    )
    return Statement(page.where(_ID.in_(visible)))


# ── the newest classes, while nothing is committed ──────────────────────────────────────────────


_EVERY_CLASS = ListFilter()
_MOST_KEPT = 1000


class KeptClassrooms:
    """Classes that were read for somebody, whoever may see them, and which are the newest open."""

    def __init__(self) -> None:
        self.by_number: dict[int, Classroom] = {}
        self.newest_open: dict[int, Sequence[int]] = {}  # by how many of them

    def add(self, listed: Sequence[Classroom]) -> None:
        """Keep these classes."""
        if len(self.by_number) > _MOST_KEPT:
            self.by_number.clear()
        self.by_number.update((each.classroom_id, each) for each in listed)


_LIST_NEWEST_OPEN = Statement(select_open().order_by(_ID.desc()).limit(LIMIT))


@cache
def _list_newest_own(role: AccountRole) -> Statement:
    """Return the mark, once for each class or once alone."""
    own = select_own(role, before=_BEFORE).limit(LIMIT).subquery()
    once = select(literal(1, Integer).label("once")).subquery()
    mark = COMMIT_MARK.label("mark")
    return Statement(select(mark, own.c.classroom_id).select_from(once.outerjoin(own, true())))


async def _find_newest_own(
    connection: DatabaseConnection, viewer: Account, limit: int, now: datetime
) -> tuple[object, Sequence[int]]:
    """Return the mark of what is committed, and the newest of the viewer's own classes."""
    values = {"viewer_id": viewer.account_id, "now": now, "limit": limit, "before": _FIRST}
    rows = await connection.fetch_all(_list_newest_own(viewer.role), values)
    return rows[0].mark, [row.classroom_id for row in rows if row.classroom_id is not None]


async def _find_kept(
    connection: DatabaseConnection, kept: KeptClassrooms, own: Sequence[int], limit: int
) -> Sequence[Classroom] | None:
    """Return the newest of these and of the open classes; None: not all of them are kept."""
    newest_open = kept.newest_open.get(limit)
    if newest_open is None:
        rows = await connection.fetch_all(_LIST_NEWEST_OPEN, {"limit": limit})
        newest_open = kept.newest_open[limit] = [row.classroom_id for row in rows]
    numbers = sorted({*newest_open, *own}, reverse=True)[:limit] if own else newest_open
    by_number = kept.by_number
    found = [by_number[number] for number in numbers if number in by_number]
    return found if len(found) == len(numbers) else None


# ── lists ───────────────────────────────────────────────────────────────────────────────────────


async def list_classrooms(
    connection: DatabaseConnection,
    viewer: Account,
    wanted: ListFilter,
    before: int | None,
    limit: int,
    now: datetime,
    cache: CommitCache[KeptClassrooms],
) -> Sequence[Classroom]:
    """Return the visible classes, newest first, with ids below `before`."""
    kept = None
    is_newest = before is None and wanted == _EVERY_CLASS and viewer.role is not AccountRole.ADMIN
    if is_newest and cache.is_quiet:
        mark, numbers = await _find_newest_own(connection, viewer, limit, now)
        kept = cache.at(mark)
        found = await _find_kept(connection, kept, numbers, limit) if cache.is_quiet else None
        if found is not None:
            return found
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
    listed = [to_classroom(row) for row in rows]
    if rows:
        kept = kept or cache.at(rows[0].mark)
        kept.add(listed)
    return listed


# ── beside the lists of the API ─────────────────────────────────────────────────────────────────


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
