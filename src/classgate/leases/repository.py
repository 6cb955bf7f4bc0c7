"""The leases' table."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from msgspec.structs import asdict
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    String,
    Table,
    bindparam,
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
from classgate.storage.statements import LIMIT, EnumText, Statement, in_list, one_of

# When a lease is over. A single-use signature, which never expires and is never renewed, is over
# once issued.
_OVER_AT = "coalesce(ended_at, renewable_until, expires_at, issued_at)"

leases = Table(
    "leases",
    metadata,
    Column("lease_id", String(40), primary_key=True),
    Column("kind", EnumText(LeaseKind, 20), nullable=False),
    Column("state", EnumText(LeaseState, 10), nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("session_id", String(40), nullable=False),
    Column("classroom_id", BigInteger),
    Column("upload_id", String(40)),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("renewable_until", Instant),
    Column("ended_at", Instant),
    Column("end_reason", String(40)),
    Column("signed_by", String(20)),
    Index(None, "account_id", "classroom_id"),
    Index(None, "session_id"),
    # Most leases have no class, or no upload.
    Index(
        "ix_leases_classroom_id",
        "classroom_id",
        sqlite_where=text("classroom_id IS NOT NULL"),
        postgresql_where=text("classroom_id IS NOT NULL"),
    ),
    Index(
        "ix_leases_upload_id",
        "upload_id",
        sqlite_where=text("upload_id IS NOT NULL"),
        postgresql_where=text("upload_id IS NOT NULL"),
    ),
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

_LEASE = [leases.c[name] for name in Lease.__struct_fields__]
_IS_LEASE = leases.c.lease_id == bindparam("lease")
_ADD = Statement(insert(leases).values({column: bindparam(column.name) for column in _LEASE}))


async def add(connection: DatabaseConnection, lease: Lease) -> None:
    """Insert a lease."""
    await connection.write(_ADD, asdict(lease))


_FIND_ANY = Statement(select(*_LEASE).where(_IS_LEASE))
_FIND = Statement(select(*_LEASE).where(_IS_LEASE, leases.c.account_id == bindparam("account_id")))


async def find(connection: DatabaseConnection, lease_id: str, account_id: int) -> Lease | None:
    """Return the lease of this account."""
    row = await connection.fetch_one(_FIND, {"lease": lease_id, "account_id": account_id})
    return None if row is None else Lease(**row._asdict())


async def find_any(connection: DatabaseConnection, lease_id: str) -> Lease | None:
    """Return the lease of any account."""
    row = await connection.fetch_one(_FIND_ANY, {"lease": lease_id})
    return None if row is None else Lease(**row._asdict())


_CLAIM_PENDING = Statement(
    select(*_LEASE)
    # Literal, so that the planner uses the partial index.
    .where(leases.c.state == literal_column("'pending'"), leases.c.issued_at < bindparam("before"))
    .order_by(leases.c.issued_at)
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)


async def claim_pending(
    connection: DatabaseConnection, before: datetime, limit: int
) -> Sequence[Lease]:
    """Lock and return old pending leases, skipping locked rows."""
    rows = await connection.fetch_all(_CLAIM_PENDING, {"before": before, "limit": limit})
    return [Lease(**row._asdict()) for row in rows]


_FIND_LAST_EXPIRY = Statement(
    select(func.max(leases.c.expires_at, type_=Instant).label("last")).where(
        leases.c.upload_id == bindparam("upload_id")
    )
)


async def find_last_expiry(connection: DatabaseConnection, upload_id: str) -> datetime | None:
    """Return when the last credentials for an upload expire."""
    row = await connection.fetch_one(_FIND_LAST_EXPIRY, {"upload_id": upload_id})
    return None if row is None else row.last


_ACTIVATED = ("session_id", "issued_at", "expires_at", "renewable_until", "signed_by")
_ACTIVATE = Statement(
    update(leases)
    .where(_IS_LEASE, leases.c.state == bindparam("from_state"))
    .values(state=LeaseState.ACTIVE, **{name: bindparam(name) for name in _ACTIVATED})
)


async def activate(connection: DatabaseConnection, lease: Lease, from_state: LeaseState) -> bool:
    """Activate the lease with its times and session unless it left `from_state` meanwhile."""
    values = {name: getattr(lease, name) for name in _ACTIVATED}
    values |= {"lease": lease.lease_id, "from_state": from_state}
    return await connection.execute(_ACTIVATE, values) == 1


async def end(connection: DatabaseConnection, scope: LeaseScope, at: datetime, reason: str) -> int:
    """End the matching open leases; return their number."""
    values = {name: value for name, value in vars(scope).items() if value is not None}
    ordered, end_all = _end_statements(tuple(values))
    await connection.lock(ordered, values, Lock.EXCLUSIVE)
    return await connection.execute(end_all, {**values, "at": at, "reason": reason})


_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "account_id": leases.c.account_id == bindparam("account_id"),
    "session_id": leases.c.session_id == bindparam("session_id"),
    "classroom_id": leases.c.classroom_id == bindparam("classroom_id"),
    "upload_id": leases.c.upload_id == bindparam("upload_id"),
    "kind": leases.c.kind == bindparam("kind"),
    "except_session_id": leases.c.session_id != bindparam("except_session_id"),
    "except_lease_id": leases.c.lease_id != bindparam("except_lease_id"),
}
_BOUNDS = frozenset({"account_id", "session_id", "classroom_id", "upload_id"})
_ENDED = {
    "state": LeaseState.ENDED,
    "ended_at": bindparam("at"),
    "end_reason": bindparam("reason"),
}


@cache
def _end_statements(fields: tuple[str, ...]) -> tuple[Statement, Statement]:
    """Return the query to lock, and the update, for the fields of a scope that are set."""
    if _BOUNDS.isdisjoint(fields):
        raise ValueError("a scope without a bound would end every lease there is")
    wanted = [_CONDITIONS[name] for name in fields]
    wanted.append(leases.c.state != LeaseState.ENDED)
    # Sorted, so that transactions cannot deadlock.
    ordered = select(leases.c.lease_id).where(*wanted).order_by(leases.c.lease_id)
    return Statement(ordered), Statement(update(leases).where(*wanted).values(_ENDED))


_END_PENDING = Statement(
    update(leases).where(_IS_LEASE, leases.c.state == LeaseState.PENDING).values(_ENDED)
)


async def end_pending(
    connection: DatabaseConnection, lease_id: str, at: datetime, reason: str
) -> None:
    """End a lease if nothing was issued under it yet."""
    await connection.execute(_END_PENDING, {"lease": lease_id, "at": at, "reason": reason})


_FIND_LATEST_ISSUE_TIME = Statement(
    select(func.max(leases.c.issued_at, type_=Instant).label("last")).where(
        leases.c.account_id == bindparam("account_id"), in_list(leases.c.kind, "kinds")
    )
)


async def find_latest_issue_time(
    connection: DatabaseConnection, account_id: int, kinds: tuple[LeaseKind, ...]
) -> datetime | None:
    """Return the latest issue time of leases of these kinds; it may be in the future."""
    values = {"account_id": account_id, "kinds": [kind.value for kind in kinds]}
    row = await connection.fetch_one(_FIND_LATEST_ISSUE_TIME, values)
    return None if row is None else row.last


_OF_ACCOUNT = leases.c.account_id == bindparam("account_id")
_OF_CLASS = leases.c.classroom_id == bindparam("classroom_id")
_IS_ACTIVE = leases.c.state == LeaseState.ACTIVE
_IS_ENTRY = leases.c.kind == LeaseKind.ENTRY
_FIND_LATEST_ENTRY_TIME = Statement(
    select(func.max(leases.c.issued_at, type_=Instant).label("last")).where(
        _OF_ACCOUNT, _OF_CLASS, _IS_ENTRY
    )
)
_FIND_RENEWABLE_ENTRY = Statement(
    select(leases.c.lease_id)
    .where(
        _OF_ACCOUNT,
        _OF_CLASS,
        _IS_ENTRY,
        _IS_ACTIVE,
        leases.c.renewable_until > bindparam("at"),
    )
    .limit(1)
)
_CLASSES = select(leases.c.classroom_id).distinct().order_by(leases.c.classroom_id)
# Logged out, or never heard of again: whoever entered may still be in the room. A class that has
# ended has no room.
_LIST_ROOMS = Statement(
    _CLASSES.where(
        _OF_ACCOUNT,
        _IS_ENTRY,
        or_(_IS_ACTIVE, leases.c.expires_at > bindparam("at")),
        or_(leases.c.end_reason.is_(None), leases.c.end_reason != "class_ended"),
    )
)
_LIST_ENTERED = Statement(
    _CLASSES.where(
        leases.c.session_id == bindparam("session_id"), _OF_ACCOUNT, _IS_ENTRY, _IS_ACTIVE
    )
)
_LIST_ENTERED_ELSEWHERE = Statement(
    _CLASSES.where(
        leases.c.session_id != bindparam("session_id"), _OF_ACCOUNT, _IS_ENTRY, _IS_ACTIVE
    )
)
_FIND_ACTIVE = Statement(
    select(leases.c.lease_id)
    .where(_OF_ACCOUNT, in_list(leases.c.kind, "kinds"), _IS_ACTIVE)
    .limit(1)
)


async def find_latest_entry_time(
    connection: DatabaseConnection, account_id: int, classroom_id: int
) -> datetime | None:
    """Return the latest issue time of entry credentials of a class, ended ones included."""
    values = {"account_id": account_id, "classroom_id": classroom_id}
    row = await connection.fetch_one(_FIND_LATEST_ENTRY_TIME, values)
    return None if row is None else row.last


async def has_renewable_entry(
    connection: DatabaseConnection, account_id: int, classroom_id: int, at: datetime
) -> bool:
    """Return whether the account has entry credentials of a class that may be renewed."""
    values = {"account_id": account_id, "classroom_id": classroom_id, "at": at}
    return await connection.fetch_one(_FIND_RENEWABLE_ENTRY, values) is not None


async def list_rooms(
    connection: DatabaseConnection, account_id: int, at: datetime
) -> Sequence[int]:
    """Return the classes in whose rooms the account may be, by credentials that ended too."""
    rows = await connection.fetch_all(_LIST_ROOMS, {"account_id": account_id, "at": at})
    return [row.classroom_id for row in rows]


async def list_entered(
    connection: DatabaseConnection, account_id: int, session_id: str, *, elsewhere: bool
) -> Sequence[int]:
    """Return the classes that the account entered in this session, or in its other sessions."""
    statement = _LIST_ENTERED_ELSEWHERE if elsewhere else _LIST_ENTERED
    values = {"account_id": account_id, "session_id": session_id}
    return [row.classroom_id for row in await connection.fetch_all(statement, values)]


async def has_active(
    connection: DatabaseConnection, account_id: int, kinds: tuple[LeaseKind, ...]
) -> bool:
    """Return whether the account has a lease of these kinds that did not end."""
    values = {"account_id": account_id, "kinds": [kind.value for kind in kinds]}
    return await connection.fetch_one(_FIND_ACTIVE, values) is not None


over_at = literal_column(_OVER_AT, Instant)
_OLD = (
    select(leases.c.lease_id)
    .where(
        over_at < bindparam("before", type_=Instant),
        # An ended one may still be in use; the next UserSig must be later than it.
        or_(leases.c.expires_at.is_(None), leases.c.expires_at < bindparam("before")),
        leases.c.state != LeaseState.PENDING,
    )
    .order_by(over_at)
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)
_DELETE_OLD = Statement(delete(leases).where(leases.c.lease_id.in_(_OLD)))


async def delete_ended(connection: DatabaseConnection, before: datetime, limit: int) -> int:
    """Delete a batch that ended before the time, skipping locked rows; return the number."""
    return await connection.execute(_DELETE_OLD, {"before": before, "limit": limit})


# The audit row of the last issue is close in time, unless the clock was set.
_SEARCH_WINDOW = 86_400_000_000
_PAGE = 500
_ISSUE_EVENTS = tuple(each.value for each in AuditEvent if each.endswith(("_issued", "_renewed")))
_IS_ISSUE_OF_LEASE = (
    (audit_rows.c.account_id == leases.c.account_id)
    & (audit_rows.c.lease_id == leases.c.lease_id)
    # For open or ended leases: something was issued. For others any row is enough.
    & (
        one_of(audit_rows.c.event, _ISSUE_EVENTS)
        | (
            (leases.c.state != literal_column("'active'"))
            & (audit_rows.c.event == AuditEvent.UPLOAD_CREDENTIALS_REQUESTED)
        )
    )
)


_AT, _ISSUED_AT = (
    type_coerce(audit_rows.c.at, BigInteger),
    type_coerce(leases.c.issued_at, BigInteger),
)
_IS_NEAR = _AT.between(_ISSUED_AT - _SEARCH_WINDOW, _ISSUED_AT + _SEARCH_WINDOW)


def _select_record(*near: ColumnElement[bool]) -> ColumnElement[int]:
    row = select(literal(1)).where(_IS_ISSUE_OF_LEASE, *near).limit(1).correlate(leases)
    return row.scalar_subquery().label("recorded")


_LIST_WITH_RECORD = Statement(
    select(
        leases.c.lease_id,
        type_coerce(leases.c.state, String).label("state"),  # a row may hold anything
        leases.c.account_id,
        _select_record(_IS_NEAR),
    )
    .where(leases.c.lease_id > bindparam("after"), leases.c.issued_at >= bindparam("since"))
    .order_by(leases.c.lease_id)
    .limit(_PAGE)
)
_FIND_RECORD = Statement(select(_select_record()).where(_IS_LEASE))


async def list_with_record(
    connection: DatabaseConnection, since: datetime, after: str
) -> Sequence[RecordedLease]:
    """Return a page of leases by id that were issued since then, each with whether the audit has a
    row near its issue.

    The audit is searched by account and time, for which there is an index.
    """
    values = {"since": since, "after": after}
    rows = await connection.fetch_all(_LIST_WITH_RECORD, values)
    return [
        RecordedLease(row.lease_id, row.state, row.account_id, row.recorded is not None)
        for row in rows
    ]


async def has_any_record(connection: DatabaseConnection, lease: RecordedLease) -> bool:
    """Search without a time range, which is slow for accounts with many leases."""
    found = await connection.fetch_one(_FIND_RECORD, {"lease": lease.lease_id})
    return found is not None and found.recorded is not None
