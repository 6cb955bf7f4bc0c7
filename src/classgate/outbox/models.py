"""Messages to the cloud. They contain no names: these are resolved at delivery."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class MessageKind(StrEnum):
    """The kind of message."""

    MARKER = "marker"  # a custom message in the IM group of a class, which a replay is built by
    REPLAY_REQUEST = "replay_request"  # build the index of a class's replay


class MarkerType(IntEnum):
    """The `type` of a marker (from the interface document of the 2017 backend)."""

    CLASS_STARTED = 1001
    CLASS_ENDED = 1002
    MEMBER_ENTERED = 1003
    RECORDING_FINISHED = 1004


@dataclass(frozen=True)
class Message:
    """A message about a class; `account_id` is the account concerned."""

    kind: MessageKind
    classroom_id: int
    account_id: int | None
    payload: Mapping[str, object]
    created_at: datetime
