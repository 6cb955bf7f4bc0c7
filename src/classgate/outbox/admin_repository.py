"""The outbox table as an operator sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, delete, func, literal_column, select, update

from classgate.outbox.delivery_repository import StoredMessage
from classgate.outbox.models import MessageKind, MessageState
from classgate.outbox.policy import KINDS, Lane
from classgate.outbox.repository import outbox
from classgate.storage.database import DatabaseConnection, Instant, RowId
from classgate.storage.statements import LIMIT, Statement, in_list, to_dataclass

_COLUMNS = [outbox.c[name] for name in StoredMessage.__dataclass_fields__]
_LIST = Statement(
    select(*_COLUMNS)
    .where(outbox.c.message_id > bindparam("after", type_=RowId))
    .order_by(outbox.c.message_id)
    .limit(LIMIT)
)


async def list_messages(
    connection: DatabaseConnection, after: int, limit: int
) -> Sequence[StoredMessage]:
    """Return a page of all messages, oldest first."""
    rows = await connection.fetch_all(_LIST, {"after": after, "limit": limit})
    return [to_dataclass(StoredMessage, row) for row in rows]


_LIST_REFUSED_CLASSES = Statement(
    select(outbox.c.last_error, outbox.c.classroom_id)
    .where(in_list(outbox.c.last_error, "codes"))
    .distinct()
    .order_by(outbox.c.last_error, outbox.c.classroom_id)
    .limit(LIMIT)
)


async def list_refused_classes(
    connection: DatabaseConnection, codes: Sequence[str], limit: int
) -> Sequence[tuple[str, int]]:
    """Return the classes whose messages the cloud refused with one of the codes, with the code."""
    rows = await connection.fetch_all(_LIST_REFUSED_CLASSES, {"codes": codes, "limit": limit})
    return [(row.last_error, row.classroom_id) for row in rows]


@dataclass
class LaneCounts:
    """The messages of one lane."""

    waiting: int = 0  # those that are due, and those that are planned for later
    due: int = 0
    set_aside: int = 0
    oldest_due: datetime | None = None


_IS_WAITING = outbox.c.state == MessageState.WAITING
_IS_DUE = _IS_WAITING & (outbox.c.next_attempt_at <= bindparam("now"))
_COUNT_BY_KIND = Statement(
    select(
        outbox.c.kind,
        func.count(case((_IS_WAITING, 1))).label("waiting"),
        func.count(case((_IS_DUE, 1))).label("due"),
        func.count(case((outbox.c.state == MessageState.FAILED, 1))).label("failed"),
        func.min(case((_IS_DUE, outbox.c.next_attempt_at)), type_=Instant).label("oldest"),
    ).group_by(outbox.c.kind)
)
_LANES: Mapping[MessageKind, Lane] = {kind: lane for lane in Lane for kind in KINDS[lane]}


async def count_by_lane(connection: DatabaseConnection, now: datetime) -> Mapping[Lane, LaneCounts]:
    """Count what was not delivered yet, in each lane."""
    lanes = {lane: LaneCounts() for lane in Lane}
    for row in await connection.fetch_all(_COUNT_BY_KIND, {"now": now}):
        counts = lanes[_LANES[row.kind]]
        counts.waiting += row.waiting
        counts.due += row.due
        counts.set_aside += row.failed
        if row.oldest is not None:
            counts.oldest_due = min(counts.oldest_due or row.oldest, row.oldest)
    return lanes


# Literal, so that the planner uses the partial index.
_IS_FAILED = outbox.c.state == literal_column("'failed'")
_ARE_NAMED = in_list(outbox.c.message_id, "ids")
# Its time starts again, or it would be too old for its next attempt.
_AGAIN = {
    "state": MessageState.WAITING,
    "created_at": bindparam("now", type_=Instant),
    "next_attempt_at": bindparam("now", type_=Instant),
    "claimed_until": None,
    "refusals": 0,
}
_RETRY = Statement(update(outbox).where(_IS_FAILED, _ARE_NAMED).values(_AGAIN))
_RETRY_ALL = Statement(update(outbox).where(_IS_FAILED).values(_AGAIN))
_DROP = Statement(delete(outbox).where(_IS_FAILED, _ARE_NAMED))
_DROP_ALL = Statement(delete(outbox).where(_IS_FAILED))


async def retry(connection: DatabaseConnection, ids: Sequence[int] | None, now: datetime) -> int:
    """Let failed messages wait again; None: all. Return their number."""
    if ids is None:
        return await connection.execute(_RETRY_ALL, {"now": now})
    return await connection.execute(_RETRY, {"now": now, "ids": list(ids)})


async def drop(connection: DatabaseConnection, ids: Sequence[int] | None) -> int:
    """Delete failed messages; None: all. Return their number."""
    if ids is None:
        return await connection.execute(_DROP_ALL)
    return await connection.execute(_DROP, {"ids": list(ids)})
