"""PURE: who may do what in a class, and when.

Non-members learn nothing (ClassroomNotFound). A member without the permission, or one who was
kicked, gets PermissionDenied. The wrong time or state is a Conflict. Everything that is not allowed
here is denied.
"""

from datetime import datetime
from enum import StrEnum

from classgate.accounts.models import Account, AccountRole
from classgate.classrooms.models import (
    AccessContext,
    AccessWindows,
    Classroom,
    ClassroomRole,
    ClassroomState,
    Membership,
)
from classgate.errors import ClassroomNotFound
from classgate.refusals import (
    AccountCannotHost,
    AssistantChangesStudentsOnly,
    ClassEnded,
    ClassNotStarted,
    HostPlaceProtected,
    HostRightsLost,
    Kicked,
    NotOnRoster,
    OnlyHostReadmits,
    RoleLacksPermission,
)


class Permission(StrEnum):
    """A permission in a class."""

    READ = "classroom.read"
    READ_ROSTER = "roster.read"
    READ_COURSEWARE = "courseware.read"
    READ_ATTENDANCE = "attendance.read"
    READ_REFUSALS = "refusals.read"
    SEND_HEARTBEAT = "heartbeat.send"
    LEAVE = "classroom.leave"
    BIND_FILES = "files.bind"
    REQUEST_REPLAY = "replay.request"
    EDIT = "classroom.edit"
    START = "classroom.start"
    END = "classroom.end"
    CHANGE_ROSTER = "roster.change"
    KICK = "classroom.kick"
    MUTE = "classroom.mute"
    ENTER = "classroom.enter"
    UPLOAD = "courseware.upload"
    DELETE_COURSEWARE = "courseware.delete"
    CHANGE_HOST = "host.change"


DESCRIPTIONS: dict[Permission, str] = {
    Permission.READ: "read the class",
    Permission.READ_ROSTER: "read the roster",
    Permission.READ_COURSEWARE: "read the courseware",
    Permission.READ_ATTENDANCE: "read who was in the class",
    Permission.READ_REFUSALS: "read the refusals of the class",
    Permission.SEND_HEARTBEAT: "send heartbeats to the class",
    Permission.LEAVE: "leave the class",
    Permission.BIND_FILES: "bind files to the class",
    Permission.REQUEST_REPLAY: "ask for the replay of the class",
    Permission.EDIT: "change the class",
    Permission.START: "start the class",
    Permission.END: "end the class",
    Permission.CHANGE_ROSTER: "change the roster",
    Permission.KICK: "kick members",
    Permission.MUTE: "mute members",
    Permission.ENTER: "enter the class",
    Permission.UPLOAD: "upload courseware",
    Permission.DELETE_COURSEWARE: "delete courseware",
    Permission.CHANGE_HOST: "name another host",
}
"""Each permission as it completes the sentence "you may ..."."""

MUTATING = frozenset(
    {
        Permission.EDIT,
        Permission.START,
        Permission.END,
        Permission.CHANGE_ROSTER,
        Permission.KICK,
        Permission.MUTE,
        Permission.CHANGE_HOST,
    }
)
"""Permissions that change the class or its roster; they are serialized per class."""

_HOST, _ASSISTANT, _STUDENT = ClassroomRole.HOST, ClassroomRole.ASSISTANT, ClassroomRole.STUDENT

_PERMISSIONS_BY_ROLE: dict[Permission, frozenset[ClassroomRole]] = {
    Permission.READ: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Permission.READ_ROSTER: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Permission.READ_COURSEWARE: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Permission.READ_ATTENDANCE: frozenset({_HOST, _ASSISTANT}),
    Permission.READ_REFUSALS: frozenset({_HOST, _ASSISTANT}),
    Permission.SEND_HEARTBEAT: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Permission.LEAVE: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Permission.BIND_FILES: frozenset({_HOST, _ASSISTANT}),
    Permission.REQUEST_REPLAY: frozenset({_HOST}),
    Permission.EDIT: frozenset({_HOST}),
    Permission.START: frozenset({_HOST}),
    Permission.END: frozenset({_HOST}),
    Permission.CHANGE_ROSTER: frozenset({_HOST, _ASSISTANT}),
    Permission.KICK: frozenset({_HOST, _ASSISTANT}),
    Permission.MUTE: frozenset({_HOST, _ASSISTANT}),
    Permission.ENTER: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Permission.UPLOAD: frozenset({_HOST, _ASSISTANT}),
    Permission.DELETE_COURSEWARE: frozenset({_HOST, _ASSISTANT}),
    Permission.CHANGE_HOST: frozenset(),
}
_ADMIN_PERMISSIONS = frozenset(
    {
        Permission.READ,
        Permission.READ_ROSTER,
        Permission.READ_COURSEWARE,
        Permission.READ_ATTENDANCE,
        Permission.READ_REFUSALS,
        Permission.EDIT,
        Permission.END,
        Permission.CHANGE_ROSTER,
        Permission.KICK,
        Permission.CHANGE_HOST,
    }
)
# For non-members heartbeats do nothing, and there is nothing to leave.
_OPEN_CLASS_PERMISSIONS = frozenset(
    {Permission.READ, Permission.ENTER, Permission.SEND_HEARTBEAT, Permission.LEAVE}
)


