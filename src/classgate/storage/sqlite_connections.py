"""Runs statements on a connection to SQLite, on the caller's thread."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.dialects import sqlite

from classgate.errors import DatabaseDamaged, ServiceUnavailable
from classgate.storage.changes import CacheRegistry, Changed
from classgate.storage.database import (
    UNAVAILABLE_MESSAGE,
    IntegrityViolation,
    Lock,
    no_row_matched,
)
from classgate.storage.health import Health
from classgate.storage.sqlite_errors import describe, is_damage, is_lasting, is_unavailability
from classgate.storage.statements import NO_VALUES, CompiledStatement, Row, Statement, Values

log = structlog.get_logger("classgate.storage")

DIALECT = sqlite.dialect(paramstyle="qmark")


class SqliteConnection:
    """Runs statements of one transaction. `batch`: what all transactions of one commit share."""

    writer_id = 0  # one at a time

    def __init__(
        self,
        connection: sqlite3.Connection,
        health: Health,
        caches: CacheRegistry,
        batch: object | None = None,
    ) -> None:
        self._connection = connection
        self._health = health
        self._caches = caches
        self.batch = batch
        self.commit_hooks: list[Callable[[], None]] = []
        self.rollback_hooks: list[Callable[[], None]] = []

    async def lock(self, _statement: Statement, _values: Values, _lock: Lock) -> None:
        return None

    def announce(self, kind: Changed, *numbers: int) -> None:
        self.commit_hooks.append(lambda: self._caches.apply({kind: set(numbers)}))

    def on_commit(self, call: Callable[[], None]) -> None:
        self.commit_hooks.append(call)

    def on_rollback(self, call: Callable[[], None]) -> None:
        self.rollback_hooks.append(call)

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        compiled = statement.compiled(DIALECT)
        try:
            cursor = self._connection.execute(compiled.text, compiled.bind(values))
            raw = cursor.fetchone()
            # An open cursor would keep a reader at the state of the database that it saw.
            cursor.close()
        except sqlite3.Error as error:
            raise_for(error, self._health)
            raise
        if raw is None:
            return None
        if not compiled.has_columns:
            _name_columns(compiled, cursor)
        return compiled.row(raw)

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        compiled = statement.compiled(DIALECT)
        try:
            cursor = self._connection.execute(compiled.text, compiled.bind(values))
            found = cursor.fetchall()
        except sqlite3.Error as error:
            raise_for(error, self._health)
            raise
        if not compiled.has_columns:
            _name_columns(compiled, cursor)
        return compiled.rows(found)

    async def execute(self, statement: Statement, values: Values = NO_VALUES) -> int:
        compiled = statement.compiled(DIALECT)
        try:
            return self._connection.execute(compiled.text, compiled.bind(values)).rowcount
        except sqlite3.Error as error:
            raise_for(error, self._health)
            raise

    async def write(
        self, statement: Statement, values: Values, *, must_match: bool = False
    ) -> None:
        compiled = statement.compiled(DIALECT)
        try:
            changed = self._connection.execute(compiled.text, compiled.bind(values)).rowcount
        except sqlite3.Error as error:
            raise_for(error, self._health)
            raise
        if must_match and changed == 0:
            raise no_row_matched()

    async def claim(self, names: Sequence[str]) -> str | None:
        return names[0] if names else None

    async def execute_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        compiled = statement.compiled(DIALECT)
        try:
            self._connection.executemany(compiled.text, [compiled.bind(each) for each in rows])
        except sqlite3.Error as error:
            raise_for(error, self._health)
            raise


def _name_columns(compiled: CompiledStatement, cursor: sqlite3.Cursor) -> None:
    compiled.name_columns([column[0] for column in cursor.description])


class SqliteReader(SqliteConnection):
    """Reads outside of a transaction, only from the file that the path names.

    The files are looked at once for each time of the loop's clock: uvloop reads it once in each
    step and in milliseconds, so a request that reads looks once.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        health: Health,
        caches: CacheRegistry,
        require_files: Callable[[], None],
    ) -> None:
        super().__init__(connection, health, caches)
        self._require_files = require_files
        self._looked_at: tuple[asyncio.AbstractEventLoop, float] | None = None

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        self._look()
        return await super().fetch_one(statement, values)

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        self._look()
        return await super().fetch_all(statement, values)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = (loop, loop.time())
        if now != self._looked_at:
            self._require_files()
            self._looked_at = now


def raise_for(error: sqlite3.Error, health: Health) -> None:
    """Raise the error as the services know it, if it is one of theirs.

    IntegrityViolation. ServiceUnavailable, DatabaseDamaged: nothing was issued.
    """
    if isinstance(error, sqlite3.IntegrityError):
        raise IntegrityViolation(str(error)) from error  # it names columns, not values
    if is_unavailability(error):
        log.error("database refused", reason=str(error))
        reason = describe(error) or "the database answers with an error; see the log"
        health.record_failure(reason, lasting=is_lasting(error))
        raise (
            DatabaseDamaged() if is_damage(error) else ServiceUnavailable(UNAVAILABLE_MESSAGE)
        ) from error
