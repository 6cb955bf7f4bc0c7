"""Who belongs to a class, in which place; and who is its host."""

from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.params import Parameter
from msgspec import Meta

from classgate.api import rules
from classgate.api.classrooms import AssignableRole, Classroom, Muted
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    Body,
    ClassroomId,
    Cursor,
    DisplayName,
    Identifier,
    IdentifierInPath,
    IdentifierText,
    Limit,
    NextCursor,
    Time,
    UnixTime,
    from_unix,
    to_unix_or_none,
)
from classgate.classrooms import models
from classgate.classrooms.models import ClassroomRole
from classgate.classrooms.permissions import Permission


class SetMemberRequest(Body):
    """A member's place."""

    role: Annotated[AssignableRole, Meta(description="Role in the class.")]
    on_stage: Annotated[bool, Meta(description="Whether a student may send audio and video.")] = (
        False
    )


class KickMemberRequest(Body, frozen=True):  # type: ignore[misc]  # msgspec allows it
    """How long the member is barred."""

    until: Annotated[
        UnixTime | None,
        Meta(
            description="When the bar ends by itself. Unix time in seconds; without it, the host "
            "lifts it."
        ),
    ] = None


_UNTIL_LIFTED = KickMemberRequest()


class ChangeHostRequest(Body):
    """Who becomes the host."""

    identifier: IdentifierText


class Member(msgspec.Struct, kw_only=True):
    """Somebody on the roster."""

    identifier: Identifier
    display_name: DisplayName
    role: Annotated[ClassroomRole, Meta(description="Role in the class.")]
    on_stage: Annotated[bool, Meta(description="Whether a student may send audio and video.")]
    kicked: Annotated[bool, Meta(description="Whether they are barred from the class.")]
    kicked_until: Annotated[
        Time | None,
        Meta(
            description="When the bar ends by itself. Unix time in seconds; null when only the "
            "host lifts it."
        ),
    ]
    muted: Annotated[Muted, Meta(description="What is muted for them.")]
    online: Annotated[bool, Meta(description="Whether they are in the class now.")]

    @classmethod
    def of(cls, member: models.Member) -> "Member":
        return cls(
            identifier=member.identifier,
            display_name=member.display_name,
            role=member.membership.role,
            on_stage=member.membership.on_stage,
            kicked=member.membership.kicked_at is not None,
            kicked_until=to_unix_or_none(member.membership.kicked_until),
            muted=Muted.of(member.membership.muted),
            online=member.online,
        )


class MemberPage(msgspec.Struct, kw_only=True):
    """A page of the roster."""

    items: Annotated[list[Member], Meta(description="By name.")]
    next_cursor: NextCursor


OnlineFilter = Annotated[
    bool | None,
    Parameter(description="True: only who is in the class now. False: only who is not."),
]


@get(
    "/classrooms/{classroom_id:str}/members",
    opt=rules.only(rules.member(Permission.READ_ROSTER)),
    summary="List the members of a class",
    responses=documented(401, 403, 404),
)
async def list_members(
    request: ApiRequest,
    classroom_id: ClassroomId,
    online: OnlineFilter = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> MemberPage:
    """List the roster by name."""
    members, next_cursor = await request.services.roster.list_members(
        request.caller, classroom_id, cursor, limit, online
    )
    return MemberPage(items=[Member.of(each) for each in members], next_cursor=next_cursor)


@put(
    "/classrooms/{classroom_id:str}/members/{identifier:str}",
    opt=rules.only(rules.member(Permission.CHANGE_ROSTER)),
    summary="Add or change a member",
    responses=documented(401, 403, 404, 409, 413),
)
async def set_member(
    request: ApiRequest,
    classroom_id: ClassroomId,
    identifier: IdentifierInPath,
    data: SetMemberRequest,
) -> Member:
    """Add somebody, change their place, or let a kicked member in again."""
    member = await request.services.roster.set_member(
        request.caller, classroom_id, identifier, ClassroomRole(data.role), data.on_stage
    )
    return Member.of(member)


@delete(
    "/classrooms/{classroom_id:str}/members/{identifier:str}",
    opt=rules.only(rules.member(Permission.CHANGE_ROSTER)),
    summary="Remove a member",
    responses=documented(401, 403, 404, 409),
)
async def remove_member(
    request: ApiRequest, classroom_id: ClassroomId, identifier: IdentifierInPath
) -> None:
    """Take somebody off the request.services.roster. What was given to them in this class ends."""
    await request.services.roster.remove_member(request.caller, classroom_id, identifier)


@post(
    "/classrooms/{classroom_id:str}/members/{identifier:str}/kick",
    opt=rules.only(rules.member(Permission.KICK)),
    summary="Kick a member",
    status_code=204,
    responses=documented(401, 403, 404, 413),
)
async def kick_member(
    request: ApiRequest,
    classroom_id: ClassroomId,
    identifier: IdentifierInPath,
    data: KickMemberRequest = _UNTIL_LIFTED,
) -> None:
    """Bar a member until a time, or until the host lets them in again with `setMember`."""
    until = from_unix(data.until)
    await request.services.roster.kick(request.caller, classroom_id, identifier, until)


@put(
    "/classrooms/{classroom_id:str}/host",
    opt=rules.only(rules.member(Permission.CHANGE_HOST)),
    summary="Change the host of a class",
    responses=documented(401, 403, 404, 409, 413),
)
async def change_host(
    request: ApiRequest, classroom_id: ClassroomId, data: ChangeHostRequest
) -> Classroom:
    """Give the class another host. The one before becomes an assistant."""
    return Classroom.of(
        await request.services.hosts.change_host(request.caller, classroom_id, data.identifier)
    )


HANDLERS = (list_members, set_member, remove_member, kick_member, change_host)
