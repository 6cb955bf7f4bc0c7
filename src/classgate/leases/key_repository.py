"""Counts what was issued under each key and is still valid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select

from classgate.leases.kinds import LeaseKind
from classgate.leases.models import LeaseState
from classgate.leases.repository import leases
from classgate.storage.database import DatabaseConnection, Instant
from classgate.storage.statements import Statement, to_dataclass


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """The valid credentials of one kind under one key."""

    signed_by: str | None  # None: issued by a version that did not record it
    kind: LeaseKind
    leases: int
    unlimited: int  # of them single-use signatures, which never expire
    last_expiry: datetime | None  # of the others


_LIST = Statement(
    select(
        leases.c.signed_by,
        leases.c.kind,
        func.count().label("leases"),
        (func.count() - func.count(leases.c.expires_at)).label("unlimited"),
        func.max(leases.c.expires_at, type_=Instant).label("last_expiry"),
    )
    # Ended leases too: most credentials are valid until they expire.
    .where(
        leases.c.state != LeaseState.PENDING,
        or_(leases.c.expires_at > bindparam("at"), leases.c.expires_at.is_(None)),
    )
    .group_by(leases.c.signed_by, leases.c.kind)
    .order_by(leases.c.signed_by, leases.c.kind)
)


async def list_uses(connection: DatabaseConnection, at: datetime) -> Sequence[KeyUse]:
    """Return what is valid at the time, by key and kind. It reads every lease."""
    return [to_dataclass(KeyUse, row) for row in await connection.fetch_all(_LIST, {"at": at})]
