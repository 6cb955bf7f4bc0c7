"""The tables of refusals.

The id of a row begins with the time of its first refusal, so that the primary key sorts by time:
the list, its cursors and the retention need no other index.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql

from classgate.refusal_log.collector import MAX_ADDRESS, Snapshot, time_prefix
from classgate.refusal_log.models import RefusalFilter, StoredRefusal
from classgate.storage.database import DatabaseConnection, Instant, metadata, to_microseconds
from classgate.storage.statements import LIMIT, Statement, in_list, to_dataclass


def _index_of(column: str) -> Index:
    is_known = text(f"{column} IS NOT NULL")
    return Index(
        f"ix_refusals_{column}",
        column,
        "refusal_id",
        sqlite_where=is_known,
        postgresql_where=is_known,
    )


refusals = Table(
    "refusals",
    metadata,
    Column("refusal_id", String(32), primary_key=True),
    # No foreign keys: rows outlive what they refer to and keep only the account's number.
    Column("account_id", BigInteger),
    Column("identifier_digest", String(16)),
    Column("classroom_id", BigInteger),
    Column("reason", String(40), nullable=False),
    Column("rule", String(120), nullable=False),
    Column("route", String(120), nullable=False),
    Column("address", String(MAX_ADDRESS), nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("request_id", String(40), nullable=False),
    _index_of("account_id"),
    _index_of("identifier_digest"),
    _index_of("classroom_id"),
    Index(None, "request_id"),
)

# The ids of earlier requests of a row; that of the last one is in the row itself. A table, as an
# index finds a request only where each id is a row.
refusal_requests = Table(
    "refusal_requests",
    metadata,
    Column("request_id", String(40), primary_key=True),
    Column("refusal_id", String(32), nullable=False),
    Index(None, "refusal_id"),
)

_added = postgresql.insert(refusals)  # SQLite takes it as well
_WRITE = Statement(
    _added.on_conflict_do_update(
        index_elements=["refusal_id"],
        set_={
            name: _added.excluded[name]
            for name in ("route", "address", "count", "last_at", "request_id")
        },
    )
)
_WRITE_REQUEST = Statement(
    postgresql.insert(refusal_requests).on_conflict_do_nothing(index_elements=["request_id"])
)


async def write(connection: DatabaseConnection, snapshots: Sequence[Snapshot]) -> None:
    """Write the totals of some rows. The same again changes nothing."""
    await connection.execute_many(_WRITE, [vars(each.row) for each in snapshots])
    requests = [
        {"request_id": request_id, "refusal_id": each.row.refusal_id}
        for each in snapshots
        for request_id in each.earlier_ids
    ]
    if requests:
        await connection.execute_many(_WRITE_REQUEST, requests)


_COLUMNS = [refusals.c[name] for name in StoredRefusal.__dataclass_fields__]
_LONGEST_ROW = 60_000_000  # microseconds
_CONDITIONS = {
    "account_id": refusals.c.account_id == bindparam("account_id"),
    "identifier_digest": refusals.c.identifier_digest == bindparam("identifier_digest"),
    # While an audit key is changed. The rows of one name are sorted then.
    "identifier_digests": in_list(refusals.c.identifier_digest, "identifier_digests"),
    "classroom_id": refusals.c.classroom_id == bindparam("classroom_id"),
    "accounts_only": refusals.c.account_id.is_not(None),
    "since": (refusals.c.refusal_id >= bindparam("since_id"))
    & (refusals.c.last_at >= bindparam("since")),
    "before_id": refusals.c.refusal_id < bindparam("before_id"),
}


@cache
def _list(names: frozenset[str]) -> Statement:
    """Build the statement of a page; `names` are those of `_CONDITIONS`."""
    wanted = [_CONDITIONS[name] for name in sorted(names)]
    return Statement(
        select(*_COLUMNS).where(*wanted).order_by(refusals.c.refusal_id.desc()).limit(LIMIT)
    )


async def list_newest(
    connection: DatabaseConnection, wanted: RefusalFilter, before_id: str | None, limit: int
) -> Sequence[StoredRefusal]:
    """Return a page of rows, newest first, that began before the row `before_id`."""
    values: dict[str, object] = {**vars(wanted), "before_id": before_id}
    if len(wanted.identifier_digests) == 1:
        values["identifier_digest"] = wanted.identifier_digests[0]
        del values["identifier_digests"]
    names = frozenset(name for name, value in values.items() if value)
    if wanted.since is not None:
        # A row may have begun a minute before its last refusal.
        values["since_id"] = time_prefix(to_microseconds(wanted.since) - _LONGEST_ROW)
    found = await connection.fetch_all(_list(names), {**values, "limit": limit})
    return [to_dataclass(StoredRefusal, row) for row in found]


_FIND_BY_LAST_REQUEST = Statement(
    select(*_COLUMNS).where(refusals.c.request_id == bindparam("request_id")).limit(1)
)
_FIND_BY_EARLIER_REQUEST = Statement(
    select(*_COLUMNS)
    .select_from(
        refusal_requests.join(refusals, refusals.c.refusal_id == refusal_requests.c.refusal_id)
    )
    .where(refusal_requests.c.request_id == bindparam("request_id"))
)


async def find_by_request(connection: DatabaseConnection, request_id: str) -> StoredRefusal | None:
    """Return the row that counts the refusal of a request."""
    for statement in (_FIND_BY_LAST_REQUEST, _FIND_BY_EARLIER_REQUEST):
        row = await connection.fetch_one(statement, {"request_id": request_id})
        if row is not None:
            return to_dataclass(StoredRefusal, row)
    return None


_FORGET_ADDRESSES = Statement(
    update(refusals)
    .where(refusals.c.account_id == bindparam("whose"), refusals.c.address != "")
    .values(address="")
)


async def forget_addresses(connection: DatabaseConnection, account_id: int) -> None:
    """Erase the addresses of an account's rows."""
    await connection.execute(_FORGET_ADDRESSES, {"whose": account_id})
