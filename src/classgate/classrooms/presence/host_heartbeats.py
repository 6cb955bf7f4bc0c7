"""The table of the last heartbeat of the host of each live class.

It is a separate table because everybody who enters locks the class's row: the host's heartbeat
would wait for a whole school entering.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Table,
    bindparam,
    delete,
    insert,
    not_,
    select,
    update,
)

from classgate.classrooms.models import Classroom
from classgate.classrooms.presence.room_users import is_in_room
from classgate.classrooms.repository import classrooms, find_classroom
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata
from classgate.storage.statements import Statement

host_heartbeats = Table(
    "host_heartbeats",
    metadata,
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), primary_key=True),
    Column("last_seen_at", Instant, nullable=False),
    Index(None, "last_seen_at"),
)


_OF_CLASS = host_heartbeats.c.classroom_id == bindparam("classroom_id")
_IS_AHEAD = host_heartbeats.c.last_seen_at > bindparam("now")
_START = Statement(insert(host_heartbeats))
_STOP = Statement(delete(host_heartbeats).where(_OF_CLASS))
_UPDATE_LAST_SEEN = Statement(
    update(host_heartbeats)
    .where(_OF_CLASS, host_heartbeats.c.last_seen_at < bindparam("at"))
    .values(last_seen_at=bindparam("at"))
)
_SELECT_AHEAD = Statement(
    select(host_heartbeats.c.classroom_id).where(_IS_AHEAD).order_by(host_heartbeats.c.classroom_id)
)
_CLAMP_LAST_SEEN = Statement(
    update(host_heartbeats).where(_IS_AHEAD).values(last_seen_at=bindparam("now"))
)
_SELECT_TIMED_OUT = Statement(
    select(host_heartbeats.c.classroom_id)
    .join(classrooms, classrooms.c.classroom_id == host_heartbeats.c.classroom_id)
    .where(
        host_heartbeats.c.last_seen_at <= bindparam("seen_before"),
        not_(is_in_room(classrooms.c.classroom_id, classrooms.c.host_id)),
    )
    .order_by(host_heartbeats.c.last_seen_at)
    .limit(1)
    # Locks both tables without waiting: entering locks the class first.
    .with_for_update(skip_locked=True, key_share=True)
)


async def start_tracking(connection: DatabaseConnection, classroom_id: int, at: datetime) -> None:
    """Insert the row when the class becomes live."""
    await connection.write(_START, {"classroom_id": classroom_id, "last_seen_at": at})


async def stop_tracking(connection: DatabaseConnection, classroom_id: int) -> None:
    """Delete the row when the class is no longer live."""
    await connection.write(_STOP, {"classroom_id": classroom_id})


async def record_heartbeat(connection: DatabaseConnection, classroom_id: int, at: datetime) -> None:
    """Update the last heartbeat of one class; never moves back."""
    await connection.write(_UPDATE_LAST_SEEN, {"classroom_id": classroom_id, "at": at})


async def update_last_seen(connection: DatabaseConnection, seen: Mapping[int, datetime]) -> None:
    """Update the last heartbeats of several classes; never moves back."""
    if not seen:
        return
    # Sorted, like every update of several rows.
    rows = [{"classroom_id": each, "at": seen[each]} for each in sorted(seen)]
    await connection.execute_many(_UPDATE_LAST_SEEN, rows)


async def clamp_last_seen(connection: DatabaseConnection, now: datetime) -> None:
    """Clamp times in the future to now: the clock was set back."""
    await connection.lock(_SELECT_AHEAD, {"now": now}, Lock.EXCLUSIVE)
    await connection.write(_CLAMP_LAST_SEEN, {"now": now})


async def claim_class_without_host(
    connection: DatabaseConnection, seen_before: datetime, in_room_since: datetime
) -> Classroom | None:
    """Lock and return a live class whose host timed out; None: no unlocked one is left.

    A host who is in the room by an event since `in_room_since` has not timed out.
    """
    values = {"seen_before": seen_before, "in_room_since": in_room_since}
    row = await connection.fetch_one(_SELECT_TIMED_OUT, values)
    return None if row is None else await find_classroom(connection, row.classroom_id)
