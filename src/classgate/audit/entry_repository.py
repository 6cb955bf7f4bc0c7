"""Reads which entry credentials of a class were issued, from the audit.

A lease keeps the times of its last renewal only; the audit has a row for each credential.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from classgate.audit.models import AuditEvent
from classgate.audit.repository import audit_rows
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement, one_of, to_dataclass


@dataclass(frozen=True)
class EntryRow:
    """One issue of entry credentials; `details` is JSON, as it was stored."""

    account_id: int
    at: datetime
    details: str


_ISSUES = (AuditEvent.ENTRY_ISSUED.value, AuditEvent.ENTRY_RENEWED.value)
_LIST_ENTRIES = Statement(
    select(audit_rows.c.account_id, audit_rows.c.at, audit_rows.c.details)
    .where(
        audit_rows.c.classroom_id == bindparam("classroom"),
        audit_rows.c.at > bindparam("after"),
        audit_rows.c.at <= bindparam("until"),
        one_of(audit_rows.c.event, _ISSUES),
        audit_rows.c.account_id.is_not(None),
    )
    .order_by(audit_rows.c.at.desc())
    .limit(LIMIT)
)


async def list_entries(
    connection: DatabaseConnection, classroom_id: int, after: datetime, until: datetime, limit: int
) -> Sequence[EntryRow]:
    """Return the issues in a time, the newest first."""
    values = {"classroom": classroom_id, "after": after, "until": until, "limit": limit}
    rows = await connection.fetch_all(_LIST_ENTRIES, values)
    return [to_dataclass(EntryRow, row) for row in rows]
