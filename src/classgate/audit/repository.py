"""The audit's table. Rows are inserted and read; nothing here changes or removes one."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    insert,
    select,
    tuple_,
    update,
)

from classgate.audit.models import AuditRow, Filter, Head
from classgate.storage.database import Instant, Queries, metadata

audit_rows = Table(
    "audit_rows",
    metadata,
    Column("chain", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("previous", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("event", String(64), nullable=False),
    # No foreign keys: a row outlives what it speaks of, and keeps only a number of the person.
    Column("account_id", BigInteger),
    Column("actor_id", BigInteger),
    Column("classroom_id", BigInteger),
    Column("lease_id", String(40)),
    Column("rule", String(200)),
    Column("fingerprints", Text, nullable=False),
    Column("request_id", String(40), nullable=False),
    Column("details", Text, nullable=False),
    Index(None, "at"),
    Index(None, "account_id", "at"),
    Index(None, "classroom_id", "at"),
)

# The newest row of each chain, so that nobody has to look for it; and up to where checkpoints have
# written it down.
audit_chains = Table(
    "audit_chains",
    metadata,
    Column("chain", String(32), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("mac", String(64), nullable=False),
    Column("checkpointed_seq", Integer, nullable=False),
)

_PAGE = 1000


def _to_row(mapping: RowMapping) -> AuditRow:
    return AuditRow(**{column.name: mapping[column.name] for column in audit_rows.columns})


async def find_head(queries: Queries, chain: str) -> Head | None:
    """The newest row of one chain."""
    found = await queries.fetch_one(
        select(audit_chains.c.seq, audit_chains.c.mac).where(audit_chains.c.chain == chain)
    )
    return None if found is None else Head(chain, found["seq"], found["mac"])


async def list_heads(queries: Queries, *, unwritten: bool = False) -> Sequence[Head]:
    """The newest row of every chain; or only of those that moved since a checkpoint."""
    statement = select(audit_chains).order_by(audit_chains.c.chain)
    if unwritten:
        statement = statement.where(audit_chains.c.seq > audit_chains.c.checkpointed_seq)
    found = await queries.fetch_all(statement)
    return [Head(row["chain"], row["seq"], row["mac"]) for row in found]


async def mark_written(queries: Queries, heads: Sequence[Head]) -> None:
    """A checkpoint holds these heads now."""
    for head in heads:
        await queries.execute(
            update(audit_chains)
            .where(audit_chains.c.chain == head.chain)
            .values(checkpointed_seq=head.seq)
        )


async def append(queries: Queries, row: AuditRow) -> None:
    """Write one row, the newest of its chain. The key (chain, seq) forbids two in one place."""
    values = {column.name: getattr(row, column.name) for column in audit_rows.columns}
    await queries.execute(insert(audit_rows).values(values))
    head = {"seq": row.seq, "mac": row.mac}
    if row.seq == 1:
        first = {"chain": row.chain, "checkpointed_seq": 0, **head}
        await queries.execute(insert(audit_chains).values(first))
    else:
        await queries.execute(
            update(audit_chains).where(audit_chains.c.chain == row.chain).values(head)
        )


async def read_chains(queries: Queries) -> AsyncIterator[AuditRow]:
    """Every row, chain by chain and in order, a page at a time."""
    place: tuple[str, int] = ("", 0)
    while True:
        page = await queries.fetch_all(
            select(audit_rows)
            .where(
                (audit_rows.c.chain > place[0])
                | ((audit_rows.c.chain == place[0]) & (audit_rows.c.seq > place[1]))
            )
            .order_by(audit_rows.c.chain, audit_rows.c.seq)
            .limit(_PAGE)
        )
        for mapping in page:
            yield _to_row(mapping)
        if len(page) < _PAGE:
            return
        place = (page[-1]["chain"], page[-1]["seq"])


async def has_mac(queries: Queries, head: Head) -> bool:
    """Whether the row that a checkpoint wrote down is there, unchanged."""
    found = await queries.fetch_one(
        select(audit_rows.c.mac).where(
            audit_rows.c.chain == head.chain, audit_rows.c.seq == head.seq
        )
    )
    return found is not None and found["mac"] == head.mac


async def list_newest(
    queries: Queries, wanted: Filter, before: tuple[datetime, str, int] | None, limit: int
) -> Sequence[AuditRow]:
    """The newest rows first, those strictly after `before` in this order."""
    column = audit_rows.c
    statement = select(audit_rows).order_by(
        column.at.desc(), column.chain.desc(), column.seq.desc()
    )
    if wanted.account_id is not None:
        concerned = (column.account_id == wanted.account_id) | (
            column.actor_id == wanted.account_id
        )
        statement = statement.where(concerned)
    if wanted.classroom_id is not None:
        statement = statement.where(column.classroom_id == wanted.classroom_id)
    if wanted.since is not None:
        statement = statement.where(column.at >= wanted.since)
    if before is not None:
        statement = statement.where(tuple_(column.at, column.chain, column.seq) < before)
    return [_to_row(row) for row in await queries.fetch_all(statement.limit(limit))]
