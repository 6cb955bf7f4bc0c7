"""Audit rows. They contain keyed fingerprints of credentials, never the credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

UNREADABLE_EVENT = "unreadable"
"""Shown as the event of a row that was tampered with and cannot be parsed."""

TAMPERED_HINT = "this row was changed after it was written; classgate audit verify says more"


class AuditEvent(StrEnum):
    """The event. Only `…_issued` and `…_renewed` mean that a credential was issued."""

    ACCOUNT_CREATED = "account_created"
    ACCOUNT_DELETED = "account_deleted"
    INVITATION_CREATED = "invitation_created"
    INVITATION_REVOKED = "invitation_revoked"
    INVITATION_USED = "invitation_used"
    ACCOUNT_ROLE_SET = "account_role_set"
    ACCOUNT_DISPLAY_NAME_SET = "account_display_name_set"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_RESET = "password_reset"
    SECOND_FACTOR_SET_UP = "second_factor_set_up"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    SECOND_FACTOR_RESET = "second_factor_reset"
    SESSION_OPENED = "session_opened"
    SESSION_ENDED = "session_ended"
    USER_SIG_ISSUED = "user_sig_issued"
    USER_SIG_RENEWED = "user_sig_renewed"
    CLASSROOM_CREATED = "classroom_created"
    CLASSROOM_CHANGED = "classroom_changed"
    CLASSROOM_STARTED = "classroom_started"
    CLASSROOM_ENDED = "classroom_ended"
    REPLAY_INDEXED = "replay_indexed"
    RECORDING_ADDED = "recording_added"
    HOST_CHANGED = "host_changed"
    MEMBER_SET = "member_set"
    MEMBER_REMOVED = "member_removed"
    MEMBER_KICKED = "member_kicked"
    MEMBER_MUTED = "member_muted"
    MEMBER_UNMUTED = "member_unmuted"
    CLASSROOM_MUTED = "classroom_muted"
    CLASSROOM_UNMUTED = "classroom_unmuted"
    ENTRY_ISSUED = "entry_issued"
    ENTRY_RENEWED = "entry_renewed"
    UPLOAD_CREDENTIALS_REQUESTED = "upload_credentials_requested"
    UPLOAD_CREDENTIALS_ISSUED = "upload_credentials_issued"
    UPLOAD_CREDENTIALS_RENEWED = "upload_credentials_renewed"
    UPLOAD_CREDENTIALS_FAILED = "upload_credentials_failed"
    UPLOAD_COMPLETED = "upload_completed"
    UPLOAD_ABANDONED = "upload_abandoned"
    UPLOAD_CLEANED_UP = "upload_cleaned_up"
    COURSEWARE_REMOVED = "courseware_removed"
    COURSEWARE_DELETED = "courseware_deleted"
    COS_SIGNATURE_ISSUED = "cos_signature_issued"
    DOWNLOADS_ISSUED = "downloads_issued"
    VIDEO_QUERY_SIGNATURE_ISSUED = "video_query_signature_issued"
    VIDEO_UPLOAD_SIGNATURE_ISSUED = "video_upload_signature_issued"
    VIDEO_QUERY_FORWARDED = "video_query_forwarded"
    ATTENDANCE_READ = "attendance_read"
    AUDIT_READ = "audit_read"
    CREDENTIALS_READ = "credentials_read"
    WHY_ASKED = "why_asked"
    EXPLAIN_ASKED = "explain_asked"
    RESTORED = "restored"
    CHECKPOINT = "checkpoint"
    AUDIT_BREAK_ACKNOWLEDGED = "audit_break_acknowledged"
    AUDIT_TRIMMED = "audit_trimmed"


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An event to be recorded."""

    event: AuditEvent
    at: datetime
    account_id: int | None = None  # the account concerned, to whom it was issued
    actor_id: int | None = None  # the actor, if different; None from the command line
    classroom_id: int | None = None
    lease_id: str | None = None
    rule: str | None = None  # the rule that allowed it, in words
    credentials: tuple[str, ...] = ()  # only fingerprints are stored
    details: Mapping[str, str | int | bool | None] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    """A recorded event."""

    chain: str
    seq: int
    previous: str
    mac: str
    at: datetime
    event: str
    account_id: int | None
    actor_id: int | None
    classroom_id: int | None
    lease_id: str | None
    rule: str | None
    fingerprints: str  # separated by blanks
    request_id: str
    details: str  # JSON

    @property
    def location(self) -> str:
        """Return the location, for messages."""
        return f"chain {self.chain}, row {self.seq}"

    def read_details(self) -> dict[str, object] | None:
        """Return the details. None: not a JSON object, so the row was tampered with."""
        try:
            return msgspec.json.decode(self.details, type=dict[str, object])
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None


@dataclass(frozen=True)
class UnreadableRow:
    """A row that cannot be parsed, because it was tampered with. None: unknown."""

    chain: str | None = None
    seq: int | None = None
    mac: str | None = None
    microseconds: int | None = None

    @property
    def location(self) -> str:
        """Return the location, as far as it is known."""
        if self.chain is None or self.seq is None:
            return "a row without a place"
        return f"chain {self.chain}, row {self.seq}"

    @property
    def recorded_at_unix(self) -> int | None:
        """Return the time of the row, if it is plausible."""
        known = self.microseconds
        return known // 1_000_000 if known is not None and 0 <= known < 2**52 else None


@dataclass(frozen=True)
class DamagedRows:
    """A range of a chain that the database cannot read; `last` None: to the end."""

    chain: str
    first: int
    last: int | None

    @property
    def location(self) -> str:
        """Return the location, for messages."""
        if self.first == self.last:
            return f"chain {self.chain}, row {self.first}"
        end = "its end" if self.last is None else str(self.last)
        return f"chain {self.chain}, rows {self.first} to {end}"


class ChainHead(msgspec.Struct, frozen=True):
    """The head of a chain: recording it elsewhere reveals truncation."""

    chain: str
    seq: int
    mac: str

    def serialize(self) -> str:
        return f"{self.chain}:{self.seq}:{self.mac}"


@dataclass(frozen=True)
class AuditFilter:
    """Filter of the list; None does not filter."""

    account_id: int | None = None
    classroom_id: int | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class AuditPage:
    """A page of rows, newest first, and the next cursor (None: last page)."""

    rows: tuple[AuditRow | UnreadableRow, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class VerificationResult:
    """The result of a verification; no faults means unbroken."""

    chains: int
    rows: int
    faults: tuple[str, ...]
    trimmed_before: datetime | None = None  # retention removed rows before that time
