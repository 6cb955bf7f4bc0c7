"""Reads every row of the audit, chain by chain, around unreadable pages.

A page of rows is one query. If it fails, the keys of the page are listed, which needs only the
index, and each row is read by key. If the keys cannot be listed, the rest of the chain is bisected
down to the failing rows.
"""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import Integer, String, bindparam, func, literal, select, tuple_

from classgate.audit.models import AuditRow, DamagedRows, UnreadableRow
from classgate.audit.repository import RAW_COLUMNS, audit_chains, audit_rows, read_row
from classgate.errors import ServiceUnavailable
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import Statement

Read = AuditRow | UnreadableRow | DamagedRows

_PAGE = 1000
_BEFORE_FIRST_ROW = -(2**31)  # a tampered row may have a negative number
_MAX_UNREADABLE_ROWS = 10_000  # consecutive unreadable rows of a chain
_KEY = tuple_(audit_rows.c.chain, audit_rows.c.seq)

Place = tuple[str, int]


async def read_chains(connection: DatabaseConnection) -> AsyncIterator[Read]:
    """Yield every row, chain by chain and in order, and the unreadable ranges.

    ServiceUnavailable: the table does not exist, or the database does not answer.
    """
    place: Place = ("", _BEFORE_FIRST_ROW)
    passed = 0  # rows after `place` that have none themselves
    while True:
        try:
            page = await _read_page(connection, place, passed)
        except ServiceUnavailable:
            await _require_table(connection)
            async for row in _read_bisecting(connection, place):
                yield row
            following = await _find_chain_after(connection, place[0])
            if following is None:
                return
            place, passed = (following, _BEFORE_FIRST_ROW), 0
            continue
        for row in page:
            yield row
            key = _place_of(row)
            place, passed = (place, passed + 1) if key is None else (key, 0)
        if len(page) < _PAGE:
            return


def _place_of(row: Read) -> Place | None:
    if isinstance(row, DamagedRows):
        return row.chain, row.first
    return None if row.chain is None or row.seq is None else (row.chain, row.seq)


_IS_AFTER = tuple_(bindparam("chain", type_=String), bindparam("seq", type_=Integer)) < _KEY
_ORDER = (audit_rows.c.chain, audit_rows.c.seq)
_PASSED = bindparam("passed", type_=Integer)
_IS_OF_CHAIN = audit_rows.c.chain == bindparam("chain")
_IS_OF_PIECE = _IS_OF_CHAIN & audit_rows.c.seq.between(bindparam("low"), bindparam("high"))
_READ_ROWS = Statement(
    select(*RAW_COLUMNS).where(_IS_AFTER).order_by(*_ORDER).limit(_PAGE).offset(_PASSED)
)
_READ_KEYS = Statement(
    select(*_ORDER).where(_IS_AFTER).order_by(*_ORDER).limit(_PAGE).offset(_PASSED)
)
_READ_BY_KEY = Statement(
    select(*RAW_COLUMNS).where(_IS_OF_CHAIN, audit_rows.c.seq == bindparam("seq"))
)
_READ_NOTHING = Statement(select(*RAW_COLUMNS).where(literal(1) == literal(0)))
_FIND_ANY_OF_PIECE = Statement(select(audit_rows.c.seq).where(_IS_OF_PIECE).limit(1))
_READ_PIECE = Statement(select(*RAW_COLUMNS).where(_IS_OF_PIECE).order_by(audit_rows.c.seq))
_FIND_LAST = (
    Statement(
        select(audit_chains.c.seq.label("last")).where(audit_chains.c.chain == bindparam("chain"))
    ),
    Statement(select(func.max(audit_rows.c.seq).label("last")).where(_IS_OF_CHAIN)),
)
_FIND_CHAIN_AFTER = tuple(
    Statement(
        select(column.label("chain")).where(column > bindparam("chain")).order_by(column).limit(1)
    )
    for column in (audit_chains.c.chain, audit_rows.c.chain)
)


async def _read_page(connection: DatabaseConnection, place: Place, passed: int) -> Sequence[Read]:
    values = {"chain": place[0], "seq": place[1], "passed": passed}
    try:
        return [read_row(row) for row in await connection.fetch_all(_READ_ROWS, values)]
    except ServiceUnavailable:
        found = await connection.fetch_all(_READ_KEYS, values)
    return [await _read_by_key(connection, key.chain, key.seq) for key in found]


async def _read_by_key(connection: DatabaseConnection, chain: object, seq: object) -> Read:
    try:
        found = await connection.fetch_one(_READ_BY_KEY, {"chain": chain, "seq": seq})
    except ServiceUnavailable:
        found = None
    if found is not None:
        return read_row(found)
    if isinstance(chain, str) and isinstance(seq, int):
        return DamagedRows(chain, seq, seq)
    return UnreadableRow()


async def _require_table(connection: DatabaseConnection) -> None:
    """Require that the table exists and answers. ServiceUnavailable.

    An impossible condition checks the names only, and reads no page of the table.
    """
    await connection.fetch_all(_READ_NOTHING)


async def _read_bisecting(connection: DatabaseConnection, place: Place) -> AsyncIterator[Read]:
    """Yield the readable rows of the rest of a chain."""
    chain, before = place
    if not chain:
        return
    first, last = max(before + 1, 1), await _find_last(connection, chain)
    if last is None:
        yield DamagedRows(chain, first, None)
        return
    left, lost = [(first, last)], 0
    while left:
        low, high = left.pop()
        piece = await _read_range(connection, chain, low, high)
        if piece is not None:
            for row in piece:
                yield row
            lost = 0 if piece else lost
        elif low < high:
            middle = (low + high) // 2
            left += [(middle + 1, high), (low, middle)]
        elif lost == _MAX_UNREADABLE_ROWS:
            yield DamagedRows(chain, low, None)
            return
        else:
            lost += 1
            yield DamagedRows(chain, low, low)


async def _read_range(
    connection: DatabaseConnection, chain: str, low: int, high: int
) -> Sequence[Read] | None:
    """Return the rows with these numbers. None: the query failed."""
    if low > high:
        return ()
    values = {"chain": chain, "low": low, "high": high}
    try:
        if high - low >= _PAGE:
            # A tampered table of heads may have a very large number.
            found = await connection.fetch_one(_FIND_ANY_OF_PIECE, values)
            return () if found is None else None
        return [read_row(row) for row in await connection.fetch_all(_READ_PIECE, values)]
    except ServiceUnavailable:
        return None


async def _find_last(connection: DatabaseConnection, chain: str) -> int | None:
    """Return the newest row number, from the table of heads or the rows."""
    last = None
    for statement in _FIND_LAST:
        try:
            found = await connection.fetch_one(statement, {"chain": chain})
        except ServiceUnavailable:
            continue
        if found is not None and isinstance(found.last, int):
            last = max(last or 0, found.last)
    return last


async def _find_chain_after(connection: DatabaseConnection, chain: str) -> str | None:
    """Return the next chain, from the table of heads or else the rows."""
    for statement in _FIND_CHAIN_AFTER:
        try:
            found = await connection.fetch_one(statement, {"chain": chain})
        except ServiceUnavailable:
            continue
        if found is not None and isinstance(found.chain, str):
            return found.chain
    return None
