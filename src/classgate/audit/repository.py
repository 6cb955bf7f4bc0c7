"""The audit's table. Rows are inserted and read; nothing here changes or removes one."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    tuple_,
    type_coerce,
    update,
)

from classgate.audit.models import AuditRow, Filter, Head, UnreadableRow
from classgate.errors import ServiceUnavailable
from classgate.storage.database import Instant, Queries, from_microseconds, metadata

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

# As it stands there: whoever changed a row may have put there what is no time.
_RAW = [
    type_coerce(column, BigInteger).label(column.name) if column.name == "at" else column
    for column in audit_rows.columns
]
_RAW_AT = type_coerce(audit_rows.c.at, BigInteger)
_TEXTS = ("chain", "previous", "mac", "event", "fingerprints", "request_id", "details")
_NUMBERS_OR_NONE = ("account_id", "actor_id", "classroom_id")
_TEXTS_OR_NONE = ("lease_id", "rule")


def _to_row(mapping: RowMapping) -> AuditRow:
    """The row. ValueError: something in it is not of its kind."""
    values = dict(mapping)
    good = (
        isinstance(values["seq"], int)
        and isinstance(values["at"], int)
        and all(isinstance(values[name], str) for name in _TEXTS)
        and all(isinstance(values[name], int | None) for name in _NUMBERS_OR_NONE)
        and all(isinstance(values[name], str | None) for name in _TEXTS_OR_NONE)
    )
    if not good:
        raise ValueError("a row of the audit holds what does not belong there")
    try:
        return AuditRow(**{**values, "at": from_microseconds(values["at"])})
    except OverflowError as error:
        raise ValueError("a row of the audit has a time that no calendar has") from error


def _to_unreadable(mapping: RowMapping) -> UnreadableRow:
    chain, seq, mac, at = (mapping[name] for name in ("chain", "seq", "mac", "at"))
    return UnreadableRow(
        chain=chain if isinstance(chain, str) else None,
        seq=seq if isinstance(seq, int) else None,
        mac=mac if isinstance(mac, str) else None,
        microseconds=at if isinstance(at, int) else None,
    )


def _read(mapping: RowMapping) -> AuditRow | UnreadableRow:
    try:
        return _to_row(mapping)
    except ValueError:
        return _to_unreadable(mapping)


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


async def read_chains(queries: Queries) -> AsyncIterator[AuditRow | UnreadableRow]:
    """Every row, chain by chain and in order, a page at a time; what cannot be read as that.

    ServiceUnavailable: there is no such table, or the database does not answer.
    """
    place: tuple[str, int] = ("", 0)
    passed = 0  # rows after `place` that have none themselves
    while True:
        page = await _read_page(queries, place, passed)
        for row in page:
            yield row
            if row.chain is None or row.seq is None:
                passed += 1
            else:
                place, passed = (row.chain, row.seq), 0
        if len(page) < _PAGE:
            return


async def _read_page(
    queries: Queries, place: tuple[str, int], passed: int
) -> list[AuditRow | UnreadableRow]:
    statement = (
        select(*_RAW)
        .where(
            (audit_rows.c.chain > place[0])
            | ((audit_rows.c.chain == place[0]) & (audit_rows.c.seq > place[1]))
        )
        .order_by(audit_rows.c.chain, audit_rows.c.seq)
    )
    try:
        page = await queries.fetch_all(statement.limit(_PAGE).offset(passed))
    except ServiceUnavailable:
        return await _read_one_by_one(queries, statement, passed)
    return [_read(mapping) for mapping in page]


async def _read_one_by_one(
    queries: Queries, statement: Select[Any], passed: int
) -> list[AuditRow | UnreadableRow]:
    """A page in which the database cannot hand out a row, such as text that is none."""
    left = select(func.count().label("left")).select_from(statement.subquery())
    counted = await queries.fetch_one(left)
    count = min(_PAGE, 0 if counted is None else counted["left"] - passed)
    rows: list[AuditRow | UnreadableRow] = []
    for number in range(count):
        try:
            one = await queries.fetch_one(statement.limit(1).offset(passed + number))
        except ServiceUnavailable:
            rows.append(UnreadableRow())
        else:
            rows += [] if one is None else [_read(one)]
    return rows


async def has_mac(queries: Queries, head: Head) -> bool:
    """Whether the row that a checkpoint wrote down is there, unchanged."""
    found = await queries.fetch_one(
        select(audit_rows.c.mac).where(
            audit_rows.c.chain == head.chain, audit_rows.c.seq == head.seq
        )
    )
    return found is not None and found["mac"] == head.mac


async def find_row(queries: Queries, head: Head) -> AuditRow | UnreadableRow | None:
    """What stands in the place of a chain's newest row, whoever wrote it."""
    found = await queries.fetch_one(
        select(*_RAW).where(audit_rows.c.chain == head.chain, audit_rows.c.seq == head.seq)
    )
    return None if found is None else _read(found)


async def list_newest(
    queries: Queries, wanted: Filter, before: tuple[int, str, int] | None, limit: int
) -> Sequence[AuditRow | UnreadableRow]:
    """The newest rows first, those strictly after `before` (microseconds first) in this order."""
    column = audit_rows.c
    statement = select(*_RAW).order_by(_RAW_AT.desc(), column.chain.desc(), column.seq.desc())
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
        statement = statement.where(tuple_(_RAW_AT, column.chain, column.seq) < before)
    try:
        page = await queries.fetch_all(statement.limit(limit))
    except ServiceUnavailable:
        return (await _read_one_by_one(queries, statement, 0))[:limit]
    return [_read(mapping) for mapping in page]