def require_permission(permission: Permission, access: AccessContext, at: datetime) -> None:
    """Require the permission in this class at this time. ClassroomNotFound or PermissionDenied."""
    membership = access.membership
    is_admin = access.account.role is AccountRole.ADMIN
    if membership is None and not is_admin and not access.classroom.open:
        raise ClassroomNotFound
    if is_admin and permission in _ADMIN_PERMISSIONS:
        return
    if membership is None:
        if is_admin or permission not in _OPEN_CLASS_PERMISSIONS:
            raise NotOnRoster(f"you may not {DESCRIPTIONS[permission]}: you are not a member of it")
        return
    if membership.is_kicked(at):
        raise Kicked(membership.kicked_until)
    if access.lost_host_rights:
        raise HostRightsLost
    if membership.role not in _PERMISSIONS_BY_ROLE[permission]:
        raise RoleLacksPermission(
            f"as {membership.role.value} you may not {DESCRIPTIONS[permission]}"
        )


def is_active_member(access: AccessContext, at: datetime) -> bool:
    """Return whether the account is on the roster, not kicked, and still eligible as host."""
    member = access.membership
    return member is not None and not member.is_kicked(at) and not access.lost_host_rights


def require_may_change_member(
    actor: AccessContext, target: Membership | None, at: datetime
) -> None:
    """Require that the actor may change this member. PermissionDenied.

    The host and admins: anyone but the host. Assistants: students who were not kicked.
    """
    if target is not None and target.role is ClassroomRole.HOST:
        raise HostPlaceProtected
    if _acts_as_assistant(actor) and target is not None:
        if target.role is not ClassroomRole.STUDENT:
            raise AssistantChangesStudentsOnly
        if target.is_kicked(at):
            raise OnlyHostReadmits


def require_may_assign_role(actor: AccessContext, role: ClassroomRole) -> None:
    """Require that the actor may assign this role. PermissionDenied."""
    if role is ClassroomRole.HOST:
        raise HostPlaceProtected
    if _acts_as_assistant(actor) and role is not ClassroomRole.STUDENT:
        raise AssistantChangesStudentsOnly


def require_may_host(account: Account) -> None:
    """Require an enabled teacher. Conflict."""
    if not may_host(account):
        raise AccountCannotHost


def may_host(account: Account) -> bool:
    """Return whether the account may be host of a class, or stay in it as assistant afterwards."""
    return account.role is AccountRole.TEACHER and not account.disabled


def _acts_as_assistant(actor: AccessContext) -> bool:
    return (
        actor.account.role is not AccountRole.ADMIN
        and actor.membership is not None
        and actor.membership.role is ClassroomRole.ASSISTANT
    )


# ── time ────────────────────────────────────────────────────────────────────────────────────────


def closes_at(classroom: Classroom, windows: AccessWindows) -> datetime | None:
    """Return the planned end; a live class may overrun it. None: it has no planned end."""
    if classroom.ends_at is None:
        return None
    if classroom.state is ClassroomState.LIVE:
        return classroom.ends_at + windows.overrun
    return classroom.ends_at


def require_not_ended(classroom: Classroom, at: datetime, windows: AccessWindows) -> None:
    """Require that the class is not over. OutsideAccessWindow."""
    if classroom.state not in {ClassroomState.CREATED, ClassroomState.LIVE}:
        raise ClassEnded
    closes = closes_at(classroom, windows)
    if closes is not None and at >= closes:
        raise ClassEnded("the class is over; its teacher can move ends_at")


def require_entry_window(
    classroom: Classroom, role: ClassroomRole, at: datetime, windows: AccessWindows
) -> None:
    """Require that this role may enter now. OutsideAccessWindow, with `opens_at` if known."""
    require_not_ended(classroom, at, windows)
    if classroom.state is ClassroomState.LIVE:
        return
    if role is ClassroomRole.STUDENT:
        before = windows.students_open_before
        if classroom.starts_at is None:
            raise ClassNotStarted
    else:
        before = windows.staff_opens_before
        if classroom.starts_at is None:
            return
    opens_at = classroom.starts_at - before
    if at < opens_at:
        raise ClassNotStarted(opens_at)
