"""The database interface for every repository.

A repository passes each `Statement` with its values to a `DatabaseConnection`; `opening` selects
the database. No transaction may be open during a network call.

A transaction locks what its decision depends on before reading it, in this order: the caller's
account, other accounts, the classroom, the rest. An account's row covers everything of the person
(sessions, leases), a classroom's row also its roster.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol

import structlog
from sqlalchemy import BigInteger, Dialect, Integer, MetaData, TypeDecorator

from classgate.errors import ServiceUnavailable
from classgate.storage.changes import CacheRegistry, Changed
from classgate.storage.health import Health
from classgate.storage.statements import NO_VALUES, Row, Statement, Values

# Every feature registers its tables here; the tests compare the migrations with it.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# An auto-increment key. SQLite increments only columns of the exact type INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(moment: datetime) -> int:
    """Return microseconds since 1970."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(8192)  # lists show the same times again and again
def from_microseconds(value: int) -> datetime:
    """Return the time from microseconds since 1970."""
    return _EPOCH + timedelta(0, value // 1_000_000, value % 1_000_000)


UNAVAILABLE_MESSAGE = "the database is unavailable; nothing was issued, try again"
log = structlog.get_logger("classgate.storage")

LOCK_TIMEOUT = timedelta(seconds=5)
"""The maximum wait for a lock."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970, so that every database sorts
    alike.
    """

    impl = BigInteger
    cache_ok = True

    # The processors themselves: `process_bind_param` would be called through one more function.
    # A statement asks neither for None.
    def bind_processor(self, _dialect: Dialect) -> Callable[[Any], Any]:
        return to_microseconds

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[Any], Any]:
        return from_microseconds


class Lock(Enum):
    """The strength of a row lock."""

    SHARED = "shared"  # the row does not change; others may share the lock
    EXCLUSIVE = "own"  # nobody else locks or changes the row


class IntegrityViolation(Exception):
    """A constraint refused the statement, in most cases because the key exists.

    The message names the constraint, never a value of a row.
    """


def no_row_matched() -> ServiceUnavailable:
    """Return the error for a row that must exist: somebody changed it past this process."""
    log.error("database refused", reason="a row that must exist is gone, or was changed")
    return ServiceUnavailable(UNAVAILABLE_MESSAGE)


class DatabaseConnection(Protocol):
    """Runs statements for a repository."""

    @property
    def writer_id(self) -> int:
        """Return the number of this writer; concurrent transactions have different ones.

        A new connection to the server is a new writer.
        """

    @property
    def batch(self) -> object | None:
        """Return what all transactions have in common that are committed together.

        While it lasts nobody else writes, in whatever process. None: others may.
        """

    async def claim(self, names: Sequence[str]) -> str | None:
        """Claim the first of the names that no other writer has; None: each is taken.

        The claim lasts as long as this writer's connection, whatever becomes of the transaction. A
        writer with a `batch` gets the first name.
        """

    async def lock(self, statement: Statement, values: Values, lock: Lock) -> None:
        """Lock the matching rows until the transaction ends.

        Read them afterwards: earlier reads may be outdated. It may be sent together with other
        locks before the next statement, in the order of the calls. SQLite has a single writer, so
        nothing is locked.
        """

    def announce(self, kind: Changed, *numbers: int) -> None:
        """Invalidate on commit what any process keeps of these accounts or classes.

        Only for what is rare: ended sessions, roles, rosters, states of classes, presences that
        ended. The server commits announcing transactions one after the other, so never for grants,
        entries or heartbeats.
        """

    def on_commit(self, call: Callable[[], None]) -> None:
        """Call it on commit. Caches are invalidated by `announce`.

        It is not called on rollback. It must not fail.
        """

    def on_rollback(self, call: Callable[[], None]) -> None:
        """Call it if the transaction does not commit, for whatever reason.

        It must not fail.
        """

    async def fetch_one(self, statement: Statement, values: Values = NO_VALUES) -> Row | None:
        """Return the first row, or None."""

    async def fetch_all(self, statement: Statement, values: Values = NO_VALUES) -> Sequence[Row]:
        """Return all rows."""

    async def execute(self, statement: Statement, values: Values = NO_VALUES) -> int:
        """Execute the statement; return the number of affected rows. IntegrityViolation."""

    async def write(
        self, statement: Statement, values: Values, *, must_match: bool = False
    ) -> None:
        """Execute a statement whose number of rows nobody needs.

        It may be sent together with others, at the latest before the commit; what fails raises
        there. IntegrityViolation. ServiceUnavailable: it `must_match` a row and did not.
        """

    async def execute_many(self, statement: Statement, rows: Sequence[Values]) -> None:
        """Execute it once per set of parameters. The list must not be empty."""


class Database(Protocol):
    """The database as services use it."""

    @property
    def health(self) -> Health:
        """Return the outcome of recent writes."""

    @property
    def caches(self) -> CacheRegistry:
        """Creates the caches of this process, which announced changes invalidate."""

    @property
    def reader(self) -> DatabaseConnection:
        """Reads committed data. Whatever issues credentials decides inside a `transaction`."""

    def transaction(self) -> AbstractAsyncContextManager[DatabaseConnection]:
        """Open a read-write transaction. A normal exit means that it is durable."""

    def find_fault(self) -> str | None:
        """Return what prevents writes, as far as it is visible without writing, for the
        operator.
        """

    def start(self) -> None:
        """Begin to listen for changes by other processes, in the running loop.

        Without it the caches of a database with several processes are off.
        """

    async def close(self) -> None:
        """Close the connections."""
