"""The PostgreSQL database, for several machines: SQLAlchemy's asyncio engine over asyncpg.

Transactions run concurrently in READ COMMITTED; each statement sees what was committed before it.
What a decision depends on is therefore locked when read, see `database`. The server resolves
deadlocks, and one side is asked to retry.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import asyncpg
import structlog
from sqlalchemy import Executable, RowMapping, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from classgate.errors import DatabaseDamaged, ServiceUnavailable
from classgate.metrics import COMMIT_SECONDS
from classgate.storage.connection_errors import address_fault, require_tls_files
from classgate.storage.database import (
    LOCK_TIMEOUT,
    UNAVAILABLE_MESSAGE,
    DatabaseConnection,
    Lock,
    Values,
)
from classgate.storage.health import Health

log = structlog.get_logger("classgate.storage")

_WRITERS = 8
_READERS = 4
# Writers and connections are assigned in request order: a long wait means a long queue, as when a
# thousand enter at once, and nothing stuck.
_ACQUIRE_TIMEOUT = 20  # seconds
_STATEMENT_TIMEOUT = 15  # seconds, of the server to one statement
_SESSION = {
    "application_name": "classgate",
    "synchronous_commit": "on",  # a commit is durable, whatever the server's default
    "lock_timeout": str(int(LOCK_TIMEOUT.total_seconds() * 1000)),
    "idle_in_transaction_session_timeout": "60000",  # a hanging process loses its locks
}
# The server is unavailable or rejects us: SQLSTATE classes, and two codes for a wrong database (no
# such table; not permitted).
_SERVER_FAULTS = ("08", "25", "40", "53", "55", "57", "58", "28", "3D", "XX", "42P01", "42501")
# No answer: the server is gone, or was never reached.
_CONNECTION_ERRORS = (
    NoConnectionFree,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    UnicodeError,  # invalid text, as on a damaged page
)
_DAMAGED = ("XX001", "XX002")  # data_corrupted, index_corrupted
# Lasting failures, and their meaning for the operator.
_LASTING = {
    "25006": "the server takes no writes: it is a standby, or set to read only",
    "53100": "the server's disk is full",
    "53": "the server lacks room, memory or connections",
    "58": "the server cannot read or write its files",
    "XX001": "the database is damaged",
    "XX002": "the database is damaged",
    "XX": "the server has an internal error; see its log",
}


class _PostgresqlConnection:
    """Runs statements on one connection, inside a transaction."""

    def __init__(self, connection: AsyncConnection, writer: int, health: Health) -> None:
        self._connection = connection
        self._translated = _ErrorTranslation(health)
        self.writer_id = writer
        self.commit_hooks: list[Callable[[], None]] = []
        self.rollback_hooks: list[Callable[[], None]] = []

    def on_commit(self, call: Callable[[], None]) -> None:
        self.commit_hooks.append(call)

    def on_rollback(self, call: Callable[[], None]) -> None:
        self.rollback_hooks.append(call)

    async def lock(self, statement: Select[Any], lock: Lock) -> None:
        shared = lock is Lock.SHARED
        # Not FOR UPDATE: rows that refer to this one by its key may still be inserted.
        await self.fetch_all(statement.with_for_update(read=shared, key_share=not shared))

    async def fetch_one(
        self, statement: Executable, values: Values | None = None
    ) -> RowMapping | None:
        with self._translated:
            return (await self._connection.execute(statement, values)).mappings().first()

    async def fetch_all(self, statement: Executable) -> Sequence[RowMapping]:
        with self._translated:
            return (await self._connection.execute(statement)).mappings().all()

    async def execute(self, statement: Executable) -> int:
        with self._translated:
            return (await self._connection.execute(statement)).rowcount

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        with self._translated:
            await self._connection.execute(statement, rows)


class _Reader:
    """Runs each statement separately, on any free connection."""

    writer_id = -1  # writes nothing

    def __init__(self, engine: AsyncEngine, health: Health) -> None:
        self._translated = _ErrorTranslation(health)
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def lock(self, _statement: Select[Any], _lock: Lock) -> None:
        raise RuntimeError("a lock lasts as long as a transaction, and here is none")

    def on_commit(self, _call: Callable[[], None]) -> None:
        raise RuntimeError("there is no transaction here that could be over")

    def on_rollback(self, _call: Callable[[], None]) -> None:
        raise RuntimeError("there is no transaction here that could be undone")

    async def fetch_one(
        self, statement: Executable, values: Values | None = None
    ) -> RowMapping | None:
        with self._translated:
            async with self._engine.connect() as connection:
                return (await connection.execute(statement, values)).mappings().first()

    async def fetch_all(self, statement: Executable) -> Sequence[RowMapping]:
        with self._translated:
            async with self._engine.connect() as connection:
                return (await connection.execute(statement)).mappings().all()

    async def execute(self, statement: Executable) -> int:
        with self._translated:
            async with self._engine.connect() as connection:
                return (await connection.execute(statement)).rowcount

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        with self._translated:
            async with self._engine.connect() as connection:
                await connection.execute(statement, rows)


class PostgresqlDatabase:
    """A connection pool for one server. It may be created outside of a loop and used in one."""

    def __init__(self, url: str) -> None:
        self._engine = create_postgresql_engine(url)
        self.health = Health()
        self._translated = _ErrorTranslation(self.health)
        self.reader: DatabaseConnection = _Reader(self._engine, self.health)
        self._free_writers = list(range(_WRITERS))
        self._turns = asyncio.Semaphore(_WRITERS)
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[DatabaseConnection]:
        writer = await self._acquire_writer()
        try:
            with self._translated:
                connection = await self._engine.connect()
        except BaseException:
            self._release_writer(writer)
            raise
        queries = _PostgresqlConnection(connection, writer, self.health)
        try:
            with self._translated:
                await connection.begin()
            yield queries
        except BaseException:
            for call in queries.rollback_hooks:
                call()
            await self._end(self._roll_back(connection), connection, writer)
            raise
        await self._end(self._commit(connection, queries), connection, writer)

    async def _acquire_writer(self) -> int:
        try:
            async with asyncio.timeout(_ACQUIRE_TIMEOUT):
                await self._turns.acquire()
        except TimeoutError as error:
            log.error("database refused", reason="all writers are busy")
            raise ServiceUnavailable(UNAVAILABLE_MESSAGE) from error
        # The lowest free one: a quiet service writes one audit chain, not eight.
        self._free_writers.sort(reverse=True)
        return self._free_writers.pop()

    def _release_writer(self, writer: int) -> None:
        self._free_writers.append(writer)
        self._turns.release()

    async def _end(self, ending: Awaitable[None], connection: AsyncConnection, writer: int) -> None:
        """Commit or roll back to completion, even if the caller is cancelled meanwhile."""

        async def to_the_end() -> None:
            try:
                await ending
            finally:
                try:
                    await connection.close()
                finally:
                    self._release_writer(writer)

        task = asyncio.create_task(to_the_end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        # If the caller was cancelled, nobody retrieves the exception.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.shield(task)

    async def _commit(self, connection: AsyncConnection, queries: _PostgresqlConnection) -> None:
        calls = queries.commit_hooks
        try:
            with self._translated, COMMIT_SECONDS.time():
                await connection.commit()
        except BaseException:
            calls = queries.rollback_hooks
            raise
        finally:
            for call in calls:
                call()
        self.health.record_write()

    async def _roll_back(self, connection: AsyncConnection) -> None:
        try:
            with self._translated:
                await connection.rollback()
        except ServiceUnavailable:
            # The connection is gone and the server has rolled back; the first error is raised.
            await connection.invalidate()

    def find_fault(self) -> str | None:
        return None  # only the server knows

    async def close(self) -> None:
        if self._ending:
            await asyncio.wait(self._ending)
        await self._engine.dispose()


class _ErrorTranslation:
    """Translates unavailability into ServiceUnavailable; nothing was issued."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, DBAPIError):
            state = getattr(error.orig, "sqlstate", None)
            # A wrong statement or a violated constraint stays an error of its own.
            if state is not None and not state.startswith(_SERVER_FAULTS):
                return
            # Only the SQLSTATE: the message may contain values of a row.
            self._refuse(state or type(error.orig).__name__, error)
        if isinstance(error, _CONNECTION_ERRORS):
            self._refuse(type(error).__name__, error)

    def _refuse(self, reason: str, error: BaseException) -> NoReturn:
        log.error("database refused", reason=reason)
        lasting = next((words for start, words in _LASTING.items() if reason.startswith(start)), "")
        self._health.record_failure(
            lasting or f"the server cannot now ({reason})", lasting=bool(lasting)
        )
        raise (
            DatabaseDamaged() if reason in _DAMAGED else ServiceUnavailable(UNAVAILABLE_MESSAGE)
        ) from error


def create_postgresql_engine(url: str, *, unlimited_wait: bool = False) -> AsyncEngine:
    """Create an engine over a pool; asyncpg parses the address with everything libpq supports.

    With `unlimited_wait` it waits for locks and answers without a timeout, as a migration must.
    """
    settings = {} if unlimited_wait else _SESSION
    within = None if unlimited_wait else _STATEMENT_TIMEOUT

    async def connect() -> asyncpg.Connection:
        require_tls_files(url)
        try:
            return await asyncpg.connect(
                url, timeout=5, command_timeout=within, server_settings=settings
            )
        except ssl.SSLError:  # a refused certificate is a ValueError too
            raise
        except ValueError as error:  # its message may repeat what it could not read
            raise address_fault(error) from None

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=_WRITERS + _READERS,
        max_overflow=0,
        pool_timeout=_ACQUIRE_TIMEOUT,
        hide_parameters=True,
    )
