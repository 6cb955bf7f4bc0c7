"""The tables of replays and recordings."""

from collections.abc import Sequence
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
    bindparam,
    func,
    insert,
    literal,
    select,
    update,
)

from classgate.classrooms.models import Recording, Replay
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata
from classgate.storage.statements import LIMIT, Statement, to_dataclass

replays = Table(
    "replays",
    metadata,
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), primary_key=True),
    # The host may request the index from then on. Null: it is being built, or exists.
    Column("requestable_at", Instant),
    # The service requests it then; never before the host may. Null: never.
    Column("due_at", Instant),
    Column("requests", Integer, nullable=False),
    Column("requested_at", Instant),
    Column("indexed_at", Instant),
    Column("index_result", Integer, nullable=False),  # the cloud's code; 0 is success
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
    # As reported by the cloud, in its units.
    Column("start_time", BigInteger, nullable=False),
    Column("end_time", BigInteger, nullable=False),
    Column("media_start_time", BigInteger, nullable=False),
    Column("file_size", BigInteger, nullable=False),
    Column("duration", BigInteger, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("classroom_id", "video_id"),
)

_REPLAY = [replays.c[name] for name in Replay.__dataclass_fields__]
_IS_WANTED = replays.c.classroom_id == bindparam("classroom_id")


# ── replays ─────────────────────────────────────────────────────────────────────────────────────


_OPEN = Statement(
    insert(replays).values(
        classroom_id=bindparam("classroom_id"),
        requestable_at=bindparam("due_at"),
        due_at=bindparam("due_at"),
        requests=0,
        index_result=0,
    )
)
_SELECT_ID = Statement(select(replays.c.classroom_id).where(_IS_WANTED))
_FIND = Statement(select(*_REPLAY).where(_IS_WANTED))
_MARK_REQUESTED = Statement(
    update(replays)
    .where(_IS_WANTED, replays.c.requestable_at <= bindparam("at"))
    .values(
        requestable_at=None,
        due_at=None,
        requests=replays.c.requests + 1,
        requested_at=bindparam("at"),
    )
)
_SELECT_DUE = Statement(
    select(replays.c.classroom_id)
    .where(replays.c.due_at <= bindparam("at"))
    # By its index. Locked rows are skipped, so the order does not matter.
    .order_by(replays.c.due_at)
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)
_SOME_DUE = (
    select(literal(1))
    .select_from(replays)
    .where(replays.c.due_at <= bindparam("at"))
    .limit(LIMIT)
    .subquery()
)
_COUNT_DUE = Statement(select(func.count().label("number")).select_from(_SOME_DUE))
_SET_INDEX = Statement(
    update(replays)
    .where(_IS_WANTED)
    .values(
        requestable_at=None,
        due_at=None,
        indexed_at=bindparam("at"),
        index_result=bindparam("result"),
        index_url=bindparam("url"),
    )
)
_SET_FAILURE = Statement(
    update(replays)
    .where(_IS_WANTED)
    .values(indexed_at=bindparam("at"), index_result=bindparam("result"))
)
_REOPEN = Statement(
    update(replays)
    .where(_IS_WANTED)
    .values(requestable_at=bindparam("requestable_at"), due_at=bindparam("due_at"))
)


async def open_replay(connection: DatabaseConnection, classroom_id: int, due_at: datetime) -> None:
    """Insert the replay of a class that has ended, and schedule the request."""
    await connection.write(_OPEN, {"classroom_id": classroom_id, "due_at": due_at})


async def lock_replay(connection: DatabaseConnection, classroom_id: int) -> None:
    """Lock the replay until the transaction ends."""
    await connection.lock(_SELECT_ID, {"classroom_id": classroom_id}, Lock.EXCLUSIVE)


async def find_replay(connection: DatabaseConnection, classroom_id: int) -> Replay | None:
    row = await connection.fetch_one(_FIND, {"classroom_id": classroom_id})
    return None if row is None else to_dataclass(Replay, row)


async def mark_requested(connection: DatabaseConnection, classroom_id: int, at: datetime) -> bool:
    """Mark the index as requested. Only one concurrent caller gets True, and not too early.

    False also while the cloud is building it, or if it exists.
    """
    values = {"classroom_id": classroom_id, "at": at}
    return await connection.execute(_MARK_REQUESTED, values) == 1


async def claim_due(connection: DatabaseConnection, at: datetime, limit: int) -> Sequence[int]:
    """Lock and return the classes whose replay request is due."""
    rows = await connection.fetch_all(_SELECT_DUE, {"at": at, "limit": limit})
    return [row.classroom_id for row in rows]


async def set_index(
    connection: DatabaseConnection, classroom_id: int, at: datetime, result: int, url: str
) -> None:
    """Store the index; a later one replaces it. No further requests."""
    values = {"classroom_id": classroom_id, "at": at, "result": result, "url": url}
    await connection.write(_SET_INDEX, values)


async def set_failure(
    connection: DatabaseConnection, classroom_id: int, at: datetime, result: int
) -> None:
    """Store the cloud's failure code."""
    values = {"classroom_id": classroom_id, "at": at, "result": result}
    await connection.write(_SET_FAILURE, values)


async def reopen_replay(
    connection: DatabaseConnection,
    classroom_id: int,
    requestable_at: datetime,
    due_at: datetime | None,
) -> None:
    """Allow another request."""
    values = {"classroom_id": classroom_id, "requestable_at": requestable_at, "due_at": due_at}
    await connection.write(_REOPEN, values)


async def count_due(connection: DatabaseConnection, at: datetime, most: int) -> int:
    """Count the replays whose index is to be requested by then, up to this many."""
    row = await connection.fetch_one(_COUNT_DUE, {"at": at, "limit": most})
    return 0 if row is None else int(row.number)


# ── recordings ──────────────────────────────────────────────────────────────────────────────────


_RECORDING = list(Recording.__dataclass_fields__)
_ADD_RECORDING = Statement(
    insert(recordings).values(
        {
            name: bindparam(name)
            for name in ("classroom_id", "account_id", *_RECORDING, "received_at")
        }
    )
)
_FIND_RECORDING = Statement(
    select(recordings.c.recording_id).where(
        recordings.c.classroom_id == bindparam("classroom_id"),
        recordings.c.video_id == bindparam("video_id"),
    )
)


async def add_recording(
    connection: DatabaseConnection,
    classroom_id: int,
    account_id: int,
    recording: Recording,
    at: datetime,
) -> None:
    """Insert a recording unless it exists."""
    values = {name: getattr(recording, name) for name in _RECORDING}
    await connection.write(
        _ADD_RECORDING,
        {**values, "classroom_id": classroom_id, "account_id": account_id, "received_at": at},
    )


async def has_recording(connection: DatabaseConnection, classroom_id: int, video_id: str) -> bool:
    """Return whether the recording exists."""
    values = {"classroom_id": classroom_id, "video_id": video_id}
    return await connection.fetch_one(_FIND_RECORDING, values) is not None
