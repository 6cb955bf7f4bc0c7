"""The table of when the host of each live class was last heard of.

It is a table of its own, because the class's own row is locked by everybody who enters: a heartbeat
of the host would wait for a whole school that comes in.
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
    """The class is live from now on, and its host was heard of."""
    await connection.execute(
        insert(host_heartbeats).values(classroom_id=classroom_id, last_seen_at=at)
    )


async def stop_tracking(connection: DatabaseConnection, classroom_id: int) -> None:
    """The class is not live any more."""
    await connection.execute(
        delete(host_heartbeats).where(host_heartbeats.c.classroom_id == classroom_id)
    )


async def update_last_seen(connection: DatabaseConnection, seen: Mapping[int, datetime]) -> None:
    """When the hosts of these classes were heard of; what is known to be later stays."""
    if not seen:
        return
    await connection.execute_many(
        update(host_heartbeats)
        .where(
            host_heartbeats.c.classroom_id == bindparam("class"),
            host_heartbeats.c.last_seen_at < bindparam("at", type_=Instant),
        )
        .values(last_seen_at=bindparam("at", type_=Instant)),
        # In one order, as all that touch several rows do.
        [{"class": each, "at": seen[each]} for each in sorted(seen)],
    )


async def clamp_last_seen(connection: DatabaseConnection, now: datetime) -> None:
    """Let no host be heard of in the future: the clock was set back."""
    ahead = host_heartbeats.c.last_seen_at > now
    ordered = (
        select(host_heartbeats.c.classroom_id).where(ahead).order_by(host_heartbeats.c.classroom_id)
    )
    await connection.lock(ordered, Lock.EXCLUSIVE)
    await connection.execute(update(host_heartbeats).where(ahead).values(last_seen_at=now))


async def claim_class_without_host(
    connection: DatabaseConnection, seen_before: datetime
) -> Classroom | None:
    """A live class whose host was not heard of since then, locked; None: nobody else's is left."""
    row = await connection.fetch_one(
        select(host_heartbeats.c.classroom_id)
        .join(classrooms, classrooms.c.classroom_id == host_heartbeats.c.classroom_id)
        .where(host_heartbeats.c.last_seen_at <= seen_before)
        .order_by(host_heartbeats.c.last_seen_at)
        .limit(1)
        # Of both tables, and without waiting: whoever enters locks the class first.
        .with_for_update(skip_locked=True, key_share=True)
    )
    return None if row is None else await find_classroom(connection, row["classroom_id"])
