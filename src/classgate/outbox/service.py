"""Enqueues messages to the cloud, in the transaction of their cause.

A class starts and ends even if the cloud is down: nothing here calls the cloud or waits for it.
`delivery` sends the messages.
"""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from classgate.outbox import repository
from classgate.outbox.models import (
    GroupKind,
    MarkerType,
    Message,
    MessageKind,
    account_key,
    chat_key,
    class_key,
    end_key,
    member_key,
    room_key,
)
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
        if not self._services.im:
            return
        payload: dict[str, object] = {
            "type": int(marker),
            # IM drops a repeated number within minutes, so each marker has its own.
            "seq": 10_000 + secrets.randbelow(99_990_001),
            "timestamp": timestamp,
            "value": value or {},
        }
        await self._enqueue(
            connection,
            Message(
                kind=MessageKind.MARKER,
                ordering_key=class_key(classroom_id),
                classroom_id=classroom_id,
                account_id=account_id,
                payload=payload,
                created_at=at,
            ),
        )

    async def enqueue_replay_request(
        self, connection: DatabaseConnection, classroom_id: int, at: datetime
    ) -> None:
        """Enqueue a request to build the index of the class's replay."""
        if not self._services.im:
            return
        await self._enqueue(
            connection,
            Message(
                kind=MessageKind.REPLAY_REQUEST,
                ordering_key=class_key(classroom_id),
                classroom_id=classroom_id,
                payload={"group_id": str(classroom_id)},
                created_at=at,
            ),
        )

    async def enqueue_groups(
        self, connection: DatabaseConnection, *, classroom_id: int, at: datetime
    ) -> None:
        """Enqueue the creation of both groups of the class. Creating them twice is harmless."""
        for kind in GroupKind:
            key = class_key(classroom_id)
            await self._enqueue_group(connection, MessageKind.GROUP, key, classroom_id, kind, at)

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

        An earlier plan for this group is replaced.
        """
        key = end_key(classroom_id, kind)
        await repository.delete_superseded(connection, key, MessageKind.GROUP_END)
        await self._enqueue_group(
            connection, MessageKind.GROUP_END, key, classroom_id, kind, at, due_at
        )

    async def _enqueue_group(
        self,
        connection: DatabaseConnection,
        message: MessageKind,
        ordering_key: str,
        classroom_id: int,
        kind: GroupKind,
        at: datetime,
        due_at: datetime | None = None,
    ) -> None:
        if not self._services.im:
            return
        await self._enqueue(
            connection,
            Message(
                kind=message,
                ordering_key=ordering_key,
                classroom_id=classroom_id,
                payload={"group": kind.value},
                created_at=at,
                next_attempt_at=due_at,
            ),
        )

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
        await self._enqueue_about_member(
            connection, MessageKind.GROUP_MEMBER, classroom_id, account_id, identifier, at
        )

    async def enqueue_chat_mute(
        self,
        connection: DatabaseConnection,
        *,
        classroom_id: int,
        account_id: int,
        identifier: str,
        at: datetime,
        muted: bool,
    ) -> None:
        """Enqueue a mute in the chat group, or its end. It replaces an earlier one."""
        key = chat_key(classroom_id, account_id)
        await repository.delete_superseded(connection, key, MessageKind.CHAT_MUTE)
        await self._enqueue_about_member(
            connection,
            MessageKind.CHAT_MUTE,
            classroom_id,
            account_id,
            identifier,
            at,
            muted=muted,
        )

    async def _enqueue_about_member(
        self,
        connection: DatabaseConnection,
        kind: MessageKind,
        classroom_id: int,
        account_id: int,
        identifier: str,
        at: datetime,
        **details: object,
    ) -> None:
        if not self._services.im:
            return
        await self._enqueue(
            connection,
            Message(
                kind=kind,
                ordering_key=chat_key(classroom_id, account_id),
                classroom_id=classroom_id,
                account_id=account_id,
                payload={"identifier": identifier, **details},
                created_at=at,
            ),
        )

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
        await self._enqueue_about_member(
            connection, MessageKind.GROUP_REMOVAL, classroom_id, account_id, identifier, at
        )
        if not self._services.rtc:
            return
        key = member_key(classroom_id, account_id)
        await repository.delete_superseded(connection, key, MessageKind.REMOVAL)
        await self._enqueue(
            connection,
            Message(
                kind=MessageKind.REMOVAL,
                ordering_key=key,
                classroom_id=classroom_id,
                account_id=account_id,
                payload={"identifier": identifier},
                created_at=at,
                repeat_until=until,
            ),
        )

    async def enqueue_dismissal(
        self,
        connection: DatabaseConnection,
        *,
        classroom_id: int,
        at: datetime,
        until: datetime | None = None,
    ) -> None:
        """Enqueue the dismissal of the room, repeated until its last PrivateMapKey has expired."""
        if not self._services.rtc:
            return
        await self._enqueue(
            connection,
            Message(
                kind=MessageKind.DISMISSAL,
                ordering_key=room_key(classroom_id),
                classroom_id=classroom_id,
                payload={},
                created_at=at,
                repeat_until=until,
            ),
        )

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
        if not self._services.rtc:
            return
        key = member_key(classroom_id, account_id)
        await repository.delete_superseded(connection, key, MessageKind.MEDIA_BLOCK)
        await self._enqueue(
            connection,
            Message(
                kind=MessageKind.MEDIA_BLOCK,
                ordering_key=key,
                classroom_id=classroom_id,
                account_id=account_id,
                payload={"identifier": identifier, "audio": audio, "video": video},
                created_at=at,
            ),
        )

    # ── the account ────────────────────────────────────────────────────────────────────────────

    async def enqueue_kick(
        self, connection: DatabaseConnection, *, account_id: int, identifier: str, at: datetime
    ) -> None:
        """Enqueue a kick of the account: its earlier UserSigs become invalid everywhere."""
        if not self._services.im:
            return
        key = account_key(account_id)
        await repository.delete_superseded(connection, key, MessageKind.KICK)
        await self._enqueue(
            connection,
            Message(
                kind=MessageKind.KICK,
                ordering_key=key,
                account_id=account_id,
                payload={"identifier": identifier},
                created_at=at,
            ),
        )

    async def _enqueue(self, connection: DatabaseConnection, message: Message) -> None:
        payload = json.dumps(message.payload, ensure_ascii=False, sort_keys=True)
        due_at = message.next_attempt_at or message.created_at
        values = {**vars(message), "payload": payload, "next_attempt_at": due_at}
        await repository.add(connection, values)
        connection.on_commit(self._wake)
