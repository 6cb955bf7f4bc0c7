"""A client in a room, played by a test: enters, switches its role, leaves. And who is inside."""

from typing import Any, Final

from classgate.emulator.failed_check import FailedCheck
from classgate.emulator.http import MalformedRequest, Request, Response, json_response
from classgate.emulator.im import errors
from classgate.emulator.im.backend import ImBackend
from classgate.emulator.im.errors import LoginCheckError
from classgate.emulator.im.routes import read_login, read_text, read_values, refusal
from classgate.emulator.trtc.events import KEY, MAX_COPIES, EventSender, EventTarget
from classgate.emulator.trtc.rooms import (
    Block,
    LeaveReason,
    Role,
    Room,
    RoomId,
    Rooms,
    RoomUser,
    may_send,
)
from classgate.signing.encoding import to_epoch
from classgate.signing.private_map_key import PrivateMapKeyPayload

_MAX_BODY_BYTES: Final = 1 << 16
_MAX_URL_LENGTH: Final = 1000


class RoomRoutes:
    """Handlers of the calls about rooms, below `/_emulator/`."""

    def __init__(self, backend: ImBackend, rooms: Rooms, events: EventSender) -> None:
        self._backend = backend
        self._rooms = rooms
        self._events = events

    async def enter_room(self, request: Request) -> Response:
        """Enter: the log-in's members, `private_map_key, room_id, role` → `code, privilege_map`.

        A number as `room_id` names a numeric room, a string names a string room. `role` is 20 or
        21; without it, whoever may send is 20.
        """
        try:
            values = await read_values(request)
            sdk_app_id, identifier, user_sig = read_login(values)
            key = self._backend.enter_room(
                sdk_app_id,
                identifier,
                user_sig,
                private_map_key=read_text(values, "private_map_key"),
                room_id=_room(values),
            )
            role = _role(values, Role.ANCHOR if may_send(key) else Role.AUDIENCE)
            _require_right(key, role)
        except LoginCheckError as error:
            return refusal(error)
        self._rooms.enter(key, role)
        return json_response({"code": 0, "privilege_map": int(key.privileges)})

    async def switch_role(self, request: Request) -> Response:
        """Switch the role: `identifier, room_id, role, private_map_key` → `code`.

        To send is checked by the key that was handed over last; one handed over now replaces it.
        Whoever's key does not allow it is refused; whose key has expired is removed, as the cloud
        does.

        Unknown: the codes; here both are -100006.
        """
        try:
            values = await read_values(request)
            user = self._user(values)
            role = _role(values, user.role)
            if token := read_text(values, "private_map_key"):
                user.key = self._backend.check_private_map_key(
                    token, user.identifier, user.key.room_id
                )
            if role is Role.ANCHOR:
                self._require_current(user)
                _require_right(user.key, role)
        except LoginCheckError as error:
            return refusal(error)
        self._rooms.switch_role(user, role)
        return json_response({"code": 0})

    async def leave_room(self, request: Request) -> Response:
        """Leave: `identifier, room_id, reason` → `code`. The reason is 1, 2 or 5, 1 unless said."""
        try:
            values = await read_values(request)
            user = self._user(values)
            reason = _reason(values)
        except LoginCheckError as error:
            return refusal(error)
        self._rooms.leave(user.key.room_id, user.identifier, reason)
        return json_response({"code": 0})

    async def rooms(self, _request: Request) -> Response:
        """Return who is in which room."""
        return json_response({"items": [_shown(each) for each in self._rooms.all()]})

    async def events(self, _request: Request) -> Response:
        """Return the events of all rooms and what became of them."""
        items = [
            {
                "event_type": each.event_type,
                "event_info": each.information,
                "state": each.state,
                "attempts": each.attempts,
            }
            for each in self._events.events()
        ]
        return json_response({"items": items})

    async def set_callbacks(self, request: Request) -> Response:
        """Set where events go: `url, key, copies, retry_seconds, held, reversed`; each is optional.

        `held` keeps events back; false sends them, with `reversed` the last one first.
        """
        values = await request.json_object(_MAX_BODY_BYTES)
        held, in_reverse = values.get("held"), values.get("reversed", False)
        if not isinstance(held, bool | None) or not isinstance(in_reverse, bool):
            raise MalformedRequest
        self._events.target = _target(values, self._events.target)
        if held:
            self._events.hold()
        elif held is not None:
            self._events.release(in_reverse=in_reverse)
        return json_response({})

    def _user(self, values: dict[str, Any]) -> RoomUser:
        user = self._rooms.find(_room(values), read_text(values, "identifier"))
        if user is None:
            raise LoginCheckError(errors.NOT_IN_ROOM, "the user is not in the room")
        return user

    def _require_current(self, user: RoomUser) -> None:
        """Remove somebody whose PrivateMapKey has expired. Raises `LoginCheckError`."""
        if self._backend.has_expired(user.key):
            self._rooms.leave(user.key.room_id, user.identifier, LeaveReason.REMOVED)
            raise LoginCheckError(
                errors.PRIVATE_MAP_KEY_REFUSED,
                "the privateMapKey has expired; the user is removed",
                FailedCheck.TIME,
            )


def _require_right(key: PrivateMapKeyPayload, role: Role) -> None:
    if role is Role.ANCHOR and not may_send(key):
        raise LoginCheckError(
            errors.PRIVATE_MAP_KEY_REFUSED,
            "the privateMapKey does not allow to send",
            FailedCheck.PRIVILEGE,
        )


def _room(values: dict[str, Any]) -> RoomId:
    value = values.get("room_id")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return read_text(values, "room_id")


def _role(values: dict[str, Any], default: Role) -> Role:
    value = values.get("role", int(default))
    if isinstance(value, bool) or value not in tuple(Role):
        raise LoginCheckError(errors.BAD_PARAMETER, "role must be 20 or 21")
    return Role(value)


def _reason(values: dict[str, Any]) -> LeaveReason:
    value = values.get("reason", 1)
    if isinstance(value, bool) or value not in (1, 2, 5):
        raise LoginCheckError(errors.BAD_PARAMETER, "reason must be 1, 2 or 5")
    return LeaveReason(value)


def _target(values: dict[str, Any], held: EventTarget) -> EventTarget:
    """Return the target with the given members. Raises `MalformedRequest`."""
    url, key = values.get("url", held.url), values.get("key", held.key)
    copies, seconds = (
        values.get("copies", held.copies),
        values.get("retry_seconds", held.retry_seconds),
    )
    if not isinstance(url, str) or len(url) > _MAX_URL_LENGTH or not isinstance(key, str):
        raise MalformedRequest
    if url and not (url.startswith(("http://", "https://")) and KEY.fullmatch(key)):
        raise MalformedRequest
    if isinstance(copies, bool) or not isinstance(copies, int) or not 1 <= copies <= MAX_COPIES:
        raise MalformedRequest
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 60:
        raise MalformedRequest
    return EventTarget(url, key, copies, float(seconds))


def _shown(room: Room) -> dict[str, Any]:
    return {
        "room_id": room.room_id,
        "users": [_shown_user(each, room) for each in room.users.values()],
    }


def _shown_user(user: RoomUser, room: Room) -> dict[str, Any]:
    block = room.blocks.get(user.identifier, Block.NOTHING)
    return {
        "identifier": user.identifier,
        "role": int(user.role),
        "privilege_map": int(user.key.privileges),
        "key_expires_at": to_epoch(user.key.expires_at),
        "entered_at": to_epoch(user.entered_at),
        "audio_blocked": block in (Block.ALL, Block.AUDIO),
        "video_blocked": block in (Block.ALL, Block.VIDEO),
    }
