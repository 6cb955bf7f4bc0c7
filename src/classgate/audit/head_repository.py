"""The heads of chains: which may be continued, and which no checkpoint covers yet."""

from collections.abc import Sequence

from sqlalchemy import Boolean, bindparam, or_, select, update

from classgate.audit.models import ChainHead
from classgate.audit.repository import audit_chains
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import Statement

_LIST_CHAINS_OF_KEY = Statement(
    select(audit_chains.c.chain)
    .where(audit_chains.c.key_name == bindparam("wanted_key"))
    .order_by(audit_chains.c.chain)
)


_LIST_KEY_NAMES = Statement(
    select(audit_chains.c.chain, audit_chains.c.seq, audit_chains.c.key_name)
    .where(audit_chains.c.key_name.is_not(None))
    .order_by(audit_chains.c.chain)
)


async def list_of_other_keys(
    connection: DatabaseConnection, key_names: Sequence[str]
) -> Sequence[tuple[str, int, str]]:
    """Return the chains of other keys: the chain, its newest row, the name of its key."""
    found = await connection.fetch_all(_LIST_KEY_NAMES)
    return [(row.chain, row.seq, row.key_name) for row in found if row.key_name not in key_names]


async def list_chains_of_key(connection: DatabaseConnection, key_name: str) -> Sequence[str]:
    """Return the chains that may be continued under this key."""
    found = await connection.fetch_all(_LIST_CHAINS_OF_KEY, {"wanted_key": key_name})
    return [row.chain for row in found]


_CLAIM_UNWRITTEN = Statement(
    select(audit_chains)
    .order_by(audit_chains.c.chain)
    .where(
        or_(
            audit_chains.c.seq > audit_chains.c.checkpointed_seq,
            audit_chains.c.chain == bindparam("own_chain"),
            bindparam("every", type_=Boolean),
        )
    )
    .with_for_update(key_share=True)
)


async def claim_unwritten_heads(
    connection: DatabaseConnection, own_chain: str, *, every: bool = False
) -> Sequence[ChainHead]:
    """Lock the heads that changed since the last checkpoint, and the own one; return the former.

    With `every`, lock and return all heads. In the order of their names, so that two checkpoints at
    once cannot deadlock.
    """
    found = await connection.fetch_all(_CLAIM_UNWRITTEN, {"own_chain": own_chain, "every": every})
    return [
        ChainHead(row.chain, row.seq, row.mac)
        for row in found
        if every or row.seq > row.checkpointed_seq
    ]


_MARK_CHECKPOINTED = Statement(
    update(audit_chains)
    .where(audit_chains.c.chain == bindparam("wanted_chain"))
    .values(checkpointed_seq=bindparam("covered"))
)


async def mark_checkpointed(connection: DatabaseConnection, heads: Sequence[ChainHead]) -> None:
    """Mark the heads as covered by a checkpoint."""
    if heads:
        covered = [{"wanted_chain": head.chain, "covered": head.seq} for head in heads]
        await connection.execute_many(_MARK_CHECKPOINTED, covered)
