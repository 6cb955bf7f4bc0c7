"""The table of addresses that accounts have logged in from, as keyed digests."""

from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata
from classgate.storage.statements import LIMIT, Statement

known_addresses = Table(
    "known_addresses",
    metadata,
    # Digest of identifier and address together; it reveals neither.
    Column("address_digest", String(64), primary_key=True),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("last_seen_at", Instant, nullable=False),
    Index(None, "account_id", "last_seen_at"),
    Index(None, "last_seen_at"),
)

_IS_WANTED = known_addresses.c.address_digest == bindparam("digest")
_IS_OF_ACCOUNT = known_addresses.c.account_id == bindparam("account_id")
_NEWEST = (
    select(known_addresses.c.address_digest)
    .where(_IS_OF_ACCOUNT)
    .order_by(known_addresses.c.last_seen_at.desc(), known_addresses.c.address_digest)
    .limit(bindparam("maximum", type_=Integer))
)
_UNSEEN = (
    select(known_addresses.c.address_digest)
    .where(known_addresses.c.last_seen_at < bindparam("before"))
    .order_by(known_addresses.c.last_seen_at)
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)
_FIND_LAST_SEEN = Statement(select(known_addresses.c.last_seen_at).where(_IS_WANTED))
_ADD = Statement(insert(known_addresses))
_REFRESH = Statement(update(known_addresses).where(_IS_WANTED).values(last_seen_at=bindparam("at")))
_KEEP_NEWEST = Statement(
    delete(known_addresses).where(_IS_OF_ACCOUNT, known_addresses.c.address_digest.not_in(_NEWEST))
)
_DELETE_ALL = Statement(delete(known_addresses).where(_IS_OF_ACCOUNT))
_DELETE_UNSEEN = Statement(
    delete(known_addresses).where(known_addresses.c.address_digest.in_(_UNSEEN))
)


async def find_last_seen(connection: DatabaseConnection, address_digest: str) -> datetime | None:
    """Return when the account last logged in from the address; None: never, or expired."""
    row = await connection.fetch_one(_FIND_LAST_SEEN, {"digest": address_digest})
    return None if row is None else row.last_seen_at


async def add(
    connection: DatabaseConnection, account_id: int, address_digest: str, at: datetime
) -> None:
    """Insert a new address."""
    values = {"address_digest": address_digest, "account_id": account_id, "last_seen_at": at}
    await connection.write(_ADD, values)


async def refresh(connection: DatabaseConnection, address_digest: str, at: datetime) -> None:
    """Update the time of the last log-in from the address."""
    await connection.write(_REFRESH, {"digest": address_digest, "at": at})


async def keep_newest(connection: DatabaseConnection, account_id: int, maximum: int) -> None:
    """Delete all but the `maximum` most recent addresses of the account."""
    await connection.write(_KEEP_NEWEST, {"account_id": account_id, "maximum": maximum})


async def delete_all(connection: DatabaseConnection, account_id: int) -> None:
    """Delete every address of the account."""
    await connection.write(_DELETE_ALL, {"account_id": account_id})


async def delete_unseen(connection: DatabaseConnection, before: datetime, limit: int) -> int:
    """Delete a batch last seen before the time, skipping locked rows; return the number."""
    return await connection.execute(_DELETE_UNSEEN, {"before": before, "limit": limit})
