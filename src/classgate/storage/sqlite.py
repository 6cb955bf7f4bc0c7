"""The SQLite database, for one machine.

Statements run on the event loop's thread: an indexed look-up takes microseconds, a thread switch
many times that. Slow parts do not: the commit runs in a thread, and a busy database is retried
after a sleep. One write transaction runs at a time. Transactions that queue up meanwhile join the
same commit (group commit), each behind its own savepoint, so that a failure reverts only itself.
None is acknowledged before the commit is durable, in the file that the database's path names.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy.dialects import sqlite

from classgate.errors import DatabaseDamaged, ServiceUnavailable
from classgate.metrics import COMMIT_SECONDS, DATABASE_LISTENING
from classgate.overload_refusals import Overloaded
from classgate.storage.changes import CacheRegistry, Changed
from classgate.storage.database import (
    LOCK_TIMEOUT,
    UNAVAILABLE_MESSAGE,
    DatabaseConnection,
    IntegrityViolation,
    Lock,
    no_row_matched,
)
from classgate.storage.health import Health
from classgate.storage.opened_files import OpenDatabaseFiles, find_full_disk
from classgate.storage.sqlite_errors import (
    describe,
    is_busy,
    is_damage,
    is_lasting,
    is_unavailability,
)
from classgate.storage.statements import NO_VALUES, Row, Statement, Values

log = structlog.get_logger("classgate.storage")

_DIALECT = sqlite.dialect(paramstyle="qmark")
_CACHED_STATEMENTS = 512  # more than there are, so that each is prepared once
_MAX_WAITING = 1024  # heartbeats that enter again; other requests queue before


class _SqliteConnection:
    """Runs statements on one SQLite connection, on the caller's thread."""

    writer_id = 0  # one at a time
    is_alone = True  # of all processes, as long as its transaction lasts

    def __init__(
        self, connection: sqlite3.Connection, health: Health, caches: CacheRegistry
    ) -> None:
        self._connection = connection
        self._translated = _ErrorTranslation(health)
        self._caches = caches
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
        compiled = statement.compiled(_DIALECT)
        with self._translated:
            cursor = self._connection.execute(compiled.text, compiled.bind(values))
            raw = cursor.fetchone()
            # An open cursor would keep the reader at the state of the database that it saw.
            names = _names_of(cursor)
            cursor.close()
        return None if raw is None else compiled.row(raw, names)

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        compiled = statement.compiled(_DIALECT)
        with self._translated:
            cursor = self._connection.execute(compiled.text, compiled.bind(values))
            found = cursor.fetchall()
        return compiled.rows(found, _names_of(cursor))

    async def execute(self, statement: Statement, values: Values = NO_VALUES) -> int:
        compiled = statement.compiled(_DIALECT)
        with self._translated:
            return self._connection.execute(compiled.text, compiled.bind(values)).rowcount

    async def write(
        self, statement: Statement, values: Values, *, must_match: bool = False
    ) -> None:
        if await self.execute(statement, values) == 0 and must_match:
            raise no_row_matched()

    async def claim(self, names: Sequence[str]) -> str | None:
        return names[0] if names else None

    async def execute_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        compiled = statement.compiled(_DIALECT)
        with self._translated:
            self._connection.executemany(compiled.text, [compiled.bind(each) for each in rows])


def _names_of(cursor: sqlite3.Cursor) -> Callable[[], Sequence[str]]:
    description = cursor.description
    return lambda: [column[0] for column in description]


