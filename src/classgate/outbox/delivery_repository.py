"""The outbox table as the delivery uses it: claims, outcomes, counts.

A claim is a time until which one process delivers the message. Outcomes are stored only while the
claim is still this one, so that a process that was too slow changes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    String,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)

from classgate.outbox.models import UPGRADED, MessageKind, MessageState
from classgate.outbox.policy import CLAIM, KINDS, LONGEST_DELAY, REPLACED_BY, Lane
from classgate.outbox.repository import outbox
from classgate.storage.database import DatabaseConnection, Instant
from classgate.storage.statements import LIMIT, Statement, in_list, one_of, to_dataclass


@dataclass(frozen=True)
class StoredMessage:
    """A row of the outbox."""

    message_id: int
    kind: MessageKind
    state: MessageState
    ordering_key: str
    classroom_id: int | None
    account_id: int | None
    payload: str
    created_at: datetime
    next_attempt_at: datetime
    claimed_until: datetime | None
    repeat_until: datetime | None
    attempts: int
    refusals: int
    last_error: str | None

    @property
    def class_number(self) -> int:
        """Return the class. ValueError: this message is about none."""
        if self.classroom_id is None:
            raise ValueError("a message of this kind must name its class")
        return self.classroom_id

    def read_payload(self) -> dict[str, Any]:
        """Return the payload. ValueError: it is no JSON object."""
        payload = json.loads(self.payload)
        if not isinstance(payload, dict):
            raise ValueError("the payload is no object")
        return payload


_COLUMNS = [outbox.c[name] for name in StoredMessage.__dataclass_fields__]
_NOW = bindparam("now", type_=Instant)
_earlier = outbox.alias("earlier")
# Literal, so that the planner uses the partial index.
_NOT_FAILED = outbox.c.state != literal_column("'failed'")
_IS_WAITING = outbox.c.state == MessageState.WAITING
_DUE = (
    _NOT_FAILED
    & (outbox.c.next_attempt_at <= _NOW)
    & or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= _NOW)
    & (outbox.c.ordering_key != UPGRADED)
    & ~exists(
        select(literal(1)).where(
            _earlier.c.ordering_key == outbox.c.ordering_key,
            _earlier.c.message_id < outbox.c.message_id,
            _earlier.c.state == MessageState.WAITING,
        )
    )
)


@cache
def _in_lane(lane: Lane) -> tuple[Statement, Statement]:
    """Return whether any message of the lane is due, and the query that locks those that are."""
    due = _DUE & one_of(outbox.c.kind, KINDS[lane])
    claim = (
        select(*_COLUMNS)
        .where(due)
        # What was delivered and is repeated comes last: nobody new waits for it.
        .order_by(case((_IS_WAITING, 0), else_=1), outbox.c.next_attempt_at, outbox.c.message_id)
        .limit(LIMIT)
        .with_for_update(skip_locked=True, of=outbox)
    )
    return Statement(select(outbox.c.message_id).where(due).limit(1)), Statement(claim)


async def has_due(connection: DatabaseConnection, lane: Lane, now: datetime) -> bool:
    """Return whether a message of the lane can be claimed."""
    return await connection.fetch_one(_in_lane(lane)[0], {"now": now}) is not None


_CLAIM = Statement(
    update(outbox)
    .where(in_list(outbox.c.message_id, "ids"))
    .values(claimed_until=bindparam("until"), attempts=outbox.c.attempts + 1)
)


async def claim_due(
    connection: DatabaseConnection, lane: Lane, now: datetime, until: datetime, limit: int
) -> Sequence[StoredMessage]:
    """Claim the messages of the lane that are due, and of each ordering key only the first."""
    values = {"now": now, "limit": limit}
    rows = await connection.fetch_all(_in_lane(lane)[1], values)
    if rows:
        ids = [row.message_id for row in rows]
        await connection.write(_CLAIM, {"ids": ids, "until": until})
    return [to_dataclass(StoredMessage, row) for row in rows]


# Clocks of two machines differ by less.
_CLOCK_DIFFERENCE = timedelta(seconds=5)
_IS_OF_LATER = outbox.c.created_at > bindparam("created_until", type_=Instant)
_IS_CLAIMED_FOR_TOO_LONG = outbox.c.claimed_until > bindparam("claimed_until", type_=Instant)
# Planned for later is only what was not tried yet.
_IS_TRIED = outbox.c.attempts > 0
_WAITS_TOO_LONG = _IS_TRIED & (outbox.c.next_attempt_at > bindparam("next_until", type_=Instant))
_WAS_DUE_AT_ONCE = _IS_OF_LATER & (outbox.c.next_attempt_at <= outbox.c.created_at)


@cache
def _select_ahead(lane: Lane) -> Statement:
    return Statement(
        select(outbox.c.message_id)
        .where(
            _NOT_FAILED,
            one_of(outbox.c.kind, KINDS[lane]),
            or_(_IS_OF_LATER, _IS_CLAIMED_FOR_TOO_LONG, _WAITS_TOO_LONG),
        )
        .order_by(outbox.c.message_id)
        .with_for_update()
    )


_FOLLOW_CLOCK = Statement(
    update(outbox)
    .where(in_list(outbox.c.message_id, "ids"))
    .values(
        created_at=case((_IS_OF_LATER, _NOW), else_=outbox.c.created_at),
        claimed_until=case(
            (_IS_CLAIMED_FOR_TOO_LONG, bindparam("claim", type_=Instant)),
            else_=outbox.c.claimed_until,
        ),
        next_attempt_at=case(
            (or_(_WAITS_TOO_LONG, _WAS_DUE_AT_ONCE), _NOW), else_=outbox.c.next_attempt_at
        ),
    )
)


async def follow_clock(connection: DatabaseConnection, lane: Lane, now: datetime) -> int:
    """Bring the times of a clock that was ahead back to now; return the number of messages.

    Nobody waits for the clock to catch up. What is planned for later stays planned.
    """
    values = {
        "created_until": now + _CLOCK_DIFFERENCE,
        "claimed_until": now + CLAIM + _CLOCK_DIFFERENCE,
        "next_until": now + LONGEST_DELAY + _CLOCK_DIFFERENCE,
    }
    rows = await connection.fetch_all(_select_ahead(lane), values)
    if rows:
        ids = [row.message_id for row in rows]
        await connection.write(
            _FOLLOW_CLOCK, {**values, "ids": ids, "now": now, "claim": now + CLAIM}
        )
    return len(rows)


_FIND_REPLACEMENT = Statement(
    select(outbox.c.message_id)
    .where(
        outbox.c.ordering_key == bindparam("ordering_key"),
        outbox.c.message_id > bindparam("id"),
        in_list(outbox.c.kind, "kinds"),
    )
    .limit(1)
)


async def is_replaced(connection: DatabaseConnection, message: StoredMessage) -> bool:
    """Return whether a newer message replaces this one, which was being sent when it came."""
    kinds = REPLACED_BY.get(message.kind, ())
    if not kinds:
        return False
    values = {"ordering_key": message.ordering_key, "id": message.message_id, "kinds": kinds}
    return await connection.fetch_one(_FIND_REPLACEMENT, values) is not None


_IS_CLAIMED = (outbox.c.message_id == bindparam("id")) & (
    outbox.c.claimed_until == bindparam("claim")
)
_DELETE = Statement(delete(outbox).where(_IS_CLAIMED))
_STORE_OUTCOME = Statement(
    update(outbox)
    .where(_IS_CLAIMED)
    .values(
        state=bindparam("new_state"),
        next_attempt_at=bindparam("next"),
        claimed_until=None,
        refusals=bindparam("new_refusals"),
        last_error=bindparam("error"),
    )
)


async def delete_claimed(connection: DatabaseConnection, message_id: int, claim: datetime) -> None:
    """Delete a message that needs no more attempt."""
    await connection.execute(_DELETE, {"id": message_id, "claim": claim})


async def store_outcome(
    connection: DatabaseConnection,
    message_id: int,
    claim: datetime,
    *,
    state: MessageState,
    next_attempt_at: datetime,
    refusals: int,
    error: str | None,
) -> None:
    """Store what an attempt came to, and give the message back."""
    await connection.execute(
        _STORE_OUTCOME,
        {
            "id": message_id,
            "claim": claim,
            "new_state": state,
            "next": next_attempt_at,
            "new_refusals": refusals,
            "error": error,
        },
    )


_DROP_UPGRADED = Statement(
    delete(outbox)
    .where(outbox.c.ordering_key == UPGRADED, outbox.c.created_at < bindparam("before"))
    .returning(outbox.c.kind)
)
_ADOPT_UPGRADED = Statement(
    update(outbox)
    .where(outbox.c.ordering_key == UPGRADED)
    .values(ordering_key=literal("im/") + cast(outbox.c.classroom_id, String))
)


async def adopt_upgraded(connection: DatabaseConnection, before: datetime) -> Sequence[MessageKind]:
    """Drop the messages of a version without a delivery that are older; return their kinds.

    The others take their place.
    """
    dropped = await connection.fetch_all(_DROP_UPGRADED, {"before": before})
    await connection.execute(_ADOPT_UPGRADED)
    return [row.kind for row in dropped]


@dataclass(frozen=True)
class OutboxCounts:
    """What is not delivered."""

    waiting: int
    failed: int
    oldest: datetime | None  # of those that wait


_IS_LATE = _IS_WAITING & or_(outbox.c.attempts > 0, outbox.c.next_attempt_at <= _NOW)
_COUNT = Statement(
    select(
        func.count(case((_IS_LATE, 1))).label("waiting"),
        func.count(case((outbox.c.state == MessageState.FAILED, 1))).label("failed"),
        func.min(case((_IS_LATE, outbox.c.created_at)), type_=Instant).label("oldest"),
    )
)


async def count(connection: DatabaseConnection, now: datetime) -> OutboxCounts:
    """Count what waits, without what is planned for later, and what was set aside."""
    row = await connection.fetch_one(_COUNT, {"now": now})
    return OutboxCounts(0, 0, None) if row is None else to_dataclass(OutboxCounts, row)


_NEWEST_FAILED = (
    select(outbox.c.message_id)
    .where(outbox.c.state == literal_column("'failed'"))
    .order_by(outbox.c.message_id.desc())
    .limit(LIMIT)
)
_DELETE_OLD = Statement(
    delete(outbox).where(
        outbox.c.state == literal_column("'failed'"),
        or_(
            outbox.c.created_at < bindparam("before"),
            outbox.c.message_id.not_in(_NEWEST_FAILED),
        ),
    )
)


async def delete_old_failed(connection: DatabaseConnection, before: datetime, keep: int) -> int:
    """Delete old failed messages, and all but the newest of them; return their number."""
    return await connection.execute(_DELETE_OLD, {"before": before, "limit": keep})


@cache
def _delete_waiting(lane: Lane) -> Statement:
    return Statement(
        delete(outbox).where(
            _NOT_FAILED,
            one_of(outbox.c.kind, KINDS[lane]),
            outbox.c.created_at < bindparam("before"),
        )
    )


async def delete_waiting(connection: DatabaseConnection, lane: Lane, before: datetime) -> int:
    """Delete the messages of a lane whose service is not called; return their number."""
    return await connection.execute(_delete_waiting(lane), {"before": before})
