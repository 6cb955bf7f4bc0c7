"""PURE: the events of a room, as TRTC reports them, and what they say about a person.

Source: the callback document of TRTC (647/51586). Members are added over time and never removed;
unknown ones are ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from classgate.classrooms.models import LeaveReason
from classgate.classrooms.presence.room_users import ROOM_TRUST, RoomUser
from classgate.errors import VerificationFailed
from classgate.signing.encoding import from_epoch

MAX_AGE: Final = timedelta(seconds=90)
"""The cloud drops a message that is a minute old; the rest is for clocks that differ."""

MAX_LEAD: Final = timedelta(seconds=60)
"""How far a message may be ahead of the server's clock."""

MAX_DELAY: Final = timedelta(minutes=10)
"""How long before its message an event may have happened."""

KEPT: Final = ROOM_TRUST + timedelta(hours=1)
"""How long the last event of a person is kept; far longer than a message is accepted."""

_ANCHOR = 20  # the role that sends audio and video; 21 is the audience
_LEFT_NORMALLY = 1
_MAX_ROOM = 2**32 - 1
_MAX_MILLISECONDS = 4_102_444_800_000  # the year 2100


class RoomEventType(IntEnum):
    """The `EventType` of a room event."""

    CREATED = 101
    DISMISSED = 102
    ENTERED = 103
    LEFT = 104
    ROLE_CHANGED = 105


@dataclass(frozen=True, kw_only=True)
class RoomEvent:
    """One event of a room. `identifier` is empty for an event of the whole room."""

    type: RoomEventType
    classroom_id: int
    identifier: str
    at: datetime
    sent_at: datetime  # when the cloud sent the message
    sends: bool = False  # in the role of an anchor
    reason: int = 0

    @property
    def leave_reason(self) -> LeaveReason:
        """Return why a presence ends with it; after a lost connection a heartbeat revives it."""
        return LeaveReason.LEFT if self.reason == _LEFT_NORMALLY else LeaveReason.TIMED_OUT

    def is_timely(self, now: datetime) -> bool:
        """Return whether the message is new: neither a recording nor of a clock that is wrong."""
        earliest, latest = now - MAX_AGE, now + MAX_LEAD
        return earliest <= self.sent_at <= latest and earliest - MAX_DELAY <= self.at <= latest


class EventOutcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    REMOVED = "removed"  # applied; the person may not be in the room, and is removed
    BLOCKED = "blocked"  # applied; the person sends without the right to, and is blocked
    REPEATED = "repeated"  # known, or earlier than what is known
    UNTIMELY = "untimely"  # too old, or from the future
    UNKNOWN = "unknown"  # no room of a class, or nobody with an account


def parse_room_event(message: Mapping[str, object]) -> RoomEvent | None:
    """Return the event; None: it is no room event, or the room cannot be that of a class.

    VerificationFailed (format): a field is missing or has another form.
    """
    number = _integer(message, "EventType")
    if number not in set(RoomEventType):
        return None
    info = message.get("EventInfo")
    if not isinstance(info, dict):
        raise _malformed("EventInfo")
    kind = RoomEventType(number)
    classroom_id = _room(info.get("RoomId"))
    if classroom_id is None:
        return None
    at = _milliseconds(info, "EventMsTs")
    is_personal = kind in {
        RoomEventType.ENTERED,
        RoomEventType.LEFT,
        RoomEventType.ROLE_CHANGED,
    }
    return RoomEvent(
        type=kind,
        classroom_id=classroom_id,
        identifier=_text(info, "UserId") if is_personal else "",
        at=at,
        sent_at=_milliseconds(message, "CallbackTs") if "CallbackTs" in message else at,
        sends=is_personal and info.get("Role") == _ANCHOR,
        reason=_integer(info, "Reason") if "Reason" in info else 0,
    )


def apply_event(before: RoomUser | None, event: RoomEvent, account_id: int) -> RoomUser | None:
    """Return the person's state after the event; None: it says nothing new.

    Messages arrive repeatedly and in any order. At the same millisecond, leaving counts.
    """
    stays = event.type is not RoomEventType.LEFT
    after = RoomUser(
        classroom_id=event.classroom_id,
        account_id=account_id,
        in_room=stays,
        sends=stays and event.sends,
        event_at=event.at,
    )
    if before is None or event.at > before.event_at:
        return after
    if event.at < before.event_at or not before.in_room or after == before:
        return None
    return after


def _room(value: object) -> int | None:
    """Return the number of a room, which the cloud sends as a number or as a text.

    None: the room has a name, or a number that no class can have.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value) if value == str(int(value)) else None
    elif isinstance(value, bool | str):
        return None
    elif not isinstance(value, int):
        raise _malformed("RoomId")
    return value if value is not None and 0 < value <= _MAX_ROOM else None


def _integer(members: Mapping[str, object], name: str) -> int:
    value = members.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _malformed(name)
    return value


def _milliseconds(members: Mapping[str, object], name: str) -> datetime:
    value = _integer(members, name)
    if not 0 <= value < _MAX_MILLISECONDS:
        raise _malformed(name)
    return from_epoch(value // 1000) + timedelta(milliseconds=value % 1000)


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise _malformed(name)
    return value


def _malformed(name: str) -> VerificationFailed:
    return VerificationFailed("format", f"{name} of the callback is missing or has another form")
