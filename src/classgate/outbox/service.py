"""Enqueues messages to the cloud, in the transaction of their cause.

A class starts and ends even if IM is down: nothing here calls the cloud or waits for it.
"""

import json
import secrets
from datetime import datetime

from classgate.outbox import repository
from classgate.outbox.models import MarkerType, Message, MessageKind
from classgate.storage.database import DatabaseConnection


class Outbox:
    """Writes messages; the delivery reads the table."""

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
        await self._enqueue(
            connection, Message(MessageKind.MARKER, classroom_id, account_id, payload, at)
        )

    async def enqueue_replay_request(
        self, connection: DatabaseConnection, classroom_id: int, at: datetime
    ) -> None:
        """Enqueue a request to build the index of the class's replay."""
        payload = {"group_id": str(classroom_id)}
        await self._enqueue(
            connection, Message(MessageKind.REPLAY_REQUEST, classroom_id, None, payload, at)
        )

    async def _enqueue(self, connection: DatabaseConnection, message: Message) -> None:
        await repository.add(
            connection,
            {
                "kind": message.kind,
                "classroom_id": message.classroom_id,
                "account_id": message.account_id,
                "payload": json.dumps(message.payload, ensure_ascii=False, sort_keys=True),
                "created_at": message.created_at,
            },
        )
