"""The outbox table: messages in the order of insertion."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, insert

from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", RowId, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    # No foreign keys: a message may outlive what it speaks of.
    Column("classroom_id", RowId, nullable=False),
    Column("account_id", BigInteger),
    Column("payload", Text, nullable=False),  # JSON
    Column("created_at", Instant, nullable=False),
    Index(None, "classroom_id"),
    sqlite_autoincrement=True,
)


async def add(connection: DatabaseConnection, values: dict[str, object]) -> None:
    """Insert a message."""
    await connection.execute(insert(outbox).values(values))
