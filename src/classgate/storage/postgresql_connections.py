"""Connections to a PostgreSQL server, opened on demand and given out in the order of request."""

import asyncio
import ssl
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count as count_up

import asyncpg
import structlog

from classgate.errors import ServiceUnavailable
from classgate.overload_refusals import Overloaded
from classgate.storage.connection_errors import address_fault, require_tls_files
from classgate.storage.database import LOCK_TIMEOUT, UNAVAILABLE_MESSAGE
from classgate.storage.postgresql_pipeline import PipelinedConnection
from classgate.storage.postgresql_transport import HoldingLoop

log = structlog.get_logger("classgate.storage")

_MAX_WAITING = 1024  # heartbeats of a minute that are read anew; other requests queue before
_ACQUIRE_TIMEOUT = 5  # seconds
_STANDSTILL = 5  # seconds without a free place: the server hangs, and nobody begins to wait
_CONNECT_TIMEOUT = 5  # seconds
_STATEMENT_TIMEOUT = 15  # seconds, of the server to one statement
_CLOSE_TIMEOUT = 5  # seconds
_CACHED_STATEMENTS = 1024  # more than there are, so that each is prepared once
_SESSION = {
    "default_transaction_isolation": "read committed",
    "synchronous_commit": "on",  # a commit is durable, whatever the server's default
    "lock_timeout": str(LOCK_TIMEOUT // timedelta(milliseconds=1)),
    "idle_in_transaction_session_timeout": "60000",  # a hanging process loses its locks
    # A firewall or a balancer forgets a connection that was quiet for a night, without a word: the
    # first request in the morning would wait in vain. So the server says something each minute.
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
}


async def connect(
    url: str, *, name: str = "classgate", unlimited_wait: bool = False
) -> PipelinedConnection:
    """Open a connection; asyncpg parses the address with everything libpq supports.

    With `unlimited_wait` it waits for locks and answers without a timeout, as a migration must.
    `name` is what the server shows to its operator.
    """
    require_tls_files(url)
    try:
        connection: PipelinedConnection = await asyncpg.connect(
            url,
            loop=HoldingLoop(asyncio.get_running_loop()),
            connection_class=PipelinedConnection,
            timeout=_CONNECT_TIMEOUT,
            command_timeout=None if unlimited_wait else _STATEMENT_TIMEOUT,
            server_settings={} if unlimited_wait else {"application_name": name, **_SESSION},
            statement_cache_size=_CACHED_STATEMENTS,
            max_cached_statement_lifetime=0,
        )
        return connection
    except ssl.SSLError:  # a refused certificate is a ValueError too
        raise
    except ValueError as error:  # its message may repeat what it could not read
        raise address_fault(error) from None


def _all_busy() -> ServiceUnavailable:
    log.error("database refused", reason="all connections are busy")
    return ServiceUnavailable(UNAVAILABLE_MESSAGE)


@dataclass
class Slot:
    """A place for a connection. Two transactions at one time have different numbers."""

    number: int
    session: int = -1  # of the connection: each that was opened has another one
    connection: PipelinedConnection | None = None


class ConnectionSlots:
    """A fixed number of connections to one server."""

    def __init__(self, url: str, count: int) -> None:
        self._url = url
        self._slots = [Slot(number) for number in range(count)]
        self._free = list(range(count))  # a heap
        # In the order of request. Nobody waits while a place is free.
        self._waiting = OrderedDict[asyncio.Future[Slot], None]()
        self._sessions = count_up()
        self._moved_at = 0.0  # when a place was last taken or given back

    async def acquire(self) -> Slot:
        """Wait for a free place.

        Overloaded: too many wait. ServiceUnavailable: none becomes free.
        """
        loop = asyncio.get_running_loop()
        if not self._free:
            return await self._wait(loop)
        self._moved_at = loop.time()
        # The lowest free one: a quiet service writes one audit chain, not eight.
        return self._slots[heappop(self._free)]

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> Slot:
        if len(self._waiting) >= _MAX_WAITING:
            raise Overloaded(timedelta(seconds=2))
        if loop.time() - self._moved_at > _STANDSTILL:
            raise _all_busy()
        turn: asyncio.Future[Slot] = loop.create_future()
        self._waiting[turn] = None
        timer = loop.call_later(_ACQUIRE_TIMEOUT, _give_up, turn)
        try:
            return await turn
        except TimeoutError as error:
            raise _all_busy() from error
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:
                self._pass_on(turn.result())  # it was given the place just before
            raise
        finally:
            timer.cancel()
            self._waiting.pop(turn, None)

    def release(self, slot: Slot) -> None:
        """Give the place back. A connection that is still in a transaction is dropped."""
        connection = slot.connection
        if connection is not None and (connection.is_closed() or connection.is_in_transaction()):
            self.drop(slot)
        self._moved_at = asyncio.get_running_loop().time()
        self._pass_on(slot)

    def _pass_on(self, slot: Slot) -> None:
        """Give the place to whoever waits longest."""
        while self._waiting:
            turn, _ = self._waiting.popitem(last=False)
            if not turn.done():
                turn.set_result(slot)
                return
        heappush(self._free, slot.number)

    async def open(self, slot: Slot) -> PipelinedConnection:
        """Return the connection of the place, a new one if there is none."""
        if slot.connection is None or slot.connection.is_closed():
            slot.session = next(self._sessions)
            slot.connection = await connect(self._url)
            # Not when a transaction ends, whose statements may not have been answered.
            for text in ("BEGIN", "COMMIT", "ROLLBACK"):
                await slot.connection.get_prepared(text)
        return slot.connection

    def drop(self, slot: Slot) -> None:
        """Close the connection of the place at once; the server rolls back."""
        connection, slot.connection = slot.connection, None
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        """Close all connections, which nobody uses any more; a silent server is waited for once."""
        opened = [slot.connection for slot in self._slots if slot.connection is not None]
        for slot in self._slots:
            slot.connection = None
        await asyncio.gather(*map(_close, opened))


def _give_up(turn: asyncio.Future[Slot]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError())


async def _close(connection: asyncpg.Connection) -> None:
    try:
        await connection.close(timeout=_CLOSE_TIMEOUT)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
