"""Classes, and entering them."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, patch, post
from litestar.params import Parameter

from classgate.accounts.models import Caller
from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.schema import (
    MAX_BODY,
    MAX_VALUES_OF_LISTS,
    YEAR_3000,
    Body,
    Cursor,
    IdentifierFilter,
    IdentifierText,
    Limit,
    Page,
    UnixTime,
    from_unix,
    to_unix,
    to_unix_or_none,
)
from classgate.app.application import Application
from classgate.classrooms.models import (
    Classroom,
    ClassroomChanges,
    ClassroomRole,
    ClassroomState,
    EntryCredentials,
    ListFilter,
    Membership,
    NewClassroom,
    NewMember,
)
from classgate.classrooms.permissions import Permission
from classgate.input_bounds import JsonBounds

GivenRole = Literal["assistant", "student"]
ClassRequest = Request[Any, Any, Any]


class MemberBody(Body):
    identifier: IdentifierText
    role: GivenRole
    on_stage: bool = False


class ClassroomBody(Body):
    BOUNDS = JsonBounds(size=MAX_BODY, values=MAX_VALUES_OF_LISTS)

    title: str
    cover_url: str | None = None
    starts_at: UnixTime | None = None
    ends_at: UnixTime | None = None
    open: bool = False
    members: tuple[MemberBody, ...] = ()


class ClassroomChange(Body):
    """What is left out stays; null clears."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    cover_url: str | None | msgspec.UnsetType = msgspec.UNSET
    starts_at: UnixTime | None | msgspec.UnsetType = msgspec.UNSET
    ends_at: UnixTime | None | msgspec.UnsetType = msgspec.UNSET
    open: bool | msgspec.UnsetType = msgspec.UNSET


class ClassroomView(msgspec.Struct, kw_only=True):
    """A class."""

    classroom_id: int
    room_id: int
    title: str
    cover_url: str | None
    state: ClassroomState
    host: str
    open: bool
    starts_at: int | None
    ends_at: int | None
    started_at: int | None
    ended_at: int | None
    created_at: int

    @classmethod
    def of(cls, classroom: Classroom) -> "ClassroomView":
        return cls(
            classroom_id=classroom.classroom_id,
            room_id=classroom.classroom_id,
            title=classroom.title,
            cover_url=classroom.cover_url,
            state=classroom.state,
            host=classroom.host,
            open=classroom.open,
            starts_at=to_unix_or_none(classroom.starts_at),
            ends_at=to_unix_or_none(classroom.ends_at),
            started_at=to_unix_or_none(classroom.started_at),
            ended_at=to_unix_or_none(classroom.ended_at),
            created_at=to_unix(classroom.created_at),
        )


class MembershipView(msgspec.Struct, kw_only=True):
    """The caller's own place in the class."""

    role: ClassroomRole
    on_stage: bool
    kicked: bool

    @classmethod
    def of(cls, membership: Membership) -> "MembershipView":
        return cls(
            role=membership.role,
            on_stage=membership.on_stage,
            kicked=membership.kicked_at is not None,
        )


class OneClassroomView(ClassroomView, kw_only=True):
    """A class with the caller's place in it; null for one who is not a member."""

    me: MembershipView | None


class GroupsView(msgspec.Struct):
    """IM groups of the class: for talk, and for what a replay needs."""

    chat: str
    replay: str


class EntryCredentialsView(msgspec.Struct, kw_only=True):
    """All that is needed to enter the room; renew it by its lease after `refresh_after`."""

    sdk_app_id: int
    identifier: str
    user_sig: str
    private_map_key: str
    private_map_key_expires_at: int
    room_id: int
    role: ClassroomRole
    privilege_map: int
    groups: GroupsView
    issued_at: int
    expires_at: int
    refresh_after: int
    server_time: int
    lease_id: str

    @classmethod
    def of(cls, ticket: EntryCredentials) -> "EntryCredentialsView":
        return cls(
            sdk_app_id=ticket.sdk_app_id,
            identifier=ticket.identifier,
            user_sig=ticket.user_sig,
            private_map_key=ticket.private_map_key,
            private_map_key_expires_at=to_unix(ticket.private_map_key_expires_at),
            room_id=ticket.room_id,
            role=ticket.role,
            privilege_map=int(ticket.privileges),
            groups=GroupsView(chat=ticket.chat_group, replay=ticket.replay_group),
            issued_at=to_unix(ticket.issued_at),
            expires_at=to_unix(ticket.expires_at),
            refresh_after=to_unix(ticket.refresh_after),
            server_time=to_unix(ticket.server_time),
            lease_id=ticket.lease_id,
        )


