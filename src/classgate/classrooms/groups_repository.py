"""When the groups of classes are made before the start."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update

from classgate.classrooms.models import Classroom
from classgate.classrooms.repository import (
    CLASSROOM,
    IS_WANTED,
    WITH_HOST,
    classrooms,
    to_classroom,
)
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement

_SET_DUE = Statement(update(classrooms).where(IS_WANTED).values(groups_due_at=bindparam("at")))
_MOVE_DUE = Statement(
    update(classrooms)
    .where(IS_WANTED, classrooms.c.groups_due_at.is_not(None))
    .values(groups_due_at=bindparam("at"))
)
_CLAIM_DUE = Statement(
    select(*CLASSROOM)
    .select_from(WITH_HOST)
    .where(classrooms.c.groups_due_at <= bindparam("now"))
    .order_by(classrooms.c.groups_due_at)
    .limit(LIMIT)
    .with_for_update(skip_locked=True, of=classrooms)
)


async def set_due(connection: DatabaseConnection, classroom_id: int, at: datetime | None) -> None:
    """Set when the groups of a class are made; None: not by the service itself."""
    await connection.write(_SET_DUE, {"classroom_id": classroom_id, "at": at})


async def move_due(connection: DatabaseConnection, classroom_id: int, at: datetime | None) -> None:
    """Change when the groups of a class are made, if they are still to be made."""
    await connection.write(_MOVE_DUE, {"classroom_id": classroom_id, "at": at})


async def claim_due(
    connection: DatabaseConnection, now: datetime, limit: int
) -> Sequence[Classroom]:
    """Lock and return classes whose groups are due, skipping locked ones."""
    rows = await connection.fetch_all(_CLAIM_DUE, {"now": now, "limit": limit})
    return [to_classroom(row) for row in rows]
