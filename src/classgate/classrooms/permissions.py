"""PURE: who may do what in a class, and when.

Not a member is told nothing (ClassroomNotFound); a member without the right, or one who was
kicked, is told no (PermissionDenied); the wrong time or state is told as such (Conflict).
Everything that is not allowed here is refused.
"""

from datetime import datetime
from enum import StrEnum

from classgate.accounts.models import Account, AccountRole
from classgate.classrooms.models import (
    Classroom,
    ClassroomRole,
    ClassroomState,
    Membership,
    Standing,
    Windows,
)
from classgate.errors import ClassroomNotFound, Conflict, OutsideWindow, PermissionDenied
from classgate.signing.private_map_key import Privilege


class Right(StrEnum):
    """Something that somebody may want to do in a class."""

    READ = "read the class"
    READ_ROSTER = "read the roster"
    READ_COURSEWARE = "read the courseware"
    READ_ATTENDANCE = "read who was in the class"
    BEAT = "send heartbeats to the class"
    LEAVE = "leave the class"
    BIND_FILES = "bind files to the class"
    REQUEST_REPLAY = "ask for the replay of the class"
    EDIT = "change the class"
    START = "start the class"
    END = "end the class"
    CHANGE_ROSTER = "change the roster"
    KICK = "kick members"
    ENTER = "enter the class"
    UPLOAD = "upload courseware"
    DELETE_COURSEWARE = "delete courseware"
    NAME_HOST = "name another host"


CHANGING = frozenset(
    {Right.EDIT, Right.START, Right.END, Right.CHANGE_ROSTER, Right.KICK, Right.NAME_HOST}
)
"""What changes the class or its roster; of these, one at a time."""

_HOST, _ASSISTANT, _STUDENT = ClassroomRole.HOST, ClassroomRole.ASSISTANT, ClassroomRole.STUDENT

_BY_ROLE: dict[Right, frozenset[ClassroomRole]] = {
    Right.READ: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Right.READ_ROSTER: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Right.READ_COURSEWARE: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Right.READ_ATTENDANCE: frozenset({_HOST, _ASSISTANT}),
    Right.BEAT: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Right.LEAVE: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Right.BIND_FILES: frozenset({_HOST, _ASSISTANT}),
    Right.REQUEST_REPLAY: frozenset({_HOST}),
    Right.EDIT: frozenset({_HOST}),
    Right.START: frozenset({_HOST}),
    Right.END: frozenset({_HOST}),
    Right.CHANGE_ROSTER: frozenset({_HOST, _ASSISTANT}),
    Right.KICK: frozenset({_HOST, _ASSISTANT}),
    Right.ENTER: frozenset({_HOST, _ASSISTANT, _STUDENT}),
    Right.UPLOAD: frozenset({_HOST, _ASSISTANT}),
    Right.DELETE_COURSEWARE: frozenset({_HOST, _ASSISTANT}),
    Right.NAME_HOST: frozenset(),
}
_BY_ADMIN = frozenset(
    {
        Right.READ,
        Right.READ_ROSTER,
        Right.READ_COURSEWARE,
        Right.READ_ATTENDANCE,
        Right.EDIT,
        Right.END,
        Right.CHANGE_ROSTER,
        Right.KICK,
        Right.NAME_HOST,
    }
)
# For who is not a member yet, heartbeats do nothing, and there is nothing to leave.
_IN_OPEN_CLASS = frozenset({Right.READ, Right.ENTER, Right.BEAT, Right.LEAVE})

_PRIVILEGES = {
    ClassroomRole.HOST: Privilege(255),
    ClassroomRole.ASSISTANT: Privilege(254),
    ClassroomRole.STUDENT: Privilege(170),
}
_ON_STAGE = Privilege.SEND_AUDIO | Privilege.SEND_VIDEO


