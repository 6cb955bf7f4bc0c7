"""The table of presences: who was in which class, from when to when."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Table,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql

from classgate.accounts.models import Account
from classgate.classrooms.access_repository import ACCESS_WIDTH, select_access, to_access
from classgate.classrooms.models import (
    AccessContext,
    ClassroomRole,
    ClassroomState,
    LeaveReason,
    Presence,
    PresenceSource,
)
from classgate.classrooms.presence.room_users import is_in_room
from classgate.classrooms.repository import (
    classrooms,
)
from classgate.storage.changes import Changed
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata
from classgate.storage.statements import LIMIT, EnumText, Statement, in_list, to_dataclass

presence_log = Table(
    "presences",
    metadata,
    Column("presence_id", RowId, primary_key=True, autoincrement=True),
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), nullable=False),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("session_id", String(40), nullable=False),
    Column("role", EnumText(ClassroomRole, 10), nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("left_at", Instant),
    Column("leave_reason", EnumText(LeaveReason, 20)),
    Column(
        "source",
        EnumText(PresenceSource, 10),
        nullable=False,
        server_default=PresenceSource.CLIENT.value,
    ),
    Index(None, "account_id", "classroom_id", "presence_id"),
    Index(None, "classroom_id", "presence_id"),
    # At most one open presence per account and class.
    Index(
        "ix_presences_here",
        "classroom_id",
        "account_id",
        unique=True,
        sqlite_where=text("left_at IS NULL"),
        postgresql_where=text("left_at IS NULL"),
    ),
    # For the timeouts of the presence tracker.
    Index(
        "ix_presences_seen",
        "last_seen_at",
        sqlite_where=text("left_at IS NULL"),
        postgresql_where=text("left_at IS NULL"),
    ),
    # For the retention of the attendance.
    Index(
        "ix_presences_left",
        "left_at",
        sqlite_where=text("left_at IS NOT NULL"),
        postgresql_where=text("left_at IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

PRESENCE = [presence_log.c[name] for name in Presence.__dataclass_fields__]
IS_PRESENT = presence_log.c.left_at.is_(None)
# By the numbers that the parameters `classroom_id` and `account_id` give.
IN_CLASS = presence_log.c.classroom_id == bindparam("classroom_id")
_OF_ACCOUNT = presence_log.c.account_id == bindparam("account_id")
CONNECTION_PROBE = Statement(select(presence_log.c.presence_id).limit(0))
"""A query without results that proves that the table can be read."""


# ── one person in one class ─────────────────────────────────────────────────────────────────────


_SELECT = select(*PRESENCE).where(IN_CLASS, _OF_ACCOUNT)
_NEWEST_FIRST = presence_log.c.presence_id.desc()
_FIND_OPEN = Statement(_SELECT.where(IS_PRESENT))
_FIND_LATEST = Statement(_SELECT.order_by(_NEWEST_FIRST).limit(1))
_FIND_LATEST_OF_SESSION = Statement(
    _SELECT.where(presence_log.c.session_id == bindparam("session_id"))
    .order_by(_NEWEST_FIRST)
    .limit(1)
)
_FIND_ACCESS_AND_PRESENCE = select_access(
    *(column.label(f"presence_{column.name}") for column in PRESENCE),
    beside=presence_log,
    on=and_(presence_log.c.classroom_id == classrooms.c.classroom_id, _OF_ACCOUNT, IS_PRESENT),
)
# SQLite takes PostgreSQL's construct, and not the other way round.
_added = postgresql.insert(presence_log).values(
    classroom_id=bindparam("classroom_id"),
    account_id=bindparam("account_id"),
    session_id=bindparam("session_id"),
    role=bindparam("role"),
    entered_at=bindparam("at"),
    last_seen_at=bindparam("at"),
    source=bindparam("source"),
)
# Both sources are set together with the time of the last call, so that none costs a statement.
_HEARD_OF_CLIENT = case(
    (presence_log.c.source == PresenceSource.CLOUD, PresenceSource.BOTH.value),
    else_=presence_log.c.source,
)
_ENTER = Statement(
    _added.on_conflict_do_update(
        index_elements=["classroom_id", "account_id"],
        index_where=IS_PRESENT,
        set_={
            "session_id": _added.excluded.session_id,
            "last_seen_at": _added.excluded.last_seen_at,
            "source": _HEARD_OF_CLIENT,
        },
    )
)


async def find_open(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> Presence | None:
    """Return the open presence of the account in the class."""
    values = {"classroom_id": classroom_id, "account_id": account_id}
    row = await connection.fetch_one(_FIND_OPEN, values)
    return None if row is None else to_dataclass(Presence, row)


async def find_access_and_presence(
    connection: DatabaseConnection, classroom_id: int, account: Account
) -> tuple[AccessContext, Presence | None] | None:
    """Return the classroom, the account's membership and its open presence, in one query."""
    values = {"classroom_id": classroom_id, "account_id": account.account_id}
    row = await connection.fetch_one(_FIND_ACCESS_AND_PRESENCE, values)
    if row is None:
        return None
    present = None
    if row.presence_presence_id is not None:
        present = to_dataclass(Presence, row[ACCESS_WIDTH:])
    return to_access(row, account), present


