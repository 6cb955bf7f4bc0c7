"""Rate limits of several processes: leaky buckets in a table of PostgreSQL.

They behave as those in memory. Each call is one statement outside of a transaction, so that a
rollback of what it limits does not revoke it, and no row stays locked while others wait. The table
is UNLOGGED: a change waits for no disk, and a crash of the server empties it, which only resets the
limits. Names must not reveal whom they are about.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, String, Table, text

from classgate.storage.database import (
    Database,
    DatabaseConnection,
    Instant,
    from_microseconds,
    metadata,
    to_microseconds,
)
from classgate.storage.deletion import delete_in_pieces
from classgate.storage.rate_limits import (
    BucketLevel,
    FullBucket,
    NamedLimit,
    RateLimit,
    wait_at,
)
from classgate.storage.statements import Statement

_MAX_PIECES = 2000
# Clocks of two machines differ by less, in microseconds; a clock that goes back further was set.
_CLOCK_DIFFERENCE = 5_000_000

rate_limits = Table(
    "rate_limits",  # over SQLite it stays empty
    metadata,
    Column("name", String(120), primary_key=True),
    Column("empty_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # Of the limit, in microseconds: the time that one event adds, and that a full bucket has.
    Column("per_event", BigInteger, nullable=False),
    Column("capacity", BigInteger, nullable=False),
)

# The clocks of two machines differ a little: the later one counts, or a bucket would lose the
# difference each time they take turns. A clock that was set back further is followed.
_NOW = f"""
    CASE WHEN :at < bucket.updated_at AND bucket.updated_at - :at <= {_CLOCK_DIFFERENCE}
    THEN bucket.updated_at ELSE :at END
""".replace(":at", "CAST(:at AS bigint)")
# As BucketLevel.left.
_LEFT = """
    CASE WHEN :at < bucket.updated_at THEN bucket.empty_at - bucket.updated_at
    ELSE greatest(bucket.empty_at - :at, 0) END
