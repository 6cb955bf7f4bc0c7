"""Reads the leases whose credentials an account may still use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, or_, select

from classgate.leases.kinds import LeaseKind
from classgate.leases.models import LeaseState
from classgate.leases.repository import leases
from classgate.storage.database import DatabaseConnection
from classgate.storage.statements import LIMIT, Statement, to_dataclass


@dataclass(frozen=True, kw_only=True)
class HeldLease:
    """A lease with a credential that is valid, or that may be renewed."""

    lease_id: str
    kind: LeaseKind
    state: LeaseState
    classroom_id: int | None
    issued_at: datetime
    expires_at: datetime | None  # None: a single-use signature, which is valid until it is used
    renewable_until: datetime | None
    ended_at: datetime | None
    end_reason: str | None


_COLUMNS = [leases.c[name] for name in HeldLease.__dataclass_fields__]
_LIST_HELD = Statement(
    select(*_COLUMNS)
    .where(
        leases.c.account_id == bindparam("account_id"),
        leases.c.state != LeaseState.PENDING,  # nothing was issued yet
        or_(
            leases.c.expires_at > bindparam("at"),
            leases.c.expires_at.is_(None),
            and_(leases.c.state == LeaseState.ACTIVE, leases.c.renewable_until > bindparam("at")),
        ),
    )
    .limit(LIMIT)
)


async def list_held(
    connection: DatabaseConnection, account_id: int, at: datetime, limit: int
) -> Sequence[HeldLease]:
    """Return the leases of the account that still allow something, in any order.

    An ended lease is among them until its credential expires: most cannot be revoked.
    """
    values = {"account_id": account_id, "at": at, "limit": limit}
    rows = await connection.fetch_all(_LIST_HELD, values)
    return [to_dataclass(HeldLease, row) for row in rows]
