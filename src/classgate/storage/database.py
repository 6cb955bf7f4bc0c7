"""One door to the database for every repository.

A repository writes SQLAlchemy Core statements and hands them to a `Queries`; which database runs
them is settled in `opening`. No transaction may be open during a network call.

Whoever decides and writes locks what the decision rests on before reading it, in this order: the
caller's account, another's account, the classroom, the rest. An account's row stands for all that
is the person's (sessions, leases), a classroom's for its roster too.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Dialect,
    Executable,
    Integer,
    MetaData,
    RowMapping,
    Select,
    TypeDecorator,
)

from classgate.storage.health import Health

# Every feature's tables register here; the migrations are compared with it in the tests.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A key that the database counts up. SQLite counts only columns of the very type INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(value: int) -> datetime:
    """The moment that many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=value)


UNAVAILABLE_MESSAGE = "the database cannot take this now; nothing was given, try again"
LOCK_TIMEOUT = timedelta(seconds=5)
"""How long one waits for what somebody else holds before being told so."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970: every database sorts it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


Values = Mapping[str, Any]


class Lock(Enum):
    """What a transaction wants of a row until it ends."""

    SHARED = "shared"  # it does not change; others may want the same
    EXCLUSIVE = "own"  # nobody else locks or changes it


class DatabaseConnection(Protocol):
    """What a repository is given: something that runs statements."""

    @property
    def writer_id(self) -> int:
        """Which of the process's writers this is; no two transactions at once have the same."""

    async def lock(self, statement: Select[Any], lock: Lock) -> None:
        """Lock the rows that are found, until the transaction ends.

        Read them afterwards: what was read before may have changed while this waited. SQLite has
        one writer at a time, and nothing to lock.
        """

    def on_commit(self, call: Callable[[], None]) -> None:
        """Have it called when the transaction is committed; before is too early to forget things.

        Not when it is undone. It must not fail.
        """

    def on_rollback(self, call: Callable[[], None]) -> None:
        """Have it called when the transaction is not committed, whatever the reason.

        It must not fail.
        """

    async def fetch_one(
        self, statement: Executable, values: Values | None = None
    ) -> RowMapping | None:
        """The first row, or None. Values of the statement's parameters, if it was made before."""

    async def fetch_all(self, statement: Executable) -> Sequence[RowMapping]:
        """All rows."""

    async def execute(self, statement: Executable) -> int:
        """Run it; the number of rows it touched."""

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each of these values of its parameters, in one go. Not for none."""


class Database(Protocol):
    """What a service is given."""

    @property
    def health(self) -> Health:
        """How the newest writes went."""

    @property
    def reader(self) -> DatabaseConnection:
        """For reading what is committed. Whatever issues decides inside a `transaction`."""

    def transaction(self) -> AbstractAsyncContextManager[DatabaseConnection]:
        """Read and write in one piece. Leaving it without an error means: it is on the disk."""

    def find_fault(self) -> str | None:
        """What keeps it from being written to, as far as that shows without writing; in words for
        the operator."""

    async def close(self) -> None:
        """Let go of the connections."""
