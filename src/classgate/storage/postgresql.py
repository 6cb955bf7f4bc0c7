"""The PostgreSQL database, for several machines, over asyncpg.

Transactions run concurrently in READ COMMITTED; each statement sees what was committed before it.
What a decision depends on is therefore locked when read, see `database`. The server resolves
deadlocks, and one side is asked to retry.

A round trip costs more than most statements. Locks, and writes whose result nobody needs, are
therefore kept until the next statement or the commit, and sent together.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from classgate.errors import ServiceUnavailable
from classgate.metrics import COMMIT_SECONDS
from classgate.storage.changes import Changed, PendingChanges, to_payload
from classgate.storage.database import DatabaseConnection, Lock, no_row_matched
from classgate.storage.health import Health
from classgate.storage.listening import CHANNEL, ListeningConnection
from classgate.storage.postgresql_connections import ConnectionSlots, Slot
from classgate.storage.postgresql_errors import ErrorTranslation
from classgate.storage.postgresql_groups import join_locks, join_writes
from classgate.storage.statements import NO_VALUES, Row, Statement, Values

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
_WRITERS = 8
_READERS = 4
# Row by row, until one is free: no lock is taken that is not returned.
_CLAIM = """SELECT wanted.number FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (lock, number)
WHERE pg_try_advisory_lock(wanted.lock) LIMIT 1"""


class _Statements:
    """Runs statements on one connection, as soon as they are asked for."""

    def __init__(self, connection: asyncpg.Connection, health: Health) -> None:
        self._connection = connection
        self._translated = ErrorTranslation(health)

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        compiled = statement.compiled(_DIALECT)
        with self._translated:
            raw = await self._connection.fetchrow(compiled.text, *compiled.bind(values))
        if raw is None:
            return None
        if not compiled.has_columns:
            compiled.name_columns(raw.keys())
        return compiled.row(raw)

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        compiled = statement.compiled(_DIALECT)
        with self._translated:
            found = await self._connection.fetch(compiled.text, *compiled.bind(values))
        if found and not compiled.has_columns:
            compiled.name_columns(found[0].keys())
        return compiled.rows(found)

    async def execute(self, statement: Statement, values: Values = NO_VALUES) -> int:
        compiled = statement.compiled(_DIALECT)
        with self._translated:
            tag = await self._connection.execute(compiled.text, *compiled.bind(values))
        count = tag.rpartition(" ")[2]  # as in `UPDATE 1`
        return int(count) if count.isdigit() else 0

    async def execute_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        compiled = statement.compiled(_DIALECT)
        with self._translated:
            await self._connection.executemany(
                compiled.text, [compiled.bind(each) for each in rows]
            )


@dataclass(frozen=True)
class _Postponed:
    """A statement with its parameters, which is sent later."""

    text: str
    parameters: Sequence[object]

    @classmethod
    def of(cls, statement: Statement, values: Values) -> "_Postponed":
        compiled = statement.compiled(_DIALECT)
        return cls(compiled.text, compiled.bind(values))


class _PostgresqlConnection(_Statements):
    """Runs statements inside a transaction, the postponed ones before any other."""

    batch = None

    def __init__(self, connection: asyncpg.Connection, writer: int, health: Health) -> None:
        super().__init__(connection, health)
        self.writer_id = writer
        self.commit_hooks: list[Callable[[], None]] = []
        self.rollback_hooks: list[Callable[[], None]] = []
        self.changes = PendingChanges()
        self._postponed: list[_Postponed] = []
        self._changed_tables: set[str] = set()  # by postponed writes; none: they are locks
        self._must_match: _Postponed | None = None  # the last of them

    async def claim(self, names: Sequence[str]) -> str | None:
        with self._translated:
            number = await self._connection.fetchval(_CLAIM, [_lock_of(name) for name in names])
        return None if number is None else names[number - 1]

    def announce(self, kind: Changed, *numbers: int) -> None:
        self.changes.add(kind, numbers)

    def on_commit(self, call: Callable[[], None]) -> None:
        self.commit_hooks.append(call)

    def on_rollback(self, call: Callable[[], None]) -> None:
        self.rollback_hooks.append(call)

    async def lock(self, statement: Statement, values: Values, lock: Lock) -> None:
        if self._changed_tables:
            await self.flush()
        locking = statement.locking(shared=lock is Lock.SHARED)
        self._postponed.append(_Postponed.of(locking, values))

    async def write(
        self, statement: Statement, values: Values, *, must_match: bool = False
    ) -> None:
        table = statement.changed_table
        if table is None:
            raise TypeError("only an INSERT, UPDATE or DELETE writes")
        is_after_locks = bool(self._postponed) and not self._changed_tables
        # Two changes of a table would not see each other in one statement, and the server counts
        # the rows of the last one only.
        if is_after_locks or table in self._changed_tables or (must_match and self._must_match):
            await self.flush()
        self._changed_tables.add(table)
        postponed = _Postponed.of(statement, values)
        if must_match:
            self._must_match = postponed
        else:
            self._postponed.append(postponed)

    async def flush(self) -> None:
        """Execute what was postponed."""
        must_match, self._must_match = self._must_match, None
        postponed = self._postponed if must_match is None else [*self._postponed, must_match]
        if not postponed:
            return
        is_writing = bool(self._changed_tables)
        self._postponed = []
        self._changed_tables.clear()
        text = _join(tuple(each.text for each in postponed), is_writing)
        parameters = [parameter for each in postponed for parameter in each.parameters]
        with self._translated:
            tag = await self._connection.execute(text, *parameters)
        if must_match is not None and tag.endswith(" 0"):
            raise no_row_matched()

    async def finish(self) -> None:
        """Execute what was postponed, and hand the announced changes to the server.

        It sends them on commit, after the transaction is visible, or never.
        """
        await self.flush()
        if self.changes.by_kind:
            payload = to_payload(self.changes.by_kind)
            with self._translated:
                await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        await self.flush()
        return await super().fetch_one(statement, values)

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        await self.flush()
        return await super().fetch_all(statement, values)

    async def execute(self, statement: Statement, values: Values = NO_VALUES) -> int:
        await self.flush()
        return await super().execute(statement, values)

    async def execute_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        await self.flush()
        await super().execute_many(statement, rows)


def _lock_of(name: str) -> int:
    """Return the number of the server's lock for a claimed name."""
    digest = hashlib.sha256(b"classgate claim " + name.encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


@cache  # as many as there are combinations in the code
def _join(texts: tuple[str, ...], is_writing: bool) -> str:
    if len(texts) == 1:
        return texts[0]
    return join_writes(texts) if is_writing else join_locks(texts)


class _Reader:
    """Runs each statement separately, on any free connection."""

    writer_id = -1  # writes nothing
    batch = None

    def __init__(self, slots: ConnectionSlots, health: Health) -> None:
        self._slots = slots
        self._health = health
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

    @asynccontextmanager
    async def _statements(self) -> AsyncIterator[_Statements]:
        slot = await self._slots.acquire()
        try:
            with self._translated:
                connection = await self._slots.open(slot)
            yield _Statements(connection, self._health)
        finally:
            self._slots.release(slot)

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        async with self._statements() as statements:
            return await statements.fetch_one(statement, values)

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        async with self._statements() as statements:
            return await statements.fetch_all(statement, values)

    async def execute(self, statement: Statement, values: Values = NO_VALUES) -> int:
        async with self._statements() as statements:
            return await statements.execute(statement, values)

    async def write(
        self, statement: Statement, values: Values, *, must_match: bool = False
    ) -> None:
        if await self.execute(statement, values) == 0 and must_match:
            raise no_row_matched()

    async def execute_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        async with self._statements() as statements:
            await statements.execute_many(statement, rows)


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

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[DatabaseConnection]:
        slot = await self._writers.acquire()
        try:
            with self._translated:
                connection = await self._writers.open(slot)
                await connection.execute("BEGIN")
        except BaseException:
            self._writers.release(slot)
            raise
        queries = _PostgresqlConnection(connection, slot.session, self.health)
        try:
            yield queries
            await queries.finish()
        except BaseException:
            for call in queries.rollback_hooks:
                call()
            await self._end(self._roll_back(connection, slot), slot)
            raise
        await self._end(self._commit(connection, queries), slot)

    async def _end(self, ending: Awaitable[None], slot: Slot) -> None:
        """Commit or roll back to completion, even if the caller is cancelled meanwhile."""

        async def to_the_end() -> None:
            try:
                await ending
            finally:
                self._writers.release(slot)

        task = asyncio.create_task(to_the_end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        # If the caller was cancelled, nobody retrieves the exception.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(task)

    async def _commit(self, connection: asyncpg.Connection, queries: _PostgresqlConnection) -> None:
        calls = queries.commit_hooks
        try:
            with self._translated, COMMIT_SECONDS.time():
                _require_committed(await connection.execute("COMMIT"))
        except BaseException:
            calls = queries.rollback_hooks
            raise
        finally:
            # Also after a failure: it may have been committed all the same.
            self.caches.apply(queries.changes.by_kind)
            for call in calls:
                call()
        self.health.record_write()

    async def _roll_back(self, connection: asyncpg.Connection, slot: Slot) -> None:
        try:
            with self._translated:
                await connection.execute("ROLLBACK")
        except ServiceUnavailable:
            # The connection is gone and the server rolls back; the first error is raised.
            self._writers.drop(slot)

    def find_fault(self) -> str | None:
        return None  # only the server knows

    def start(self) -> None:
        self._listening.start()

    async def close(self) -> None:
        await self._listening.stop()
        if self._ending:
            await asyncio.wait(self._ending)
        await asyncio.gather(self._writers.close(), self._readers.close())


def _require_committed(tag: str) -> None:
    """Require that the server did not answer with a ROLLBACK, as after a failed statement."""
    if tag != "COMMIT":
        raise RuntimeError("a transaction went on after a statement that failed")
