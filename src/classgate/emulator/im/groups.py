"""The groups of the IM application, their members and messages.

They are in memory: a restart of the emulator loses them, with a data directory too.
"""

import json
import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from classgate.emulator.call_budget import CallBudget
from classgate.emulator.clock import Clock
from classgate.emulator.im import errors as codes
from classgate.emulator.im.errors import ImError
from classgate.emulator.im.plans import Plan
from classgate.signing.encoding import to_epoch

LIVE_ROOM: Final = "AVChatRoom"
PRIVATE: Final = "Private"
TYPES: Final = (PRIVATE, "Public", "ChatRoom", LIVE_ROOM, "Community")
FOR_EVER: Final = 0xFFFFFFFF

_MAX_MESSAGES: Final = 10_000
_MAX_MESSAGE_BYTES: Final = 12 << 10
_MESSAGES_PER_SECOND: Final = 40
_DEDUPLICATED_FOR: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class GroupMessage:
    """A message of a group."""

    group_id: str
    sequence: int
    random: int
    sender: str
    priority: str
    body: list[Any]
    sent_at: datetime

    def repeats(self, random: int, body: list[Any], at: datetime) -> bool:
        """Return whether the cloud takes such a message for this one again."""
        in_time = at - self.sent_at <= _DEDUPLICATED_FOR
        return in_time and (random, json.dumps(body)) == (self.random, json.dumps(self.body))


@dataclass
class Group:
    """A group. Nobody is listed as a member of an AVChatRoom, which clients join by the SDK."""

    group_id: str
    kind: str
    name: str
    owner: str
    created_at: datetime
    members: dict[str, datetime] = field(default_factory=dict)
    muted_until: dict[str, int] = field(default_factory=dict)
    banned_until: dict[str, int] = field(default_factory=dict)
    next_sequence: int = 1

    def require_kind_other_than(self, *kinds: str) -> None:
        """Require a type that has the command. Raises `ImError`."""
        if self.kind in kinds:
            raise ImError(codes.NOT_PERMITTED, f"groups of type {self.kind} do not have this")


class Groups:
    """All groups and the last messages, those of destroyed groups included."""

    def __init__(self, clock: Clock, budget: CallBudget) -> None:
        self._clock = clock
        self._budget = budget
        self._groups: dict[str, Group] = {}
        self._messages: deque[GroupMessage] = deque(maxlen=_MAX_MESSAGES)

    def all(self) -> list[Group]:
        return list(self._groups.values())

    def get(self, group_id: str) -> Group:
        """Return a group. Raises `ImError`."""
        group = self._groups.get(group_id)
        if group is None:
            raise ImError(codes.NO_SUCH_GROUP, "the group does not exist")
        return group

    def create(self, group_id: str, kind: str, name: str, owner: str, plan: Plan) -> Group:
        """Create a group. Raises `ImError`.

        Unknown: which of 10021 and 10025 answers a call without Owner_Account; here a group without
        owner is ours, and one with an owner belongs to whom the call names.
        Unknown: whether the id of a destroyed group can be used again; here it can.
        Differs: the number of groups a day is not limited.
        """
        held = self._groups.get(group_id)
        if held is not None and held.owner == owner:
            raise ImError(codes.GROUP_IS_OURS, "the group id is in use, and the group is yours")
        if held is not None:
            raise ImError(codes.GROUP_OF_OTHERS, "the group id is in use")
        live_rooms = sum(each.kind == LIVE_ROOM for each in self._groups.values())
        if kind == LIVE_ROOM and plan.live_rooms is not None and live_rooms >= plan.live_rooms:
            raise ImError(codes.TOO_MANY_LIVE_ROOMS, "the plan has no further AVChatRoom")
        group = Group(
            group_id or f"@TGS#{secrets.token_hex(6).upper()}",
            kind, name, owner, self._clock.now(),
        )  # fmt: skip
        self._groups[group.group_id] = group
        if owner and kind != LIVE_ROOM:
            group.members[owner] = group.created_at
        return group

    def destroy(self, group_id: str) -> None:
        """Destroy a group. Its messages stay readable for tests only. Raises `ImError`."""
        del self._groups[self.get(group_id).group_id]

    def add_members(self, group: Group, members: list[str], plan: Plan) -> dict[str, int]:
        """Add members and return the Result of each: 1 added, 2 was a member. Raises `ImError`."""
        added = [each for each in dict.fromkeys(members) if each not in group.members]
        if len(group.members) + len(added) > plan.members:
            raise ImError(codes.TOO_MANY_MEMBERS, "the plan has no further member of this group")
        group.members |= dict.fromkeys(added, self._clock.now())
        return {each: 1 if each in added else 2 for each in members}

    def send(
        self, group: Group, *, sender: str, random: int, priority: str, body: list[Any]
    ) -> GroupMessage:
        """Send a message, or return the one that it repeats. Raises `ImError`.

        Unknown: what the cloud answers to a repeated message, which it drops; here it is the answer
        of the first.
        Differs: any imported account may send; the cloud may require a member.
        """
        if len(json.dumps(body, ensure_ascii=False).encode()) > _MAX_MESSAGE_BYTES:
            raise ImError(codes.MESSAGE_TOO_LONG, "a message has at most 12 KB")
        now = self._clock.now()
        if self.muted_until(group, sender):
            raise ImError(codes.MUTED, "the sender is muted")
        if not self._budget.allows(("group", group.group_id), _MESSAGES_PER_SECOND):
            raise ImError(codes.MESSAGES_TOO_OFTEN, "more than 40 messages a second in a group")
        for earlier in self.messages(group):
            if earlier.sender == sender and earlier.repeats(random, body, now):
                return earlier
        message = GroupMessage(
            group.group_id, group.next_sequence, random, sender, priority, body, now
        )
        group.next_sequence += 1
        self._messages.append(message)
        return message

    def messages(self, group: Group) -> list[GroupMessage]:
        """Return the messages of a group, the oldest first."""
        return [
            each
            for each in self._messages
            if each.group_id == group.group_id and each.sent_at >= group.created_at
        ]

    def all_messages(self, group_id: str | None) -> list[GroupMessage]:
        """Return the messages of all groups or of one id, those of destroyed groups included."""
        return [each for each in self._messages if group_id in (None, each.group_id)]

    def mute(self, group: Group, members: list[str], seconds: int) -> None:
        """Mute members; 0 seconds lift it."""
        _bar(group.muted_until, members, seconds, self._clock)

    def ban(self, group: Group, members: list[str], seconds: int) -> None:
        """Remove members and keep them out; 0 seconds lift it."""
        _bar(group.banned_until, members, seconds, self._clock)
        if seconds:
            for each in members:
                group.members.pop(each, None)

    def muted_until(self, group: Group, member: str) -> int:
        """Return until when a member is muted, as Unix seconds, or 0."""
        return self.current(group.muted_until).get(member, 0)

    def current(self, until: dict[str, int]) -> dict[str, int]:
        """Return the entries that have not ended."""
        now = to_epoch(self._clock.now())
        return {name: end for name, end in until.items() if end > now}

    def clear(self) -> None:
        self._groups.clear()
        self._messages.clear()


def _bar(until: dict[str, int], members: list[str], seconds: int, clock: Clock) -> None:
    end = FOR_EVER if seconds == FOR_EVER else to_epoch(clock.now()) + seconds
    for each in members:
        if seconds:
            until[each] = end
        else:
            until.pop(each, None)
