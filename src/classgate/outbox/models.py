"""Messages to the cloud: what each is, and in which order they are delivered."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct


class MessageKind(StrEnum):
    """The kind of message."""

    MARKER = "marker"  # a custom message in the IM group of a class, which a replay is built by
    REPLAY_REQUEST = "replay_request"  # build the index of a class's replay
    GROUP = "group"  # create a group of a class
    GROUP_END = "group_end"  # destroy a group of a class
    GROUP_MEMBER = "group_member"  # add an account to the replay group
    GROUP_REMOVAL = "group_removal"  # remove an account from the replay group
    CHAT_MUTE = "chat_mute"  # forbid an account to send in the chat group, or lift that
    REMOVAL = "removal"  # remove an account from a room
    DISMISSAL = "dismissal"  # remove everybody from a room, and close it
    MEDIA_BLOCK = "media_block"  # take audio and video from an account in a room, or lift that
    KICK = "kick"  # invalidate every UserSig of an account that was issued until now


class MessageState(StrEnum):
    """The state of a message. One that was delivered for good has no row."""

    WAITING = "waiting"  # not delivered yet; later ones of the same ordering key wait for it
    REPEATING = "repeating"  # delivered, and delivered again until `repeat_until`
    FAILED = "failed"  # set aside: not delivered, and not tried again by itself


class MarkerType(IntEnum):
    """The `type` of a marker (from the interface document of the 2017 backend)."""

    CLASS_STARTED = 1001
    CLASS_ENDED = 1002
    MEMBER_ENTERED = 1003
    RECORDING_FINISHED = 1004


class GroupKind(StrEnum):
    """The two IM groups of a class."""

    CHAT = "chat"
    REPLAY = "replay"


UPGRADED = "upgraded"
"""The ordering key of messages that a version without a delivery stored."""


class Message(Struct, frozen=True, kw_only=True):
    """A message; `account_id` is the account concerned."""

    kind: MessageKind
    ordering_key: str
    classroom_id: int | None = None
    account_id: int | None = None
    payload: Mapping[str, object]
    created_at: datetime
    next_attempt_at: datetime | None = None  # None: at once
    repeat_until: datetime | None = None


def class_key(classroom_id: int) -> str:
    """Return the ordering key of the replay group and the markers of a class."""
    return f"im/{classroom_id}"


def group_key(classroom_id: int, kind: GroupKind) -> str:
    """Return the ordering key of the creation of a group.

    Markers go to the replay group and wait for it. They do not wait for the chat group, which a
    plan may refuse.
    """
    key = class_key(classroom_id)
    return f"{key}/chat" if kind is GroupKind.CHAT else key


def end_key(classroom_id: int, kind: GroupKind) -> str:
    """Return the ordering key of the end of a group.

    The chat group ends after its creation; the end of the replay group is planned days ahead, and
    nothing waits for it.
    """
    if kind is GroupKind.CHAT:
        return group_key(classroom_id, kind)
    return f"{class_key(classroom_id)}/end"


def unused_key(classroom_id: int) -> str:
    """Return the ordering key of the planned end of a chat group whose class does not start.

    Nothing waits for it: the group may be made again meanwhile.
    """
    return f"{class_key(classroom_id)}/unused"


def replay_member_key(classroom_id: int, account_id: int) -> str:
    """Return the ordering key of one account's membership in the replay group."""
    return f"im/{classroom_id}/{account_id}"


def mute_key(classroom_id: int, account_id: int) -> str:
    """Return the ordering key of one account's mute in the chat group."""
    return f"{replay_member_key(classroom_id, account_id)}/mute"


def room_key(classroom_id: int) -> str:
    """Return the ordering key of what concerns a whole room."""
    return f"rtc/{classroom_id}"


def member_key(classroom_id: int, account_id: int) -> str:
    """Return the ordering key of what concerns one account in a room."""
    return f"rtc/{classroom_id}/{account_id}"


def account_key(account_id: int) -> str:
    """Return the ordering key of what concerns an account everywhere."""
    return f"account/{account_id}"
