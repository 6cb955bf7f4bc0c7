"""The outbox table: messages in the order of insertion."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, bindparam, insert

from classgate.outbox.models import MessageKind
from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata
from classgate.storage.statements import EnumText, Statement

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", RowId, primary_key=True, autoincrement=True),
    Column("kind", EnumText(MessageKind, 20), nullable=False),
    # No foreign keys: a message may outlive what it speaks of.
    Column("classroom_id", RowId, nullable=False),
    Column("account_id", BigInteger),
    Column("payload", Text, nullable=False),  # JSON
    Column("created_at", Instant, nullable=False),
    Index(None, "classroom_id"),
    sqlite_autoincrement=True,
)


_ADD = Statement(
    insert(outbox).values(
        {each.name: bindparam(each.name) for each in outbox.c if not each.primary_key}
    )
)


async def add(connection: DatabaseConnection, values: dict[str, object]) -> None:
    """Insert a message."""
    await connection.write(_ADD, values)
