"""The table of second factors. Secrets are encrypted, see `sealing`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata
from classgate.storage.statements import Statement, to_dataclass

second_factors = Table(
    "second_factors",
    metadata,
    Column("account_id", RowId, ForeignKey("accounts.account_id"), primary_key=True),
    Column("sealed_secret", String(200)),
    # The time step of the last code that was accepted: each is accepted once.
    Column("last_step", BigInteger),
    # A new secret, until a code confirms it.
    Column("sealed_candidate", String(200)),
    Column("candidate_at", Instant),
)


@dataclass(frozen=True, kw_only=True)
class StoredSecondFactor:
    """A row: the secret in force, if there is one, and a new one that waits for a code."""

    sealed_secret: str | None
    last_step: int | None
    sealed_candidate: str | None
    candidate_at: datetime | None


_COLUMNS = [second_factors.c[name] for name in StoredSecondFactor.__dataclass_fields__]
_IS_WANTED = second_factors.c.account_id == bindparam("account")
_FIND = Statement(select(*_COLUMNS).where(_IS_WANTED))
_ADD = Statement(insert(second_factors))
_SET_CANDIDATE = Statement(
    update(second_factors)
    .where(_IS_WANTED)
    .values(sealed_candidate=bindparam("sealed_candidate"), candidate_at=bindparam("candidate_at"))
)
_SET_SECRET = Statement(
    update(second_factors)
    .where(_IS_WANTED)
    .values(
        sealed_secret=bindparam("sealed_secret"),
        last_step=bindparam("last_step"),
        sealed_candidate=None,
        candidate_at=None,
    )
)
_SET_LAST_STEP = Statement(
    update(second_factors).where(_IS_WANTED).values(last_step=bindparam("last_step"))
)
_RESEAL = Statement(
    update(second_factors).where(_IS_WANTED).values(sealed_secret=bindparam("sealed_secret"))
)
_LIST_SEALED = Statement(
    select(second_factors.c.account_id, second_factors.c.sealed_secret).where(
        second_factors.c.sealed_secret.is_not(None)
    )
)
_DELETE = Statement(delete(second_factors).where(_IS_WANTED))


async def find(connection: DatabaseConnection, account_id: int) -> StoredSecondFactor | None:
    row = await connection.fetch_one(_FIND, {"account": account_id})
    return None if row is None else to_dataclass(StoredSecondFactor, row)


async def set_candidate(
    connection: DatabaseConnection, account_id: int, sealed: str, at: datetime
) -> None:
    """Keep a new secret until a code confirms it. The account must be locked."""
    values = {"sealed_candidate": sealed, "candidate_at": at}
    if await connection.execute(_SET_CANDIDATE, {"account": account_id, **values}) == 0:
        none: dict[str, object] = {"sealed_secret": None, "last_step": None}
        await connection.write(_ADD, {"account_id": account_id, **none, **values})


async def set_secret(
    connection: DatabaseConnection, account_id: int, sealed: str, last_step: int
) -> None:
    """Put a secret into force."""
    values = {"account": account_id, "sealed_secret": sealed, "last_step": last_step}
    await connection.write(_SET_SECRET, values)


async def set_last_step(connection: DatabaseConnection, account_id: int, step: int) -> None:
    """Record which code was accepted."""
    await connection.write(_SET_LAST_STEP, {"account": account_id, "last_step": step})


async def reseal(connection: DatabaseConnection, account_id: int, sealed: str) -> None:
    """Replace the secret in force by the same one, sealed under another key."""
    await connection.write(_RESEAL, {"account": account_id, "sealed_secret": sealed})


async def list_sealed(connection: DatabaseConnection) -> Sequence[tuple[int, str]]:
    """Return the accounts with a secret in force, and the secrets as they are sealed."""
    rows = await connection.fetch_all(_LIST_SEALED)
    return [(row.account_id, row.sealed_secret) for row in rows]


async def delete_one(connection: DatabaseConnection, account_id: int) -> None:
    """Delete the second factor of the account, and what waits for a code."""
    await connection.write(_DELETE, {"account": account_id})
