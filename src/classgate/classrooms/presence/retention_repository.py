"""Deletes old presences."""

from datetime import datetime

from sqlalchemy import bindparam, delete, exists, select

from classgate.classrooms.models import ClassroomState
from classgate.classrooms.presence.repository import presence_log
from classgate.classrooms.repository import classrooms
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement, one_of

_OVER = [ClassroomState.ENDED, ClassroomState.REPLAYABLE]
# Not a join, which SQLite might begin with the classes.
_IS_OF_CLASS_OVER = exists().where(
    classrooms.c.classroom_id == presence_log.c.classroom_id, one_of(classrooms.c.state, _OVER)
)
_OLD = (
    select(presence_log.c.presence_id)
    .where(presence_log.c.left_at < bindparam("before"), _IS_OF_CLASS_OVER)
    .order_by(presence_log.c.left_at)
    .limit(LIMIT)
    .with_for_update(skip_locked=True, of=presence_log)
)
_DELETE_OLD = Statement(delete(presence_log).where(presence_log.c.presence_id.in_(_OLD)))


async def delete_old(connection: DatabaseConnection, limit: int, *, before: datetime) -> int:
    """Delete presences of ended classes that ended before the time, the oldest first; return their
    number.

    Locked rows are skipped.
    """
    return await connection.execute(_DELETE_OLD, {"before": before, "limit": limit})
