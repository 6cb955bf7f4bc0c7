"""The PostgreSQL database, for several machines, over asyncpg.

Transactions run concurrently in READ COMMITTED; each statement sees what was committed before it.
What a decision depends on is therefore locked when read, see `database`. The server resolves
deadlocks, and one side is asked to retry.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from classgate.errors import ServiceUnavailable
from classgate.storage.changes import Changed
from classgate.storage.database import DatabaseConnection, Lock, no_row_matched
from classgate.storage.health import Health
from classgate.storage.listening import ListeningConnection
from classgate.storage.postgresql_connections import ConnectionSlots
from classgate.storage.postgresql_errors import ErrorTranslation, is_unanswered
from classgate.storage.postgresql_transactions import (
    OUTDATED_STATEMENT,
    PostgresqlTransaction,
    RunningStatements,
)
from classgate.storage.statements import NO_VALUES, Row, Statement, Values

_WRITERS = 8
_READERS = 4

T = TypeVar("T")


class _Reader:
    """Runs each statement separately, on any free connection."""

    writer_id = -1  # writes nothing
    batch = None

    def __init__(self, slots: ConnectionSlots, health: Health) -> None:
        self._slots = slots
        self._translated = ErrorTranslation(health)

    async def claim(self, _names: Sequence[str]) -> str | None:
        raise RuntimeError("a claim is a writer's")

    async def lock(self, _statement: Statement, _values: Values, _lock: Lock) -> None:
        raise RuntimeError("a lock lasts as long as a transaction, and here is none")

    def announce(self, _kind: Changed, *_numbers: int) -> None:
        raise RuntimeError("a change is announced in the transaction that makes it")

    def on_commit(self, _call: Callable[[], None]) -> None:
        raise RuntimeError("there is no transaction here that could be over")

    def on_rollback(self, _call: Callable[[], None]) -> None:
        raise RuntimeError("there is no transaction here that could be undone")

    async def _run(self, run: Callable[[RunningStatements], Awaitable[T]]) -> T:
        slot = await self._slots.acquire()
        try:
            with self._translated:
                connection = await self._slots.open(slot)
            statements = RunningStatements(connection, self._translated)
            try:
                return await run(statements)
            except OUTDATED_STATEMENT:
                connection.forget_prepared()
                return await run(statements)
        except ServiceUnavailable as error:
            if is_unanswered(error):
                self._slots.drop(slot)
            raise
        finally:
            self._slots.release(slot)

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        return await self._run(lambda statements: statements.fetch_one(statement, values))

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        return await self._run(lambda statements: statements.fetch_all(statement, values))

    async def execute(self, statement: Statement, values: Values = NO_VALUES) -> int:
        return await self._run(lambda statements: statements.execute(statement, values))

    async def write(
        self, statement: Statement, values: Values, *, must_match: bool = False
    ) -> None:
        if await self.execute(statement, values) == 0 and must_match:
            raise no_row_matched()

    async def execute_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        await self._run(lambda statements: statements.execute_many(statement, rows))


class PostgresqlDatabase:
    """Connections to one server. It may be created outside of a loop and used in one."""

    def __init__(self, url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.health = Health()
        self._listening = ListeningConnection(url, monotonic)
        self.caches = self._listening.caches
        self._translated = ErrorTranslation(self.health)
        self._writers = ConnectionSlots(url, _WRITERS)
        self._readers = ConnectionSlots(url, _READERS)
        self.reader: DatabaseConnection = _Reader(self._readers, self.health)
        self._ending: set[asyncio.Task[None]] = set()

    def transaction(self) -> AbstractAsyncContextManager[DatabaseConnection]:
        return PostgresqlTransaction(
            self._writers, self._ending, self.health, self._translated, self.caches
        )

    def find_fault(self) -> str | None:
        return None  # only the server knows

    def start(self) -> None:
        self._listening.start()

    async def close(self) -> None:
        await self._listening.stop()
        if self._ending:
            await asyncio.wait(self._ending)
        await asyncio.gather(self._writers.close(), self._readers.close())
