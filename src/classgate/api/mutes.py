"""Muting one member, or all students of a class."""

from typing import Annotated

from litestar import delete, post
from msgspec import UNSET, Meta, UnsetType

from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import Body, ClassroomId, IdentifierInPath
from classgate.classrooms.models import Mute
from classgate.classrooms.mutes import MuteChange
from classgate.classrooms.permissions import Permission
from classgate.validation import field_error

_EVERYTHING = Mute.CHAT | Mute.AUDIO | Mute.VIDEO


class MuteRequest(Body, frozen=True):  # type: ignore[misc]  # msgspec allows it
    """What is muted or unmuted; with no field, everything."""

    chat: Annotated[bool | UnsetType, Meta(description="Messages in the chat group.")] = UNSET
    audio: Annotated[bool | UnsetType, Meta(description="The microphone.")] = UNSET
    video: Annotated[bool | UnsetType, Meta(description="The camera and the shared screen.")] = (
        UNSET
    )

    def to_change(self, *, muted: bool) -> MuteChange:
        """Return the change. InvalidRequest: it names nothing, and is not empty."""
        fields = {Mute.CHAT: self.chat, Mute.AUDIO: self.audio, Mute.VIDEO: self.video}
        if all(each is UNSET for each in fields.values()):
            return MuteChange(_EVERYTHING, muted)
        what = Mute.NOTHING
        for each, is_named in fields.items():
            if is_named is True:
                what |= each
        if not what:
            raise field_error("body", "name chat, audio or video with true, or send no field")
        return MuteChange(what, muted)


_ALL_THREE = MuteRequest()
_ERRORS = documented(401, 403, 404, 409, 413)


@post(
    "/classrooms/{classroom_id:str}/members/{identifier:str}/mute",
    opt=rules.only(rules.member(Permission.MUTE)),
    summary="Mute a member",
    status_code=204,
    responses=_ERRORS,
)
async def mute_member(
    request: ApiRequest,
    classroom_id: ClassroomId,
    identifier: IdentifierInPath,
    data: MuteRequest = _ALL_THREE,
) -> None:
    """Mute a member until it is lifted or the class ends."""
    change = data.to_change(muted=True)
    await request.services.mutes.change_one(request.caller, classroom_id, identifier, change)


@delete(
    "/classrooms/{classroom_id:str}/members/{identifier:str}/mute",
    opt=rules.only(rules.member(Permission.MUTE)),
    summary="Unmute a member",
    responses=_ERRORS,
)
async def unmute_member(
    request: ApiRequest,
    classroom_id: ClassroomId,
    identifier: IdentifierInPath,
    data: MuteRequest = _ALL_THREE,
) -> None:
    """Lift the mute of a member. A body is optional: it names what is lifted."""
    change = data.to_change(muted=False)
    await request.services.mutes.change_one(request.caller, classroom_id, identifier, change)


@post(
    "/classrooms/{classroom_id:str}/mute",
    opt=rules.only(rules.member(Permission.MUTE)),
    summary="Mute all students",
    status_code=204,
    responses=_ERRORS,
)
async def mute_students(
    request: ApiRequest, classroom_id: ClassroomId, data: MuteRequest = _ALL_THREE
) -> None:
    """Mute all students, also those who join the roster later."""
    change = data.to_change(muted=True)
    await request.services.mutes.change_all(request.caller, classroom_id, change)


@delete(
    "/classrooms/{classroom_id:str}/mute",
    opt=rules.only(rules.member(Permission.MUTE)),
    summary="Unmute all students",
    responses=_ERRORS,
)
async def unmute_students(
    request: ApiRequest, classroom_id: ClassroomId, data: MuteRequest = _ALL_THREE
) -> None:
    """Lift the mute of all students, also of those who were muted one by one."""
    change = data.to_change(muted=False)
    await request.services.mutes.change_all(request.caller, classroom_id, change)


HANDLERS = (mute_member, unmute_member, mute_students, unmute_students)
