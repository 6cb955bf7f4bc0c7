"""The tables of classrooms and memberships."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    delete,
    insert,
    select,
    text,
    update,
)

from classgate.accounts.models import Account
from classgate.accounts.repository import accounts
from classgate.classrooms.models import (
    Classroom,
    ClassroomRole,
    ClassroomState,
    Membership,
    NewClassroom,
)
from classgate.storage.changes import Changed
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata
from classgate.storage.statements import EnumText, Row, Statement, one_of, to_dataclass

classrooms = Table(
    "classrooms",
    metadata,
    Column("classroom_id", RowId, primary_key=True, autoincrement=True),
    Column("title", String(128), nullable=False),
    Column("cover_url", String(500)),
    Column("state", EnumText(ClassroomState, 10), nullable=False),
    Column("host_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("created_at", Instant, nullable=False),
    # The later of creation and start: the sort key of lists.
    Column("recent_at", Instant, nullable=False),
    Column("muted", Integer, nullable=False, server_default="0"),
    Column("groups_due_at", Instant),  # when the groups are made; None: with the first entry
    Index(None, "host_id", "classroom_id"),
    Index(None, "host_id", "recent_at", "classroom_id"),
    Index(None, "recent_at", "classroom_id"),
    Index(None, "state", "classroom_id"),
    Index(None, "state", "recent_at", "classroom_id"),
    Index("ix_classrooms_time", text("coalesce(starts_at, created_at)")),
    Index(
        "ix_classrooms_groups_due",
        "groups_due_at",
        sqlite_where=text("groups_due_at IS NOT NULL"),
        postgresql_where=text("groups_due_at IS NOT NULL"),
    ),
    # Open classes are listed beside those of the viewer.
    *(
        Index(
            f"ix_classrooms_open_{name}",
            *columns,
            sqlite_where=text("open = 1"),
            postgresql_where=text("open"),
        )
        for name, columns in {
            "id": ["classroom_id"],
            "host": ["host_id", "classroom_id"],
            "host_recent": ["host_id", "recent_at", "classroom_id"],
            "recent": ["recent_at", "classroom_id"],
            "state": ["state", "classroom_id"],
            "state_recent": ["state", "recent_at", "classroom_id"],
        }.items()
    ),
    sqlite_autoincrement=True,  # room numbers are never reused
)

memberships = Table(
    "memberships",
    metadata,
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), primary_key=True),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), primary_key=True),
    Column("role", EnumText(ClassroomRole, 10), nullable=False),
    Column("on_stage", Boolean, nullable=False),
    Column("kicked_at", Instant),
    Column("kicked_until", Instant),
    Column("added_at", Instant, nullable=False),
    Column("muted", Integer, nullable=False, server_default="0"),
    Column("muted_at", Instant),
    Index(None, "account_id", "classroom_id"),
)

CLASSROOM = [
    accounts.c.identifier.label("host") if name == "host" else classrooms.c[name]
    for name in Classroom.__dataclass_fields__
]
MEMBERSHIP = [memberships.c[name] for name in Membership.__dataclass_fields__]
WITH_HOST = classrooms.join(accounts, accounts.c.account_id == classrooms.c.host_id)
IS_NOT_OVER = one_of(classrooms.c.state, [ClassroomState.CREATED, ClassroomState.LIVE])
# By the numbers that the parameters `classroom_id` and `account_id` give.
IS_WANTED = classrooms.c.classroom_id == bindparam("classroom_id")
_IS_MEMBER = and_(
    memberships.c.classroom_id == bindparam("classroom_id"),
    memberships.c.account_id == bindparam("account_id"),
)


def to_classroom(row: Row) -> Classroom:
    """Return the classroom of a row that begins with the columns `CLASSROOM`."""
    return to_dataclass(Classroom, row)


# ── classrooms ──────────────────────────────────────────────────────────────────────────────────


_GIVEN = ["title", "cover_url", "open", "starts_at", "ends_at"]  # by a NewClassroom
_ADD = Statement(
    insert(classrooms)
    .values(
        **{name: bindparam(name) for name in _GIVEN},
        state=ClassroomState.CREATED,
        host_id=bindparam("host_id"),
        created_at=bindparam("at"),
        recent_at=bindparam("at"),
    )
    .returning(*(classrooms.c[name] for name in Classroom.__dataclass_fields__ if name != "host"))
)
_SELECT_ID = Statement(select(classrooms.c.classroom_id).where(IS_WANTED))
_FIND = Statement(select(*CLASSROOM).select_from(WITH_HOST).where(IS_WANTED))


async def add_classroom(
    connection: DatabaseConnection, new: NewClassroom, host: Account, at: datetime
) -> Classroom:
    """Insert a classroom and return it."""
    given = {name: getattr(new, name) for name in _GIVEN}
    row = await connection.fetch_one(_ADD, {**given, "host_id": host.account_id, "at": at})
    if row is None:
        raise RuntimeError("the database returned nothing for an insert")
    return Classroom(host=host.identifier, **row._asdict())


async def lock_classroom(connection: DatabaseConnection, classroom_id: int, lock: Lock) -> None:
    """Lock the class, and with it its roster, until the transaction ends."""
    await connection.lock(_SELECT_ID, {"classroom_id": classroom_id}, lock)


async def find_classroom(connection: DatabaseConnection, classroom_id: int) -> Classroom | None:
    row = await connection.fetch_one(_FIND, {"classroom_id": classroom_id})
    return None if row is None else to_classroom(row)


# ── changes of a classroom ──────────────────────────────────────────────────────────────────────


@cache
def _change(fields: frozenset[str]) -> Statement:
    return Statement(
        update(classrooms).where(IS_WANTED).values({name: bindparam(name) for name in fields})
    )


async def change_classroom(
    connection: DatabaseConnection,
    classroom_id: int,
    values: Mapping[str, str | datetime | int | None],
) -> None:
    """Update some fields."""
    await connection.write(_change(frozenset(values)), {**values, "classroom_id": classroom_id})


_MOMENTS = {ClassroomState.LIVE: ["started_at", "recent_at"], ClassroomState.ENDED: ["ended_at"]}


@cache
def _transition_to(state: ClassroomState) -> Statement:
    return Statement(
        update(classrooms)
        .where(IS_WANTED, classrooms.c.state == bindparam("from_state"))
        .values(state=state, **{name: bindparam("at") for name in _MOMENTS.get(state, [])})
    )


async def transition_state(
    connection: DatabaseConnection,
    classroom_id: int,
    from_state: ClassroomState,
    to_state: ClassroomState,
    at: datetime,
) -> bool:
    """Change the state with one conditional update; only one concurrent caller gets True."""
    values = {"classroom_id": classroom_id, "from_state": from_state, "at": at}
    connection.announce(Changed.CLASSROOM, classroom_id)
    return await connection.execute(_transition_to(to_state), values) == 1


_CHANGE_HOST = Statement(
    update(classrooms)
    .where(IS_WANTED, classrooms.c.host_id == bindparam("from_id"), IS_NOT_OVER)
    .values(host_id=bindparam("to_id"))
)


async def change_host(
    connection: DatabaseConnection, classroom_id: int, from_id: int, to_id: int
) -> bool:
    """Change the host unless the class has ended or has another host by now."""
    values = {"classroom_id": classroom_id, "from_id": from_id, "to_id": to_id}
    connection.announce(Changed.CLASSROOM, classroom_id)
    return await connection.execute(_CHANGE_HOST, values) == 1


# ── memberships ─────────────────────────────────────────────────────────────────────────────────


_CHANGEABLE = ("role", "on_stage", "kicked_at", "kicked_until", "muted", "muted_at")
_FIND_MEMBERSHIP = Statement(select(*MEMBERSHIP).where(_IS_MEMBER))
_ADD_MEMBERSHIP = Statement(insert(memberships))
_CHANGE_MEMBERSHIP = Statement(
    update(memberships).where(_IS_MEMBER).values({name: bindparam(name) for name in _CHANGEABLE})
)
_CHANGE_MUTE = Statement(
    update(memberships)
    .where(_IS_MEMBER)
    .values({name: bindparam(name) for name in ("muted", "muted_at")})
)
_REMOVE_MEMBERSHIP = Statement(delete(memberships).where(_IS_MEMBER))
_DELETE_UNFINISHED = Statement(
    delete(memberships).where(
        memberships.c.account_id == bindparam("account_id"),
        memberships.c.classroom_id.in_(select(classrooms.c.classroom_id).where(IS_NOT_OVER)),
    )
)


async def find_membership(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> Membership | None:
    values = {"classroom_id": classroom_id, "account_id": account_id}
    row = await connection.fetch_one(_FIND_MEMBERSHIP, values)
    return None if row is None else to_dataclass(Membership, row)


async def add_memberships(
    connection: DatabaseConnection, classroom_id: int, members: Collection[Membership], at: datetime
) -> None:
    rows = [{**_values_of(classroom_id, member), "added_at": at} for member in members]
    if len(rows) == 1:
        await connection.write(_ADD_MEMBERSHIP, rows[0])
    elif rows:
        await connection.execute_many(_ADD_MEMBERSHIP, rows)


async def change_membership(
    connection: DatabaseConnection, classroom_id: int, member: Membership
) -> None:
    """Update the membership."""
    connection.announce(Changed.CLASSROOM, classroom_id)
    await connection.write(_CHANGE_MEMBERSHIP, _values_of(classroom_id, member))


async def change_mutes(
    connection: DatabaseConnection, classroom_id: int, members: Collection[Membership]
) -> None:
    """Update what each of the members is muted in."""
    rows = [
        {
            "classroom_id": classroom_id,
            "account_id": each.account_id,
            "muted": each.muted,
            "muted_at": each.muted_at,
        }
        for each in members
    ]
    connection.announce(Changed.CLASSROOM, classroom_id)
    await connection.execute_many(_CHANGE_MUTE, rows)


def _values_of(classroom_id: int, member: Membership) -> dict[str, Any]:
    return {"classroom_id": classroom_id, **vars(member)}


_LIST_STUDENTS = Statement(
    select(*MEMBERSHIP, *(accounts.c[name] for name in Account.__dataclass_fields__))
    .join_from(memberships, accounts, accounts.c.account_id == memberships.c.account_id)
    .where(
        memberships.c.classroom_id == bindparam("classroom_id"),
        memberships.c.role == ClassroomRole.STUDENT,
    )
    .order_by(memberships.c.account_id)
)
_LIFT_MUTES = Statement(
    update(memberships)
    .where(memberships.c.classroom_id == bindparam("classroom_id"), memberships.c.muted != 0)
    .values(muted=0)
)
_LIFT_MUTE_OF_ALL = Statement(update(classrooms).where(IS_WANTED).values(muted=0))


async def list_students(
    connection: DatabaseConnection, classroom_id: int
) -> Sequence[tuple[Account, Membership]]:
    """Return the students of the class with their memberships."""
    rows = await connection.fetch_all(_LIST_STUDENTS, {"classroom_id": classroom_id})
    width = len(MEMBERSHIP)
    return [
        (to_dataclass(Account, row[width:]), to_dataclass(Membership, row[:width])) for row in rows
    ]


async def lift_mutes(connection: DatabaseConnection, classroom_id: int) -> int:
    """Lift every mute in the class; return the number of members."""
    await connection.write(_LIFT_MUTE_OF_ALL, {"classroom_id": classroom_id})
    return await connection.execute(_LIFT_MUTES, {"classroom_id": classroom_id})


async def remove_membership(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> None:
    values = {"classroom_id": classroom_id, "account_id": account_id}
    connection.announce(Changed.CLASSROOM, classroom_id)
    await connection.write(_REMOVE_MEMBERSHIP, values)


async def delete_memberships(connection: DatabaseConnection, account_id: int) -> int:
    """Remove the account from all rosters of unfinished classes; return their number."""
    return await connection.execute(_DELETE_UNFINISHED, {"account_id": account_id})