class _SqliteReader(_SqliteConnection):
    """Reads outside of a transaction, only from the file that the path names.

    The files are looked at once in each step of the event loop, which is where a request reads.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        health: Health,
        caches: CacheRegistry,
        require: Callable[[], None],
    ) -> None:
        super().__init__(connection, health, caches)
        self._require_files = require
        self._checked_in: asyncio.AbstractEventLoop | None = None  # in its current step

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        self._require_files_in_this_step()
        return await super().fetch_one(statement, values)

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        self._require_files_in_this_step()
        return await super().fetch_all(statement, values)

    def _require_files_in_this_step(self) -> None:
        loop = asyncio.get_running_loop()
        if self._checked_in is not loop:
            self._require_files()
            self._checked_in = loop
            loop.call_soon(self._forget_check)

    def _forget_check(self) -> None:
        self._checked_in = None


class SqliteDatabase:
    """A SQLite file: one connection reads, one writes. It may be created outside of a loop."""

    def __init__(self, path: Path) -> None:
        create_private_file(path)
        self._path = path
        self.health = Health()
        self.caches = CacheRegistry()
        self._translated = _ErrorTranslation(self.health)
        self._write_connection = _connect(path)
        # What a savepoint keeps to undo; SQLite would write more than 64 KiB of it to a file.
        self._write_connection.execute("PRAGMA temp_store=MEMORY")
        self._read_connection = _connect(path)
        self._read_connection.execute("SELECT 1 FROM sqlite_master").close()  # creates the `-wal`
        self._files = OpenDatabaseFiles(path)
        self.reader: DatabaseConnection = _SqliteReader(
            self._read_connection, self.health, self.caches, self._require_files
        )
        self._writer_lock = asyncio.Lock()  # grants turns in request order
        self._waiting = 0  # transactions, for their turn
        self._batch: asyncio.Task[None] | None = None
        self._commits: set[asyncio.Task[None]] = set()  # not done yet
        self._batch_is_lost = False
        # The state of the current batch.
        self._commit_hooks: list[Callable[[], None]] = []
        self._rollback_hooks: list[Callable[[], None]] = []
        self._committer = ThreadPoolExecutor(1, thread_name_prefix="classgate-commit")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[DatabaseConnection]:
        deadline = asyncio.get_running_loop().time() + LOCK_TIMEOUT.total_seconds()
        async with self._turn():
            await self._join_batch(deadline)
            queries = _SqliteConnection(self._write_connection, self.health, self.caches)
            try:
                yield queries
                with self._translated:
                    self._run("RELEASE one_of_the_batch")
            except BaseException:
                self._roll_back_savepoint()
                self._seal_batch()
                for call in queries.rollback_hooks:
                    call()
                raise
            batch = self._seal_batch()
            self._commit_hooks += queries.commit_hooks
            self._rollback_hooks += queries.rollback_hooks
        # Shielded: a cancelled caller must not cancel the others' commit.
        await asyncio.shield(batch)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for the turn to write. Overloaded: too many wait."""
        if self._writer_lock.locked() and self._waiting >= _MAX_WAITING:
            raise Overloaded(timedelta(seconds=2))
        self._waiting += 1
        try:
            await self._writer_lock.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._writer_lock.release()

    async def _join_batch(self, deadline: float) -> None:
        """Begin a batch or join the open one. ServiceUnavailable: nothing was begun."""
        with self._translated:
            if self._batch_is_lost:
                raise ServiceUnavailable(UNAVAILABLE_MESSAGE)
            if self._batch is None:
                self._require_files()
                await self._begin(deadline)
            try:
                self._run("SAVEPOINT one_of_the_batch")
            except BaseException:
                if self._batch is None:
                    self._roll_back_if_open()
                self._batch_is_lost = self._batch is not None and not self._in_transaction
                raise

    def _roll_back_savepoint(self) -> None:
        """Roll back this transaction; the rest of the batch still commits.

        On a full disk or an I/O error SQLite has rolled back everything: the whole batch is lost,
        and all its transactions fail.
        """
        try:
            self._run("ROLLBACK TO one_of_the_batch")
            self._run("RELEASE one_of_the_batch")
        except sqlite3.Error as error:
            log.error("database undid a whole batch", reason=str(error))
            self._batch_is_lost = True

    def _seal_batch(self) -> asyncio.Task[None]:
        """Queue the commit behind those who wait for their turn; they join this batch."""
        if self._batch is None:
            self._batch = asyncio.create_task(self._commit_batch())
            # If all of the batch failed by themselves, nobody retrieves the exception of the
            # commit.
            self._batch.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._commits.add(self._batch)
            self._batch.add_done_callback(self._commits.discard)
        return self._batch

    async def _commit_batch(self) -> None:
        async with self._writer_lock:
            self._batch = None
            lost, self._batch_is_lost = self._batch_is_lost, False
            calls, self._commit_hooks = self._commit_hooks, []
            if_undone, self._rollback_hooks = self._rollback_hooks, []
            try:
                await self._commit(lost=lost)
            except BaseException:
                calls = if_undone
                raise
            finally:
                for call in calls:
                    call()
            # Checked before acknowledging: what is in an unlinked file is lost with the process.
            self._require_files()
            self.health.record_write()

    async def _commit(self, *, lost: bool) -> None:
        if lost:
            self._roll_back_if_open()
            raise ServiceUnavailable(UNAVAILABLE_MESSAGE)
        loop = asyncio.get_running_loop()
        try:
            with self._translated, COMMIT_SECONDS.time():
                await loop.run_in_executor(self._committer, self._run, "COMMIT")
        except BaseException:
            self._roll_back_if_open()
            raise

    def _roll_back_if_open(self) -> None:
        if self._in_transaction:
            self._run("ROLLBACK")

    async def _begin(self, deadline: float) -> None:
        """Acquire SQLite's write lock; another process may hold it briefly.

        The deadline counts from when the caller was queued, so that waiting times do not add up in
        a queue.
        """
        while True:
            try:
                self._run("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                if not is_busy(error) or asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.01)
            else:
                return

    def _require_files(self) -> None:
        """Require that the open files are those of the path. ServiceUnavailable."""
        fault = self._files.find_fault()
        if fault is not None:
            self.health.record_failure(fault, lasting=False)  # it is checked each time
            raise ServiceUnavailable(UNAVAILABLE_MESSAGE)

    def find_fault(self) -> str | None:
        return self._files.find_fault() or find_full_disk(self._path)

    def _run(self, command: str) -> None:
        self._write_connection.execute(command)

    @property
    def _in_transaction(self) -> bool:
        return self._write_connection.in_transaction

    def start(self) -> None:
        DATABASE_LISTENING.set(1)  # there is no other process

    async def close(self) -> None:
        if self._commits:
            await asyncio.wait(self._commits)
        self._committer.shutdown()
        self._read_connection.close()
        self._write_connection.close()


class _ErrorTranslation:
    """Translates unavailability into ServiceUnavailable; nothing was issued."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            return
        if isinstance(error, sqlite3.IntegrityError):
            raise IntegrityViolation(str(error)) from error  # it names columns, not values
        if isinstance(error, sqlite3.Error) and is_unavailability(error):
            log.error("database refused", reason=str(error))
            reason = describe(error) or "the database answers with an error; see the log"
            self._health.record_failure(reason, lasting=is_lasting(error))
            raise (
                DatabaseDamaged() if is_damage(error) else ServiceUnavailable(UNAVAILABLE_MESSAGE)
            ) from error


def create_private_file(path: Path) -> None:
    """Create an empty file readable by its owner only, whatever the umask, unless it exists.

    SQLite creates its companions with the same mode.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file in autocommit mode; transactions use explicit statements."""
    connection = sqlite3.connect(
        path,
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
    )
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(connection: sqlite3.Connection) -> None:
    """Set what every connection needs: WAL, commits that reach the disk, foreign keys."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def sqlite_path(url: str) -> Path:
    """Return the file of a `sqlite:///` address."""
    return Path(url.removeprefix("sqlite:///"))
