"""Deletes old refusals."""

from sqlalchemy import bindparam, delete, select

from classgate.refusal_log.repository import refusal_requests, refusals
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement

_FIND_OLD = Statement(
    select(refusals.c.refusal_id)
    .where(refusals.c.refusal_id < bindparam("before_id"))
    .order_by(refusals.c.refusal_id)
    .limit(LIMIT)
    .with_for_update()
)
_DELETE_REQUESTS = Statement(
    delete(refusal_requests).where(refusal_requests.c.refusal_id <= bindparam("last_id"))
)
_DELETE = Statement(delete(refusals).where(refusals.c.refusal_id <= bindparam("last_id")))


async def delete_piece(connection: DatabaseConnection, limit: int, *, before_id: str) -> int:
    """Delete the oldest rows with ids before this one, and their requests; return their number."""
    found = await connection.fetch_all(_FIND_OLD, {"before_id": before_id, "limit": limit})
    if not found:
        return 0
    last = {"last_id": found[-1].refusal_id}
    await connection.execute(_DELETE_REQUESTS, last)
    return await connection.execute(_DELETE, last)
