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
    Attendance,
    ClassroomRole,
    ClassroomState,
    LeftBecause,
    Member,
    Presence,
    Standing,
)
from classgate.classrooms.repository import (
    ACCOUNT_WANTED,
    MEMBERSHIP,
    classrooms,
    memberships,
    select_standing,
    to_membership,
    to_standing,
)
from classgate.storage.database import Instant, Lock, Queries, RowId, metadata

presences = Table(
    "presences",
    metadata,
    Column("presence_id", RowId, primary_key=True, autoincrement=True),
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), nullable=False),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("session_id", String(40), nullable=False),
    Column("role", String(10), nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("left_at", Instant),
    Column("left_because", String(20)),
    Index(None, "classroom_id", "account_id"),
    Index(None, "account_id"),
    # Nobody is in a class twice at a time.
    Index(
        "ix_presences_here",
        "classroom_id",
        "account_id",
        unique=True,
        sqlite_where=text("left_at IS NULL"),
        postgresql_where=text("left_at IS NULL"),
    ),
    # What the keeper looks through for those who fell silent.
    Index(
        "ix_presences_seen",
        "seen_at",
        sqlite_where=text("left_at IS NULL"),
        postgresql_where=text("left_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

_PRESENCE = [presences.c[name] for name in Presence.__dataclass_fields__]
_PREFIXED = [column.label(f"presence_{column.name}") for column in _PRESENCE]
_IS_HERE = presences.c.left_at.is_(None)
_PLACE = select_standing(
    *_PREFIXED,
    beside=presences,
    on=and_(
        presences.c.classroom_id == classrooms.c.classroom_id,
        presences.c.account_id == ACCOUNT_WANTED,
        _IS_HERE,
    ),
)
NOTHING = select(presences.c.presence_id).limit(0)
"""Finds nothing, and shows that the table can be asked."""


def _to_presence(row: RowMapping, prefix: str = "") -> Presence:
    values = {column.name: row[prefix + column.name] for column in _PRESENCE}
    because = values["left_because"]
    return Presence(
        **{
            **values,
            "role": ClassroomRole(values["role"]),
            "left_because": None if because is None else LeftBecause(because),
        }
    )


# ── one person in one class ─────────────────────────────────────────────────────────────────────


async def find_present(queries: Queries, classroom_id: int, account_id: int) -> Presence | None:
    """The presence of somebody who is there."""
    row = await queries.fetch_one(_of(classroom_id, account_id).where(_IS_HERE))
    return None if row is None else _to_presence(row)


async def find_place(
    queries: Queries, classroom_id: int, account: Account
) -> tuple[Standing, Presence | None] | None:
    """The classroom, this account's place in it, and its presence while it is there, at one go."""
    row = await queries.fetch_one(
        _PLACE, {"classroom": classroom_id, "account": account.account_id}
    )
    if row is None:
        return None
    is_here = row["presence_presence_id"] is not None
    return to_standing(row, account), _to_presence(row, "presence_") if is_here else None


async def find_last(queries: Queries, classroom_id: int, account_id: int) -> Presence | None:
    """The newest presence of somebody, open or over."""
    newest_first = _of(classroom_id, account_id).order_by(presences.c.presence_id.desc()).limit(1)
    row = await queries.fetch_one(newest_first)
    return None if row is None else _to_presence(row)


async def find_last_of_session(
    queries: Queries, classroom_id: int, account_id: int, session_id: str
) -> Presence | None:
    """The newest presence of somebody that this session entered last."""
    row = await queries.fetch_one(
        _of(classroom_id, account_id)
        .where(presences.c.session_id == session_id)
        .order_by(presences.c.presence_id.desc())
        .limit(1)
    )
    return None if row is None else _to_presence(row)


def _of(classroom_id: int, account_id: int) -> Select[tuple[object, ...]]:
    return select(*_PRESENCE).where(
        presences.c.classroom_id == classroom_id, presences.c.account_id == account_id
    )


async def add(
    queries: Queries,
    classroom_id: int,
    account_id: int,
    session_id: str,
    role: ClassroomRole,
    at: datetime,
) -> None:
    """Somebody comes in who has no open presence in the class."""
    await queries.execute(
        insert(presences).values(
            classroom_id=classroom_id,
            account_id=account_id,
            session_id=session_id,
            role=role,
            entered_at=at,
            seen_at=at,
        )
    )


async def touch(queries: Queries, presence_id: int, session_id: str, at: datetime) -> bool:
    """Somebody who is there came in again. False: they were just found to have left."""
    touched = await queries.execute(
        update(presences)
        .where(presences.c.presence_id == presence_id, _IS_HERE)
        .values(session_id=session_id, seen_at=at)
    )
    return touched > 0


async def end(
    queries: Queries,
    at: datetime,
    because: LeftBecause,
    *,
    classroom_id: int | None = None,
    account_id: int | None = None,
) -> int:
    """End what is open of a person in a class, of all in a class, or of a person everywhere."""
    wanted: list[ColumnElement[bool]] = [_IS_HERE]
    if classroom_id is not None:
        wanted.append(presences.c.classroom_id == classroom_id)
    if account_id is not None:
        wanted.append(presences.c.account_id == account_id)
    if len(wanted) == 1:
        raise ValueError("without a class and a person, everybody everywhere would leave")
    # In one order, as all that touch several rows do: nobody then waits in a ring.
    ordered = select(presences.c.presence_id).where(*wanted).order_by(presences.c.presence_id)
    await queries.lock(ordered, Lock.OWN)
    return await queries.execute(
        update(presences)
        .where(*wanted)
        .values(left_at=_later(literal(at, Instant)), left_because=because)
    )


def _later(left_at: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """Nobody leaves before they came, although the clock was set back in between."""
    return case((presences.c.entered_at > left_at, presences.c.entered_at), else_=left_at)


# ── keeping ─────────────────────────────────────────────────────────────────────────────────────


async def see(queries: Queries, seen: Mapping[int, datetime]) -> None:
    """When these were heard of; what is over stays over, what is known to be later stays."""
    if not seen:
        return
    await queries.execute_many(
        update(presences)
        .where(
            presences.c.presence_id == bindparam("presence"),
            _IS_HERE,
            presences.c.seen_at < bindparam("at", type_=Instant),
        )
        .values(seen_at=bindparam("at", type_=Instant)),
        [{"presence": each, "at": seen[each]} for each in sorted(seen)],
    )


async def end_silent(queries: Queries, seen_before: datetime, limit: int) -> int:
    """End presences of which nothing was heard since then; how many.

    They were there until then. The host of a live class is left to the end of the class.
    """
    is_host_of_live = and_(
        classrooms.c.host_id == presences.c.account_id, classrooms.c.state == ClassroomState.LIVE
    )
    found = await queries.fetch_all(
        select(presences.c.presence_id)
        .join(classrooms, classrooms.c.classroom_id == presences.c.classroom_id)
        .where(_IS_HERE, presences.c.seen_at <= seen_before, not_(is_host_of_live))
        # By the index of those who are there; others' rows are skipped, so no order is wanted.
        .order_by(presences.c.seen_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=presences)
    )
    if found:
        await queries.execute(
            update(presences)
            .where(presences.c.presence_id.in_([row["presence_id"] for row in found]), _IS_HERE)
            .values(left_at=_later(presences.c.seen_at), left_because=LeftBecause.SILENT)
        )
    return len(found)


async def end_as_silent(queries: Queries, classroom_id: int, account_id: int) -> int:
    """Somebody was in a class until last heard of; how many presences that ended."""
    return await queries.execute(
        update(presences)
        .where(
            _IS_HERE,
            presences.c.classroom_id == classroom_id,
            presences.c.account_id == account_id,
        )
        .values(left_at=_later(presences.c.seen_at), left_because=LeftBecause.SILENT)
    )


async def not_later_than(queries: Queries, now: datetime) -> None:
    """Let nobody be seen in the future, nor have come in it: the clock was set back."""
    ahead = [_IS_HERE, presences.c.seen_at > now]
    ordered = select(presences.c.presence_id).where(*ahead).order_by(presences.c.presence_id)
    await queries.lock(ordered, Lock.OWN)
    came = case((presences.c.entered_at > now, literal(now, Instant)), else_=presences.c.entered_at)
    await queries.execute(update(presences).where(*ahead).values(seen_at=now, entered_at=came))


# ── lists ───────────────────────────────────────────────────────────────────────────────────────


async def count_present(queries: Queries, classroom_ids: Collection[int]) -> dict[int, int]:
    """How many are in each of these classes; one with nobody in it is not named."""
    rows = await queries.fetch_all(
        select(presences.c.classroom_id, func.count().label("present"))
        .where(_IS_HERE, presences.c.classroom_id.in_(list(classroom_ids)))
        .group_by(presences.c.classroom_id)
    )
    return {row["classroom_id"]: row["present"] for row in rows}


async def list_present(
    queries: Queries, classroom_id: int, offset: int, limit: int
) -> Sequence[tuple[str, AccountRole]]:
    """Who is in a class, in the order of coming in: identifiers with the accounts' roles."""
    rows = await queries.fetch_all(
        select(accounts.c.identifier, accounts.c.role)
        .join(presences, presences.c.account_id == accounts.c.account_id)
        .where(_IS_HERE, presences.c.classroom_id == classroom_id)
        .order_by(presences.c.presence_id)
        .offset(offset)
        .limit(limit)
    )
    return [(row["identifier"], AccountRole(row["role"])) for row in rows]


async def list_attendance(
    queries: Queries, classroom_id: int, after: int, limit: int
) -> Sequence[Attendance]:
    """Who was in a class, in the order of coming in, those after `after` only."""
    rows = await queries.fetch_all(
        select(accounts.c.identifier, accounts.c.display_name, *_PRESENCE)
        .join(accounts, accounts.c.account_id == presences.c.account_id)
        .where(presences.c.classroom_id == classroom_id, presences.c.presence_id > after)
        .order_by(presences.c.presence_id)
        .limit(limit)
    )
    return [Attendance(row["identifier"], row["display_name"], _to_presence(row)) for row in rows]


async def list_members(
    queries: Queries, classroom_id: int, after: str | None, limit: int, online: bool | None
) -> Sequence[Member]:
    """The roster by name, names above `after` only; all, who is there, or who is not."""
    here = and_(
        _IS_HERE,
        presences.c.classroom_id == memberships.c.classroom_id,
        presences.c.account_id == memberships.c.account_id,
    )
    is_here = presences.c.presence_id.is_not(None)
    statement = (
        select(accounts.c.identifier, accounts.c.display_name, is_here.label("online"), *MEMBERSHIP)
        .select_from(
            memberships.join(accounts, accounts.c.account_id == memberships.c.account_id).outerjoin(
                presences, here
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
    rows = await queries.fetch_all(statement)
    return [
        Member(row["identifier"], row["display_name"], to_membership(row), bool(row["online"]))
        for row in rows
    ]
