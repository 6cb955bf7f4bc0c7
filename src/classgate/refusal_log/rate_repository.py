"""Counts refusals that began within a short time, by reason."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Integer, bindparam, cast, func, select

from classgate.refusal_log.collector import time_prefix
from classgate.refusal_log.repository import refusals
from classgate.storage.database import DatabaseConnection, to_microseconds
from classgate.storage.statements import LIMIT, Statement

_OF_TIME = (
    select(refusals.c.reason, refusals.c.count)
    .where(refusals.c.refusal_id >= bindparam("first"), refusals.c.refusal_id < bindparam("end"))
    .limit(LIMIT)
    .subquery()
)
_COUNT_REASONS = Statement(
    select(
        _OF_TIME.c.reason,
        func.count().label("rows"),
        cast(func.sum(_OF_TIME.c.count), Integer).label("number"),
    ).group_by(_OF_TIME.c.reason)
)


async def count_reasons(
    connection: DatabaseConnection, since: datetime, until: datetime, most: int
) -> tuple[Mapping[str, int], int]:
    """Count the refusals of the rows that began in a time, by reason; return also their rows.

    At most this many rows are read.
    """
    values = {
        "first": time_prefix(to_microseconds(since)),
        "end": time_prefix(to_microseconds(until)),
        "limit": most,
    }
    rows = await connection.fetch_all(_COUNT_REASONS, values)
    return {row.reason: row.number for row in rows}, sum(row.rows for row in rows)
