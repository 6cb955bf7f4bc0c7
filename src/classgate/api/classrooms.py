"""Classes, and entering them."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get, post
from litestar.params import Parameter
from msgspec import Meta

from classgate.api import rules
from classgate.api.methods import patch_or_post
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    MAX_BODY,
    MAX_VALUES_OF_LISTS,
    YEAR_3000,
    Body,
    ClassroomId,
    CoverUrlText,
    Cursor,
    IdentifierFilter,
    IdentifierText,
    Limit,
    NextCursor,
    RoomNumber,
    Time,
    Title,
    UnixTime,
    enforced_later,
    from_unix,
    to_unix,
    to_unix_or_none,
)
from classgate.classrooms import models
from classgate.classrooms.models import ClassroomRole, ClassroomState, Mute
from classgate.classrooms.permissions import Permission
from classgate.input_bounds import JsonBounds

AssignableRole = Literal["assistant", "student"]
ClassRequest = Request[Any, Any, Any]


class NewMember(Body):
    """A member of a new class."""

    identifier: IdentifierText
    role: Annotated[AssignableRole, Meta(description="Role in the class.")]
    on_stage: Annotated[bool, Meta(description="Whether a student may send audio and video.")] = (
        False
    )


class CreateClassroomRequest(Body):
    """A new class, with oneself as host."""

    BOUNDS = JsonBounds(size=MAX_BODY, values=MAX_VALUES_OF_LISTS)

    title: Title
    cover_url: Annotated[
        CoverUrlText | None, Meta(description="An http or https URL. It is stored, never fetched.")
    ] = None
    starts_at: Annotated[
        UnixTime | None,
        Meta(description="Planned start. Unix time in seconds; null when there is none."),
    ] = None
    ends_at: Annotated[
        UnixTime | None,
        Meta(
            description="Planned end, later than the start and than now. Unix time in seconds; "
            "null when there is none."
        ),
    ] = None
    open: Annotated[
        bool,
        Meta(description="Whether teachers and students off the roster may enter, as students."),
    ] = False
    members: Annotated[
        tuple[NewMember, ...],
        Meta(
            description="The roster without the host: up to 500.",
            extra_json_schema=enforced_later(maxItems=500),
        ),
    ] = ()


class UpdateClassroomRequest(Body):
    """What to change. What is left out stays; null clears."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    cover_url: Annotated[
        CoverUrlText | None | msgspec.UnsetType,
        Meta(description="An http or https URL. It is stored, never fetched."),
    ] = msgspec.UNSET
    starts_at: Annotated[
        UnixTime | None | msgspec.UnsetType,
        Meta(description="Planned start. Unix time in seconds; null when there is none."),
    ] = msgspec.UNSET
    ends_at: Annotated[
        UnixTime | None | msgspec.UnsetType,
        Meta(
            description="Planned end, later than the start and than now. Unix time in seconds; "
            "null when there is none."
        ),
    ] = msgspec.UNSET
    open: Annotated[
        bool | msgspec.UnsetType,
        Meta(description="Whether teachers and students off the roster may enter, as students."),
    ] = msgspec.UNSET


class Classroom(msgspec.Struct, kw_only=True):
    """A class."""

    classroom_id: Annotated[RoomNumber, Meta(description="Id of the class; never used again.")]
    room_id: Annotated[
        RoomNumber, Meta(description="Number of the audio/video room: the same as the class's id.")
    ]
    title: Annotated[str, Meta(description="What people typed; show it as text.")]
    cover_url: Annotated[str | None, Meta(description="URL of a picture. Null when there is none.")]
    state: Annotated[ClassroomState, Meta(description="State of the class.")]
    host: Annotated[str, Meta(description="Name of the host's account.")]
    open: Annotated[
        bool,
        Meta(description="Whether teachers and students off the roster may enter, as students."),
    ]
    starts_at: Annotated[
        Time | None,
        Meta(description="Planned start. Unix time in seconds; null when there is none."),
    ]
    ends_at: Annotated[
        Time | None,
        Meta(description="Planned end. Unix time in seconds; null when there is none."),
    ]
    started_at: Annotated[
        Time | None,
        Meta(description="When it was started. Unix time in seconds; null before."),
    ]
    ended_at: Annotated[
        Time | None, Meta(description="When it ended. Unix time in seconds; null before.")
    ]
    created_at: Annotated[Time, Meta(description="When it was made. Unix time in seconds.")]

    @classmethod
    def of(cls, classroom: models.Classroom) -> "Classroom":
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


class ClassroomPage(msgspec.Struct, kw_only=True):
    """A page of classes."""

    items: Annotated[list[Classroom], Meta(description="The newest first.")]
    next_cursor: NextCursor


class Muted(msgspec.Struct, kw_only=True):
    """What is muted."""

    chat: Annotated[bool, Meta(description="Messages in the chat group.")]
    audio: Annotated[bool, Meta(description="The microphone.")]
    video: Annotated[bool, Meta(description="The camera and the shared screen.")]

    @classmethod
    def of(cls, muted: int) -> "Muted":
        return cls(
            chat=bool(muted & Mute.CHAT),
            audio=bool(muted & Mute.AUDIO),
            video=bool(muted & Mute.VIDEO),
        )


