"""The outbox for an operator: what waits, what was set aside and why."""

from collections.abc import AsyncIterator, Sequence

from classgate.clock import Clock
from classgate.outbox import admin_repository, delivery_repository
from classgate.outbox.delivery_repository import OutboxCounts, StoredMessage
from classgate.storage.database import Database

_PAGE = 500


class OutboxAdministration:
    """Lists messages; lets failed ones wait again, or drops them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list_messages(self) -> AsyncIterator[StoredMessage]:
        """Return all messages, oldest first."""
        after = 0
        while page := await admin_repository.list_messages(self._database.reader, after, _PAGE):
            for message in page:
                yield message
            after = page[-1].message_id

    async def count(self) -> OutboxCounts:
        """Count what is not delivered."""
        return await delivery_repository.count(self._database.reader, self._clock())

    async def retry(self, ids: Sequence[int] | None) -> int:
        """Let failed messages wait again; None: all. Return their number."""
        async with self._database.transaction() as connection:
            return await admin_repository.retry(connection, ids, self._clock())

    async def drop(self, ids: Sequence[int] | None) -> int:
        """Delete failed messages; None: all. Return their number."""
        async with self._database.transaction() as connection:
            return await admin_repository.drop(connection, ids)
