"""The table of presences: who was in which class, from when to when."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    RowMapping,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    not_,
    select,
    text,
    update,
)

from classgate.accounts.identifiers import fold_listed
from classgate.accounts.models import Account, AccountRole
from classgate.accounts.repository import accounts
from classgate.classrooms.models import (
    AccessContext,
    Attendance,
    ClassroomRole,
    ClassroomState,
    LeaveReason,
    Member,
    Presence,
)
from classgate.classrooms.repository import (
    ACCOUNT_ID_PARAM,
    MEMBERSHIP,
    classrooms,
    memberships,
    select_access,
    to_access,
    to_membership,
)
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata

presence_log = Table(
    "presences",
    metadata,
    Column("presence_id", RowId, primary_key=True, autoincrement=True),
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), nullable=False),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("session_id", String(40), nullable=False),
    Column("role", String(10), nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Column("left_at", Instant),
    Column("leave_reason", String(20)),
    Index(None, "classroom_id", "account_id"),
    Index(None, "account_id"),
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
    sqlite_autoincrement=True,
)

_PRESENCE = [presence_log.c[name] for name in Presence.__dataclass_fields__]
_PRESENCE_COLUMNS = [column.label(f"presence_{column.name}") for column in _PRESENCE]
_IS_PRESENT = presence_log.c.left_at.is_(None)
_ACCESS_AND_PRESENCE = select_access(
    *_PRESENCE_COLUMNS,
    beside=presence_log,
    on=and_(
        presence_log.c.classroom_id == classrooms.c.classroom_id,
        presence_log.c.account_id == ACCOUNT_ID_PARAM,
        _IS_PRESENT,
    ),
)
_COUNT_PRESENT = select(func.count().label("present")).select_from(presence_log).where(_IS_PRESENT)
CONNECTION_PROBE = select(presence_log.c.presence_id).limit(0)
"""A query without results that proves that the table can be read."""


def _to_presence(row: RowMapping, prefix: str = "") -> Presence:
    values = {column.name: row[prefix + column.name] for column in _PRESENCE}
    reason = values["leave_reason"]
    return Presence(
        **{
            **values,
            "role": ClassroomRole(values["role"]),
            "leave_reason": None if reason is None else LeaveReason(reason),
        }
    )


# ── one person in one class ─────────────────────────────────────────────────────────────────────


async def find_open(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> Presence | None:
    """Return the open presence of the account in the class."""
    row = await connection.fetch_one(_of(classroom_id, account_id).where(_IS_PRESENT))
    return None if row is None else _to_presence(row)


async def find_access_and_presence(
    connection: DatabaseConnection, classroom_id: int, account: Account
) -> tuple[AccessContext, Presence | None] | None:
    """Return the classroom, the account's membership and its open presence, in one query."""
    row = await connection.fetch_one(
        _ACCESS_AND_PRESENCE, {"classroom": classroom_id, "account": account.account_id}
    )
    if row is None:
        return None
    is_here = row["presence_presence_id"] is not None
    return to_access(row, account), _to_presence(row, "presence_") if is_here else None


