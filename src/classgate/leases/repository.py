"""The leases' table."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    RowMapping,
    String,
    Table,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
    type_coerce,
    update,
)

from classgate.audit.models import AuditEvent
from classgate.audit.repository import audit_rows
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import Lease, LeaseScope, LeaseState, RecordedLease
from classgate.storage.database import DatabaseConnection, Instant, Lock, metadata

# When a lease is over. A single-use signature, which never expires and is never renewed, is over
# once issued.
_OVER_AT = "coalesce(ended_at, renewable_until, expires_at, issued_at)"

leases = Table(
    "leases",
    metadata,
    Column("lease_id", String(40), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("session_id", String(40), nullable=False),
    Column("classroom_id", BigInteger),
    Column("upload_id", String(40)),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("renewable_until", Instant),
    Column("ended_at", Instant),
    Column("end_reason", String(40)),
    Index(None, "account_id", "classroom_id"),
    Index(None, "session_id"),
    Index(None, "classroom_id"),
    Index(None, "upload_id"),
    # Few at any time; the clean-up queries them each minute.
    Index(
        "ix_leases_pending",
        "issued_at",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    # Removed in the order of their end.
    Index("ix_leases_over", text(_OVER_AT)),
)

_FIELDS = tuple(Lease.__dataclass_fields__)


async def add(connection: DatabaseConnection, lease: Lease) -> None:
    """Insert a lease."""
    values = {field: getattr(lease, field) for field in _FIELDS}
    await connection.execute(insert(leases).values(values))


async def find(connection: DatabaseConnection, lease_id: str, account_id: int) -> Lease | None:
    """Return the lease of this account."""
    row = await connection.fetch_one(
        select(*(leases.c[field] for field in _FIELDS)).where(
            leases.c.lease_id == lease_id, leases.c.account_id == account_id
        )
    )
    return None if row is None else _to_lease(row)


async def find_any(connection: DatabaseConnection, lease_id: str) -> Lease | None:
    """Return the lease of any account."""
    row = await connection.fetch_one(
        select(*(leases.c[field] for field in _FIELDS)).where(leases.c.lease_id == lease_id)
    )
    return None if row is None else _to_lease(row)


async def claim_pending(
    connection: DatabaseConnection, before: datetime, limit: int
) -> Sequence[Lease]:
    """Lock and return old pending leases, skipping locked rows."""
    rows = await connection.fetch_all(
        select(*(leases.c[field] for field in _FIELDS))
        # Literal, so that the planner uses the partial index.
        .where(leases.c.state == literal_column("'pending'"), leases.c.issued_at < before)
        .order_by(leases.c.lease_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_to_lease(row) for row in rows]


async def find_last_expiry(connection: DatabaseConnection, upload_id: str) -> datetime | None:
    """Return when the last credentials for an upload expire."""
    row = await connection.fetch_one(
        select(func.max(leases.c.expires_at, type_=Instant).label("last")).where(
            leases.c.upload_id == upload_id
        )
    )
    return None if row is None else row["last"]


async def activate(connection: DatabaseConnection, lease: Lease, from_state: LeaseState) -> bool:
    """Activate the lease with its times and session unless it left `from_state` meanwhile."""
    touched = await connection.execute(
        update(leases)
        .where(leases.c.lease_id == lease.lease_id, leases.c.state == from_state)
        .values(
            state=LeaseState.ACTIVE,
            session_id=lease.session_id,
            issued_at=lease.issued_at,
            expires_at=lease.expires_at,
            renewable_until=lease.renewable_until,
        )
    )
    return touched == 1


async def end(connection: DatabaseConnection, scope: LeaseScope, at: datetime, reason: str) -> int:
    """End the matching open leases; return their number."""
    wanted = [*_matches(scope), leases.c.state != LeaseState.ENDED]
    # Sorted, so that transactions cannot deadlock.
    ordered = select(leases.c.lease_id).where(*wanted).order_by(leases.c.lease_id)
    await connection.lock(ordered, Lock.EXCLUSIVE)
    return await connection.execute(
        update(leases).where(*wanted).values(state=LeaseState.ENDED, ended_at=at, end_reason=reason)
    )


async def end_pending(
    connection: DatabaseConnection, lease_id: str, at: datetime, reason: str
) -> None:
    """End a lease if nothing was issued under it yet."""
    await connection.execute(
        update(leases)
        .where(leases.c.lease_id == lease_id, leases.c.state == LeaseState.PENDING)
        .values(state=LeaseState.ENDED, ended_at=at, end_reason=reason)
    )


async def find_latest_issue_time(
    connection: DatabaseConnection, account_id: int, kinds: tuple[LeaseKind, ...]
) -> datetime | None:
    """Return the latest issue time of leases of these kinds; it may be in the future."""
    last = func.max(leases.c.issued_at, type_=Instant).label("last")
    row = await connection.fetch_one(
        select(last).where(leases.c.account_id == account_id, leases.c.kind.in_(kinds))
    )
    return None if row is None else row["last"]


async def delete_ended(connection: DatabaseConnection, before: datetime, limit: int) -> int:
    """Delete a batch that ended before the time, skipping locked rows; return the number."""
    over_at = literal_column(_OVER_AT, Instant)
    over = (
        select(leases.c.lease_id)
        .where(
            over_at < before,
            # An ended one may still be in use; the next UserSig must be later than it.
            or_(leases.c.expires_at.is_(None), leases.c.expires_at < before),
            leases.c.state != LeaseState.PENDING,
        )
        .order_by(over_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return await connection.execute(delete(leases).where(leases.c.lease_id.in_(over)))


# The audit row of the last issue is close in time, unless the clock was set.
_SEARCH_WINDOW = 86_400_000_000
_PAGE = 500
_ISSUE_EVENTS = tuple(each for each in AuditEvent if each.endswith(("_issued", "_renewed")))
_IS_ISSUE_OF_LEASE = (
    (audit_rows.c.account_id == leases.c.account_id)
    & (audit_rows.c.lease_id == leases.c.lease_id)
    # For open or ended leases: something was issued. For others any row is enough.
    & (
        audit_rows.c.event.in_(_ISSUE_EVENTS)
        | (
            (leases.c.state != literal_column("'active'"))
            & (audit_rows.c.event == AuditEvent.UPLOAD_CREDENTIALS_REQUESTED)
        )
    )
)


async def list_with_record(connection: DatabaseConnection, after: str) -> Sequence[RecordedLease]:
    """Return a page of leases by id, each with whether the audit has a row near its issue.

    The audit is searched by account and time, for which there is an index.
    """
    at, issued_at = (
        type_coerce(audit_rows.c.at, BigInteger),
        type_coerce(leases.c.issued_at, BigInteger),
    )
    near = at.between(issued_at - _SEARCH_WINDOW, issued_at + _SEARCH_WINDOW)
    row = select(literal(1)).where(_IS_ISSUE_OF_LEASE, near).limit(1).correlate(leases)
    statement = (
        select(
            leases.c.lease_id,
            leases.c.state,
            leases.c.account_id,
            row.scalar_subquery().label("recorded"),
        )
        .where(leases.c.lease_id > after)
        .order_by(leases.c.lease_id)
        .limit(_PAGE)
    )
    return [
        RecordedLease(
            each["lease_id"], each["state"], each["account_id"], each["recorded"] is not None
        )
        for each in await connection.fetch_all(statement)
    ]


async def has_any_record(connection: DatabaseConnection, lease: RecordedLease) -> bool:
    """Search without a time range, which is slow for accounts with many leases."""
    row = select(literal(1)).where(_IS_ISSUE_OF_LEASE).limit(1).correlate(leases)
    found = await connection.fetch_one(
        select(row.scalar_subquery().label("recorded")).where(leases.c.lease_id == lease.lease_id)
    )
    return found is not None and found["recorded"] is not None


def _to_lease(row: RowMapping) -> Lease:
    return Lease(**{**row, "kind": LeaseKind(row["kind"]), "state": LeaseState(row["state"])})


def _matches(scope: LeaseScope) -> list[ColumnElement[bool]]:
    columns = {
        leases.c.account_id: scope.account_id,
        leases.c.session_id: scope.session_id,
        leases.c.classroom_id: scope.classroom_id,
        leases.c.upload_id: scope.upload_id,
    }
    wanted = [column == value for column, value in columns.items() if value is not None]
    if not wanted:
        raise ValueError("a scope without a bound would end every lease there is")
    if scope.kind is not None:
        wanted.append(leases.c.kind == scope.kind)
    if scope.except_session_id is not None:
        wanted.append(leases.c.session_id != scope.except_session_id)
    if scope.except_lease_id is not None:
        wanted.append(leases.c.lease_id != scope.except_lease_id)
    return wanted
