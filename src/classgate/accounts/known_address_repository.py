"""The table of addresses that accounts have logged in from, as keyed digests."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, Table, delete, insert, select, update

from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata

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


async def find_last_seen(connection: DatabaseConnection, address_digest: str) -> datetime | None:
    """Return when the account last logged in from the address; None: never, or expired."""
    row = await connection.fetch_one(
        select(known_addresses.c.last_seen_at).where(
            known_addresses.c.address_digest == address_digest
        )
    )
    return None if row is None else row["last_seen_at"]


async def add(
    connection: DatabaseConnection, account_id: int, address_digest: str, at: datetime
) -> None:
    """Insert a new address."""
    await connection.execute(
        insert(known_addresses).values(
            address_digest=address_digest, account_id=account_id, last_seen_at=at
        )
    )


async def refresh(connection: DatabaseConnection, address_digest: str, at: datetime) -> None:
    """Update the time of the last log-in from the address."""
    await connection.execute(
        update(known_addresses)
        .where(known_addresses.c.address_digest == address_digest)
        .values(last_seen_at=at)
    )


async def keep_newest(connection: DatabaseConnection, account_id: int, maximum: int) -> None:
    """Delete all but the `maximum` most recent addresses of the account."""
    of_account = select(known_addresses.c.address_digest).where(
        known_addresses.c.account_id == account_id
    )
    newest = of_account.order_by(
        known_addresses.c.last_seen_at.desc(), known_addresses.c.address_digest
    ).limit(maximum)
    await connection.execute(
        delete(known_addresses).where(
            known_addresses.c.account_id == account_id,
            known_addresses.c.address_digest.not_in(newest),
        )
    )


async def delete_all(connection: DatabaseConnection, account_id: int) -> None:
    """Delete every address of the account."""
    await connection.execute(
        delete(known_addresses).where(known_addresses.c.account_id == account_id)
    )


async def delete_unseen(connection: DatabaseConnection, before: datetime, limit: int) -> int:
    """Delete a batch last seen before the time, skipping locked rows; return the number."""
    unseen = (
        select(known_addresses.c.address_digest)
        .where(known_addresses.c.last_seen_at < before)
        .order_by(known_addresses.c.last_seen_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return await connection.execute(
        delete(known_addresses).where(known_addresses.c.address_digest.in_(unseen))
    )
