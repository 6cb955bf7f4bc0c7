"""A transaction of PostgreSQL, in as few round trips as its reads need.

A round trip costs more than most statements. BEGIN, locks, and writes whose result nobody needs are
therefore kept until the next statement or the commit, and sent ahead of it. The server executes one
after the other: each sees what was committed before it, as if it had been sent by itself.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import cache
from time import perf_counter
from types import TracebackType
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from classgate.metrics import COMMIT_SECONDS
from classgate.storage.changes import CacheRegistry, Changed, PendingChanges, to_payload
from classgate.storage.database import Lock
from classgate.storage.health import Health
from classgate.storage.listening import CHANNEL
from classgate.storage.postgresql_connections import ConnectionSlots, Slot
from classgate.storage.postgresql_errors import ErrorTranslation, is_unanswered
from classgate.storage.postgresql_pipeline import (
    PipelinedConnection,
    fail_without_match,
    lock_without_rows,
)
from classgate.storage.statements import NO_VALUES, Row, Statement, Values

DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
OUTDATED_STATEMENT = (asyncpg.InvalidCachedStatementError, asyncpg.OutdatedSchemaCacheError)
"""The type of a column was changed after a statement was prepared."""

# Row by row, until one is free: no lock is taken that is not returned.
_CLAIM = """SELECT wanted.number FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (lock, number)
WHERE pg_try_advisory_lock(wanted.lock) LIMIT 1"""
_NOTIFY = "SELECT 1 WHERE pg_notify($1, $2) IS NULL"  # without a row


class RunningStatements:
    """Runs statements on one connection."""

    def __init__(self, connection: PipelinedConnection, translated: ErrorTranslation) -> None:
        self._connection = connection
        self._translated = translated

    async def _next(self, text: str) -> asyncpg.prepared_stmt.PreparedStatement:
        """Return the prepared statement that is run next."""
        return (await self._connection.get_prepared(text)).driver

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        compiled = statement.compiled(DIALECT)
        parameters = compiled.bind(values)
        with self._translated:
            raw = await (await self._next(compiled.text)).fetchrow(*parameters)
        if raw is None:
            return None
        if not compiled.has_columns:
            compiled.name_columns(raw.keys())
        return compiled.row(raw)

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        compiled = statement.compiled(DIALECT)
        parameters = compiled.bind(values)
        with self._translated:
            found = await (await self._next(compiled.text)).fetch(*parameters)
        if found and not compiled.has_columns:
            compiled.name_columns(found[0].keys())
        return compiled.rows(found)

    async def execute(self, statement: Statement, values: Values = NO_VALUES) -> int:
        compiled = statement.compiled(DIALECT)
        parameters = compiled.bind(values)
        with self._translated:
            running = await self._next(compiled.text)
            await running.fetch(*parameters)
        count = running.get_statusmsg().rpartition(" ")[2]  # as in `UPDATE 1`
        return int(count) if count.isdigit() else 0

    async def execute_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        compiled = statement.compiled(DIALECT)
        parameters = [compiled.bind(each) for each in rows]
        with self._translated:
            await (await self._next(compiled.text)).executemany(parameters)


class PostgresqlTransaction(RunningStatements):
    """One transaction, for `async with`."""

    batch = None

    def __init__(
        self,
        slots: ConnectionSlots,
        ending: set[asyncio.Task[None]],
        health: Health,
        translated: ErrorTranslation,
        caches: CacheRegistry,
    ) -> None:
        self._slots = slots
        self._ending = ending
        self._health = health
        self._translated = translated
        self._caches = caches
        self._commit_hooks: list[Callable[[], None]] = []
        self._rollback_hooks: list[Callable[[], None]] = []
        self._changes = PendingChanges()
        self._postponed = deque[tuple[str, Sequence[object]]]([("BEGIN", ())])
        self._has_begun = False
        self._slot: Slot
        self.writer_id: int

    async def __aenter__(self) -> "PostgresqlTransaction":
        slot = await self._slots.acquire()
        try:
            with self._translated:
                self._connection = await self._slots.open(slot)
        except BaseException:
            self._slots.drop(slot)
            self._slots.release(slot)
            raise
        self._slot = slot
        self.writer_id = slot.session
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if error is None:
            await self._end(self._commit())
            return
        for call in self._rollback_hooks:
            call()
        if is_unanswered(error):
            self._slots.drop(self._slot)
        if isinstance(error, OUTDATED_STATEMENT):
            self._connection.forget_prepared()
        await self._end(self._roll_back())

    # ── statements ──────────────────────────────────────────────────────────────────────────────

    async def lock(self, statement: Statement, values: Values, lock: Lock) -> None:
        text, bind = _lock(statement, lock)
        self._postponed.append((text, bind(values)))

    async def write(
        self, statement: Statement, values: Values, *, must_match: bool = False
    ) -> None:
        text, bind = _write(statement, must_match)
        self._postponed.append((text, bind(values)))

    async def claim(self, names: Sequence[str]) -> str | None:
        with self._translated:
            number = await (await self._next(_CLAIM)).fetchval([_lock_of(name) for name in names])
        return None if number is None else names[number - 1]

    async def _next(self, text: str) -> asyncpg.prepared_stmt.PreparedStatement:
        """Return the prepared statement that is run next, with what was postponed ahead of it."""
        if self._has_begun and not self._connection.is_in_transaction():
            # asyncpg rolls back when a row for `executemany` is invalid and it knows of no BEGIN.
            raise RuntimeError("a transaction went on after it was rolled back")
        get_prepared = self._connection.get_prepared
        ahead = [await get_prepared(each) for each, _ in self._postponed]
        driver = (await get_prepared(text)).driver
        for prepared in ahead:
            self._has_begun = True
            parameters = self._postponed[0][1]
            message = prepared.to_message(parameters)
            if message is None:
                await prepared.driver.fetch(*parameters)
            else:
                self._connection.send_ahead(message)
            self._postponed.popleft()
        return driver

    def announce(self, kind: Changed, *numbers: int) -> None:
        self._changes.add(kind, numbers)

    def on_commit(self, call: Callable[[], None]) -> None:
        self._commit_hooks.append(call)

    def on_rollback(self, call: Callable[[], None]) -> None:
        self._rollback_hooks.append(call)

    # ── the end ─────────────────────────────────────────────────────────────────────────────────

    async def _end(self, ending: Coroutine[Any, Any, None]) -> None:
        """Commit or roll back to completion, even if the caller is cancelled meanwhile."""
        loop = asyncio.get_running_loop()
        ended = loop.create_future()  # not the task, which would be cancelled with the caller
        task = loop.create_task(self._end_to_completion(ending, ended))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        await ended

    async def _end_to_completion(
        self, ending: Coroutine[Any, Any, None], ended: asyncio.Future[None]
    ) -> None:
        try:
            try:
                await ending
            finally:
                self._slots.release(self._slot)
        except BaseException as error:
            if not ended.done():
                ended.set_exception(error)
                ended.exception()  # a caller that is cancelled now does not retrieve it
        else:
            if not ended.done():
                ended.set_result(None)

    async def _commit(self) -> None:
        """Send what was postponed, and commit.

        The server sends announced changes on commit, after the transaction is visible, or never.
        """
        changes = self._changes.by_kind
        if changes:
            self._postponed.append((_NOTIFY, (CHANNEL, to_payload(changes))))
        calls = self._commit_hooks
        try:
            if self._has_begun or len(self._postponed) > 1:  # else there is only the BEGIN
                await self._send_commit()
        except BaseException:
            calls = self._rollback_hooks
            raise
        finally:
            # Also after a failure: it may have been committed all the same.
            self._caches.apply(changes)
            for call in calls:
                call()

    async def _send_commit(self) -> None:
        started = perf_counter()
        try:
            with self._translated:
                commit = await self._next("COMMIT")
                await commit.fetch()
        except BaseException as error:
            if is_unanswered(error):
                self._slots.drop(self._slot)
            else:  # a write failed; the COMMIT was skipped, or it and all before it was not sent
                await self._roll_back()
            raise
        COMMIT_SECONDS.observe(perf_counter() - started)
        if commit.get_statusmsg() != "COMMIT":  # but ROLLBACK, as after a failed statement
            raise RuntimeError("a transaction went on after a statement that failed")
        self._health.record_write()

    async def _roll_back(self) -> None:
        if not self._has_begun or self._connection.is_closed():
            return
        try:
            # Not as a text: what was sent ahead waits for an extended statement.
            rollback = await self._connection.get_prepared("ROLLBACK")
            await rollback.driver.fetch()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # The connection is gone and the server rolls back; the first error is raised.
            self._slots.drop(self._slot)


_Bind = Callable[[Values], Sequence[object]]


@cache  # as many as there are in the code
def _lock(statement: Statement, lock: Lock) -> tuple[str, _Bind]:
    compiled = statement.locking(shared=lock is Lock.SHARED).compiled(DIALECT)
    return lock_without_rows(compiled.text), compiled.bind


@cache
def _write(statement: Statement, must_match: bool) -> tuple[str, _Bind]:
    if statement.changed_table is None:
        raise TypeError("only an INSERT, UPDATE or DELETE writes")
    if list(getattr(statement.expression, "exported_columns", ())):
        raise TypeError("nobody would get the rows of this RETURNING")
    compiled = statement.compiled(DIALECT)
    text = fail_without_match(compiled.text) if must_match else compiled.text
    return text, compiled.bind


def _lock_of(name: str) -> int:
    """Return the number of the server's lock for a claimed name."""
    digest = hashlib.sha256(b"classgate claim " + name.encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
