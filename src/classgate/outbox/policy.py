"""How long each kind of message is tried, in which lane, and when it is tried again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from classgate.outbox.models import MessageKind


class Lane(StrEnum):
    """Messages that are delivered beside those of the other lanes, so that none waits for them."""

    ROOMS = "rooms"  # TRTC
    ACCOUNTS = "accounts"  # IM, for an account everywhere
    GROUPS = "groups"  # IM, in a class


KINDS: Final[Mapping[Lane, tuple[MessageKind, ...]]] = {
    Lane.ROOMS: (MessageKind.REMOVAL, MessageKind.DISMISSAL, MessageKind.MEDIA_BLOCK),
    Lane.ACCOUNTS: (MessageKind.KICK,),
    Lane.GROUPS: (
        MessageKind.MARKER,
        MessageKind.REPLAY_REQUEST,
        MessageKind.GROUP,
        MessageKind.GROUP_END,
        MessageKind.GROUP_MEMBER,
        MessageKind.GROUP_REMOVAL,
        MessageKind.CHAT_MUTE,
    ),
}

# IM drops a repeated message for 5 minutes; after that a repetition would be a second message.
MARKER_LIFETIME: Final = timedelta(minutes=4, seconds=50)

_LIFETIMES: Final[Mapping[MessageKind, timedelta]] = {
    MessageKind.MARKER: MARKER_LIFETIME,
    MessageKind.REPLAY_REQUEST: timedelta(days=1),
    MessageKind.GROUP: timedelta(days=1),
    MessageKind.GROUP_END: timedelta(days=14),  # includes the 7 days that a replay group is kept
    MessageKind.GROUP_MEMBER: timedelta(hours=6),
    MessageKind.GROUP_REMOVAL: timedelta(days=1),
    MessageKind.CHAT_MUTE: timedelta(hours=6),
    # Longer than any PrivateMapKey: whoever could not be removed in time is still in the room.
    MessageKind.REMOVAL: timedelta(hours=6),
    MessageKind.DISMISSAL: timedelta(hours=6),
    MessageKind.MEDIA_BLOCK: timedelta(hours=6),
    MessageKind.KICK: timedelta(days=1),  # the longest life of a UserSig
}

_MAX_REFUSALS: Final[Mapping[MessageKind, int]] = {
    # Later messages of the class wait for these, so that they are set aside after some answers.
    MessageKind.MARKER: 8,
    MessageKind.GROUP: 8,
    MessageKind.REPLAY_REQUEST: 8,
}

BATCHES: Final[Mapping[MessageKind, int]] = {
    MessageKind.REMOVAL: 10,
    MessageKind.GROUP_MEMBER: 20,
    MessageKind.GROUP_REMOVAL: 20,
    MessageKind.CHAT_MUTE: 500,
}
"""The kinds of which several messages of one class are one call, and how many."""

REPLACED_BY: Final[Mapping[MessageKind, tuple[MessageKind, ...]]] = {
    MessageKind.REMOVAL: (MessageKind.REMOVAL,),
    MessageKind.MEDIA_BLOCK: (MessageKind.MEDIA_BLOCK, MessageKind.REMOVAL),
    MessageKind.KICK: (MessageKind.KICK,),
    MessageKind.CHAT_MUTE: (MessageKind.CHAT_MUTE,),
    MessageKind.GROUP: (MessageKind.GROUP_END,),
    MessageKind.GROUP_END: (MessageKind.GROUP_END,),
    MessageKind.GROUP_MEMBER: (MessageKind.GROUP_MEMBER,),
    MessageKind.GROUP_REMOVAL: (MessageKind.GROUP_REMOVAL,),
}
"""The kinds of newer messages of the same ordering key after which a message is not wanted."""

REPEAT_INTERVALS: Final[Mapping[MessageKind, timedelta]] = {
    MessageKind.REMOVAL: timedelta(seconds=5),
    # Many classes end at the same time, and TRTC takes 20 calls a second.
    MessageKind.DISMISSAL: timedelta(seconds=10),
}
"""How soon somebody who came back with an unexpired PrivateMapKey is removed again."""

CLAIM: Final = timedelta(seconds=30)
"""How long a process may take for a delivery; then another one takes the message."""

ATTEMPT_SECONDS: Final = 25.0
"""How long the calls of one attempt may take, so that they are over before the claim is."""

_BASE: Final = timedelta(seconds=0.5)
_CAP: Final = timedelta(seconds=30)
_ROOM_CAP: Final = timedelta(seconds=5)

LONGEST_DELAY: Final = 1.5 * _CAP
"""How long a message waits for its next attempt at most, once it was tried."""


def is_expired(kind: MessageKind, created_at: datetime, now: datetime) -> bool:
    """Return whether a message is too old to be sent."""
    return now - created_at >= _LIFETIMES[kind]


def is_exhausted(kind: MessageKind, refusals: int) -> bool:
    """Return whether the cloud has refused the message often enough."""
    most = _MAX_REFUSALS.get(kind)
    return most is not None and refusals >= most


def retry_delay(kind: MessageKind, age: timedelta, jitter: float) -> timedelta:
    """Return the delay of the next attempt: it grows with the age, so exponentially.

    Args:
        kind: The kind of message; removals from rooms are tried more often than others.
        age: The time since the message was enqueued.
        jitter: 0 to 1, so that messages that failed together are not repeated together.
    """
    cap = _ROOM_CAP if kind in KINDS[Lane.ROOMS] else _CAP
    return min(cap, max(_BASE, age / 2)) * (0.5 + jitter)
