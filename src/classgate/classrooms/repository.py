"""The tables of classrooms and memberships."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    RowMapping,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from classgate.accounts.models import Account, AccountRole
from classgate.accounts.repository import accounts
from classgate.classrooms.models import (
    Classroom,
    ClassroomRole,
    ClassroomState,
    ListFilter,
    Member,
    Membership,
    NewClassroom,
    Standing,
)
from classgate.storage.database import Instant, Lock, Queries, RowId, metadata

classrooms = Table(
    "classrooms",
    metadata,
    Column("classroom_id", RowId, primary_key=True, autoincrement=True),
    Column("title", String(100), nullable=False),
    Column("cover_url", String(500)),
    Column("state", String(10), nullable=False),
    Column("host_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("created_at", Instant, nullable=False),
    Index(None, "host_id"),
    sqlite_autoincrement=True,  # a room number is never used again
)

memberships = Table(
    "memberships",
    metadata,
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), primary_key=True),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), primary_key=True),
    Column("role", String(10), nullable=False),
    Column("on_stage", Boolean, nullable=False),
    Column("kicked_at", Instant),
    Column("added_at", Instant, nullable=False),
    Index(None, "account_id"),
)

_CLASSROOM = [
    accounts.c.identifier.label("host") if name == "host" else classrooms.c[name]
    for name in Classroom.__dataclass_fields__
]
_WITH_HOST = classrooms.join(accounts, accounts.c.account_id == classrooms.c.host_id)
_IS_NOT_OVER = classrooms.c.state.in_([ClassroomState.CREATED, ClassroomState.LIVE])
_MEMBERSHIP = [memberships.c[name] for name in Membership.__dataclass_fields__]


def _to_classroom(row: RowMapping) -> Classroom:
    values: dict[str, Any] = {name: row[name] for name in Classroom.__dataclass_fields__}
    return Classroom(**{**values, "state": ClassroomState(row["state"])})


def _to_membership(row: RowMapping) -> Membership:
    values: dict[str, Any] = {name: row[name] for name in Membership.__dataclass_fields__}
    return Membership(**{**values, "role": ClassroomRole(row["role"])})


# ── classrooms ──────────────────────────────────────────────────────────────────────────────────


async def add_classroom(queries: Queries, new: NewClassroom, host_id: int, at: datetime) -> int:
    """Make a classroom; its number."""
    row = await queries.fetch_one(
        insert(classrooms)
        .values(
            title=new.title,
            cover_url=new.cover_url,
            state=ClassroomState.CREATED,
            host_id=host_id,
            open=new.open,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            created_at=at,
        )
        .returning(classrooms.c.classroom_id)
    )
    if row is None:
        raise RuntimeError("the database returned nothing for an insert")
    classroom_id: int = row["classroom_id"]
    return classroom_id


async def lock_classroom(queries: Queries, classroom_id: int, lock: Lock) -> None:
    """From here to the end of the transaction, the class and its roster stay, or change here."""
    await queries.lock(
        select(classrooms.c.classroom_id).where(classrooms.c.classroom_id == classroom_id), lock
    )


async def find_classroom(queries: Queries, classroom_id: int) -> Classroom | None:
    row = await queries.fetch_one(
        select(*_CLASSROOM).select_from(_WITH_HOST).where(classrooms.c.classroom_id == classroom_id)
    )
    return None if row is None else _to_classroom(row)


async def find_standing(queries: Queries, classroom_id: int, account: Account) -> Standing | None:
    """The classroom and this account's place in it; None when there is no such classroom."""
    classroom = await find_classroom(queries, classroom_id)
    if classroom is None:
        return None
    membership = await find_membership(queries, classroom_id, account.account_id)
    return Standing(account, classroom, membership)


async def list_classrooms(
    queries: Queries, viewer: Account, wanted: ListFilter, before: int | None, limit: int
) -> Sequence[Classroom]:
    """What the viewer may see, the newest first, ids below `before` only."""
    conditions: list[ColumnElement[bool]] = []
    if viewer.role is not AccountRole.ADMIN:
        own = select(memberships.c.classroom_id).where(
            memberships.c.account_id == viewer.account_id
        )
        conditions.append(or_(classrooms.c.open, classrooms.c.classroom_id.in_(own)))
    if before is not None:
        conditions.append(classrooms.c.classroom_id < before)
    if wanted.state is not None:
        conditions.append(classrooms.c.state == wanted.state)
    if wanted.host is not None:
        conditions.append(accounts.c.identifier_folded == wanted.host.casefold())
    when = func.coalesce(classrooms.c.starts_at, classrooms.c.created_at, type_=Instant)
    if wanted.starts_from is not None:
        conditions.append(when >= wanted.starts_from)
    if wanted.starts_before is not None:
        conditions.append(when < wanted.starts_before)
    rows = await queries.fetch_all(
        select(*_CLASSROOM)
        .select_from(_WITH_HOST)
        .where(and_(True, *conditions))
        .order_by(classrooms.c.classroom_id.desc())
        .limit(limit)
    )
    return [_to_classroom(row) for row in rows]