def require(right: Right, standing: Standing) -> None:
    """ClassroomNotFound or PermissionDenied, unless this person has this right in this class."""
    membership = standing.membership
    is_admin = standing.account.role is AccountRole.ADMIN
    if membership is None and not is_admin and not standing.classroom.open:
        raise ClassroomNotFound
    if is_admin and right in _BY_ADMIN:
        return
    if membership is None:
        if is_admin or right not in _IN_OPEN_CLASS:
            raise PermissionDenied(f"you may not {right.value}: you are not a member of it")
        return
    if membership.kicked_at is not None:
        raise PermissionDenied("you were removed from this class; its teacher can let you in again")
    if standing.lost_host_rights:
        raise PermissionDenied(
            "the host of a class has to be a teacher, and you are one no longer; an admin names "
            "another host"
        )
    if membership.role not in _BY_ROLE[right]:
        raise PermissionDenied(f"as {membership.role.value} you may not {right.value}")


def is_active_member(standing: Standing) -> bool:
    """Whether they are on the roster, were not kicked, and have not lost the host's rights."""
    member = standing.membership
    return member is not None and member.kicked_at is None and not standing.lost_host_rights


def require_over_member(actor: Standing, target: Membership | None) -> None:
    """PermissionDenied, unless the actor may change this member's place.

    The host and admins: anyone but the host. Assistants: students who were not kicked.
    """
    if target is not None and target.role is ClassroomRole.HOST:
        raise PermissionDenied("the host's place is not changed here; an admin names another host")
    if _acts_as_assistant(actor) and target is not None:
        if target.role is not ClassroomRole.STUDENT:
            raise PermissionDenied("an assistant may change students only")
        if target.kicked_at is not None:
            raise PermissionDenied("only the host lets a kicked member in again")


def require_may_give(actor: Standing, role: ClassroomRole) -> None:
    """PermissionDenied, unless the actor may give this role."""
    if role is ClassroomRole.HOST:
        raise PermissionDenied("nobody becomes host here; an admin names another host")
    if _acts_as_assistant(actor) and role is not ClassroomRole.STUDENT:
        raise PermissionDenied("an assistant may make students only")


def require_may_host(account: Account) -> None:
    """Conflict: only a teacher whose account is enabled can be the host of a class."""
    if not may_host(account):
        raise Conflict("a host is a teacher whose account is enabled, and this one is not")


def may_host(account: Account) -> bool:
    """Whether this account can be the host of a class, or stay in it as assistant afterwards."""
    return account.role is AccountRole.TEACHER and not account.disabled


def _acts_as_assistant(actor: Standing) -> bool:
    return (
        actor.account.role is not AccountRole.ADMIN
        and actor.membership is not None
        and actor.membership.role is ClassroomRole.ASSISTANT
    )


# ── time ────────────────────────────────────────────────────────────────────────────────────────


def closes_at(classroom: Classroom, windows: Windows) -> datetime | None:
    """When the class is over by its plan; a live one may run over. None: it has no planned end."""
    if classroom.ends_at is None:
        return None
    if classroom.state is ClassroomState.LIVE:
        return classroom.ends_at + windows.overrun
    return classroom.ends_at


def require_not_over(classroom: Classroom, at: datetime, windows: Windows) -> None:
    """OutsideWindow, when the class was ended or its time has passed."""
    if classroom.state not in {ClassroomState.CREATED, ClassroomState.LIVE}:
        raise OutsideWindow("the class has ended")
    closes = closes_at(classroom, windows)
    if closes is not None and at >= closes:
        raise OutsideWindow("the class is over; its teacher can move ends_at")


def require_entry_window(
    classroom: Classroom, role: ClassroomRole, at: datetime, windows: Windows
) -> None:
    """OutsideWindow, when this role may not enter now; with `opens_at` where there is one."""
    require_not_over(classroom, at, windows)
    if classroom.state is ClassroomState.LIVE:
        return
    if role is ClassroomRole.STUDENT:
        before = windows.students_open_before
        if classroom.starts_at is None:
            raise OutsideWindow("the class has not started; wait for its teacher")
    else:
        before = windows.staff_opens_before
        if classroom.starts_at is None:
            return
    opens_at = classroom.starts_at - before
    if at < opens_at:
        raise OutsideWindow("the class is not open yet", opens_at)


def privileges_of(role: ClassroomRole, on_stage: bool) -> Privilege:
    """What the media service shall allow: what TRTC calls the privilege map."""
    if role is ClassroomRole.STUDENT and on_stage:
        return _PRIVILEGES[role] | _ON_STAGE
    return _PRIVILEGES[role]
