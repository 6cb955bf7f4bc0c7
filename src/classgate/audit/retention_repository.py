"""Reads the beginnings of chains, and deletes them: the only place where audit rows are deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, delete, exists, literal_column, not_, select

from classgate.audit.models import AuditRow, ChainHead, UnreadableRow
from classgate.audit.repository import (
    ACKNOWLEDGEMENTS,
    RAW_COLUMNS,
    audit_chains,
    audit_rows,
    read_row,
)
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement, to_dataclass


@dataclass(frozen=True)
class StoredChain:
    """A chain, its newest row and the newest that a checkpoint covers."""

    chain: str
    seq: int
    checkpointed_seq: int


_IS_ACKNOWLEDGEMENT = (audit_chains.c.chain >= ACKNOWLEDGEMENTS[0]) & (
    audit_chains.c.chain < ACKNOWLEDGEMENTS[1]
)
_LIST_CHAINS = Statement(
    select(audit_chains.c.chain, audit_chains.c.seq, audit_chains.c.checkpointed_seq)
    .where(not_(_IS_ACKNOWLEDGEMENT))
    .order_by(audit_chains.c.chain)
)
_OF_CHAIN = audit_rows.c.chain == bindparam("wanted_chain")
_READ_BEGINNING = Statement(
    select(*RAW_COLUMNS)
    .where(_OF_CHAIN, audit_rows.c.seq > bindparam("after"))
    .order_by(audit_rows.c.seq)
    .limit(LIMIT)
)
_FIND_PIECE_END = Statement(
    select(audit_rows.c.seq)
    .where(_OF_CHAIN, audit_rows.c.seq <= bindparam("last", type_=BigInteger))
    .order_by(audit_rows.c.seq)
    .limit(LIMIT)
    .with_for_update()
)
_DELETE_PIECE = Statement(
    delete(audit_rows).where(_OF_CHAIN, audit_rows.c.seq <= bindparam("piece_end"))
)
_DELETE_HEAD = Statement(
    delete(audit_chains).where(
        audit_chains.c.chain == bindparam("wanted_chain"),
        audit_chains.c.seq == bindparam("last"),
        not_(exists().where(audit_rows.c.chain == audit_chains.c.chain)),
    )
)


_LIST_SEALS = Statement(
    select(*RAW_COLUMNS)
    # A literal, so that the partial index is used.
    .where(audit_rows.c.event == literal_column("'audit_trimmed'"))
    .order_by(audit_rows.c.chain, audit_rows.c.seq)
)


async def list_seals(connection: DatabaseConnection) -> Sequence[AuditRow | UnreadableRow]:
    """Return the rows that say where chains may begin."""
    return [read_row(row) for row in await connection.fetch_all(_LIST_SEALS)]


async def list_chains(connection: DatabaseConnection) -> Sequence[StoredChain]:
    """Return all chains but acknowledgements, which explain rows that do not verify."""
    return [to_dataclass(StoredChain, row) for row in await connection.fetch_all(_LIST_CHAINS)]


async def read_beginning(
    connection: DatabaseConnection, chain: str, after: int, limit: int
) -> Sequence[AuditRow | UnreadableRow]:
    """Return the first rows of a chain that follow the number `after`."""
    values = {"wanted_chain": chain, "after": after, "limit": limit}
    return [read_row(row) for row in await connection.fetch_all(_READ_BEGINNING, values)]


async def delete_piece(connection: DatabaseConnection, last: ChainHead, limit: int) -> int:
    """Delete the first rows of a chain, none after `last`; return their number.

    On PostgreSQL, fewer if another process deletes them at the same time.
    """
    values = {"wanted_chain": last.chain, "last": last.seq, "limit": limit}
    found = await connection.fetch_all(_FIND_PIECE_END, values)
    if not found:
        return 0
    piece = {"wanted_chain": last.chain, "piece_end": found[-1].seq}
    return await connection.execute(_DELETE_PIECE, piece)


async def delete_head(connection: DatabaseConnection, last: ChainHead) -> None:
    """Delete the head of a chain if none of its rows is left, and none was added."""
    await connection.execute(_DELETE_HEAD, {"wanted_chain": last.chain, "last": last.seq})
