"""Whether the cloud still has to be told that a person is out of a room."""

from sqlalchemy import bindparam, select

from classgate.outbox.models import MessageKind, MessageState, member_key
from classgate.outbox.repository import outbox
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import Statement

_FIND_WAITING_REMOVAL = Statement(
    select(outbox.c.message_id)
    .where(
        outbox.c.ordering_key == bindparam("ordering_key"),
        outbox.c.kind == MessageKind.REMOVAL,
        outbox.c.state == MessageState.WAITING,
    )
    .limit(1)
)


async def has_waiting_removal(
    connection: DatabaseConnection, classroom_id: int, account_id: int
) -> bool:
    """Return whether a removal from the room of the class is not delivered yet."""
    values = {"ordering_key": member_key(classroom_id, account_id)}
    return await connection.fetch_one(_FIND_WAITING_REMOVAL, values) is not None
