"""Enqueues messages to the cloud, in the transaction of their cause.

A class starts and ends even if the cloud is down: nothing here calls the cloud or waits for it.
`delivery` sends the messages.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import asdict, replace

from classgate.outbox import repository
from classgate.outbox.models import (
    GroupKind,
    MarkerType,
    Message,
    MessageKind,
    account_key,
    class_key,
    end_key,
    group_key,
    member_key,
    mute_key,
    replay_member_key,
    room_key,
    unused_key,
)
from classgate.outbox.policy import KINDS, Lane
from classgate.storage.database import DatabaseConnection


@dataclass(frozen=True)
class CloudServices:
    """The services that the settings name; nothing is enqueued for the others."""

    im: bool = True
    rtc: bool = True


def _wake_nobody() -> None:
    return None


class Outbox:
    """Writes messages; the delivery reads the table. `wake` is called after each commit."""

    def __init__(
        self, services: CloudServices | None = None, wake: Callable[[], None] = _wake_nobody
    ) -> None:
        self._services = services or CloudServices()
        self._wake = wake

    # ── the class's groups and markers ─────────────────────────────────────────────────────────

    async def enqueue_marker(
        self,
        connection: DatabaseConnection,
        marker: MarkerType,
        *,
        classroom_id: int,
        account_id: int,
        timestamp: int,
        at: datetime,
        value: dict[str, object] | None = None,
    ) -> None:
        """Enqueue a marker for the IM group of the class; `value` accompanies the person's name."""
        payload: dict[str, object] = {
            "type": int(marker),
            # IM drops a repeated number within minutes, so each marker has its own.
            "seq": 10_000 + secrets.randbelow(99_990_001),
            "timestamp": timestamp,
            "value": value or {},
        }
        message = Message(
            kind=MessageKind.MARKER,
            ordering_key=class_key(classroom_id),
            classroom_id=classroom_id,
            account_id=account_id,
            payload=payload,
            created_at=at,
        )
        await self._enqueue(connection, message)

    async def enqueue_replay_request(
        self, connection: DatabaseConnection, classroom_id: int, at: datetime
    ) -> None:
        """Enqueue a request to build the index of the class's replay."""
        message = Message(
            kind=MessageKind.REPLAY_REQUEST,
            ordering_key=class_key(classroom_id),
            classroom_id=classroom_id,
            payload={"group_id": str(classroom_id)},
            created_at=at,
        )
        await self._enqueue(connection, message)

    async def enqueue_groups(
        self, connection: DatabaseConnection, *, classroom_id: int, at: datetime
    ) -> None:
        """Enqueue the creation of both groups of the class, unless it is waiting.

        Creating them twice is harmless.
        """
        if not self._services.im:
            return
        for kind in GroupKind:
            key = group_key(classroom_id, kind)
            message = self._about_group(MessageKind.GROUP, key, classroom_id, kind, at)
            if not await repository.is_waiting(connection, message.ordering_key, message.kind):
                await self._enqueue(connection, message)

    async def enqueue_group_end(
        self,
        connection: DatabaseConnection,
        *,
        classroom_id: int,
        kind: GroupKind,
        at: datetime,
        due_at: datetime | None = None,
    ) -> None:
        """Enqueue the end of one group of the class, now or later. Its history goes with it.

        An earlier plan for this group is replaced, and so is a creation that waits.
        """
        message = self._about_group(
            MessageKind.GROUP_END, end_key(classroom_id, kind), classroom_id, kind, at
        )
        message = replace(message, next_attempt_at=due_at)
        replaced = (MessageKind.GROUP_END, MessageKind.GROUP)
        await self._enqueue(connection, message, replaces=replaced)

    async def enqueue_unused_group_end(
        self, connection: DatabaseConnection, *, classroom_id: int, at: datetime, due_at: datetime
    ) -> None:
        """Plan the end of the chat group of a class, if it has not started until then.

        An earlier plan is replaced.
        """
        key = unused_key(classroom_id)
        message = self._about_group(MessageKind.GROUP_END, key, classroom_id, GroupKind.CHAT, at)
        message = replace(message, next_attempt_at=due_at)
        await self._enqueue(connection, message, replaces=(message.kind,))

    async def enqueue_group_member(
        self,
        connection: DatabaseConnection,
        *,
        classroom_id: int,
        account_id: int,
        identifier: str,
        at: datetime,
    ) -> None:
        """Enqueue adding an account to the replay group: somebody who writes on the board."""
        message = self._about_person(
            MessageKind.GROUP_MEMBER, replay_member_key, classroom_id, account_id, identifier, at
        )
        await self._enqueue(connection, message, replaces=(message.kind,))

    async def enqueue_chat_mutes(
        self,
        connection: DatabaseConnection,
        *,
        classroom_id: int,
        people: Mapping[int, str],
        at: datetime,
        muted: bool,
    ) -> None:
        """Enqueue mutes in the chat group, or their end. Each replaces an earlier one.

        `people` are the identifiers by the number of the account.
        """
        kind = MessageKind.CHAT_MUTE
        messages = [
            self._about_person(kind, mute_key, classroom_id, number, name, at, muted=muted)
            for number, name in people.items()
        ]
        await self._enqueue(connection, *messages, replaces=(kind,))

    # ── the room ───────────────────────────────────────────────────────────────────────────────

    async def enqueue_removal(
        self,
        connection: DatabaseConnection,
        *,
        classroom_id: int,
        account_id: int,
        identifier: str,
        at: datetime,
        until: datetime,
    ) -> None:
        """Enqueue a removal from the room and from the replay group.

        The removal from the room is repeated until the last PrivateMapKey has expired (`until`). It
        replaces an earlier one of the same person.
        """
        person = classroom_id, account_id, identifier, at
        group_removal = self._about_person(MessageKind.GROUP_REMOVAL, replay_member_key, *person)
        await self._enqueue(connection, group_removal, replaces=(group_removal.kind,))
        removal = self._about_person(MessageKind.REMOVAL, member_key, *person)
        removal = replace(removal, repeat_until=until)
        # Nobody has to be blocked who is out, and the removal must not wait for it.
        replaced = (MessageKind.REMOVAL, MessageKind.MEDIA_BLOCK)
        await self._enqueue(connection, removal, replaces=replaced)

    async def enqueue_dismissal(
        self,
        connection: DatabaseConnection,
        *,
        classroom_id: int,
        at: datetime,
        until: datetime | None = None,
    ) -> None:
        """Enqueue the dismissal of the room, repeated until its last PrivateMapKey has expired."""
        message = Message(
            kind=MessageKind.DISMISSAL,
            ordering_key=room_key(classroom_id),
            classroom_id=classroom_id,
            payload={},
            created_at=at,
            repeat_until=until,
        )
        await self._enqueue(connection, message)

    async def enqueue_media_block(
        self,
        connection: DatabaseConnection,
        *,
        classroom_id: int,
        account_id: int,
        identifier: str,
        at: datetime,
        audio: bool,
        video: bool,
    ) -> None:
        """Enqueue what is taken from the person's media; neither lifts it.

        It replaces an earlier one of the same person.
        """
        kind = MessageKind.MEDIA_BLOCK
        message = self._about_person(
            kind, member_key, classroom_id, account_id, identifier, at, audio=audio, video=video
        )
        await self._enqueue(connection, message, replaces=(kind,))

    # ── the account ────────────────────────────────────────────────────────────────────────────

    async def enqueue_kick(
        self, connection: DatabaseConnection, *, account_id: int, identifier: str, at: datetime
    ) -> None:
        """Enqueue a kick of the account: its earlier UserSigs become invalid everywhere."""
        message = Message(
            kind=MessageKind.KICK,
            ordering_key=account_key(account_id),
            account_id=account_id,
            payload={"identifier": identifier},
            created_at=at,
        )
        await self._enqueue(connection, message, replaces=(message.kind,))

    # ── messages ───────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def _about_group(
        message: MessageKind, key: str, classroom_id: int, kind: GroupKind, at: datetime
    ) -> Message:
        return Message(
            kind=message,
            ordering_key=key,
            classroom_id=classroom_id,
            payload={"group": kind.value},
            created_at=at,
        )

    @staticmethod
    def _about_person(
        kind: MessageKind,
        key: Callable[[int, int], str],
        classroom_id: int,
        account_id: int,
        identifier: str,
        at: datetime,
        **details: object,
    ) -> Message:
        return Message(
            kind=kind,
            ordering_key=key(classroom_id, account_id),
            classroom_id=classroom_id,
            account_id=account_id,
            payload={"identifier": identifier, **details},
            created_at=at,
        )

    async def _enqueue(
        self,
        connection: DatabaseConnection,
        *messages: Message,
        replaces: tuple[MessageKind, ...] = (),
    ) -> None:
        """Enqueue messages of one kind if its service is called.

        Earlier ones of their keys and of the kinds `replaces` are deleted.
        """
        services = self._services
        if not messages:
            return
        first = messages[0]
        if not (services.rtc if first.kind in KINDS[Lane.ROOMS] else services.im):
            return
        keys = [each.ordering_key for each in messages]
        for kind in replaces:
            await repository.delete_superseded(connection, keys, kind, first.created_at)
        await repository.add(connection, [_row_of(each) for each in messages])
        connection.on_commit(self._wake)


def _row_of(message: Message) -> dict[str, object]:
    payload = json.dumps(message.payload, ensure_ascii=False, sort_keys=True)
    due_at = message.next_attempt_at or message.created_at
    return {**asdict(message), "payload": payload, "next_attempt_at": due_at}
