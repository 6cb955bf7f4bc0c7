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
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from classgate.errors import ServiceUnavailable
from classgate.metrics import COMMIT_SECONDS, DATABASE_LISTENING
from classgate.overload_refusals import Overloaded
from classgate.storage.changes import CacheRegistry
from classgate.storage.database import LOCK_TIMEOUT, UNAVAILABLE_MESSAGE, DatabaseConnection
from classgate.storage.health import Health
from classgate.storage.opened_files import OpenDatabaseFiles, find_full_disk
from classgate.storage.sqlite_connections import SqliteConnection, SqliteReader, raise_for
from classgate.storage.sqlite_errors import is_busy
from classgate.worker_threads import WorkerThreads

log = structlog.get_logger("classgate.storage")

_CACHED_STATEMENTS = 512  # more than there are, so that each is prepared once
_MAX_WAITING = 1024  # heartbeats that enter again; other requests queue before


class _Batch:
    """The transactions of one commit."""

    def __init__(self) -> None:
        self.commit_hooks: list[Callable[[], None]] = []
        self.rollback_hooks: list[Callable[[], None]] = []
        self.waiting: list[asyncio.Future[None]] = []  # until it is durable
        self.is_sealed = False  # its commit is queued
        self.is_lost = False  # SQLite has rolled all of it back

    def end(self, error: BaseException | None) -> None:
        """Tell those who wait: it is durable, or the error. A cancelled one is gone."""
        for future in self.waiting:
            if future.done():
                continue
            if error is None:
                future.set_result(None)
            elif isinstance(error, asyncio.CancelledError):
                future.cancel()
            else:
                future.set_exception(error)


