"""The audit table. Rows are inserted and read; nothing here updates or deletes one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    type_coerce,
    union_all,
    update,
)

from classgate.audit.models import AuditFilter, AuditRow, ChainHead, UnreadableRow
from classgate.errors import ServiceUnavailable
from classgate.storage.database import DatabaseConnection, Instant, from_microseconds, metadata
from classgate.storage.statements import LIMIT, Row, Statement, Values

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
    # What somebody did to others; few rows have another actor.
    Index(
        "ix_audit_rows_actor",
        "actor_id",
        "at",
        sqlite_where=text("actor_id IS NOT NULL"),
        postgresql_where=text("actor_id IS NOT NULL"),
    ),
    Index(
        "ix_audit_rows_classroom_id_at",
        "classroom_id",
        "at",
        sqlite_where=text("classroom_id IS NOT NULL"),
        postgresql_where=text("classroom_id IS NOT NULL"),
    ),
    # The seals of retention.
    Index(
        "ix_audit_rows_trimmed",
        "chain",
        "seq",
        sqlite_where=text("event = 'audit_trimmed'"),
        postgresql_where=text("event = 'audit_trimmed'"),
    ),
)

# The newest row of each chain, and the last row covered by a checkpoint.
audit_chains = Table(
    "audit_chains",
    metadata,
    Column("chain", String(32), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("mac", String(64), nullable=False),
    Column("checkpointed_seq", Integer, nullable=False),
    # The name of its key, for whoever looks for a chain to continue. Not authenticated; None: no
    # other process continues the chain.
    Column("key_name", String(20)),
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


def _to_row(row: Row) -> AuditRow:
    """Parse a row. ValueError: a value has the wrong type."""
    values = row._asdict()
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


def _to_unreadable(row: Row) -> UnreadableRow:
    return UnreadableRow(
        chain=row.chain if isinstance(row.chain, str) else None,
        seq=row.seq if isinstance(row.seq, int) else None,
        mac=row.mac if isinstance(row.mac, str) else None,
        microseconds=row.at if isinstance(row.at, int) else None,
    )


def read_row(row: Row) -> AuditRow | UnreadableRow:
    """Parse a row of `RAW_COLUMNS`, or return it as unreadable."""
    try:
        return _to_row(row)
    except ValueError:
        return _to_unreadable(row)


_OF_CHAIN = audit_chains.c.chain == bindparam("wanted_chain")
_IS_ROW = (audit_rows.c.chain == bindparam("wanted_chain")) & (
    audit_rows.c.seq == bindparam("wanted_seq")
)
_FIND_HEAD = Statement(select(audit_chains.c.seq, audit_chains.c.mac).where(_OF_CHAIN))
_COUNT_ROWS = Statement(select(func.sum(audit_chains.c.seq).label("rows")))
_LIST_HEADS = Statement(select(audit_chains).order_by(audit_chains.c.chain))


async def find_head(connection: DatabaseConnection, chain: str) -> ChainHead | None:
    """Return the head of one chain."""
    found = await connection.fetch_one(_FIND_HEAD, {"wanted_chain": chain})
    return None if found is None else ChainHead(chain, found.seq, found.mac)


async def count_rows(connection: DatabaseConnection) -> int:
    """Return the number of rows by the heads of the chains, without reading the rows."""
    row = await connection.fetch_one(_COUNT_ROWS)
    return 0 if row is None else int(row.rows or 0)


async def list_heads(connection: DatabaseConnection) -> Sequence[ChainHead]:
    """Return the heads of all chains."""
    found = await connection.fetch_all(_LIST_HEADS)
    return [ChainHead(row.chain, row.seq, row.mac) for row in found]


_ADD_ROW = Statement(insert(audit_rows))
_ADD_HEAD = Statement(
    insert(audit_chains).values(
        chain=bindparam("chain"),
        seq=1,
        mac=bindparam("mac"),
        checkpointed_seq=0,
        key_name=bindparam("key_name"),
    )
)
_MOVE_HEAD = Statement(
    update(audit_chains)
    .where(_OF_CHAIN, audit_chains.c.seq == bindparam("from_seq"))
    .values(seq=bindparam("to_seq"), mac=bindparam("to_mac"))
)


async def append(
    connection: DatabaseConnection, row: Mapping[str, Any], key_name: str | None
) -> None:
    """Insert a row as the head of its chain: its values by column. (chain, seq) is unique.

    A chain that it begins may be continued by others if it has the name of its key.

    The head may be another one in the database: IntegrityViolation or ServiceUnavailable, here or
    before the commit.
    """
    await connection.write(_ADD_ROW, row)
    if row["seq"] == 1:
        await connection.write(_ADD_HEAD, {**row, "key_name": key_name})
    else:
        head = {
            "wanted_chain": row["chain"],
            "from_seq": row["seq"] - 1,
            "to_seq": row["seq"],
            "to_mac": row["mac"],
        }
        await connection.write(_MOVE_HEAD, head, must_match=True)


_FIND_MAC = Statement(select(audit_rows.c.mac).where(_IS_ROW))
_FIND_ROW = Statement(select(*RAW_COLUMNS).where(_IS_ROW))


async def has_mac(connection: DatabaseConnection, head: ChainHead) -> bool:
    """Return whether the row recorded in a checkpoint exists unchanged."""
    values = {"wanted_chain": head.chain, "wanted_seq": head.seq}
    found = await connection.fetch_one(_FIND_MAC, values)
    return found is not None and found.mac == head.mac


async def find_row(
    connection: DatabaseConnection, head: ChainHead
) -> AuditRow | UnreadableRow | None:
    """Return the newest row of a chain, even if unreadable."""
    values = {"wanted_chain": head.chain, "wanted_seq": head.seq}
    found = await connection.fetch_one(_FIND_ROW, values)
    return None if found is None else read_row(found)


_PLACE = (_RAW_AT, audit_rows.c.chain, audit_rows.c.seq)
_LATEST_FIRST = [column.desc() for column in _PLACE]
_BEFORE = (
    bindparam("before_at", type_=BigInteger),
    bindparam("before_chain", type_=String),
    bindparam("before_seq", type_=Integer),
)


def _select_of_account(wanted: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Select the rows about an account and those by it; the newest of each, by its index."""
    account_id, actor_id = audit_rows.c.account_id, audit_rows.c.actor_id
    account = bindparam("account", type_=BigInteger)
    is_of_another = or_(account_id.is_(None), account_id != account)
    parts = [
        select(_RAW_AT.label("at"), audit_rows.c.chain, audit_rows.c.seq)
        .where(*whose, *wanted)
        .order_by(*_LATEST_FIRST)
        .limit(LIMIT)
        .subquery()
        for whose in ((account_id == account,), (actor_id == account, is_of_another))
    ]
    keys = union_all(*(select(part) for part in parts)).subquery()
    is_row = and_(audit_rows.c.chain == keys.c.chain, audit_rows.c.seq == keys.c.seq)
    return (
        select(*RAW_COLUMNS)
        .select_from(keys.join(audit_rows, is_row))
        .order_by(*(column.desc() for column in keys.c))
    )


