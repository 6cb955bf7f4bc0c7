"""The outbox table: messages in the order of insertion."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    or_,
    select,
    text,
)

from classgate.outbox.models import MessageKind, MessageState
from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata
from classgate.storage.statements import EnumText, Statement, in_list

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", RowId, primary_key=True, autoincrement=True),
    Column("kind", EnumText(MessageKind, 20), nullable=False),
    Column("state", EnumText(MessageState, 10), nullable=False),
    # An earlier waiting message of the same key is delivered first.
    Column("ordering_key", String(60), nullable=False),
    # No foreign keys: a message may outlive what it speaks of.
    Column("classroom_id", RowId),
    Column("account_id", BigInteger),
    Column("payload", Text, nullable=False),  # JSON
    Column("created_at", Instant, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("claimed_until", Instant),  # a process is delivering it
    Column("repeat_until", Instant),
    Column("attempts", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),  # attempts that the cloud answered
    Column("last_error", String(60)),
    Index("ix_outbox_ordering_key", "ordering_key", "message_id"),
    Index(
        "ix_outbox_due",
        "kind",  # so that no lane reads what waits in another
        "next_attempt_at",
        sqlite_where=text("state <> 'failed'"),
        postgresql_where=text("state <> 'failed'"),
    ),
    Index(
        "ix_outbox_failed",
        "message_id",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
    sqlite_autoincrement=True,
)


_ADD = Statement(
    insert(outbox).values(
        kind=bindparam("kind"),
        state=MessageState.WAITING,
        ordering_key=bindparam("ordering_key"),
        classroom_id=bindparam("classroom_id"),
        account_id=bindparam("account_id"),
        payload=bindparam("payload"),
        created_at=bindparam("created_at"),
        next_attempt_at=bindparam("next_attempt_at"),
        claimed_until=None,
        repeat_until=bindparam("repeat_until"),
        attempts=0,
        refusals=0,
        last_error=None,
    )
)


async def add(connection: DatabaseConnection, rows: Sequence[dict[str, object]]) -> None:
    """Insert messages."""
    if len(rows) == 1:
        await connection.write(_ADD, rows[0])
    elif rows:
        await connection.execute_many(_ADD, rows)


_DELETE_SUPERSEDED = Statement(
    delete(outbox).where(
        in_list(outbox.c.ordering_key, "ordering_keys"),
        outbox.c.kind == bindparam("kind"),
        outbox.c.state != MessageState.FAILED,
        or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= bindparam("now")),
    )
)


async def delete_superseded(
    connection: DatabaseConnection, ordering_keys: Sequence[str], kind: MessageKind, now: datetime
) -> None:
    """Delete the messages of a kind that new ones of the keys replace.

    One that is being sent stays: the new one waits for it, or they could arrive in another order.
    """
    values = {"ordering_keys": ordering_keys, "kind": kind, "now": now}
    await connection.write(_DELETE_SUPERSEDED, values)


_FIND_WAITING = Statement(
    select(outbox.c.message_id)
    .where(
        outbox.c.ordering_key == bindparam("ordering_key"),
        outbox.c.kind == bindparam("kind"),
        outbox.c.state == MessageState.WAITING,
    )
    .limit(1)
)


async def is_waiting(connection: DatabaseConnection, ordering_key: str, kind: MessageKind) -> bool:
    """Return whether a message of a key and a kind waits for its delivery."""
    values = {"ordering_key": ordering_key, "kind": kind}
    return await connection.fetch_one(_FIND_WAITING, values) is not None
