"""The table of when the host of each live class was last heard of.

It is a table of its own, because the class's own row is locked by everybody who enters: a heartbeat
of the host would wait for a whole school that comes in.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Table, bindparam, delete, insert, select, update

from classgate.classrooms.models import Classroom
from classgate.classrooms.repository import classrooms, find_classroom
from classgate.storage.database import Instant, Lock, Queries, RowId, metadata

hearings = Table(
    "host_hearings",
    metadata,
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), primary_key=True),
    Column("seen_at", Instant, nullable=False),
    Index(None, "seen_at"),
)


async def begin(queries: Queries, classroom_id: int, at: datetime) -> None:
    """The class is live from now on, and its host was heard of."""
    await queries.execute(insert(hearings).values(classroom_id=classroom_id, seen_at=at))


async def end(queries: Queries, classroom_id: int) -> None:
    """The class is not live any more."""
    await queries.execute(delete(hearings).where(hearings.c.classroom_id == classroom_id))


async def see(queries: Queries, seen: Mapping[int, datetime]) -> None:
    """When the hosts of these classes were heard of; what is known to be later stays."""
    if not seen:
        return
    await queries.execute_many(
        update(hearings)
        .where(
            hearings.c.classroom_id == bindparam("class"),
            hearings.c.seen_at < bindparam("at", type_=Instant),
        )
        .values(seen_at=bindparam("at", type_=Instant)),
        # In one order, as all that touch several rows do.
        [{"class": each, "at": seen[each]} for each in sorted(seen)],
    )


async def not_later_than(queries: Queries, now: datetime) -> None:
    """Let no host be heard of in the future: the clock was set back."""
    ahead = hearings.c.seen_at > now
    ordered = select(hearings.c.classroom_id).where(ahead).order_by(hearings.c.classroom_id)
    await queries.lock(ordered, Lock.OWN)
    await queries.execute(update(hearings).where(ahead).values(seen_at=now))


async def claim_hostless(queries: Queries, seen_before: datetime) -> Classroom | None:
    """A live class whose host was not heard of since then, locked; None: nobody else's is left."""
    row = await queries.fetch_one(
        select(hearings.c.classroom_id)
        .join(classrooms, classrooms.c.classroom_id == hearings.c.classroom_id)
        .where(hearings.c.seen_at <= seen_before)
        .order_by(hearings.c.seen_at)
        .limit(1)
        # Of both tables, and without waiting: whoever enters locks the class first.
        .with_for_update(skip_locked=True, key_share=True)
    )
    return None if row is None else await find_classroom(queries, row["classroom_id"])