""".replace(":at", "CAST(:at AS bigint)")
# Rows are locked in the order of their names, so that nobody waits in a circle.
_ACQUIRE = Statement(
    text(f"""
    WITH wanted AS (
        SELECT * FROM unnest(
            CAST(:names AS text[]), CAST(:intervals AS bigint[]), CAST(:capacities AS bigint[])
        ) AS wanted (name, per_event, capacity)
    ), acquired AS (
        INSERT INTO rate_limits AS bucket (name, empty_at, updated_at, per_event, capacity)
        SELECT name, CAST(:at AS bigint) + per_event, CAST(:at AS bigint), per_event, capacity
        FROM wanted ORDER BY name COLLATE "C"
        ON CONFLICT (name) DO UPDATE SET
            empty_at = {_NOW} + excluded.per_event + {_LEFT}, updated_at = {_NOW},
            per_event = excluded.per_event, capacity = excluded.capacity
        WHERE {_LEFT} + excluded.per_event <= excluded.capacity
        RETURNING bucket.name
    )
    SELECT wanted.name, wanted.name IN (SELECT name FROM acquired) AS is_acquired,
        bucket.empty_at, bucket.updated_at
    FROM wanted LEFT JOIN rate_limits AS bucket ON bucket.name = wanted.name
    """)  # noqa: S608 - all text is ours
)
# It needs no time: with the time at which an event was counted, a bucket would leak twice what it
# has leaked since then.
_RELEASE = Statement(
    text("""
    UPDATE rate_limits AS bucket
    SET empty_at = greatest(bucket.empty_at - bucket.per_event, bucket.updated_at)
    FROM (
        SELECT name FROM rate_limits WHERE name = ANY (CAST(:names AS text[]))
        ORDER BY name COLLATE "C" FOR UPDATE
    ) AS locked
    WHERE bucket.name = locked.name
    """)
)
# A full bucket is not written when it refuses, so it would not leak until the clock has caught up.
_FOLLOW_CLOCK = Statement(
    text(f"""
    UPDATE rate_limits SET empty_at = CAST(:at AS bigint) + empty_at - updated_at, updated_at = :at
    WHERE name = :name AND updated_at - CAST(:at AS bigint) > {_CLOCK_DIFFERENCE}
    """)  # noqa: S608 - all text is ours
)
_FIND = Statement(text("SELECT empty_at, updated_at FROM rate_limits WHERE name = :name"))
_LIST = Statement(
    text(
        "SELECT empty_at, updated_at FROM rate_limits "
        "WHERE starts_with(name, CAST(:prefix AS text))"
    )
)
_RESET = Statement(text("DELETE FROM rate_limits WHERE name = :name"))
_DELETE_EMPTY = Statement(
    text("""
    DELETE FROM rate_limits WHERE name IN (
        SELECT name FROM rate_limits WHERE empty_at <= CAST(:at AS bigint)
        LIMIT CAST(:limit AS integer) FOR UPDATE SKIP LOCKED
    )
    """)
)


class PostgresqlRateLimitStore:
    """A `RateLimitStore` for the processes over one database."""

    is_shared = True

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def _statements(self) -> DatabaseConnection:
        """Return the connection that runs each statement by itself, committed at once."""
        return self._database.reader

    async def acquire(self, buckets: Sequence[NamedLimit], at: datetime) -> FullBucket | None:
        intervals = [_microseconds(each.limit.interval) for each in buckets]
        values = {
            "names": [each.name for each in buckets],
            "intervals": intervals,
            "capacities": [
                interval * each.limit.burst
                for interval, each in zip(intervals, buckets, strict=True)
            ],
            "at": to_microseconds(at),
        }
        found = {row.name: row for row in await self._statements.fetch_all(_ACQUIRE, values)}
        full = [each for each in buckets if not found[each.name].is_acquired]
        if not full:
            return None
        acquired = [each for each in buckets if found[each.name].is_acquired]
        if acquired:
            await self.release(acquired)
        now = to_microseconds(at)
        ahead = [each for each in full if _is_ahead(found[each.name], now)]
        if ahead:
            await self._follow_clock(ahead, at)
        return FullBucket(full[0], _wait_of_full(found[full[0].name], full[0].limit, at))

    async def _follow_clock(self, full: Sequence[NamedLimit], at: datetime) -> None:
        """Let full buckets leak from now on if the clock was set back behind their last change."""
        for bucket in full:
            values = {"name": bucket.name, "at": to_microseconds(at)}
            await self._statements.execute(_FOLLOW_CLOCK, values)

    async def find_wait(self, bucket: NamedLimit, at: datetime) -> timedelta | None:
        row = await self._statements.fetch_one(_FIND, {"name": bucket.name})
        return None if row is None else wait_at(_level(row).left(at), bucket.limit)

    async def find_longest_wait(
        self, prefix: str, limit: RateLimit, at: datetime
    ) -> timedelta | None:
        rows = await self._statements.fetch_all(_LIST, {"prefix": prefix})
        waits = [wait_at(_level(row).left(at), limit) for row in rows]
        return max((wait for wait in waits if wait is not None), default=None)

    async def release(self, buckets: Sequence[NamedLimit]) -> None:
        await self._statements.execute(_RELEASE, {"names": [each.name for each in buckets]})

    async def reset(self, name: str) -> None:
        await self._statements.execute(_RESET, {"name": name})

    async def delete_empty(self, at: datetime) -> int:
        """Delete the buckets that are empty, in pieces; return their number."""

        async def delete_piece(connection: DatabaseConnection, limit: int) -> int:
            values: Mapping[str, Any] = {"at": to_microseconds(at), "limit": limit}
            return await connection.execute(_DELETE_EMPTY, values)

        return await delete_in_pieces(self._database, delete_piece, _MAX_PIECES)


def _microseconds(duration: timedelta) -> int:
    return duration // timedelta(microseconds=1)


def _is_ahead(row: Any, now: int) -> bool:
    """Return whether the clock was set back behind the last change of the bucket."""
    return row.updated_at is not None and row.updated_at - now > _CLOCK_DIFFERENCE


def _level(row: Any) -> BucketLevel:
    return BucketLevel(from_microseconds(row.empty_at), from_microseconds(row.updated_at))


def _wait_of_full(row: Any, limit: RateLimit, at: datetime) -> timedelta:
    """Return the wait by what the statement saw; others may have filled the bucket meanwhile."""
    level = timedelta(0) if row.empty_at is None else _level(row).left(at)
    return wait_at(level, limit) or limit.interval
