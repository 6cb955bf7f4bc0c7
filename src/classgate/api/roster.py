"""Who belongs to a class, in which place; and who is its host."""

import msgspec
from litestar import delete, get, post, put

from classgate.accounts.models import Caller
from classgate.api import rules
from classgate.api.classrooms import ClassRequest, ClassroomView, GivenRole
from classgate.api.problems import documented
from classgate.api.schema import Body, Cursor, IdentifierText, Limit, Page
from classgate.app.application import Application
from classgate.classrooms.models import ClassroomRole, Member
from classgate.classrooms.permissions import Permission


class MemberBody(Body):
    """A member's place. `on_stage` lets a student send audio and video."""

    role: GivenRole
    on_stage: bool = False


class HostBody(Body):
    identifier: IdentifierText


class MemberView(msgspec.Struct, kw_only=True):
    """Somebody on the roster."""

    identifier: str
    display_name: str
    role: ClassroomRole
    on_stage: bool
    kicked: bool
    online: bool

    @classmethod
    def of(cls, member: Member) -> "MemberView":
        return cls(
            identifier=member.identifier,
            display_name=member.display_name,
            role=member.membership.role,
            on_stage=member.membership.on_stage,
            kicked=member.membership.kicked_at is not None,
            online=member.online,
        )


@get(
    "/classrooms/{classroom_id:str}/members",
    guards=[rules.member(Permission.READ_ROSTER)],
    responses=documented(401, 403, 404),
)
async def list_members(
    request: ClassRequest,
    caller: Caller,
    application: Application,
    online: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[MemberView]:
    """The roster by name; with `online`, of it who is in the class now, or who is not."""
    classroom_id = rules.classroom_id_of(request)
    members, next_cursor = await application.roster.list_members(
        caller, classroom_id, cursor, limit, online
    )
    return Page(items=[MemberView.of(each) for each in members], next_cursor=next_cursor)


@put(
    "/classrooms/{classroom_id:str}/members/{identifier:str}",
    guards=[rules.member(Permission.CHANGE_ROSTER)],
    responses=documented(401, 403, 404, 409, 413),
)
async def set_member(
    request: ClassRequest,
    identifier: str,
    data: MemberBody,
    caller: Caller,
    application: Application,
) -> MemberView:
    """Add somebody, change their place, or let a kicked one in again."""
    classroom_id = rules.classroom_id_of(request)
    member = await application.roster.set_member(
        caller, classroom_id, identifier, ClassroomRole(data.role), data.on_stage
    )
    return MemberView.of(member)


@delete(
    "/classrooms/{classroom_id:str}/members/{identifier:str}",
    guards=[rules.member(Permission.CHANGE_ROSTER)],
    responses=documented(401, 403, 404, 409),
)
async def remove_member(
    request: ClassRequest, identifier: str, caller: Caller, application: Application
) -> None:
    """Take somebody off the roster; what was given to them in this class ends."""
    classroom_id = rules.classroom_id_of(request)
    await application.roster.remove_member(caller, classroom_id, identifier)


@post(
    "/classrooms/{classroom_id:str}/members/{identifier:str}/kick",
    guards=[rules.member(Permission.KICK)],
    status_code=204,
    responses=documented(401, 403, 404),
)
async def kick(
    request: ClassRequest, identifier: str, caller: Caller, application: Application
) -> None:
    """Bar a member until the host lets them in again with PUT."""
    await application.roster.kick(caller, rules.classroom_id_of(request), identifier)


@put(
    "/classrooms/{classroom_id:str}/host",
    guards=[rules.member(Permission.CHANGE_HOST)],
    responses=documented(401, 403, 404, 409, 413),
)
async def change_host(
    request: ClassRequest, data: HostBody, caller: Caller, application: Application
) -> ClassroomView:
    """Give the class another host; the one before becomes an assistant."""
    classroom_id = rules.classroom_id_of(request)
    return ClassroomView.of(
        await application.hosts.change_host(caller, classroom_id, data.identifier)
    )


HANDLERS = (list_members, set_member, remove_member, kick, change_host)
