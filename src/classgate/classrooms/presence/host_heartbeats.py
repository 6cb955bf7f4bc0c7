"""The table of the last heartbeat of the host of each live class.

It is a separate table because everybody who enters locks the class's row: the host's heartbeat
would wait for a whole school entering.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Table, bindparam, delete, insert, select, update

from classgate.classrooms.models import Classroom
from classgate.classrooms.repository import classrooms, find_classroom
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata

host_heartbeats = Table(
    "host_heartbeats",
    metadata,
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), primary_key=True),
    Column("last_seen_at", Instant, nullable=False),
    Index(None, "last_seen_at"),
)


async def start_tracking(connection: DatabaseConnection, classroom_id: int, at: datetime) -> None:
    """Insert the row when the class becomes live."""
    await connection.execute(
        insert(host_heartbeats).values(classroom_id=classroom_id, last_seen_at=at)
    )


async def stop_tracking(connection: DatabaseConnection, classroom_id: int) -> None:
    """Delete the row when the class is no longer live."""
    await connection.execute(
        delete(host_heartbeats).where(host_heartbeats.c.classroom_id == classroom_id)
    )


async def update_last_seen(connection: DatabaseConnection, seen: Mapping[int, datetime]) -> None:
    """Update the last heartbeats; never moves back."""
    if not seen:
        return
    await connection.execute_many(
        update(host_heartbeats)
        .where(
            host_heartbeats.c.classroom_id == bindparam("class"),
            host_heartbeats.c.last_seen_at < bindparam("at", type_=Instant),
        )
        .values(last_seen_at=bindparam("at", type_=Instant)),
        # Sorted, like every update of several rows.
        [{"class": each, "at": seen[each]} for each in sorted(seen)],
    )


async def clamp_last_seen(connection: DatabaseConnection, now: datetime) -> None:
    """Clamp times in the future to now: the clock was set back."""
    ahead = host_heartbeats.c.last_seen_at > now
    ordered = (
        select(host_heartbeats.c.classroom_id).where(ahead).order_by(host_heartbeats.c.classroom_id)
    )
    await connection.lock(ordered, Lock.EXCLUSIVE)
    await connection.execute(update(host_heartbeats).where(ahead).values(last_seen_at=now))


async def claim_class_without_host(
    connection: DatabaseConnection, seen_before: datetime
) -> Classroom | None:
    """Lock and return a live class whose host timed out; None: no unlocked one is left."""
    row = await connection.fetch_one(
        select(host_heartbeats.c.classroom_id)
        .join(classrooms, classrooms.c.classroom_id == host_heartbeats.c.classroom_id)
        .where(host_heartbeats.c.last_seen_at <= seen_before)
        .order_by(host_heartbeats.c.last_seen_at)
        .limit(1)
        # Locks both tables without waiting: entering locks the class first.
        .with_for_update(skip_locked=True, key_share=True)
    )
    return None if row is None else await find_classroom(connection, row["classroom_id"])
