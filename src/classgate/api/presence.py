"""Being in a class: heartbeats, leaving, and who was there."""

import msgspec
from litestar import get, post

from classgate.accounts.models import Caller
from classgate.api import rules
from classgate.api.authentication import application_of, caller_of
from classgate.api.classrooms import ClassRequest
from classgate.api.problems import documented
from classgate.api.schema import Cursor, Limit, Page, to_unix, to_unix_or_none
from classgate.app.application import Application
from classgate.classrooms.models import (
    Attendance,
    ClassroomRole,
    ClassroomState,
    HeartbeatResult,
    LeaveReason,
)
from classgate.classrooms.permissions import Permission


class HeartbeatView(msgspec.Struct, kw_only=True):
    """`present` is false for one who did not enter, or whose entry another one took the place of:
    enter again. Role and stage are as of now; null for one who is not a member.
    """

    present: bool
    state: ClassroomState
    role: ClassroomRole | None
    on_stage: bool

    @classmethod
    def of(cls, beat: HeartbeatResult) -> "HeartbeatView":
        member = beat.membership
        return cls(
            present=beat.present,
            state=beat.classroom.state,
            role=None if member is None else member.role,
            on_stage=member is not None and member.on_stage,
        )


class AttendanceView(msgspec.Struct, kw_only=True):
    """That somebody was in the class once, in this role; `left_at` is null while they are."""

    identifier: str
    display_name: str
    role: ClassroomRole
    entered_at: int
    last_seen_at: int
    left_at: int | None
    leave_reason: LeaveReason | None

    @classmethod
    def of(cls, attendance: Attendance) -> "AttendanceView":
        presence = attendance.presence
        return cls(
            identifier=attendance.identifier,
            display_name=attendance.display_name,
            role=presence.role,
            entered_at=to_unix(presence.entered_at),
            last_seen_at=to_unix(presence.last_seen_at),
            left_at=to_unix_or_none(presence.left_at),
            leave_reason=presence.leave_reason,
        )


@post(
    "/classrooms/{classroom_id:str}/heartbeat",
    guards=[rules.HEARTBEAT],
    status_code=200,
    responses=documented(401, 403, 404),
)
async def send_heartbeat(request: ClassRequest) -> HeartbeatView:
    """Still there; every few seconds, from entering to leaving."""
    # Not by parameters: what these cost is a good part of a heartbeat.
    presence, caller = application_of(request).presence, caller_of(request)
    return HeartbeatView.of(await presence.record_heartbeat(caller, rules.classroom_id_of(request)))


@post(
    "/classrooms/{classroom_id:str}/leave",
    guards=[rules.member(Permission.LEAVE)],
    status_code=204,
    responses=documented(401, 403, 404, 409),
)
async def leave(request: ClassRequest, caller: Caller, application: Application) -> None:
    """There no longer; the entry's lease ends. One may enter again."""
    await application.presence.leave(caller, rules.classroom_id_of(request))


@get(
    "/classrooms/{classroom_id:str}/attendance",
    guards=[rules.member(Permission.READ_ATTENDANCE)],
    responses=documented(401, 403, 404),
)
async def list_attendance(
    request: ClassRequest,
    caller: Caller,
    application: Application,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[AttendanceView]:
    """Who was in the class, from when to when, in the order of coming in."""
    found, next_cursor = await application.presence.list_attendance(
        caller, rules.classroom_id_of(request), cursor, limit
    )
    return Page(items=[AttendanceView.of(each) for each in found], next_cursor=next_cursor)


HANDLERS = (send_heartbeat, leave, list_attendance)