async def change_classroom(
    queries: Queries, classroom_id: int, values: dict[str, str | datetime | bool | None]
) -> None:
    """Write some fields anew."""
    await queries.execute(
        update(classrooms).where(classrooms.c.classroom_id == classroom_id).values(values)
    )


async def move_state(
    queries: Queries,
    classroom_id: int,
    from_state: ClassroomState,
    to_state: ClassroomState,
    at: datetime,
) -> bool:
    """One conditional update: of several who try, one is told True."""
    moment = "started_at" if to_state is ClassroomState.LIVE else "ended_at"
    touched = await queries.execute(
        update(classrooms)
        .where(classrooms.c.classroom_id == classroom_id, classrooms.c.state == from_state)
        .values({"state": to_state, moment: at})
    )
    return touched == 1


async def change_host(queries: Queries, classroom_id: int, from_id: int, to_id: int) -> bool:
    """Unless it has ended, or has another host than `from_id` by now."""
    touched = await queries.execute(
        update(classrooms)
        .where(
            classrooms.c.classroom_id == classroom_id,
            classrooms.c.host_id == from_id,
            _IS_NOT_OVER,
        )
        .values(host_id=to_id)
    )
    return touched == 1


async def list_hosted(queries: Queries, account_id: int, limit: int) -> Sequence[int]:
    """The numbers of classes that are not over and have this host, the oldest first."""
    rows = await queries.fetch_all(
        select(classrooms.c.classroom_id)
        .where(classrooms.c.host_id == account_id, _IS_NOT_OVER)
        .order_by(classrooms.c.classroom_id)
        .limit(limit)
    )
    return [row["classroom_id"] for row in rows]


# ── memberships ─────────────────────────────────────────────────────────────────────────────────


async def find_membership(
    queries: Queries, classroom_id: int, account_id: int
) -> Membership | None:
    row = await queries.fetch_one(
        select(*_MEMBERSHIP).where(
            memberships.c.classroom_id == classroom_id, memberships.c.account_id == account_id
        )
    )
    return None if row is None else _to_membership(row)


async def add_memberships(
    queries: Queries, classroom_id: int, members: Collection[Membership], at: datetime
) -> None:
    if not members:
        return
    rows = [
        {
            "classroom_id": classroom_id,
            "account_id": member.account_id,
            "role": member.role,
            "on_stage": member.on_stage,
            "kicked_at": member.kicked_at,
            "added_at": at,
        }
        for member in members
    ]
    await queries.execute(insert(memberships).values(rows))


async def change_membership(queries: Queries, classroom_id: int, member: Membership) -> None:
    """Write the member's place anew."""
    await queries.execute(
        update(memberships)
        .where(
            memberships.c.classroom_id == classroom_id,
            memberships.c.account_id == member.account_id,
        )
        .values(role=member.role, on_stage=member.on_stage, kicked_at=member.kicked_at)
    )


async def remove_membership(queries: Queries, classroom_id: int, account_id: int) -> None:
    await queries.execute(
        delete(memberships).where(
            memberships.c.classroom_id == classroom_id, memberships.c.account_id == account_id
        )
    )


async def remove_from_classes(queries: Queries, account_id: int) -> int:
    """Take somebody off every roster of a class that is not over; off how many."""
    not_over = select(classrooms.c.classroom_id).where(_IS_NOT_OVER)
    return await queries.execute(
        delete(memberships).where(
            memberships.c.account_id == account_id, memberships.c.classroom_id.in_(not_over)
        )
    )


async def list_members(
    queries: Queries, classroom_id: int, after: str | None, limit: int
) -> Sequence[Member]:
    """The roster by name, names above `after` only."""
    statement = (
        select(accounts.c.identifier, accounts.c.display_name, *_MEMBERSHIP)
        .select_from(memberships.join(accounts, accounts.c.account_id == memberships.c.account_id))
        .where(memberships.c.classroom_id == classroom_id)
        .order_by(accounts.c.identifier_folded)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(accounts.c.identifier_folded > after.casefold())
    rows = await queries.fetch_all(statement)
    return [Member(row["identifier"], row["display_name"], _to_membership(row)) for row in rows]
