"""PURE: who may do what in a class. When is in `access_times`.

Non-members learn nothing (ClassroomNotFound). A member without the permission, or one who was
kicked, gets PermissionDenied. Everything that is not allowed here is denied.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum

from classgate.accounts.models import Account, AccountRole
from classgate.classrooms.models import (
    AccessContext,
    ClassroomRole,
    Membership,
)
from classgate.errors import ClassroomNotFound
from classgate.refusals import (
    AccountCannotHost,
    AssistantChangesStudentsOnly,
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


PermissionCheck = Callable[[Permission, AccessContext, datetime], None]
"""One check of a permission. It raises its own error."""


def require_found(access: AccessContext | None) -> AccessContext:
    """Require that the class exists. ClassroomNotFound."""
    if access is None:
        raise ClassroomNotFound
    return access


def acts_as_admin(permission: Permission, access: AccessContext) -> bool:
    """Return whether the permission is an admin's own, so that the roster is not asked."""
    return access.account.role is AccountRole.ADMIN and permission in _ADMIN_PERMISSIONS


def _require_place(permission: Permission, access: AccessContext, _at: datetime) -> None:
    """Require a place on the roster, or an open class. ClassroomNotFound, NotOnRoster."""
    if access.membership is not None:
        return
    is_admin = access.account.role is AccountRole.ADMIN
    if not is_admin and not access.classroom.open:
        raise ClassroomNotFound
    if is_admin or permission not in _OPEN_CLASS_PERMISSIONS:
        raise NotOnRoster(f"you may not {DESCRIPTIONS[permission]}: you are not a member of it")


def _require_not_kicked(_permission: Permission, access: AccessContext, at: datetime) -> None:
    """Require that no kick bars the member. Kicked."""
    if access.membership is not None and access.membership.is_kicked(at):
        raise Kicked(access.membership.kicked_until)


def _require_host_rights(_permission: Permission, access: AccessContext, _at: datetime) -> None:
    """Require that a host is a teacher still. HostRightsLost."""
    if access.lost_host_rights:
        raise HostRightsLost


def _require_role(permission: Permission, access: AccessContext, _at: datetime) -> None:
    """Require a role in the class that has the permission. RoleLacksPermission."""
    membership = access.membership
    if membership is not None and membership.role not in _PERMISSIONS_BY_ROLE[permission]:
        raise RoleLacksPermission(
            f"as {membership.role.value} you may not {DESCRIPTIONS[permission]}"
        )


PERMISSION_CHECKS: Mapping[str, PermissionCheck] = {
    "on_roster": _require_place,
    "not_kicked": _require_not_kicked,
    "host_rights": _require_host_rights,
    "role_permission": _require_role,
}
"""The checks of a permission by name, in the order in which they decide.

`require_permission` stops at the first that raises; `classgate.admission` runs all of them.
"""

_IN_ORDER = tuple(PERMISSION_CHECKS.values())


def require_permission(permission: Permission, access: AccessContext, at: datetime) -> None:
    """Require the permission in this class at this time. ClassroomNotFound or PermissionDenied."""
    if acts_as_admin(permission, access):
        return
    for check in _IN_ORDER:
        check(permission, access, at)


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
