"""The table of who is in the room of a class, by the events of the cloud.

A row holds the last event of one person that counted: later messages with an earlier time, and the
same message again, are recognized by it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata
from classgate.storage.statements import LIMIT, Statement, in_list, to_dataclass

ROOM_TRUST = timedelta(hours=6)
"""How long somebody counts as in the room without another event. The cloud drops an event that it
could not deliver for a minute, so the one of leaving may be missing.
"""

room_users = Table(
    "room_users",
    metadata,
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), primary_key=True),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), primary_key=True),
    Column("in_room", Boolean, nullable=False),
    Column("sends", Boolean, nullable=False),  # with the role of an anchor
    Column("event_at", Instant, nullable=False),  # by the clock of the cloud
    Index("ix_room_users_event_at", "event_at"),
)


@dataclass(frozen=True, kw_only=True)
class RoomUser:
    """What the last event said about one person in one room."""

    classroom_id: int
    account_id: int
    in_room: bool
    sends: bool
    event_at: datetime


def is_in_room(
    classroom_id: ColumnElement[int], account_id: ColumnElement[int]
) -> ColumnElement[bool]:
    """Return the condition that the account is in the room by an event since `in_room_since`."""
    return exists().where(
        room_users.c.classroom_id == classroom_id,
        room_users.c.account_id == account_id,
        room_users.c.in_room,
        room_users.c.event_at > bindparam("in_room_since", type_=Instant),
    )


_IN_CLASS = room_users.c.classroom_id == bindparam("classroom_id")
_FIND = Statement(
    select(*(room_users.c[name] for name in RoomUser.__dataclass_fields__)).where(
        _IN_CLASS, room_users.c.account_id == bindparam("account_id")
    )
)
_added = postgresql.insert(room_users).values(
    {name: bindparam(name) for name in RoomUser.__dataclass_fields__}
)
_PUT = Statement(
    _added.on_conflict_do_update(
        index_elements=["classroom_id", "account_id"],
        set_={name: _added.excluded[name] for name in ("in_room", "sends", "event_at")},
    )
)
_IS_IN_UNTIL = and_(_IN_CLASS, room_users.c.in_room, room_users.c.event_at <= bindparam("at"))
_SELECT_IN_ROOM = Statement(
    select(room_users.c.account_id).where(_IS_IN_UNTIL).order_by(room_users.c.account_id)
)
_EMPTY = Statement(
    update(room_users)
    .where(_IN_CLASS, in_list(room_users.c.account_id, "account_ids"))
    .values(in_room=False, sends=False, event_at=bindparam("at"))
)
_OLD = (
    select(room_users.c.classroom_id, room_users.c.account_id)
    .where(room_users.c.event_at < bindparam("before"))
    .order_by(room_users.c.event_at)
    .limit(LIMIT)
)
_SELECT_OLD = Statement(_OLD.with_for_update(skip_locked=True))
_DELETE = Statement(
    delete(room_users).where(_IN_CLASS, room_users.c.account_id == bindparam("account_id"))
)


async def find(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> RoomUser | None:
    """Return what is known of the account in the room of the class."""
    values = {"classroom_id": classroom_id, "account_id": account_id}
    row = await connection.fetch_one(_FIND, values)
    return None if row is None else to_dataclass(RoomUser, row)


async def put(connection: DatabaseConnection, user: RoomUser) -> None:
    """Insert or update one person in one room."""
    await connection.write(_PUT, vars(user))


async def empty_room(
    connection: DatabaseConnection, classroom_id: int, at: datetime
) -> Collection[int]:
    """Record that everybody left who was in the room at that time; return their accounts."""
    values = {"classroom_id": classroom_id, "at": at}
    await connection.lock(_SELECT_IN_ROOM, values, Lock.EXCLUSIVE)
    found = [row.account_id for row in await connection.fetch_all(_SELECT_IN_ROOM, values)]
    if found:
        await connection.write(_EMPTY, {**values, "account_ids": found})
    return found


async def delete_old(connection: DatabaseConnection, before: datetime, limit: int) -> int:
    """Delete rows whose last event is older than that; return the number. Skips locked rows."""
    rows = await connection.fetch_all(_SELECT_OLD, {"before": before, "limit": limit})
    if rows:
        await connection.execute_many(_DELETE, [each._asdict() for each in rows])
    return len(rows)
