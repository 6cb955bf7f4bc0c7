"""Entering a class: the credentials for its room."""

from typing import Annotated

import msgspec
from litestar import post
from msgspec import Meta

from classgate.api import rules
from classgate.api.problems import documented
from classgate.api.requests import ApiRequest
from classgate.api.schema import (
    ClassroomId,
    LeaseId,
    RefreshAfter,
    RoomNumber,
    ServerTime,
    Time,
    to_unix,
)
from classgate.classrooms import models
from classgate.classrooms.models import ClassroomRole


class ImGroups(msgspec.Struct):
    """The two IM groups of the class."""

    chat: Annotated[str, Meta(description="Id of the group for talk.")]
    replay: Annotated[str, Meta(description="Id of the group for what a replay needs.")]


class EntryCredentials(msgspec.Struct, kw_only=True):
    """All that is needed to enter the room."""

    sdk_app_id: Annotated[int, Meta(description="SDKAppID of the application.")]
    identifier: Annotated[str, Meta(description="Name of the account they are good for.")]
    user_sig: Annotated[str, Meta(description="The UserSig. Secret.")]
    private_map_key: Annotated[str, Meta(description="The PrivateMapKey for the room. Secret.")]
    private_map_key_expires_at: Annotated[
        Time, Meta(description="When the PrivateMapKey ends. Unix time in seconds.")
    ]
    room_id: Annotated[RoomNumber, Meta(description="Number of the audio/video room.")]
    role: Annotated[ClassroomRole, Meta(description="The caller's role in the class.")]
    privilege_map: Annotated[
        int, Meta(description="Bits of what the PrivateMapKey allows in the room: 0 to 255.")
    ]
    groups: Annotated[ImGroups, Meta(description="The two IM groups of the class.")]
    issued_at: Annotated[Time, Meta(description="When they were made. Unix time in seconds.")]
    expires_at: Annotated[Time, Meta(description="When the UserSig ends. Unix time in seconds.")]
    refresh_after: RefreshAfter
    server_time: ServerTime
    lease_id: LeaseId

    @classmethod
    def of(cls, issued: models.EntryCredentials) -> "EntryCredentials":
        return cls(
            sdk_app_id=issued.sdk_app_id,
            identifier=issued.identifier,
            user_sig=issued.user_sig,
            private_map_key=issued.private_map_key,
            private_map_key_expires_at=to_unix(issued.private_map_key_expires_at),
            room_id=issued.room_id,
            role=issued.role,
            privilege_map=int(issued.privileges),
            groups=ImGroups(chat=issued.chat_group, replay=issued.replay_group),
            issued_at=to_unix(issued.issued_at),
            expires_at=to_unix(issued.expires_at),
            refresh_after=to_unix(issued.refresh_after),
            server_time=to_unix(issued.server_time),
            lease_id=issued.lease_id,
        )


@post(
    "/classrooms/{classroom_id:str}/entry",
    opt=rules.only(rules.ENTER),
    summary="Enter a class",
    status_code=200,
    responses=documented(401, 403, 404, 409, 429),
)
async def enter_classroom(request: ApiRequest, classroom_id: ClassroomId) -> EntryCredentials:
    """Issue the credentials to enter the room, in the role of the roster. No body is needed."""
    return EntryCredentials.of(
        await request.services.entry.issue_entry(request.caller, classroom_id)
    )


HANDLERS = (enter_classroom,)