class SqliteDatabase:
    """A SQLite file: one connection reads, one writes. It may be created outside of a loop."""

    def __init__(self, path: Path) -> None:
        create_private_file(path)
        self._path = path
        self.health = Health()
        self.caches = CacheRegistry()
        self._write_connection = _connect(path)
        # What a savepoint keeps to undo; SQLite would write more than 64 KiB of it to a file.
        self._write_connection.execute("PRAGMA temp_store=MEMORY")
        self._read_connection = _connect(path)
        self._read_connection.execute("SELECT 1 FROM sqlite_master").close()  # creates the `-wal`
        self._files = OpenDatabaseFiles(path)
        self.reader: DatabaseConnection = SqliteReader(
            self._read_connection, self.health, self.caches, self._require_files
        )
        self._writer_lock = asyncio.Lock()  # grants turns in request order
        self._waiting = 0  # transactions, for their turn
        self._batch: _Batch | None = None  # the open one
        self._commits: set[asyncio.Task[None]] = set()  # not done yet
        self._committer = WorkerThreads(1, "classgate-commit")

    def transaction(self) -> AbstractAsyncContextManager[DatabaseConnection]:
        return _Transaction(self)

    # ── the parts of a transaction ──────────────────────────────────────────────────────────────

    async def begin(self) -> SqliteConnection:
        """Wait for the turn to write, and begin a transaction. Overloaded: too many wait.

        ServiceUnavailable: nothing was begun.
        """
        # The deadline counts from here, so that waiting times do not add up in a queue.
        deadline = asyncio.get_running_loop().time() + LOCK_TIMEOUT.total_seconds()
        if self._writer_lock.locked() and self._waiting >= _MAX_WAITING:
            raise Overloaded(timedelta(seconds=2))
        self._waiting += 1
        try:
            await self._writer_lock.acquire()
        finally:
            self._waiting -= 1
        try:
            batch = self._batch or await self._begin_batch(deadline)
            self._begin_savepoint(batch)
        except BaseException as error:
            self._writer_lock.release()
            if isinstance(error, sqlite3.Error):
                raise_for(error, self.health)
            raise
        return SqliteConnection(self._write_connection, self.health, self.caches, batch)

    def finish(self, connection: SqliteConnection) -> asyncio.Future[None]:
        """End a transaction that succeeded; return when it is durable."""
        try:
            self._run("RELEASE one_of_the_batch")
        except BaseException as error:
            self.undo(connection)
            if isinstance(error, sqlite3.Error):
                raise_for(error, self.health)
            raise
        batch = self._seal_batch()
        batch.commit_hooks += connection.commit_hooks
        batch.rollback_hooks += connection.rollback_hooks
        durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        batch.waiting.append(durable)
        self._writer_lock.release()
        return durable

    def undo(self, connection: SqliteConnection) -> None:
        """Roll back one transaction; the rest of the batch still commits."""
        batch = self._seal_batch()
        try:
            self._run("ROLLBACK TO one_of_the_batch")
            self._run("RELEASE one_of_the_batch")
        except BaseException as error:
            # On a full disk or an I/O error SQLite has rolled back everything: the whole batch is
            # lost, and all its transactions fail.
            batch.is_lost = True
            log.error("database undid a whole batch", reason=str(error))
            if not isinstance(error, sqlite3.Error):
                raise
        finally:
            try:
                for call in connection.rollback_hooks:
                    call()
            finally:
                self._writer_lock.release()

    # ── batches ─────────────────────────────────────────────────────────────────────────────────

    async def _begin_batch(self, deadline: float) -> _Batch:
        self._require_files()
        await self._acquire_write_lock(deadline)
        self._batch = _Batch()
        return self._batch

    def _begin_savepoint(self, batch: _Batch) -> None:
        if batch.is_lost:
            self._seal_batch()
            raise ServiceUnavailable(UNAVAILABLE_MESSAGE)
        try:
            self._run("SAVEPOINT one_of_the_batch")
        except BaseException:
            if not batch.is_sealed:
                self._batch = None
                self._roll_back_if_open()
            batch.is_lost = not self._in_transaction
            raise

    def _seal_batch(self) -> _Batch:
        """Queue the commit behind those who wait for their turn; they join this batch."""
        batch = self._batch
        if batch is None:
            raise RuntimeError("no transaction is open")
        if not batch.is_sealed:
            batch.is_sealed = True
            task = asyncio.create_task(self._commit_batch(batch))
            self._commits.add(task)
            task.add_done_callback(partial(self._end_commit, batch))
        return batch

    def _end_commit(self, batch: _Batch, task: asyncio.Task[None]) -> None:
        self._commits.discard(task)
        if task.cancelled():  # as at the end of the loop, maybe before its turn
            if self._batch is batch:
                batch.is_lost, batch.is_sealed = True, False  # who has the next turn rolls it back
            batch.end(asyncio.CancelledError())

    async def _commit_batch(self, batch: _Batch) -> None:
        try:
            async with self._writer_lock:
                self._batch = None
                calls = batch.commit_hooks
                try:
                    await self._commit(batch)
                except BaseException:
                    calls = batch.rollback_hooks
                    raise
                finally:
                    for call in calls:
                        call()
                # Checked before acknowledging: what is in an unlinked file is lost with the
                # process.
                self._require_files()
                self.health.record_write()
        except BaseException as error:
            batch.end(error)
            if not isinstance(error, Exception):
                raise
        else:
            batch.end(None)

    async def _commit(self, batch: _Batch) -> None:
        if batch.is_lost:
            self._roll_back_if_open()
            raise ServiceUnavailable(UNAVAILABLE_MESSAGE)
        try:
            with COMMIT_SECONDS.time():
                await self._committer.run(self._run, "COMMIT")
        except BaseException as error:
            self._roll_back_if_open()
            if isinstance(error, sqlite3.Error):
                raise_for(error, self.health)
            raise

    def _roll_back_if_open(self) -> None:
        if self._in_transaction:
            self._run("ROLLBACK")

    async def _acquire_write_lock(self, deadline: float) -> None:
        """Acquire SQLite's write lock; another process may hold it briefly."""
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
        self._committer.close()
        self._read_connection.close()
        self._write_connection.close()


class _Transaction:
    """One transaction, for `async with`: durable when the block has ended without an error."""

    __slots__ = ("_connection", "_database")

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    async def __aenter__(self) -> DatabaseConnection:
        self._connection = await self._database.begin()
        return self._connection

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            self._database.undo(self._connection)
        else:
            # A future of its own: who is cancelled here does not cancel the others' commit.
            await self._database.finish(self._connection)


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
