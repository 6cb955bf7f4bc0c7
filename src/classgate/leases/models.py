"""Leases. The credential itself is never stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from classgate.leases.kinds import LeaseKind


class LeaseState(StrEnum):
    """Whether a credential was issued under the lease, and whether it may be renewed."""

    PENDING = "pending"  # recorded; the cloud was called, nothing was issued yet
    ACTIVE = "active"
    ENDED = "ended"


class Lease(Struct, frozen=True, kw_only=True):
    """A credential that was issued, or is about to be."""

    lease_id: str
    kind: LeaseKind
    state: LeaseState = LeaseState.ACTIVE
    account_id: int
    session_id: str
    classroom_id: int | None = None
    upload_id: str | None = None
    issued_at: datetime
    expires_at: datetime | None  # None: never expires (a single-use signature)
    renewable_until: datetime | None = None  # None: cannot be renewed
    signed_by: str | None = None  # the name of the key; None: recorded before this was known

    def with_times(self, issued_at: datetime, expires_at: datetime) -> "Lease":
        """Return the lease with the times of newer credentials."""
        return replace(self, issued_at=issued_at, expires_at=expires_at)


@dataclass(frozen=True)
class RecordedLease:
    """A lease as stored, for comparison with the audit, even if it was tampered with."""

    lease_id: str
    state: str
    account_id: int
    is_recorded: bool


@dataclass(frozen=True)
class LeaseScope:
    """The leases to end: those that match every set field. At least one must be set."""

    account_id: int | None = None
    session_id: str | None = None
    classroom_id: int | None = None
    upload_id: str | None = None
    kind: LeaseKind | None = None
    except_session_id: str | None = None
    except_lease_id: str | None = None


def rebind_session(lease: Lease, session_id: str, renewable_until: datetime) -> Lease:
    """Return the lease attached to another session of its owner; it ends with that session."""
    return replace(lease, session_id=session_id, renewable_until=renewable_until)


def refresh_after(issued_at: datetime, expires_at: datetime) -> datetime:
    """Return when a client should renew: with a fifth of the lifetime left, for retries and
    slow networks.
    """
    return issued_at + (expires_at - issued_at) * 4 // 5 // timedelta(seconds=1) * timedelta(
        seconds=1
    )
