"""Being in a class: heartbeats, leaving, and who was there."""

from typing import Annotated

import msgspec
from litestar import get, post
from msgspec import Meta

from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    ClassroomId,
    Cursor,
    DisplayName,
    Identifier,
    Limit,
    NextCursor,
    Time,
    to_unix,
    to_unix_or_none,
)
from classgate.classrooms import models
from classgate.classrooms.models import ClassroomRole, ClassroomState, LeaveReason, PresenceSource
from classgate.classrooms.permissions import Permission


class HeartbeatResult(msgspec.Struct, kw_only=True):
    """How the class and the caller's place in it are now."""

    present: Annotated[
        bool,
        Meta(
            description="False for one who did not enter, or whose entry another session took "
            "over: enter again."
        ),
    ]
    state: Annotated[ClassroomState, Meta(description="State of the class.")]
    role: Annotated[
        ClassroomRole | None,
        Meta(description="The caller's role in the class. Null for one who is not a member."),
    ]
    on_stage: Annotated[bool, Meta(description="Whether the caller is a student on stage.")]
    privilege_map: Annotated[
        int,
        Meta(
            description="What the next PrivateMapKey allows in the room: renew when it differs "
            "from that of the entry credentials. 0 for one who is not a member."
        ),
    ]

    @classmethod
    def of(cls, result: models.HeartbeatResult) -> "HeartbeatResult":
        member = result.membership
        return cls(
            present=result.present,
            state=result.classroom.state,
            role=None if member is None else member.role,
            on_stage=member is not None and member.on_stage,
            privilege_map=result.privilege_map,
        )


class Attendance(msgspec.Struct, kw_only=True):
    """That somebody was in the class once."""

    identifier: Identifier
    display_name: DisplayName
    role: Annotated[ClassroomRole, Meta(description="Role in the class on entering.")]
    entered_at: Annotated[Time, Meta(description="When they came in. Unix time in seconds.")]
    last_seen_at: Annotated[
        Time, Meta(description="When they were last heard of. Unix time in seconds.")
    ]
    left_at: Annotated[
        Time | None,
        Meta(description="When they left. Unix time in seconds; null while they are there."),
    ]
    leave_reason: Annotated[
        LeaveReason | None, Meta(description="Why it is over. Null while they are there.")
    ]
    source: Annotated[
        PresenceSource,
        Meta(
            description="Who showed that they were there: their `client`, by entering and by "
            "heartbeats; the `cloud`, by the events of the room; or `both`."
        ),
    ]

    @classmethod
    def of(cls, attendance: models.Attendance) -> "Attendance":
        presence = attendance.presence
        return cls(
            identifier=attendance.identifier,
            display_name=attendance.display_name,
            role=presence.role,
            entered_at=to_unix(presence.entered_at),
            last_seen_at=to_unix(presence.last_seen_at),
            left_at=to_unix_or_none(presence.left_at),
            leave_reason=presence.leave_reason,
            source=presence.source,
        )


class AttendancePage(msgspec.Struct, kw_only=True):
    """A page of the attendance."""

    items: Annotated[list[Attendance], Meta(description="In the order of coming in.")]
    next_cursor: NextCursor


@post(
    "/classrooms/{classroom_id:str}/heartbeat",
    opt=rules.only(rules.HEARTBEAT),
    summary="Send a heartbeat",
    status_code=200,
    responses=documented(401, 403, 404),
)
async def send_heartbeat(request: ApiRequest, classroom_id: ClassroomId) -> HeartbeatResult:
    """Say that one is still there, every few seconds from entering to leaving."""
    return HeartbeatResult.of(
        await request.services.presence.record_heartbeat(request.caller, classroom_id)
    )


@post(
    "/classrooms/{classroom_id:str}/leave",
    opt=rules.only(rules.member(Permission.LEAVE)),
    summary="Leave a class",
    status_code=204,
    responses=documented(401, 403, 404, 409),
)
async def leave_classroom(request: ApiRequest, classroom_id: ClassroomId) -> None:
    """Leave a class. The lease of the entry ends; one may enter again."""
    await request.services.presence.leave(request.caller, classroom_id)


@get(
    "/classrooms/{classroom_id:str}/attendance",
    opt=rules.only(rules.member(Permission.READ_ATTENDANCE)),
    summary="List the attendance of a class",
    responses=documented(401, 403, 404),
)
async def list_attendance(
    request: ApiRequest, classroom_id: ClassroomId, cursor: Cursor = None, limit: Limit = 20
) -> AttendancePage:
    """List who was in the class, from when to when, in the order of coming in."""
    found, next_cursor = await request.services.presence.list_attendance(
        request.caller, classroom_id, cursor, limit
    )
    return AttendancePage(items=[Attendance.of(each) for each in found], next_cursor=next_cursor)


HANDLERS = (send_heartbeat, leave_classroom, list_attendance)
