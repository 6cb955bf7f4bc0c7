"""Classrooms, memberships, and the ticket that lets somebody in."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import UNSET, UnsetType

from classgate.accounts.models import Account, AccountRole
from classgate.signing.private_map_key import Privilege


class ClassroomState(StrEnum):
    """Only forward: created, live, ended, replayable."""

    CREATED = "created"
    LIVE = "live"
    ENDED = "ended"
    REPLAYABLE = "replayable"


class ClassroomRole(StrEnum):
    """What somebody is in one class."""

    HOST = "host"
    ASSISTANT = "assistant"
    STUDENT = "student"


@dataclass(frozen=True, kw_only=True)
class Classroom:
    """One class. Its id is its room number and is never used again."""

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


@dataclass(frozen=True, kw_only=True)
class Membership:
    """Somebody's place in a class."""

    account_id: int
    role: ClassroomRole
    on_stage: bool
    kicked_at: datetime | None  # not None: barred until the host lifts it


@dataclass(frozen=True)
class Member:
    """A membership with the person's names, for lists; `online`: is in the class now."""

    identifier: str
    display_name: str
    membership: Membership
    online: bool = False


class LeaveReason(StrEnum):
    """Why somebody's presence is over."""

    LEFT = "left"  # said so
    TIMED_OUT = "timed_out"  # no heartbeat for too long
    ENTERED_ELSEWHERE = "entered_elsewhere"  # the host entered again, from another session
    KICKED = "kicked"
    REMOVED = "removed"  # from the roster
    CLASS_ENDED = "class_ended"
    ACCOUNT_DELETED = "account_deleted"


@dataclass(frozen=True, kw_only=True)
class Presence:
    """That somebody was in a class, from when to when. One of a person is open at a time."""

    presence_id: int
    account_id: int
    session_id: str  # that entered, or entered again, last
    role: ClassroomRole  # at the time of entering
    entered_at: datetime
    last_seen_at: datetime  # last heard of
    left_at: datetime | None  # None: is there
    leave_reason: LeaveReason | None


@dataclass(frozen=True)
class Attendance:
    """A presence with the person's names, for lists."""

    identifier: str
    display_name: str
    presence: Presence


@dataclass(frozen=True)
class HeartbeatResult:
    """What a heartbeat is answered: whether one counts as being there, and how one stands now."""

    present: bool
    classroom: Classroom
    membership: Membership | None


@dataclass(frozen=True)
class PresenceTimeouts:
    """How long nothing may be heard: of a member, who has left then; of the host of a live class,
    which has ended then.
    """

    member: timedelta = timedelta(seconds=120)
    host: timedelta = timedelta(seconds=300)


@dataclass(frozen=True)
class AccessContext:
    """Where somebody stands towards a class: all that a permission is decided by."""

    account: Account
    classroom: Classroom
    membership: Membership | None

    @property
    def lost_host_rights(self) -> bool:
        """Whether the roster names them as host, but the account is no teacher's any more."""
        return (
            self.membership is not None
            and self.membership.role is ClassroomRole.HOST
            and self.account.role is not AccountRole.TEACHER
        )

    @property
    def role_name(self) -> str:
        """The role in the class, for the record; an admin's is that of the account."""
        if self.membership is None or self.lost_host_rights:
            return self.account.role.value
        return self.membership.role.value


@dataclass(frozen=True)
class NewMember:
    """Somebody to put on the roster."""

    identifier: str
    role: ClassroomRole
    on_stage: bool = False


@dataclass(frozen=True, kw_only=True)
class NewClassroom:
    """A class to be made."""

    title: str
    cover_url: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    open: bool = False
    members: tuple[NewMember, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClassroomChanges:
    """What of a class is to change; what is UNSET stays, None clears."""

    title: str | UnsetType = UNSET
    cover_url: str | UnsetType | None = UNSET
    starts_at: datetime | UnsetType | None = UNSET
    ends_at: datetime | UnsetType | None = UNSET
    open: bool | UnsetType = UNSET

    def provided(self) -> dict[str, str | datetime | bool | None]:
        """By name, what is not UNSET."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not UNSET}


@dataclass(frozen=True)
class AccessWindows:
    """When a class may be entered, and how long what it gives lives."""

    staff_opens_before: timedelta = timedelta(minutes=30)
    students_open_before: timedelta = timedelta(minutes=10)
    overrun: timedelta = timedelta(minutes=30)  # how far a live class may pass its planned end
    private_map_key_lifetime: timedelta = timedelta(seconds=300)


@dataclass(frozen=True, kw_only=True)
class EntryCredentials:
    """All that is needed to enter one room in one role."""

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
    """Which classes to list; what is None does not filter."""

    state: ClassroomState | None = None
    host: str | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None


@dataclass(frozen=True)
class ClassroomPage:
    """Some classes, the newest first, and where the next page starts."""

    classrooms: tuple[Classroom, ...]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What is known of a class's replay, since it ended."""

    classroom_id: int
    requestable_at: datetime | None  # from then on its host may ask; None: may not
    due_at: datetime | None  # then the service asks by itself; None: does not
    requests: int
    requested_at: datetime | None  # the last time
    indexed_at: datetime | None
    index_result: int
    index_url: str | None


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A recorded file, as the cloud tells of it, in its own units."""

    video_id: str
    video_url: str
    start_time: int
    end_time: int
    media_start_time: int
    file_size: int
    duration: int


@dataclass(frozen=True, kw_only=True)
class LegacyListFilter:
    """Which classes to list by number of rows; what is None does not filter."""

    classroom_id: int | None = None
    begun_after: datetime | None = None  # created or started at that time or later
    begun_before: datetime | None = None  # created or started before that, or not started yet
    host: str | None = None  # an identifier
    state: ClassroomState | None = None


@dataclass(frozen=True)
class LegacyListEntry:
    """A class with what a list of lessons shows of it."""

    classroom: Classroom
    present: int
    replay: Replay | None


@dataclass(frozen=True)
class LegacyListPage:
    """Some classes, the most recent first, and how many there are in all."""

    entries: tuple[LegacyListEntry, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class FileBinding:
    """A file that somebody bound to a class, or to themselves alone."""

    file_type: int  # 0 courseware, 1 video; not checked
    file_name: str
    url: str
    bound_at: datetime


@dataclass(frozen=True)
class FileBindingPage:
    """Some bindings, the newest first, and how many there are in all."""

    bindings: tuple[FileBinding, ...]
    total: int
