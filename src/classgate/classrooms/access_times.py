"""PURE: when a class may be used: not after its end, and entered not before it opens.

The wrong time is a Conflict.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from classgate.classrooms.models import (
    AccessContext,
    AccessWindows,
    Classroom,
    ClassroomRole,
    ClassroomState,
)
from classgate.refusals import ClassEnded, ClassNotStarted

TimeCheck = Callable[[Classroom, ClassroomRole, datetime, AccessWindows], None]
"""One check of the time. It raises its own error."""


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


def _require_not_ended(
    classroom: Classroom, _role: ClassroomRole, at: datetime, windows: AccessWindows
) -> None:
    """Require that the class is not over, for every role. OutsideAccessWindow."""
    require_not_ended(classroom, at, windows)


def _require_open(
    classroom: Classroom, role: ClassroomRole, at: datetime, windows: AccessWindows
) -> None:
    """Require that a class which is not over is open to this role. OutsideAccessWindow."""
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


UPLOAD_TIMES: Mapping[str, TimeCheck] = {"class_not_ended": _require_not_ended}
ENTRY_TIMES: Mapping[str, TimeCheck] = {**UPLOAD_TIMES, "class_open": _require_open}
"""The checks of the time by name, in the order in which they decide."""


def require_entry_window(
    classroom: Classroom, role: ClassroomRole, at: datetime, windows: AccessWindows
) -> None:
    """Require that this role may enter now. OutsideAccessWindow, with `opens_at` if known."""
    require_times(ENTRY_TIMES, classroom, role, at, windows)


def require_times(
    checks: Mapping[str, TimeCheck],
    classroom: Classroom,
    role: ClassroomRole,
    at: datetime,
    windows: AccessWindows,
) -> None:
    """Run the checks in their order. Raises what the first raises that does not pass."""
    for check in checks.values():
        check(classroom, role, at, windows)


def role_in(access: AccessContext) -> ClassroomRole:
    """Return the role in the class; who is not on the roster enters an open class as a student."""
    return ClassroomRole.STUDENT if access.membership is None else access.membership.role
