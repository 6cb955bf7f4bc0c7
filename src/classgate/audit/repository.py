"""The audit table. Rows are inserted and read; nothing here updates or deletes one."""

from collections.abc import Sequence
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

from classgate.audit.models import AuditFilter, AuditRow, ChainHead, UnreadableRow
from classgate.errors import ServiceUnavailable
from classgate.storage.database import DatabaseConnection, Instant, from_microseconds, metadata

audit_rows = Table(
    "audit_rows",
    metadata,
    Column("chain", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("previous", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("event", String(64), nullable=False),
    # No foreign keys: rows outlive what they refer to and keep only the account's number.
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

# The newest row of each chain, and the last row covered by a checkpoint.
audit_chains = Table(
    "audit_chains",
    metadata,
    Column("chain", String(32), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("mac", String(64), nullable=False),
    Column("checkpointed_seq", Integer, nullable=False),
)

# Chains with names in this range acknowledge a break and are found by the key. A random name falls
# into it once in 2**64 times, which is harmless.
ACKNOWLEDGEMENTS = ("acc0000000000000", "acc0000000000001")

# Unparsed: a tampered row may contain an invalid time.
RAW_COLUMNS = [
    type_coerce(column, BigInteger).label(column.name) if column.name == "at" else column
    for column in audit_rows.columns
]
_RAW_AT = type_coerce(audit_rows.c.at, BigInteger)
_TEXTS = ("chain", "previous", "mac", "event", "fingerprints", "request_id", "details")
_NUMBERS_OR_NONE = ("account_id", "actor_id", "classroom_id")
_TEXTS_OR_NONE = ("lease_id", "rule")


def _to_row(mapping: RowMapping) -> AuditRow:
    """Parse a row. ValueError: a value has the wrong type."""
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


def read_row(mapping: RowMapping) -> AuditRow | UnreadableRow:
    """Parse a row of `RAW_COLUMNS`, or return it as unreadable."""
    try:
        return _to_row(mapping)
    except ValueError:
        return _to_unreadable(mapping)


async def find_head(connection: DatabaseConnection, chain: str) -> ChainHead | None:
    """Return the head of one chain."""
    found = await connection.fetch_one(
        select(audit_chains.c.seq, audit_chains.c.mac).where(audit_chains.c.chain == chain)
    )
    return None if found is None else ChainHead(chain, found["seq"], found["mac"])


async def count_rows(connection: DatabaseConnection) -> int:
    """Return the number of rows by the heads of the chains, without reading the rows."""
    row = await connection.fetch_one(select(func.sum(audit_chains.c.seq).label("rows")))
    return 0 if row is None else int(row["rows"] or 0)


async def list_heads(
    connection: DatabaseConnection, *, unwritten: bool = False
) -> Sequence[ChainHead]:
    """Return the heads of all chains, or of those changed since the last checkpoint."""
    statement = select(audit_chains).order_by(audit_chains.c.chain)
    if unwritten:
        statement = statement.where(audit_chains.c.seq > audit_chains.c.checkpointed_seq)
    found = await connection.fetch_all(statement)
    return [ChainHead(row["chain"], row["seq"], row["mac"]) for row in found]


async def mark_checkpointed(connection: DatabaseConnection, heads: Sequence[ChainHead]) -> None:
    """Mark the heads as covered by a checkpoint."""
    for head in heads:
        await connection.execute(
            update(audit_chains)
            .where(audit_chains.c.chain == head.chain)
            .values(checkpointed_seq=head.seq)
        )


async def append(connection: DatabaseConnection, row: AuditRow) -> None:
    """Insert a row as the head of its chain. The key (chain, seq) prevents duplicates."""
    values = {column.name: getattr(row, column.name) for column in audit_rows.columns}
    await connection.execute(insert(audit_rows).values(values))
    head = {"seq": row.seq, "mac": row.mac}
    if row.seq == 1:
        first = {"chain": row.chain, "checkpointed_seq": 0, **head}
        await connection.execute(insert(audit_chains).values(first))
    else:
        await connection.execute(
            update(audit_chains).where(audit_chains.c.chain == row.chain).values(head)
        )


async def has_mac(connection: DatabaseConnection, head: ChainHead) -> bool:
    """Return whether the row recorded in a checkpoint exists unchanged."""
    found = await connection.fetch_one(
        select(audit_rows.c.mac).where(
            audit_rows.c.chain == head.chain, audit_rows.c.seq == head.seq
        )
    )
    return found is not None and found["mac"] == head.mac


async def find_row(
    connection: DatabaseConnection, head: ChainHead
) -> AuditRow | UnreadableRow | None:
    """Return the newest row of a chain, even if unreadable."""
    found = await connection.fetch_one(
        select(*RAW_COLUMNS).where(audit_rows.c.chain == head.chain, audit_rows.c.seq == head.seq)
    )
    return None if found is None else read_row(found)


async def list_newest(
    connection: DatabaseConnection,
    wanted: AuditFilter,
    before: tuple[int, str, int] | None,
    limit: int,
) -> Sequence[AuditRow | UnreadableRow]:
    """Return a page of rows, newest first, strictly after `before`."""
    column = audit_rows.c
    statement = select(*RAW_COLUMNS).order_by(
        _RAW_AT.desc(), column.chain.desc(), column.seq.desc()
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
        statement = statement.where(tuple_(_RAW_AT, column.chain, column.seq) < before)
    try:
        page = await connection.fetch_all(statement.limit(limit))
    except ServiceUnavailable:
        return await _read_one_by_one(connection, statement, limit)
    return [read_row(mapping) for mapping in page]


async def _read_one_by_one(
    connection: DatabaseConnection, statement: Select[Any], limit: int
) -> list[AuditRow | UnreadableRow]:
    """Read a page row by row, because one row cannot be read."""
    left = select(func.count().label("left")).select_from(statement.limit(limit).subquery())
    counted = await connection.fetch_one(left)
    rows: list[AuditRow | UnreadableRow] = []
    for number in range(0 if counted is None else counted["left"]):
        try:
            one = await connection.fetch_one(statement.limit(1).offset(number))
        except ServiceUnavailable:
            rows.append(UnreadableRow())
        else:
            rows += [] if one is None else [read_row(one)]
    return rows


async def read_all_rows(connection: DatabaseConnection, chain: str) -> None:
    """Read all rows of a chain. ServiceUnavailable: it fails."""
    texts = func.sum(func.length(audit_rows.c.details) + func.length(audit_rows.c.fingerprints))
    await connection.fetch_one(select(texts.label("length")).where(audit_rows.c.chain == chain))


async def has_heads(connection: DatabaseConnection) -> bool:
    """Return whether the table of heads has any chain."""
    return await connection.fetch_one(select(audit_chains.c.chain).limit(1)) is not None


async def list_acknowledgements(
    connection: DatabaseConnection,
) -> Sequence[AuditRow | UnreadableRow]:
    """Return the rows of acknowledgement chains, which have one row each."""
    of_them = (audit_rows.c.chain >= ACKNOWLEDGEMENTS[0]) & (
        audit_rows.c.chain < ACKNOWLEDGEMENTS[1]
    )
    found = await connection.fetch_all(select(*RAW_COLUMNS).where(of_them))
    return [read_row(mapping) for mapping in found]