async def find_latest(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> Presence | None:
    """Return the newest presence of the account, open or ended."""
    values = {"classroom_id": classroom_id, "account_id": account_id}
    row = await connection.fetch_one(_FIND_LATEST, values)
    return None if row is None else to_dataclass(Presence, row)


async def find_latest_of_session(
    connection: DatabaseConnection, classroom_id: int, account_id: int, session_id: str
) -> Presence | None:
    """Return the newest presence of the account that this session entered last."""
    values = {"classroom_id": classroom_id, "account_id": account_id, "session_id": session_id}
    row = await connection.fetch_one(_FIND_LATEST_OF_SESSION, values)
    return None if row is None else to_dataclass(Presence, row)


async def enter(
    connection: DatabaseConnection,
    classroom_id: int,
    account_id: int,
    session_id: str,
    role: ClassroomRole,
    at: datetime,
    source: PresenceSource = PresenceSource.CLIENT,
) -> None:
    """Update the account's open presence in the class, or insert one."""
    values = {
        "classroom_id": classroom_id,
        "account_id": account_id,
        "session_id": session_id,
        "role": role,
        "at": at,
        "source": source,
    }
    await connection.write(_ENTER, values)


# ── ending ──────────────────────────────────────────────────────────────────────────────────────


def select_sorted(*wanted: ColumnElement[bool]) -> Statement:
    """Select the presences to lock; sorted, so that transactions cannot deadlock."""
    return Statement(
        select(presence_log.c.presence_id)
        .where(*wanted)
        # Not by the primary key itself, whose order would tempt SQLite to read all rows.
        .order_by(presence_log.c.presence_id + literal_column("0"))
    )


def end_at(
    left_at: ColumnElement[datetime], reason: Any, *wanted: ColumnElement[bool]
) -> Statement:
    """End presences; an end is never before the start, although the clock was set back in
    between.
    """
    came = presence_log.c.entered_at
    return Statement(
        update(presence_log)
        .where(*wanted, IS_PRESENT)
        .values(left_at=case((came > left_at, came), else_=left_at), leave_reason=reason)
    )


_END_AS_TIMED_OUT = end_at(
    presence_log.c.last_seen_at, LeaveReason.TIMED_OUT, IN_CLASS, _OF_ACCOUNT
)
_SELECT_TIMED_OUT = Statement(
    select(presence_log.c.presence_id, presence_log.c.classroom_id)
    .join(classrooms, classrooms.c.classroom_id == presence_log.c.classroom_id)
    .where(
        IS_PRESENT,
        presence_log.c.last_seen_at <= bindparam("seen_before"),
        not_(
            and_(
                classrooms.c.host_id == presence_log.c.account_id,
                classrooms.c.state == ClassroomState.LIVE,
            )
        ),
        not_(is_in_room(presence_log.c.classroom_id, presence_log.c.account_id)),
    )
    # Uses the index of open presences. Locked rows are skipped, so the order does not matter.
    .order_by(presence_log.c.last_seen_at)
    .limit(LIMIT)
    .with_for_update(skip_locked=True, of=presence_log)
)
_END_TIMED_OUT = end_at(
    presence_log.c.last_seen_at,
    LeaveReason.TIMED_OUT,
    in_list(presence_log.c.presence_id, "presence_ids"),
)


@cache
def _end_open(in_class: bool, of_account: bool) -> tuple[Statement, Statement]:
    """Return the statements that lock and end open presences."""
    wanted = [IN_CLASS] * in_class + [_OF_ACCOUNT] * of_account
    end_open = end_at(bindparam("at", type_=Instant), bindparam("reason"), *wanted)
    return select_sorted(IS_PRESENT, *wanted), end_open


async def end(
    connection: DatabaseConnection,
    at: datetime,
    reason: LeaveReason,
    *,
    classroom_id: int | None = None,
    account_id: int | None = None,
) -> int:
    """End open presences of an account in a class, of all in a class, or of an account
    everywhere.
    """
    if classroom_id is None and account_id is None:
        raise ValueError("without a class and a person, everybody everywhere would leave")
    select_open, end_open = _end_open(classroom_id is not None, account_id is not None)
    values = {"classroom_id": classroom_id, "account_id": account_id, "at": at, "reason": reason}
    await connection.lock(select_open, values, Lock.EXCLUSIVE)
    ended = await connection.execute(end_open, values)
    if ended and classroom_id is not None:  # everywhere: with the account, which is announced
        connection.announce(Changed.CLASSROOM, classroom_id)
    return ended


async def end_timed_out(
    connection: DatabaseConnection, seen_before: datetime, in_room_since: datetime, limit: int
) -> int:
    """End presences that timed out; return their number.

    They end at their last heartbeat. The host of a live class is left to the end of the class.
    Whoever is in the room by an event since `in_room_since` has not left.
    """
    values = {"seen_before": seen_before, "in_room_since": in_room_since, "limit": limit}
    found = await connection.fetch_all(_SELECT_TIMED_OUT, values)
    if found:
        # Another process may have heard one of them just now; the next heartbeat enters again.
        connection.announce(Changed.CLASSROOM, *(row.classroom_id for row in found))
        await connection.write(_END_TIMED_OUT, {"presence_ids": [row.presence_id for row in found]})
    return len(found)


async def end_as_timed_out(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> int:
    """End the account's presence at its last heartbeat; return the number of ended rows."""
    values = {"classroom_id": classroom_id, "account_id": account_id}
    connection.announce(Changed.CLASSROOM, classroom_id)
    return await connection.execute(_END_AS_TIMED_OUT, values)


# ── heartbeats ──────────────────────────────────────────────────────────────────────────────────


_UPDATE_LAST_SEEN = Statement(
    update(presence_log)
    .where(
        presence_log.c.presence_id == bindparam("presence_id"),
        IS_PRESENT,
        presence_log.c.last_seen_at < bindparam("at"),
    )
    .values(last_seen_at=bindparam("at"), source=_HEARD_OF_CLIENT)
)
_now = bindparam("now", type_=Instant)
_IS_AHEAD = and_(IS_PRESENT, presence_log.c.last_seen_at > _now)
_SELECT_AHEAD = select_sorted(_IS_AHEAD)
_CLAMP_LAST_SEEN = Statement(
    update(presence_log)
    .where(_IS_AHEAD)
    .values(
        last_seen_at=_now,
        entered_at=case((presence_log.c.entered_at > _now, _now), else_=presence_log.c.entered_at),
    )
)


async def update_last_seen(connection: DatabaseConnection, seen: Mapping[int, datetime]) -> None:
    """Update the last heartbeats of open presences; never moves back."""
    if not seen:
        return
    rows = [{"presence_id": each, "at": seen[each]} for each in sorted(seen)]
    await connection.execute_many(_UPDATE_LAST_SEEN, rows)


async def clamp_last_seen(connection: DatabaseConnection, now: datetime) -> None:
    """Clamp times in the future to now: the clock was set back."""
    await connection.lock(_SELECT_AHEAD, {"now": now}, Lock.EXCLUSIVE)
    await connection.write(_CLAMP_LAST_SEEN, {"now": now})


# ── counting ────────────────────────────────────────────────────────────────────────────────────


# The bound makes SQLite read the index of those present, not all presences that the class ever had.
_ARE_PRESENT = and_(IS_PRESENT, presence_log.c.account_id > 0)
_COUNT_PRESENT = Statement(select(func.count().label("present")).where(_ARE_PRESENT, IN_CLASS))
PRESENT_IN_CLASS = (
    select(func.count())
    .where(_ARE_PRESENT, presence_log.c.classroom_id == classrooms.c.classroom_id)
    .correlate(classrooms)
    .scalar_subquery()
)
"""How many are present in a class, as a column beside those of `classrooms`."""

_COUNT_ALL_PRESENT = Statement(
    select(func.count().label("present")).select_from(presence_log).where(IS_PRESENT)
)


async def count_present(connection: DatabaseConnection, classroom_id: int) -> int:
    """Return the number present in a class."""
    row = await connection.fetch_one(_COUNT_PRESENT, {"classroom_id": classroom_id})
    return 0 if row is None else int(row.present)


async def count_all_present(connection: DatabaseConnection) -> int:
    """Return the number of open presences, of all classes."""
    row = await connection.fetch_one(_COUNT_ALL_PRESENT)
    return 0 if row is None else int(row.present)
