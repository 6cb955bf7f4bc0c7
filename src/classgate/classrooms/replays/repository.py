"""The tables of replays and recordings."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)

from classgate.classrooms.models import Recording, Replay
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata

replays = Table(
    "replays",
    metadata,
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), primary_key=True),
    # From then on its host may ask for the index. Null: the cloud is building it, or it is there.
    Column("requestable_at", Instant),
    # Then the service asks by itself; never before the host may. Null: it does not.
    Column("due_at", Instant),
    Column("requests", Integer, nullable=False),
    Column("requested_at", Instant),
    Column("indexed_at", Instant),
    Column("index_result", Integer, nullable=False),  # the cloud's code; 0 is well
    Column("index_url", String(1000)),
    Index(None, "due_at"),
)

recordings = Table(
    "recordings",
    metadata,
    Column("recording_id", RowId, primary_key=True, autoincrement=True),
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), nullable=False),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("video_id", String(100), nullable=False),
    Column("video_url", String(500), nullable=False),
    # As the cloud tells them, in its own units.
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger, nullable=False),
    Column("media_start_time", BigInteger, nullable=False),
    Column("file_size", BigInteger, nullable=False),
    Column("duration", BigInteger, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("classroom_id", "video_id"),
)

_REPLAY = [replays.c[name] for name in Replay.__dataclass_fields__]


async def open_replay(connection: DatabaseConnection, classroom_id: int, due_at: datetime) -> None:
    """The class has ended; from then on its replay may be asked for, and is."""
    await connection.execute(
        insert(replays).values(
            classroom_id=classroom_id,
            requestable_at=due_at,
            due_at=due_at,
            requests=0,
            index_result=0,
        )
    )


async def lock_replay(connection: DatabaseConnection, classroom_id: int) -> None:
    """From here to the end of the transaction, nobody else asks for it."""
    await connection.lock(
        select(replays.c.classroom_id).where(replays.c.classroom_id == classroom_id), Lock.EXCLUSIVE
    )


async def find_replays(
    connection: DatabaseConnection, classroom_ids: Collection[int]
) -> dict[int, Replay]:
    """The replays of these classes, by class; those that have one."""
    rows = await connection.fetch_all(
        select(*_REPLAY).where(replays.c.classroom_id.in_(list(classroom_ids)))
    )
    return {row["classroom_id"]: Replay(**row) for row in rows}


async def mark_requested(connection: DatabaseConnection, classroom_id: int, at: datetime) -> bool:
    """Its index is asked for. Of several who try, one is told True, and nobody too early.

    Nor is anybody while the cloud is building it, or when it is there.
    """
    touched = await connection.execute(
        update(replays)
        .where(replays.c.classroom_id == classroom_id, replays.c.requestable_at <= at)
        .values(requestable_at=None, due_at=None, requests=replays.c.requests + 1, requested_at=at)
    )
    return touched == 1


async def claim_due(connection: DatabaseConnection, at: datetime, limit: int) -> Sequence[int]:
    """Classes whose replay the service has to ask for by now, locked for this transaction."""
    rows = await connection.fetch_all(
        select(replays.c.classroom_id)
        .where(replays.c.due_at <= at)
        .order_by(replays.c.classroom_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [row["classroom_id"] for row in rows]


async def set_index(
    connection: DatabaseConnection, classroom_id: int, at: datetime, result: int, url: str
) -> None:
    """The index is there; the last one counts. Nobody asks for it any more."""
    await connection.execute(
        update(replays)
        .where(replays.c.classroom_id == classroom_id)
        .values(requestable_at=None, due_at=None, indexed_at=at, index_result=result, index_url=url)
    )


async def set_failure(
    connection: DatabaseConnection, classroom_id: int, at: datetime, result: int
) -> None:
    """The cloud built no index, for its own reason."""
    await connection.execute(
        update(replays)
        .where(replays.c.classroom_id == classroom_id)
        .values(indexed_at=at, index_result=result)
    )


async def reopen_replay(
    connection: DatabaseConnection,
    classroom_id: int,
    requestable_at: datetime,
    due_at: datetime | None,
) -> None:
    """It may be asked for once more."""
    await connection.execute(
        update(replays)
        .where(replays.c.classroom_id == classroom_id)
        .values(requestable_at=requestable_at, due_at=due_at)
    )


async def add_recording(
    connection: DatabaseConnection,
    classroom_id: int,
    account_id: int,
    recording: Recording,
    at: datetime,
) -> None:
    """Write a recording down that is not there yet."""
    values = {name: getattr(recording, name) for name in Recording.__dataclass_fields__}
    await connection.execute(
        insert(recordings).values(
            classroom_id=classroom_id, account_id=account_id, received_at=at, **values
        )
    )


async def has_recording(connection: DatabaseConnection, classroom_id: int, video_id: str) -> bool:
    """Whether it is written down."""
    row = await connection.fetch_one(
        select(recordings.c.recording_id).where(
            recordings.c.classroom_id == classroom_id, recordings.c.video_id == video_id
        )
    )
    return row is not None
