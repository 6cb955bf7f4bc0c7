"""Reads every row of the audit, chain by chain, around unreadable pages.

A page of rows is one query. If it fails, the keys of the page are listed, which needs only the
index, and each row is read by key. If the keys cannot be listed, the rest of the chain is bisected
down to the failing rows.
"""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import func, literal, select, tuple_

from classgate.audit.models import AuditRow, DamagedRows, UnreadableRow
from classgate.audit.repository import RAW_COLUMNS, audit_chains, audit_rows, read_row
from classgate.errors import ServiceUnavailable
from classgate.storage.database import DatabaseConnection

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


async def _read_page(connection: DatabaseConnection, place: Place, passed: int) -> Sequence[Read]:
    after = tuple_(literal(place[0]), literal(place[1])) < _KEY
    ordered = (audit_rows.c.chain, audit_rows.c.seq)
    rows = select(*RAW_COLUMNS).where(after).order_by(*ordered).limit(_PAGE).offset(passed)
    try:
        return [read_row(mapping) for mapping in await connection.fetch_all(rows)]
    except ServiceUnavailable:
        keys = select(*ordered).where(after).order_by(*ordered).limit(_PAGE).offset(passed)
        found = await connection.fetch_all(keys)
    return [await _read_by_key(connection, key["chain"], key["seq"]) for key in found]


async def _read_by_key(connection: DatabaseConnection, chain: object, seq: object) -> Read:
    statement = select(*RAW_COLUMNS).where(audit_rows.c.chain == chain, audit_rows.c.seq == seq)
    try:
        found = await connection.fetch_one(statement)
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
    await connection.fetch_all(select(*RAW_COLUMNS).where(literal(1) == literal(0)))


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
    of_piece = (audit_rows.c.chain == chain) & audit_rows.c.seq.between(low, high)
    try:
        if high - low >= _PAGE:
            # A tampered table of heads may have a very large number.
            any_row = select(audit_rows.c.seq).where(of_piece).limit(1)
            return () if await connection.fetch_one(any_row) is None else None
        rows = select(*RAW_COLUMNS).where(of_piece).order_by(audit_rows.c.seq)
        return [read_row(mapping) for mapping in await connection.fetch_all(rows)]
    except ServiceUnavailable:
        return None


async def _find_last(connection: DatabaseConnection, chain: str) -> int | None:
    """Return the newest row number, from the table of heads or the rows."""
    last = None
    for statement in (
        select(audit_chains.c.seq.label("last")).where(audit_chains.c.chain == chain),
        select(func.max(audit_rows.c.seq).label("last")).where(audit_rows.c.chain == chain),
    ):
        try:
            found = await connection.fetch_one(statement)
        except ServiceUnavailable:
            continue
        if found is not None and isinstance(found["last"], int):
            last = max(last or 0, found["last"])
    return last


async def _find_chain_after(connection: DatabaseConnection, chain: str) -> str | None:
    """Return the next chain, from the table of heads or else the rows."""
    for column in (audit_chains.c.chain, audit_rows.c.chain):
        try:
            found = await connection.fetch_one(
                select(column.label("chain")).where(column > chain).order_by(column).limit(1)
            )
        except ServiceUnavailable:
            continue
        if found is not None and isinstance(found["chain"], str):
            return found["chain"]
    return None
