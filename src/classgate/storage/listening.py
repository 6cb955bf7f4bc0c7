"""Hears what other processes change, over a connection to PostgreSQL of its own (LISTEN).

Caches may be used only while it is proven that changes arrive. A query on the same connection
proves it: its answer comes behind every notification that was committed before. The proof holds
until the connection is closed, for a second at most: a server that vanished without a word leaves a
connection that looks open. Whoever is not sure reads the database.

A new connection is tried once with a notification over another one: behind a pooler that gives each
transaction another connection, queries would be answered and notifications would not arrive.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import structlog

from classgate.metrics import DATABASE_LISTENING
from classgate.storage.changes import CacheRegistry, from_payload
from classgate.storage.connection_errors import connection_errors, explain_connection_error
from classgate.storage.postgresql_connections import connect

log = structlog.get_logger("classgate.storage")

CHANNEL = "classgate"
NAME = "classgate listening"
"""The name of the connection, as the server shows it."""

PROVEN_FOR = 1.0
"""Seconds for which a proof holds, from when it was asked for."""

NOT_DELIVERED = "a pooler between classgate and the server keeps notifications back"

_PROBE_INTERVAL = 0.4  # seconds
_PROBE_TIMEOUT = 1.0  # seconds
_FIRST_NOTIFICATION_TIMEOUT = 2.0  # seconds
_FIRST_DELAY = 0.1  # seconds before the next attempt; doubled each time
_LONGEST_DELAY = 10.0
_TEST = "test "  # begins a notification that tests a new connection


class NotListening(Exception):
    """Notifications do not arrive; the message says why."""


class ListeningConnection:
    """The listening connection of one process, and the caches that depend on it."""

    def __init__(self, url: str, monotonic: Callable[[], float]) -> None:
        self.caches = CacheRegistry(self.is_proven)
        self._url = url
        self._monotonic = monotonic
        self._connection: asyncpg.Connection | None = None
        self._proven_at: float | None = None
        self._expected_test = ""
        self._test_arrived = asyncio.Event()
        self._reported: bool | None = None  # what the log says last
        self._task: asyncio.Task[None] | None = None

    def is_proven(self) -> bool:
        """Return whether changes by other processes arrived until a second ago, and still may."""
        at, connection = self._proven_at, self._connection
        if at is None or connection is None or connection.is_closed():
            return False
        return self._monotonic() - at < PROVEN_FOR

    # ── the running process ─────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Listen until `stop`, with a new connection whenever one is lost."""
        DATABASE_LISTENING.set(0)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop listening; the caches are off."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self.lose()

    async def _run(self) -> None:
        delay = _FIRST_DELAY
        while True:
            try:
                await self.open()
                self._report(True)
                delay = _FIRST_DELAY
                while True:
                    await asyncio.sleep(_PROBE_INTERVAL)
                    await self.probe()
            except NotListening as error:
                self._report(False, str(error))
            except Exception:  # it must not end
                log.exception("listening for changes by other processes failed")
                self.lose()
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    def _report(self, listening: bool, reason: str = "") -> None:
        DATABASE_LISTENING.set(int(listening))
        if listening is self._reported:
            return
        if not listening:
            log.warning(
                "changes by other processes do not arrive; every heartbeat reads the database",
                reason=reason,
            )
        elif self._reported is not None:
            log.info("changes by other processes arrive again")
        self._reported = listening

    # ── one connection ──────────────────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Open the connection and prove that notifications arrive. NotListening."""
        self.lose()
        async with self._translated():
            self._connection = await connect(self._url, name=NAME)
            await self._connection.add_listener(CHANNEL, self._receive)
            asked_at = self._monotonic()
            await self._test()
        self.caches.clear()  # what was read before is not covered
        self._proven_at = asked_at

    async def _test(self) -> None:
        """Require that a notification of another connection arrives. NotListening."""
        self._expected_test = secrets.token_hex(8)
        self._test_arrived.clear()
        other = await connect(self._url)
        try:
            await other.execute(f"NOTIFY {CHANNEL}, '{_TEST}{self._expected_test}'")
            async with asyncio.timeout(_FIRST_NOTIFICATION_TIMEOUT):
                await self._test_arrived.wait()
        except TimeoutError as error:
            raise NotListening(NOT_DELIVERED) from error
        finally:
            other.terminate()

    async def probe(self) -> None:
        """Prove again that notifications arrive. NotListening: the connection was given up."""
        connection = self._connection
        if connection is None:
            raise NotListening("there is no connection")
        asked_at = self._monotonic()
        async with self._translated():
            query = asyncio.create_task(connection.execute("SELECT 1"))
            try:
                await asyncio.wait([query], timeout=_PROBE_TIMEOUT)
                if not query.done():
                    raise TimeoutError
                await query
            finally:
                if not query.done():
                    # Not cancelled: the driver would ask the server for it, over a new connection.
                    connection.terminate()
                    await asyncio.gather(query, return_exceptions=True)
        self._proven_at = asked_at

    def lose(self) -> None:
        """Give the connection up; the caches are off, and empty."""
        connection, self._connection = self._connection, None
        self._proven_at = None
        self.caches.clear()
        if connection is not None:
            connection.terminate()

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            yield
        except NotListening:
            self.lose()
            raise
        except connection_errors() as error:
            self.lose()
            raise NotListening(explain_connection_error(error)) from error
        except BaseException:
            self.lose()
            raise

    def _receive(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        """Invalidate what another process, or this one, changed. What is unreadable may be all."""
        text = str(payload)
        if text.startswith(_TEST):
            if text == _TEST + self._expected_test:
                self._test_arrived.set()
            return
        try:
            changes = from_payload(text)
        except (ValueError, RecursionError):
            self.caches.clear()
        else:
            self.caches.apply(changes)
