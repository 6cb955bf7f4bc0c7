"""Classrooms, memberships, and entry credentials."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import IntFlag, StrEnum

from msgspec import UNSET, Struct, UnsetType

from classgate.accounts.models import Account, AccountRole
from classgate.signing.private_map_key import Privilege


class ClassroomState(StrEnum):
    """The state; it only moves forward: created, live, ended, replayable."""

    CREATED = "created"
    LIVE = "live"
    ENDED = "ended"
    REPLAYABLE = "replayable"


class ClassroomRole(StrEnum):
    """The role in one class."""

    HOST = "host"
    ASSISTANT = "assistant"
    STUDENT = "student"


class Mute(IntFlag):
    """What is muted; stored as a number."""

    NOTHING = 0
    CHAT = 1
    AUDIO = 2
    VIDEO = 4  # the camera and the shared screen


# Compared by identity, so that what is made of a class can be kept beside it.
@dataclass(frozen=True, kw_only=True, eq=False)
class Classroom:
    """One class. Its id is its room number and is never reused."""

    classroom_id: int
    title: str
    cover_url: str | None
    state: ClassroomState
    host: str  # the host's identifier
    host_id: int
    open: bool
    starts_at: datetime | None
    ends_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    muted: int = Mute.NOTHING  # what is muted for students who join the roster from now on


@dataclass(frozen=True, kw_only=True)
class Membership:
    """The membership of one account in one class."""

    account_id: int
    role: ClassroomRole
    on_stage: bool
    kicked_at: datetime | None  # not None: kicked; barred until the host lifts it
    kicked_until: datetime | None = None  # when a kick ends by itself; None: never
    muted: int = Mute.NOTHING
    muted_at: datetime | None = None  # when anything was muted last

    def is_kicked(self, at: datetime) -> bool:
        """Return whether the member is barred at this time."""
        if self.kicked_at is None:
            return False
        return self.kicked_until is None or at < self.kicked_until

    def at(self, at: datetime) -> "Membership":
        """Return the membership at this time: without a kick that has ended by itself."""
        if self.kicked_at is None or self.is_kicked(at):
            return self
        return replace(self, kicked_at=None, kicked_until=None)


@dataclass(frozen=True)
class Member:
    """A membership with the person's names, for lists; `online`: present now."""

    identifier: str
    display_name: str
    membership: Membership
    online: bool = False


class LeaveReason(StrEnum):
    """Why a presence ended."""

    LEFT = "left"  # left by themselves
    TIMED_OUT = "timed_out"  # no heartbeat for too long, or the room lost the connection
    ENTERED_ELSEWHERE = "entered_elsewhere"  # the host entered from another session
    KICKED = "kicked"
    REMOVED = "removed"  # from the roster
    CLASS_ENDED = "class_ended"
    ACCOUNT_DELETED = "account_deleted"


class PresenceSource(StrEnum):
    """Who shows that somebody is in a class."""

    CLIENT = "client"  # their client, by entering and by heartbeats
    CLOUD = "cloud"  # the cloud, by the events of the room
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Presence:
    """A presence: an account was in a class from one time to another. One per person is open."""

    presence_id: int
    account_id: int
    session_id: str  # the session that entered last
    role: ClassroomRole  # the role when entering
    entered_at: datetime
    last_seen_at: datetime  # the last heartbeat
    left_at: datetime | None  # None: present
    leave_reason: LeaveReason | None
    source: PresenceSource = PresenceSource.CLIENT


@dataclass(frozen=True)
class Attendance:
    """A presence with the person's names, for lists."""

    identifier: str
    display_name: str
    presence: Presence


@dataclass(frozen=True)
class HeartbeatResult:
    """The result of a heartbeat: whether the caller counts as present, and their current role."""

    present: bool
    classroom: Classroom
    membership: Membership | None
    privilege_map: int  # of the next PrivateMapKey; 0 for no member


@dataclass(frozen=True)
class PresenceTimeouts:
    """Presence timeouts: after one, a member has left; after the other, a live class without
    its host ends.
    """

    member: timedelta = timedelta(seconds=120)
    host: timedelta = timedelta(seconds=300)


@dataclass(frozen=True)
class AccessContext:
    """The access of an account to a class: everything that permissions depend on."""

    account: Account
    classroom: Classroom
    membership: Membership | None

    @property
    def lost_host_rights(self) -> bool:
        """Return whether the host's account is no longer a teacher's."""
        return (
            self.membership is not None
            and self.membership.role is ClassroomRole.HOST
            and self.account.role is not AccountRole.TEACHER
        )

    @property
    def role_name(self) -> str:
        """Return the role for the audit; for an admin that of the account."""
        if self.membership is None or self.lost_host_rights:
            return self.account.role.value
        return self.membership.role.value


@dataclass(frozen=True)
class NewMember:
    """A new member of the roster."""

    identifier: str
    role: ClassroomRole
    on_stage: bool = False


@dataclass(frozen=True, kw_only=True)
class NewClassroom:
    """A new class."""

    title: str
    cover_url: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    open: bool = False
    members: tuple[NewMember, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClassroomChanges:
    """Changes to a class; UNSET keeps a value, None clears it."""

    title: str | UnsetType = UNSET
    cover_url: str | UnsetType | None = UNSET
    starts_at: datetime | UnsetType | None = UNSET
    ends_at: datetime | UnsetType | None = UNSET
    open: bool | UnsetType = UNSET

    def provided(self) -> dict[str, str | datetime | bool | None]:
        """Return the set fields by name."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not UNSET}


@dataclass(frozen=True)
class AccessWindows:
    """The access windows, and the lifetimes of what is issued in a class."""

    staff_opens_before: timedelta = timedelta(minutes=30)
    students_open_before: timedelta = timedelta(minutes=10)
    overrun: timedelta = timedelta(minutes=30)  # how far a live class may overrun its planned end
    private_map_key_lifetime: timedelta = timedelta(seconds=300)


class EntryCredentials(Struct, frozen=True, kw_only=True):
    """The credentials for entering one room in one role."""

    sdk_app_id: int
    identifier: str
    user_sig: str
    private_map_key: str
    private_map_key_expires_at: datetime
    room_id: int
    role: ClassroomRole
    privileges: Privilege
    chat_group: str
    replay_group: str
    issued_at: datetime
    expires_at: datetime
    refresh_after: datetime
    server_time: datetime
    lease_id: str


@dataclass(frozen=True)
class ListFilter:
    """Filter of a list of classes; None does not filter."""

    state: ClassroomState | None = None
    host: str | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None


@dataclass(frozen=True)
class ClassroomPage:
    """A page of classes, newest first, and the next cursor."""

    classrooms: tuple[Classroom, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Replay:
    """The state of a class's replay after its end."""

    classroom_id: int
    requestable_at: datetime | None  # when the host may request it; None: not allowed
    due_at: datetime | None  # when the service requests it by itself; None: never
    requests: int
    requested_at: datetime | None  # the last request
    indexed_at: datetime | None
    index_result: int
    index_url: str | None


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A recorded file, as reported by the cloud, in its units."""

    video_id: str
    video_url: str
    start_time: int
    end_time: int
    media_start_time: int
    file_size: int
    duration: int
