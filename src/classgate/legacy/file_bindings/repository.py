"""The table of bound files: addresses from clients, which are never fetched."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
)

from classgate.errors import AlreadyBound
from classgate.legacy.file_bindings.models import FileBinding
from classgate.storage.database import (
    DatabaseConnection,
    Instant,
    IntegrityViolation,
    RowId,
    metadata,
)
from classgate.storage.statements import LIMIT, Statement, to_dataclass

bindings = Table(
    "bindings",
    metadata,
    Column("binding_id", RowId, primary_key=True, autoincrement=True),
    Column(
        "classroom_id", RowId, ForeignKey("classrooms.classroom_id")
    ),  # None: bound to the owner alone
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("file_type", BigInteger, nullable=False),
    Column("file_name", String(256), nullable=False),
    Column("url", String(500), nullable=False),
    Column("bound_at", Instant, nullable=False),
    Index(None, "account_id", "binding_id"),
    # Two indexes, because NULL classes are not equal.
    Index(
        "ix_bindings_of_class",
        "classroom_id",
        "account_id",
        "url",
        unique=True,
        sqlite_where=text("classroom_id IS NOT NULL"),
        postgresql_where=text("classroom_id IS NOT NULL"),
    ),
    Index(
        "ix_bindings_personal",
        "account_id",
        "url",
        unique=True,
        sqlite_where=text("classroom_id IS NULL"),
        postgresql_where=text("classroom_id IS NULL"),
    ),
)

COUNTED_AHEAD = 500
"""How many bindings behind the page are counted."""

_FARTHEST = 2**62  # offsets are 64-bit numbers of clients
_REACH = bindparam("reach", type_=BigInteger)
_BINDING = [bindings.c[name] for name in FileBinding.__dataclass_fields__]
_IS_OWN = bindings.c.account_id == bindparam("account_id")
_IS_PERSONAL = bindings.c.classroom_id.is_(None)
_IS_ADDRESS = bindings.c.url == bindparam("url")

_ADD = Statement(
    insert(bindings).values(
        classroom_id=bindparam("classroom_id"),
        account_id=bindparam("account_id"),
        **{name: bindparam(name) for name in FileBinding.__dataclass_fields__},
    )
)
_REMOVE = Statement(
    delete(bindings).where(
        bindings.c.classroom_id == bindparam("classroom_id"), _IS_OWN, _IS_ADDRESS
    )
)
_REMOVE_ONE_PERSONAL = Statement(delete(bindings).where(_IS_PERSONAL, _IS_OWN, _IS_ADDRESS))
_REMOVE_PERSONAL = Statement(delete(bindings).where(_IS_OWN, _IS_PERSONAL))


@dataclass(frozen=True, kw_only=True)
class BindingFilter:
    """Filter of the list; None does not filter."""

    classroom_id: int | None = None
    account_id: int | None = None
    bound_from: datetime | None = None
    bound_before: datetime | None = None


_CONDITIONS = {
    "classroom_id": bindings.c.classroom_id == bindparam("classroom_id"),
    "account_id": _IS_OWN,
    "bound_from": bindings.c.bound_at >= bindparam("bound_from"),
    "bound_before": bindings.c.bound_at < bindparam("bound_before"),
}


@cache
def _count(filters: frozenset[str]) -> Statement:
    conditions = [_CONDITIONS[name] for name in sorted(filters)]
    counted = select(bindings.c.binding_id).where(*conditions).limit(_REACH).subquery()
    return Statement(select(func.count().label("total")).select_from(counted))


@cache
def _list(filters: frozenset[str]) -> Statement:
    conditions = [_CONDITIONS[name] for name in sorted(filters)]
    return Statement(
        select(*_BINDING)
        .where(*conditions)
        .order_by(bindings.c.binding_id.desc())
        .offset(bindparam("offset", type_=BigInteger))
        .limit(LIMIT)
    )


async def add(
    connection: DatabaseConnection, classroom_id: int | None, account_id: int, binding: FileBinding
) -> None:
    """Insert a binding. AlreadyBound: this account has bound this address there."""
    values = {"classroom_id": classroom_id, "account_id": account_id, **asdict(binding)}
    try:
        await connection.execute(_ADD, values)
    except IntegrityViolation as error:
        raise AlreadyBound from error


async def remove(
    connection: DatabaseConnection, classroom_id: int | None, account_id: int, url: str
) -> bool:
    """Delete a binding; False if it does not exist."""
    values: dict[str, object] = {"account_id": account_id, "url": url}
    if classroom_id is None:
        return await connection.execute(_REMOVE_ONE_PERSONAL, values) == 1
    return await connection.execute(_REMOVE, {**values, "classroom_id": classroom_id}) == 1


async def remove_personal(connection: DatabaseConnection, account_id: int) -> None:
    """Delete the private bindings of an account."""
    await connection.write(_REMOVE_PERSONAL, {"account_id": account_id})


async def list_page(
    connection: DatabaseConnection, wanted: BindingFilter, offset: int, limit: int
) -> tuple[Sequence[FileBinding], int]:
    """Return a page, newest first, and the total, at most `COUNTED_AHEAD` behind the page."""
    values = {name: value for name, value in asdict(wanted).items() if value is not None}
    filters = frozenset(values)
    reach = min(offset + limit + COUNTED_AHEAD, _FARTHEST)
    counted = await connection.fetch_one(_count(filters), {**values, "reach": reach})
    rows = await connection.fetch_all(_list(filters), {**values, "offset": offset, "limit": limit})
    total = 0 if counted is None else counted.total
    return [to_dataclass(FileBinding, row) for row in rows], total
