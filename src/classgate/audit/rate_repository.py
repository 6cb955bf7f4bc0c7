"""Counts what the audit recorded within a short time, by event."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, select

from classgate.audit.repository import audit_rows
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement

_OF_TIME = (
    select(audit_rows.c.event)
    .where(audit_rows.c.at >= bindparam("since"), audit_rows.c.at < bindparam("until"))
    .limit(LIMIT)
    .subquery()
)
_COUNT_EVENTS = Statement(
    select(_OF_TIME.c.event, func.count().label("number")).group_by(_OF_TIME.c.event)
)


async def count_events(
    connection: DatabaseConnection, since: datetime, until: datetime, most: int
) -> Mapping[str, int]:
    """Count the rows of a time by event; at most this many are read."""
    values = {"since": since, "until": until, "limit": most}
    rows = await connection.fetch_all(_COUNT_EVENTS, values)
    return {row.event: row.number for row in rows}
