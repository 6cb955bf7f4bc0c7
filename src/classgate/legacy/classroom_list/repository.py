"""Pages of classrooms by offset, with the total.

Both cost the same however many classes there are. Clients read on until they have `total` rows, so
a page near the end has the exact total, and another one at least counts far enough ahead. A page
without filters is looked for among the newest classes first, of which most viewers see many. See
`newest_repository` for the first page, which most clients read again and again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    func,
    literal,
    not_,
    or_,
    select,
    type_coerce,
)

from classgate.accounts.models import Account, AccountRole
from classgate.accounts.repository import accounts
from classgate.classrooms.list_repository import (
    belongs_to_many,
    either,
    is_visible_to,
    select_open,
    select_own,
)
from classgate.classrooms.models import ClassroomState
from classgate.classrooms.presence.repository import PRESENT_IN_CLASS
from classgate.classrooms.replays.repository import replays
from classgate.classrooms.repository import classrooms
from classgate.legacy.classroom_list.models import (
    ClassroomListEntry,
    ClassroomListFilter,
    ClassroomListPage,
)
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Row, Statement, Values, to_dataclass

COUNTED_AHEAD = 500
"""How many classes behind the page are counted."""

_FARTHEST = 2**62  # offsets are 64-bit numbers of clients

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
LATEST_FIRST = (classrooms.c.recent_at.desc(), classrooms.c.classroom_id.desc())
REACH = bindparam("reach", type_=BigInteger)
"""The parameter of how many rows are counted, or looked at, at most."""


def _seconds(moment: ColumnElement[datetime]) -> ColumnElement[int]:
    return type_coerce(moment, BigInteger) // 1_000_000


_COLUMNS: dict[str, ColumnElement[Any]] = {
    **{name: classrooms.c[name] for name in ("classroom_id", "title", "cover_url", "state")},
    "begin_time": _seconds(classrooms.c.started_at),
    "end_time": _seconds(classrooms.c.ended_at),
    "host": accounts.c.identifier,
    "requestable_at": replays.c.requestable_at,
    "request_time": _seconds(replays.c.requested_at),
    "index_time": _seconds(replays.c.indexed_at),
    **{name: replays.c[name] for name in ("index_result", "index_url")},
    "present": PRESENT_IN_CLASS,
}
ENTRY = [_COLUMNS[name].label(name) for name in ClassroomListEntry.__dataclass_fields__]
WITH_DETAILS = classrooms.join(accounts, accounts.c.account_id == classrooms.c.host_id).join(
    replays, replays.c.classroom_id == classrooms.c.classroom_id, isouter=True
)


async def list_page(
    connection: DatabaseConnection,
    viewer: Account,
    wanted: ClassroomListFilter,
    host_id: int | None,
    offset: int,
    limit: int,
    now: datetime,
) -> ClassroomListPage:
    """Return a page of the classes that the viewer may see, most recent first, and the total.

    The total is at most `COUNTED_AHEAD` more than the end of the page.
    """
    filters, values = _filters(wanted, host_id)
    values = {**values, "viewer_id": viewer.account_id, "now": now}
    reach = min(offset + limit + COUNTED_AHEAD, _FARTHEST)
    many = bool(filters) and await belongs_to_many(connection, viewer)
    # Most classes have ended: among one's own they are found sooner than one's own among them.
    among_all = many and wanted.state is not ClassroomState.ENDED
    total = 0
    for count in _counts(viewer.role, filters, among_all):
        row = await connection.fetch_one(count, {**values, "reach": reach})
        total = min(total + (0 if row is None else row.total), reach)
        if total == reach:
            break
    if offset >= total or limit == 0:
        return ClassroomListPage((), total)
    size = min(limit, total - offset)
    values |= {"offset": offset, "limit": limit, "reach": reach}
    rows: Sequence[Row] = ()
    if not filters and viewer.role is not AccountRole.ADMIN:
        rows = await connection.fetch_all(_list_newest(viewer.role), values)
    if len(rows) < size:
        many = await belongs_to_many(connection, viewer)
        values["reach"] = min(offset + limit, _FARTHEST)
        rows = await connection.fetch_all(_list(viewer.role, filters, many), values)
    return ClassroomListPage(tuple(to_dataclass(ClassroomListEntry, row) for row in rows), total)


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


def _counts(role: AccountRole, filters: _Filters, many: bool) -> list[Statement]:
    """Return the statements whose totals add up: each reads by an index of its own."""
    if role is AccountRole.ADMIN:
        return [_count_all(filters)]
    if many and filters:
        return [_count_visible(role, filters)]
    return [_count_open(filters), _count_own(role, filters)]


@cache
def _count_all(filters: _Filters) -> Statement:
    return _count(select(classrooms.c.classroom_id).where(*_conditions(filters)))


@cache
def _count_visible(role: AccountRole, filters: _Filters) -> Statement:
    wanted = [is_visible_to(role), *_conditions(filters)]
    return _count(select(classrooms.c.classroom_id).where(*wanted))


@cache
def _count_open(filters: _Filters) -> Statement:
    return _count(select_open(*_conditions(filters)))


@cache
def _count_own(role: AccountRole, filters: _Filters) -> Statement:
    return _count(select_own(role, not_(classrooms.c.open), *_conditions(filters)))


def _count(selected: Select[Any]) -> Statement:
    counted = selected.limit(REACH).subquery()
    return Statement(select(func.count().label("total")).select_from(counted))


@cache
def _list(role: AccountRole, filters: _Filters, many: bool) -> Statement:
    conditions = _conditions(filters)
    if role is AccountRole.ADMIN:
        return Statement(_page(*conditions))
    if many:
        return Statement(_page(is_visible_to(role), *conditions))
    visible = either(
        select_open(*conditions).order_by(*LATEST_FIRST).limit(REACH),
        select_own(role, *conditions),
    )
    return Statement(_page(classrooms.c.classroom_id.in_(visible)))


@cache
def _list_newest(role: AccountRole) -> Statement:
    """Return the page as far as it is among the newest `reach` classes."""
    newest = classrooms.alias()
    time_of_last = (
        select(newest.c.recent_at)
        .order_by(newest.c.recent_at.desc(), newest.c.classroom_id.desc())
        .offset(REACH)
        .limit(1)
        .scalar_subquery()
    )
    is_new = classrooms.c.recent_at >= func.coalesce(time_of_last, literal(0, BigInteger))
    return Statement(_page(is_new, is_visible_to(role)))


def _page(*wanted: ColumnElement[bool]) -> Select[Any]:
    """Select the page of the classes wanted; the details only of those on it."""
    page = (
        select(classrooms.c.classroom_id)
        .where(*wanted)
        .order_by(*LATEST_FIRST)
        .offset(bindparam("offset", type_=BigInteger))
        .limit(LIMIT)
        .subquery()
    )
    return (
        select(*ENTRY)
        .select_from(WITH_DETAILS.join(page, page.c.classroom_id == classrooms.c.classroom_id))
        .order_by(*LATEST_FIRST)
    )


def _conditions(filters: _Filters) -> list[ColumnElement[bool]]:
    return [_CONDITIONS[name] for name in sorted(filters)]
