"""The rooms of TRTC: who is inside, with which rights, and the events of it.

They are in memory: a restart of the emulator empties them, with a data directory too.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

from classgate.emulator.api_errors import ApiError
from classgate.emulator.clock import Clock
from classgate.emulator.trtc.events import EventSender
from classgate.signing.private_map_key import PrivateMapKeyPayload, Privilege

RoomId = int | str

_SENDS: Final = Privilege.SEND_AUDIO | Privilege.SEND_VIDEO
_WEB, _OTHER_TERMINAL = 1, 100


class Role(IntEnum):
    """Whether somebody may send."""

    ANCHOR = 20
    AUDIENCE = 21


class LeaveReason(IntEnum):
    """Why somebody left."""

    NORMAL = 1
    TIMEOUT = 2
    REMOVED = 3
    KILLED = 5


class EventType(IntEnum):
    """The events of a room."""

    ROOM_CREATED = 101
    ROOM_DISMISSED = 102
    ENTERED = 103
    LEFT = 104
    ROLE_CHANGED = 105


class Block(IntEnum):
    """What SetUserBlocked takes away."""

    NOTHING = 0
    ALL = 1
    AUDIO = 2
    VIDEO = 3


@dataclass
class RoomUser:
    """Somebody inside, with the PrivateMapKey that was handed over last."""

    identifier: str
    role: Role
    key: PrivateMapKeyPayload
    entered_at: datetime

    @property
    def may_send(self) -> bool:
        return may_send(self.key)


@dataclass
class Room:
    """A room in which somebody is."""

    room_id: RoomId
    users: dict[str, RoomUser] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)


def may_send(key: PrivateMapKeyPayload) -> bool:
    """Return whether a PrivateMapKey includes a right to send."""
    return bool(key.privileges & _SENDS)


class Rooms:
    """All rooms. A number and a text of the same digits are two rooms."""

    def __init__(self, clock: Clock, events: EventSender) -> None:
        self._clock = clock
        self._events = events
        self._rooms: dict[RoomId, Room] = {}

    def all(self) -> list[Room]:
        return list(self._rooms.values())

    def find(self, room_id: RoomId, identifier: str) -> RoomUser | None:
        room = self._rooms.get(room_id)
        return None if room is None else room.users.get(identifier)

    def enter(self, key: PrivateMapKeyPayload, role: Role) -> None:
        """Put somebody into the room of their key. Whoever was elsewhere leaves there.

        Unknown: which events come when somebody enters a second time; here 104 for another room,
        and a further 103 without 104 for the same room.
        """
        for other in self.all():
            if key.identifier in other.users and other.room_id != key.room_id:
                self.leave(other.room_id, key.identifier, LeaveReason.NORMAL)
        room = self._rooms.get(key.room_id)
        if room is None:
            room = self._rooms[key.room_id] = Room(key.room_id)
            self._emit(EventType.ROOM_CREATED, room, UserId=key.identifier)
        room.users[key.identifier] = RoomUser(key.identifier, role, key, self._clock.now())
        self._emit(
            EventType.ENTERED, room, UserId=key.identifier, Role=int(role),
            TerminalType=_OTHER_TERMINAL, UserType=_WEB, Reason=1,
        )  # fmt: skip

    def leave(self, room_id: RoomId, identifier: str, reason: LeaveReason) -> bool:
        """Take somebody out and return whether they were inside. An empty room ends."""
        room = self._rooms.get(room_id)
        user = None if room is None else room.users.pop(identifier, None)
        if room is None or user is None:
            return False
        self._emit(EventType.LEFT, room, UserId=identifier, Role=int(user.role), Reason=int(reason))
        if not room.users:
            del self._rooms[room_id]
            self._emit(EventType.ROOM_DISMISSED, room)
        return True

    def switch_role(self, user: RoomUser, role: Role) -> None:
        user.role = role
        room = self._rooms[user.key.room_id]
        self._emit(EventType.ROLE_CHANGED, room, UserId=user.identifier, Role=int(role))

    def remove(self, room_id: RoomId, identifiers: list[str]) -> None:
        """Remove people. Raises `ApiError`.

        Unknown: what the cloud answers about somebody who is not inside; here it is success.
        """
        self._require(room_id)
        for each in identifiers:
            self.leave(room_id, each, LeaveReason.REMOVED)

    def dismiss(self, room_id: RoomId) -> None:
        """Remove everybody. Raises `ApiError`.

        Unknown: whether a 104 comes for each before the 102; here it does, with reason 3.
        """
        self.remove(room_id, list(self._require(room_id).users))

    def block(self, room_id: RoomId, identifier: str, block: Block) -> None:
        """Take away the right to send, or give it back. Raises `ApiError`.

        Unknown: how long a block holds, and whether it can be set for somebody who is not inside;
        here it can, and it holds until the room ends.
        """
        self._require(room_id).blocks[identifier] = block

    def clear(self) -> None:
        """Empty all rooms, without events."""
        self._rooms.clear()

    def _require(self, room_id: RoomId) -> Room:
        room = self._rooms.get(room_id)
        if room is None:
            raise ApiError("FailedOperation.RoomNotExist", "The room does not exist.")
        return room

    def _emit(self, event_type: EventType, room: Room, **information: Any) -> None:
        self._events.emit(int(event_type), {"RoomId": room.room_id, **information})