class Membership(msgspec.Struct, kw_only=True):
    """The caller's own place in the class."""

    role: Annotated[ClassroomRole, Meta(description="Role in the class.")]
    on_stage: Annotated[bool, Meta(description="Whether a student may send audio and video.")]
    kicked: Annotated[bool, Meta(description="Whether they are barred from the class.")]
    muted: Annotated[Muted, Meta(description="What is muted for the caller.")]

    @classmethod
    def of(cls, membership: models.Membership) -> "Membership":
        return cls(
            role=membership.role,
            on_stage=membership.on_stage,
            kicked=membership.kicked_at is not None,
            muted=Muted.of(membership.muted),
        )


class ClassroomDetails(Classroom, kw_only=True):
    """A class with the caller's place in it."""

    me: Annotated[
        Membership | None,
        Meta(description="The caller's own place. Null for one who is not a member."),
    ]


StateFilter = Annotated[
    ClassroomState | None,
    Parameter(query="state", description="Only classes in this state."),
]
FromFilter = Annotated[
    int | None,
    Parameter(
        query="from",
        ge=0,
        le=YEAR_3000,
        schema_extra={"minimum": 0},
        description="Only classes whose `starts_at`, or without one `created_at`, is this time "
        "or later. Unix time in seconds.",
    ),
]
ToFilter = Annotated[
    int | None,
    Parameter(
        query="to",
        ge=0,
        le=YEAR_3000,
        schema_extra={"minimum": 0},
        description="Only classes whose `starts_at`, or without one `created_at`, is earlier. "
        "Unix time in seconds.",
    ),
]


@post(
    "/classrooms",
    opt=rules.only(rules.TEACHER),
    summary="Create a class",
    responses=documented(401, 403, 413),
)
async def create_classroom(request: ApiRequest, data: CreateClassroomRequest) -> Classroom:
    """Create a class. Its id is its room's number too, and is never used again."""
    new = models.NewClassroom(
        title=data.title,
        cover_url=data.cover_url,
        starts_at=from_unix(data.starts_at),
        ends_at=from_unix(data.ends_at),
        open=data.open,
        members=tuple(
            models.NewMember(each.identifier, ClassroomRole(each.role), each.on_stage)
            for each in data.members
        ),
    )
    return Classroom.of(await request.services.classrooms.create(request.caller, new))


@get(
    "/classrooms",
    summary="List classes",
    opt=rules.only(rules.LOGGED_IN),
    responses=documented(401),
)
async def list_classrooms(
    request: ApiRequest,
    in_state: StateFilter = None,
    host: IdentifierFilter = None,
    starts_from: FromFilter = None,
    starts_before: ToFilter = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> ClassroomPage:
    """List the classes that one belongs to, and open ones. An admin sees all."""
    wanted = models.ListFilter(in_state, host, from_unix(starts_from), from_unix(starts_before))
    page = await request.services.classrooms.list_visible(request.caller, wanted, cursor, limit)
    return ClassroomPage(
        items=[_in_list(each) for each in page.classrooms], next_cursor=page.next_cursor
    )


@lru_cache(1024)  # the service keeps the classes that are listed again and again
def _in_list(classroom: models.Classroom) -> Classroom:
    return Classroom.of(classroom)


@get(
    "/classrooms/{classroom_id:str}",
    opt=rules.only(rules.member(Permission.READ)),
    summary="Get a class",
    responses=documented(401, 403, 404),
)
async def get_classroom(request: ApiRequest, classroom_id: ClassroomId) -> ClassroomDetails:
    """Get a class, and one's own place in it."""
    found = await request.services.classrooms.get(request.caller, classroom_id)
    classroom = Classroom.of(found.classroom)
    me = None if found.membership is None else Membership.of(found.membership)
    return ClassroomDetails(**msgspec.structs.asdict(classroom), me=me)


@patch_or_post(
    "/classrooms/{classroom_id:str}",
    opt=rules.only(rules.member(Permission.EDIT)),
    summary="Change a class",
    responses=documented(401, 403, 404, 409, 413),
)
async def update_classroom(
    request: ApiRequest, classroom_id: ClassroomId, data: UpdateClassroomRequest
) -> Classroom:
    """Change a class until it has ended."""
    changes = models.ClassroomChanges(
        title=data.title,
        cover_url=data.cover_url,
        starts_at=_moment(data.starts_at),
        ends_at=_moment(data.ends_at),
        open=data.open,
    )
    return Classroom.of(
        await request.services.classrooms.change(request.caller, classroom_id, changes)
    )


def _moment(seconds: int | msgspec.UnsetType | None) -> datetime | msgspec.UnsetType | None:
    return seconds if isinstance(seconds, msgspec.UnsetType) else from_unix(seconds)


@post(
    "/classrooms/{classroom_id:str}/start",
    opt=rules.only(rules.member(Permission.START)),
    summary="Start a class",
    status_code=200,
    responses=documented(401, 403, 404, 409),
)
async def start_classroom(request: ApiRequest, classroom_id: ClassroomId) -> Classroom:
    """Start a class. Of several who try, one succeeds; the others are told 409."""
    return Classroom.of(await request.services.classrooms.start(request.caller, classroom_id))


@post(
    "/classrooms/{classroom_id:str}/end",
    opt=rules.only(rules.member(Permission.END)),
    summary="End a class",
    status_code=200,
    responses=documented(401, 403, 404, 409),
)
async def end_classroom(request: ApiRequest, classroom_id: ClassroomId) -> Classroom:
    """End a live class, and everything that was given in it."""
    return Classroom.of(await request.services.classrooms.end(request.caller, classroom_id))


HANDLERS = (
    create_classroom,
    list_classrooms,
    get_classroom,
    update_classroom,
    start_classroom,
    end_classroom,
)
