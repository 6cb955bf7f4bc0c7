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
    Select,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from classgate.accounts.identifiers import find_folded
from classgate.accounts.models import Account, AccountRole
from classgate.accounts.repository import accounts
from classgate.classrooms.models import (
    AccessContext,
    Classroom,
    ClassroomRole,
    ClassroomState,
    ListFilter,
    Membership,
    NewClassroom,
)
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata

classrooms = Table(
    "classrooms",
    metadata,
    Column("classroom_id", RowId, primary_key=True, autoincrement=True),
    Column("title", String(128), nullable=False),
    Column("cover_url", String(500)),
    Column("state", String(10), nullable=False),
    Column("host_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("created_at", Instant, nullable=False),
    # The later of creation and start: the sort key of lists.
    Column("recent_at", Instant, nullable=False),
    Index(None, "host_id"),
    Index(None, "recent_at", "classroom_id"),
    Index(None, "state", "recent_at", "classroom_id"),
    Index(None, "state", "open"),
    sqlite_autoincrement=True,  # room numbers are never reused
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

CLASSROOM = [
    accounts.c.identifier.label("host") if name == "host" else classrooms.c[name]
    for name in Classroom.__dataclass_fields__
]
WITH_HOST = classrooms.join(accounts, accounts.c.account_id == classrooms.c.host_id)
_IS_NOT_OVER = classrooms.c.state.in_([ClassroomState.CREATED, ClassroomState.LIVE])
CLASSROOM_ID_PARAM = bindparam("classroom", type_=RowId)
ACCOUNT_ID_PARAM = bindparam("account", type_=RowId)
_MEMBER_COLUMNS = [
    memberships.c[name].label(f"member_{name}") for name in Membership.__dataclass_fields__
]
MEMBERSHIP = [memberships.c[name] for name in Membership.__dataclass_fields__]


def to_classroom(row: RowMapping) -> Classroom:
    """Return the classroom in a row that has its columns."""
    values: dict[str, Any] = {name: row[name] for name in Classroom.__dataclass_fields__}
    return Classroom(**{**values, "state": ClassroomState(row["state"])})


def to_membership(row: RowMapping) -> Membership:
    """Return the membership in a row that has its columns."""
    return _membership_of({name: row[name] for name in Membership.__dataclass_fields__})


def _membership_of(values: dict[str, Any]) -> Membership:
    return Membership(**{**values, "role": ClassroomRole(values["role"])})


# ── classrooms ──────────────────────────────────────────────────────────────────────────────────


async def add_classroom(
    connection: DatabaseConnection, new: NewClassroom, host_id: int, at: datetime
) -> int:
    """Insert a classroom; return its number."""
    row = await connection.fetch_one(
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
            recent_at=at,
        )
        .returning(classrooms.c.classroom_id)
    )
    if row is None:
        raise RuntimeError("the database returned nothing for an insert")
    classroom_id: int = row["classroom_id"]
    return classroom_id


async def lock_classroom(connection: DatabaseConnection, classroom_id: int, lock: Lock) -> None:
    """Lock the class, and with it its roster, until the transaction ends."""
    await connection.lock(
        select(classrooms.c.classroom_id).where(classrooms.c.classroom_id == classroom_id), lock
    )


async def find_classroom(connection: DatabaseConnection, classroom_id: int) -> Classroom | None:
    row = await connection.fetch_one(
        select(*CLASSROOM).select_from(WITH_HOST).where(classrooms.c.classroom_id == classroom_id)
    )
    return None if row is None else to_classroom(row)


async def find_access(
    connection: DatabaseConnection, classroom_id: int, account: Account
) -> AccessContext | None:
    """Return the classroom and the account's membership; None: no such classroom."""
    row = await connection.fetch_one(
        _ACCESS, {"classroom": classroom_id, "account": account.account_id}
    )
    return None if row is None else to_access(row, account)


def select_access(
    *columns: ColumnElement[Any],
    beside: Table | None = None,
    on: ColumnElement[bool] | None = None,
) -> Select[Any]:
    """Build the statement of an access look-up, optionally with an outer-joined table.

    Parameters: CLASSROOM_ID_PARAM and ACCOUNT_ID_PARAM. Built once, because building is slower than
    executing.
    """
    joined = WITH_HOST.outerjoin(
        memberships,
        and_(
            memberships.c.classroom_id == classrooms.c.classroom_id,
            memberships.c.account_id == ACCOUNT_ID_PARAM,
        ),
    )
    if beside is not None:
        joined = joined.outerjoin(beside, on)
    return (
        select(*CLASSROOM, *_MEMBER_COLUMNS, *columns)
        .select_from(joined)
        .where(classrooms.c.classroom_id == CLASSROOM_ID_PARAM)
    )


_ACCESS = select_access()


def to_access(row: RowMapping, account: Account) -> AccessContext:
    """Return the access of the account from a row of the statement."""
    place = {name: row[f"member_{name}"] for name in Membership.__dataclass_fields__}
    member = None if place["account_id"] is None else _membership_of(place)
    return AccessContext(account, to_classroom(row), member)


def visible_to(viewer: Account) -> list[ColumnElement[bool]]:
    """Return the condition for classes that the account may see."""
    if viewer.role is AccountRole.ADMIN:
        return []
    return [or_(classrooms.c.open, classrooms.c.classroom_id.in_(select_memberships_of(viewer)))]


def select_memberships_of(member: Account) -> Select[tuple[int]]:
    """Select the numbers of classes that the account belongs to and may read."""
    wanted = [memberships.c.account_id == member.account_id, memberships.c.kicked_at.is_(None)]
    if member.role is not AccountRole.TEACHER:  # a former host's membership grants nothing
        wanted.append(memberships.c.role != ClassroomRole.HOST)
    return select(memberships.c.classroom_id).where(*wanted)


async def list_classrooms(
    connection: DatabaseConnection,
    viewer: Account,
    wanted: ListFilter,
    before: int | None,
    limit: int,
) -> Sequence[Classroom]:
    """Return the visible classes, newest first, with ids below `before`."""
    host = None if wanted.host is None else find_folded(wanted.host)
    if wanted.host is not None and host is None:
        return []  # invalid as an identifier
    conditions = visible_to(viewer)
    if before is not None:
        conditions.append(classrooms.c.classroom_id < before)
    if wanted.state is not None:
        conditions.append(classrooms.c.state == wanted.state)
    if host is not None:
        conditions.append(accounts.c.identifier_folded == host)
    when = func.coalesce(classrooms.c.starts_at, classrooms.c.created_at, type_=Instant)
    if wanted.starts_from is not None:
        conditions.append(when >= wanted.starts_from)
    if wanted.starts_before is not None:
        conditions.append(when < wanted.starts_before)
    rows = await connection.fetch_all(
        select(*CLASSROOM)
        .select_from(WITH_HOST)
        .where(and_(True, *conditions))
        .order_by(classrooms.c.classroom_id.desc())
        .limit(limit)
    )
    return [to_classroom(row) for row in rows]


async def change_classroom(
    connection: DatabaseConnection,
    classroom_id: int,
    values: dict[str, str | datetime | bool | None],
) -> None:
    """Update some fields."""
    await connection.execute(
        update(classrooms).where(classrooms.c.classroom_id == classroom_id).values(values)
    )


async def transition_state(
    connection: DatabaseConnection,
    classroom_id: int,
    from_state: ClassroomState,
    to_state: ClassroomState,
    at: datetime,
) -> bool:
    """Change the state with one conditional update; only one concurrent caller gets True."""
    moments = {
        ClassroomState.LIVE: {"started_at": at, "recent_at": at},
        ClassroomState.ENDED: {"ended_at": at},
    }
    touched = await connection.execute(
        update(classrooms)
        .where(classrooms.c.classroom_id == classroom_id, classrooms.c.state == from_state)
        .values(state=to_state, **moments.get(to_state, {}))
    )
    return touched == 1


async def change_host(
    connection: DatabaseConnection, classroom_id: int, from_id: int, to_id: int
) -> bool:
    """Change the host unless the class has ended or has another host by now."""
    touched = await connection.execute(
        update(classrooms)
        .where(
            classrooms.c.classroom_id == classroom_id,
            classrooms.c.host_id == from_id,
            _IS_NOT_OVER,
        )
        .values(host_id=to_id)
    )
    return touched == 1


async def list_hosted(connection: DatabaseConnection, account_id: int, limit: int) -> Sequence[int]:
    """Return the numbers of unfinished classes of this host, oldest first."""
    rows = await connection.fetch_all(
        select(classrooms.c.classroom_id)
        .where(classrooms.c.host_id == account_id, _IS_NOT_OVER)
        .order_by(classrooms.c.classroom_id)
        .limit(limit)
    )
    return [row["classroom_id"] for row in rows]


# ── memberships ─────────────────────────────────────────────────────────────────────────────────


async def find_membership(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> Membership | None:
    row = await connection.fetch_one(
        select(*MEMBERSHIP).where(
            memberships.c.classroom_id == classroom_id, memberships.c.account_id == account_id
        )
    )
    return None if row is None else to_membership(row)


async def add_memberships(
    connection: DatabaseConnection, classroom_id: int, members: Collection[Membership], at: datetime
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
    await connection.execute(insert(memberships).values(rows))


async def change_membership(
    connection: DatabaseConnection, classroom_id: int, member: Membership
) -> None:
    """Update the membership."""
    await connection.execute(
        update(memberships)
        .where(
            memberships.c.classroom_id == classroom_id,
            memberships.c.account_id == member.account_id,
        )
        .values(role=member.role, on_stage=member.on_stage, kicked_at=member.kicked_at)
    )


async def remove_membership(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> None:
    await connection.execute(
        delete(memberships).where(
            memberships.c.classroom_id == classroom_id, memberships.c.account_id == account_id
        )
    )


async def delete_memberships(connection: DatabaseConnection, account_id: int) -> int:
    """Remove the account from all rosters of unfinished classes; return their number."""
    not_over = select(classrooms.c.classroom_id).where(_IS_NOT_OVER)
    return await connection.execute(
        delete(memberships).where(
            memberships.c.account_id == account_id, memberships.c.classroom_id.in_(not_over)
        )
    )


_COUNT_LIVE = (
    select(func.count().label("live"))
    .select_from(classrooms)
    .where(classrooms.c.state == ClassroomState.LIVE)
)


async def count_live(connection: DatabaseConnection) -> int:
    """Return the number of live classes."""
    row = await connection.fetch_one(_COUNT_LIVE)
    return 0 if row is None else int(row["live"])