@dataclass(frozen=True)
class _NewestStatements:
    """The statements of one combination of conditions."""

    page: Statement
    one: Statement
    count: Statement


@cache
def _newest_statements(
    *, account: bool, classroom: bool, since: bool, after: bool
) -> _NewestStatements:
    wanted = []
    if classroom:
        wanted.append(audit_rows.c.classroom_id == bindparam("classroom"))
    if since:
        wanted.append(audit_rows.c.at >= bindparam("since"))
    if after:
        # The time alone is for the index: the rest decides among rows of the same moment.
        wanted += [_BEFORE[0] >= _RAW_AT, tuple_(*_PLACE) < tuple_(*_BEFORE)]
    if account:
        selected = _select_of_account(wanted)
    else:
        selected = select(*RAW_COLUMNS).where(*wanted).order_by(*_LATEST_FIRST)
    page = selected.limit(LIMIT)
    return _NewestStatements(
        page=Statement(page),
        one=Statement(selected.limit(1).offset(bindparam("number", type_=Integer))),
        count=Statement(select(func.count().label("left")).select_from(page.subquery())),
    )


async def list_newest(
    connection: DatabaseConnection,
    wanted: AuditFilter,
    before: tuple[int, str, int] | None,
    limit: int,
) -> Sequence[AuditRow | UnreadableRow]:
    """Return a page of rows, newest first, strictly after `before`."""
    statements = _newest_statements(
        account=wanted.account_id is not None,
        classroom=wanted.classroom_id is not None,
        since=wanted.since is not None,
        after=before is not None,
    )
    values: dict[str, object] = {
        "account": wanted.account_id,
        "classroom": wanted.classroom_id,
        "since": wanted.since,
        "limit": limit,
    }
    if before is not None:
        values |= dict(zip(("before_at", "before_chain", "before_seq"), before, strict=True))
    try:
        page = await connection.fetch_all(statements.page, values)
    except ServiceUnavailable:
        return await _read_one_by_one(connection, statements, values)
    return [read_row(row) for row in page]


async def _read_one_by_one(
    connection: DatabaseConnection, statements: _NewestStatements, values: Values
) -> list[AuditRow | UnreadableRow]:
    """Read a page row by row, because one row cannot be read."""
    counted = await connection.fetch_one(statements.count, values)
    rows: list[AuditRow | UnreadableRow] = []
    for number in range(0 if counted is None else counted.left):
        try:
            one = await connection.fetch_one(statements.one, {**values, "number": number})
        except ServiceUnavailable:
            rows.append(UnreadableRow())
        else:
            rows += [] if one is None else [read_row(one)]
    return rows


_READ_ALL = Statement(
    select(
        func.sum(func.length(audit_rows.c.details) + func.length(audit_rows.c.fingerprints)).label(
            "length"
        )
    ).where(audit_rows.c.chain == bindparam("wanted_chain"))
)
_FIND_ANY_CHAIN = Statement(select(audit_chains.c.chain).limit(1))
_LIST_ACKNOWLEDGEMENTS = Statement(
    select(*RAW_COLUMNS).where(
        audit_rows.c.chain >= ACKNOWLEDGEMENTS[0], audit_rows.c.chain < ACKNOWLEDGEMENTS[1]
    )
)


async def read_all_rows(connection: DatabaseConnection, chain: str) -> None:
    """Read all rows of a chain. ServiceUnavailable: it fails."""
    await connection.fetch_one(_READ_ALL, {"wanted_chain": chain})


async def has_heads(connection: DatabaseConnection) -> bool:
    """Return whether the table of heads has any chain."""
    return await connection.fetch_one(_FIND_ANY_CHAIN) is not None


async def list_acknowledgements(
    connection: DatabaseConnection,
) -> Sequence[AuditRow | UnreadableRow]:
    """Return the rows of acknowledgement chains, which have one row each."""
    return [read_row(row) for row in await connection.fetch_all(_LIST_ACKNOWLEDGEMENTS)]