# ── classes ─────────────────────────────────────────────────────────────────────────────────────


@post("/classrooms", guards=[rules.TEACHER], responses=documented(401, 403, 413))
async def create(data: ClassroomBody, caller: Caller, application: Application) -> ClassroomView:
    """Make a class; its number is its room's and is never used again."""
    new = NewClassroom(
        title=data.title,
        cover_url=data.cover_url,
        starts_at=from_unix(data.starts_at),
        ends_at=from_unix(data.ends_at),
        open=data.open,
        members=tuple(
            NewMember(each.identifier, ClassroomRole(each.role), each.on_stage)
            for each in data.members
        ),
    )
    return ClassroomView.of(await application.classrooms.create(caller, new))


@get("/classrooms", guards=[rules.LOGGED_IN], responses=documented(401))
async def list_classrooms(
    caller: Caller,
    application: Application,
    in_state: Annotated[ClassroomState | None, Parameter(query="state")] = None,
    host: IdentifierFilter = None,
    starts_from: Annotated[int | None, Parameter(query="from", ge=0, le=YEAR_3000)] = None,
    starts_before: Annotated[int | None, Parameter(query="to", ge=0, le=YEAR_3000)] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[ClassroomView]:
    """The classes that one belongs to, and open ones; an admin sees all."""
    wanted = ListFilter(in_state, host, from_unix(starts_from), from_unix(starts_before))
    page = await application.classrooms.list_visible(caller, wanted, cursor, limit)
    return Page(
        items=[ClassroomView.of(each) for each in page.classrooms], next_cursor=page.next_cursor
    )


@get(
    "/classrooms/{classroom_id:str}",
    guards=[rules.member(Permission.READ)],
    responses=documented(401, 403, 404),
)
async def read(request: ClassRequest, caller: Caller, application: Application) -> OneClassroomView:
    """One class, and one's own place in it."""
    emulatorg = await application.classrooms.get(caller, rules.classroom_id_of(request))
    view = ClassroomView.of(emulatorg.classroom)
    place = None if emulatorg.membership is None else MembershipView.of(emulatorg.membership)
    return OneClassroomView(**msgspec.structs.asdict(view), me=place)


@patch(
    "/classrooms/{classroom_id:str}",
    guards=[rules.member(Permission.EDIT)],
    responses=documented(401, 403, 404, 409, 413),
)
async def change(
    request: ClassRequest, data: ClassroomChange, caller: Caller, application: Application
) -> ClassroomView:
    """Change a class until it has ended."""
    changes = ClassroomChanges(
        title=data.title,
        cover_url=data.cover_url,
        starts_at=_moment(data.starts_at),
        ends_at=_moment(data.ends_at),
        open=data.open,
    )
    classroom_id = rules.classroom_id_of(request)
    return ClassroomView.of(await application.classrooms.change(caller, classroom_id, changes))


def _moment(seconds: int | msgspec.UnsetType | None) -> datetime | msgspec.UnsetType | None:
    return seconds if isinstance(seconds, msgspec.UnsetType) else from_unix(seconds)


@post(
    "/classrooms/{classroom_id:str}/start",
    guards=[rules.member(Permission.START)],
    status_code=200,
    responses=documented(401, 403, 404, 409),
)
async def start(request: ClassRequest, caller: Caller, application: Application) -> ClassroomView:
    """Start a class. Of several who try, one succeeds; the others are told 409."""
    classroom_id = rules.classroom_id_of(request)
    return ClassroomView.of(await application.classrooms.start(caller, classroom_id))


@post(
    "/classrooms/{classroom_id:str}/end",
    guards=[rules.member(Permission.END)],
    status_code=200,
    responses=documented(401, 403, 404, 409),
)
async def end(request: ClassRequest, caller: Caller, application: Application) -> ClassroomView:
    """End a live class, and everything that was given in it."""
    classroom_id = rules.classroom_id_of(request)
    return ClassroomView.of(await application.classrooms.end(caller, classroom_id))


# ── entering ────────────────────────────────────────────────────────────────────────────────────


@post(
    "/classrooms/{classroom_id:str}/entry",
    guards=[rules.member(Permission.ENTER)],
    status_code=200,
    responses=documented(401, 403, 404, 409, 429),
)
async def enter(
    request: ClassRequest, caller: Caller, application: Application
) -> EntryCredentialsView:
    """The ticket into the room, in the role that the roster gives."""
    classroom_id = rules.classroom_id_of(request)
    return EntryCredentialsView.of(await application.entry.issue_entry(caller, classroom_id))


HANDLERS = (
    create,
    list_classrooms,
    read,
    change,
    start,
    end,
    enter,
)
