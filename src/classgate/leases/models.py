"""Leases. The credential itself is never stored."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class LeaseKind(StrEnum):
    """The kind of credential."""

    USER_SIG = "user_sig"
    ENTRY = "entry"  # UserSig and PrivateMapKey of one classroom
    UPLOAD = "upload"  # temporary credentials for one object key
    UPLOAD_PREFIX = "upload_prefix"  # temporary credentials for a folder of one classroom
    COS_SIGNATURE = "cos_signature"
    DOWNLOAD = "download"  # presigned URLs of courseware
    VIDEO_QUERY = "video_query"  # a signature over one query to the video service
    VIDEO_UPLOAD = "video_upload"  # a signature that uploads one video


class LeaseState(StrEnum):
    PENDING = "pending"  # recorded; the cloud was called, nothing was issued yet
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Lease:
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