async def find_latest(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> Presence | None:
    """Return the newest presence of the account, open or ended."""
    newest_first = (
        _of(classroom_id, account_id).order_by(presence_log.c.presence_id.desc()).limit(1)
    )
    row = await connection.fetch_one(newest_first)
    return None if row is None else _to_presence(row)


async def find_latest_of_session(
    connection: DatabaseConnection, classroom_id: int, account_id: int, session_id: str
) -> Presence | None:
    """Return the newest presence of the account that this session entered last."""
    row = await connection.fetch_one(
        _of(classroom_id, account_id)
        .where(presence_log.c.session_id == session_id)
        .order_by(presence_log.c.presence_id.desc())
        .limit(1)
    )
    return None if row is None else _to_presence(row)


def _of(classroom_id: int, account_id: int) -> Select[tuple[object, ...]]:
    return select(*_PRESENCE).where(
        presence_log.c.classroom_id == classroom_id, presence_log.c.account_id == account_id
    )


async def add(
    connection: DatabaseConnection,
    classroom_id: int,
    account_id: int,
    session_id: str,
    role: ClassroomRole,
    at: datetime,
) -> None:
    """Insert a presence; the account has no open one in the class."""
    await connection.execute(
        insert(presence_log).values(
            classroom_id=classroom_id,
            account_id=account_id,
            session_id=session_id,
            role=role,
            entered_at=at,
            last_seen_at=at,
        )
    )


async def reenter(
    connection: DatabaseConnection, presence_id: int, session_id: str, at: datetime
) -> bool:
    """Update the open presence on re-entering. False: it has just ended."""
    touched = await connection.execute(
        update(presence_log)
        .where(presence_log.c.presence_id == presence_id, _IS_PRESENT)
        .values(session_id=session_id, last_seen_at=at)
    )
    return touched > 0


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
    wanted: list[ColumnElement[bool]] = [_IS_PRESENT]
    if classroom_id is not None:
        wanted.append(presence_log.c.classroom_id == classroom_id)
    if account_id is not None:
        wanted.append(presence_log.c.account_id == account_id)
    if len(wanted) == 1:
        raise ValueError("without a class and a person, everybody everywhere would leave")
    # Sorted, so that transactions cannot deadlock.
    ordered = select(presence_log.c.presence_id).where(*wanted).order_by(presence_log.c.presence_id)
    await connection.lock(ordered, Lock.EXCLUSIVE)
    return await connection.execute(
        update(presence_log)
        .where(*wanted)
        .values(left_at=_later(literal(at, Instant)), leave_reason=reason)
    )


def _later(left_at: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """An end is never before the start, although the clock was set back in between."""
    return case((presence_log.c.entered_at > left_at, presence_log.c.entered_at), else_=left_at)


# ── keeping ─────────────────────────────────────────────────────────────────────────────────────


async def update_last_seen(connection: DatabaseConnection, seen: Mapping[int, datetime]) -> None:
    """Update the last heartbeats of open presences; never moves back."""
    if not seen:
        return
    await connection.execute_many(
        update(presence_log)
        .where(
            presence_log.c.presence_id == bindparam("presence"),
            _IS_PRESENT,
            presence_log.c.last_seen_at < bindparam("at", type_=Instant),
        )
        .values(last_seen_at=bindparam("at", type_=Instant)),
        [{"presence": each, "at": seen[each]} for each in sorted(seen)],
    )


async def end_timed_out(connection: DatabaseConnection, seen_before: datetime, limit: int) -> int:
    """End presences that timed out; return their number.

    They end at their last heartbeat. The host of a live class is left to the end of the class.
    """
    is_host_of_live = and_(
        classrooms.c.host_id == presence_log.c.account_id, classrooms.c.state == ClassroomState.LIVE
    )
    found = await connection.fetch_all(
        select(presence_log.c.presence_id)
        .join(classrooms, classrooms.c.classroom_id == presence_log.c.classroom_id)
        .where(_IS_PRESENT, presence_log.c.last_seen_at <= seen_before, not_(is_host_of_live))
        # Uses the index of open presences. Locked rows are skipped, so the order does not matter.
        .order_by(presence_log.c.last_seen_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=presence_log)
    )
    if found:
        await connection.execute(
            update(presence_log)
            .where(
                presence_log.c.presence_id.in_([row["presence_id"] for row in found]), _IS_PRESENT
            )
            .values(left_at=_later(presence_log.c.last_seen_at), leave_reason=LeaveReason.TIMED_OUT)
        )
    return len(found)


async def end_as_timed_out(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> int:
    """End the account's presence at its last heartbeat; return the number of ended rows."""
    return await connection.execute(
        update(presence_log)
        .where(
            _IS_PRESENT,
            presence_log.c.classroom_id == classroom_id,
            presence_log.c.account_id == account_id,
        )
        .values(left_at=_later(presence_log.c.last_seen_at), leave_reason=LeaveReason.TIMED_OUT)
    )


async def clamp_last_seen(connection: DatabaseConnection, now: datetime) -> None:
    """Clamp times in the future to now: the clock was set back."""
    ahead = [_IS_PRESENT, presence_log.c.last_seen_at > now]
    ordered = select(presence_log.c.presence_id).where(*ahead).order_by(presence_log.c.presence_id)
    await connection.lock(ordered, Lock.EXCLUSIVE)
    came = case(
        (presence_log.c.entered_at > now, literal(now, Instant)), else_=presence_log.c.entered_at
    )
    await connection.execute(
        update(presence_log).where(*ahead).values(last_seen_at=now, entered_at=came)
    )


# ── lists ───────────────────────────────────────────────────────────────────────────────────────


async def count_present(
    connection: DatabaseConnection, classroom_ids: Collection[int]
) -> dict[int, int]:
    """Return the number present in each class; empty classes are omitted."""
    rows = await connection.fetch_all(
        select(presence_log.c.classroom_id, func.count().label("present"))
        .where(_IS_PRESENT, presence_log.c.classroom_id.in_(list(classroom_ids)))
        .group_by(presence_log.c.classroom_id)
    )
    return {row["classroom_id"]: row["present"] for row in rows}


async def count_all_present(connection: DatabaseConnection) -> int:
    """Return the number of open presences, of all classes."""
    row = await connection.fetch_one(_COUNT_PRESENT)
    return 0 if row is None else int(row["present"])


async def list_present(
    connection: DatabaseConnection, classroom_id: int, offset: int, limit: int
) -> Sequence[tuple[str, AccountRole]]:
    """Return the identifiers and account roles of those present, in the order of entering."""
    rows = await connection.fetch_all(
        select(accounts.c.identifier, accounts.c.role)
        .join(presence_log, presence_log.c.account_id == accounts.c.account_id)
        .where(_IS_PRESENT, presence_log.c.classroom_id == classroom_id)
        .order_by(presence_log.c.presence_id)
        .offset(offset)
        .limit(limit)
    )
    return [(row["identifier"], AccountRole(row["role"])) for row in rows]


async def list_attendance(
    connection: DatabaseConnection, classroom_id: int, after: int, limit: int
) -> Sequence[Attendance]:
    """Return the attendance in the order of entering, after `after`."""
    rows = await connection.fetch_all(
        select(accounts.c.identifier, accounts.c.display_name, *_PRESENCE)
        .join(accounts, accounts.c.account_id == presence_log.c.account_id)
        .where(presence_log.c.classroom_id == classroom_id, presence_log.c.presence_id > after)
        .order_by(presence_log.c.presence_id)
        .limit(limit)
    )
    return [Attendance(row["identifier"], row["display_name"], _to_presence(row)) for row in rows]


async def list_members(
    connection: DatabaseConnection,
    classroom_id: int,
    after: str | None,
    limit: int,
    online: bool | None,
) -> Sequence[Member]:
    """Return the roster by name, after `after`; all, only the present, or only the absent."""
    here = and_(
        _IS_PRESENT,
        presence_log.c.classroom_id == memberships.c.classroom_id,
        presence_log.c.account_id == memberships.c.account_id,
    )
    is_here = presence_log.c.presence_id.is_not(None)
    statement = (
        select(accounts.c.identifier, accounts.c.display_name, is_here.label("online"), *MEMBERSHIP)
        .select_from(
            memberships.join(accounts, accounts.c.account_id == memberships.c.account_id).outerjoin(
                presence_log, here
            )
        )
        .where(memberships.c.classroom_id == classroom_id)
        .order_by(accounts.c.identifier_folded)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(accounts.c.identifier_folded > fold_listed(after))
    if online is not None:
        statement = statement.where(is_here if online else not_(is_here))
    rows = await connection.fetch_all(statement)
    return [
        Member(row["identifier"], row["display_name"], to_membership(row), bool(row["online"]))
        for row in rows
    ]
