"""Messages to the cloud. They name nobody: who they are of is looked up when they are delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class MessageKind(StrEnum):
    """What the cloud is to be told."""

    MARKER = "marker"  # a custom message in the IM group of a class, which a replay is built by
    REPLAY_REQUEST = "replay_request"  # build the index of a class's replay


class MarkerType(IntEnum):
    """The `type` of a marker (the interface document of the old backend)."""

    CLASS_STARTED = 1001
    CLASS_ENDED = 1002
    MEMBER_ENTERED = 1003
    RECORDING_FINISHED = 1004


@dataclass(frozen=True)
class Message:
    """One thing to tell the cloud of a class; `account_id` is whom it is about."""

    kind: MessageKind
    classroom_id: int
    account_id: int | None
    payload: Mapping[str, object]
    created_at: datetime
