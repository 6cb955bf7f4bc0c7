"""The table of bound files: addresses from clients, which are never fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import IntegrityError

from classgate.errors import AlreadyBound
from classgate.legacy.file_bindings.models import FileBinding
from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata

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
    Index(None, "account_id"),
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

_BINDING = [bindings.c[name] for name in FileBinding.__dataclass_fields__]


@dataclass(frozen=True, kw_only=True)
class BindingFilter:
    """Filter of the list; None does not filter."""

    classroom_id: int | None = None
    account_id: int | None = None
    bound_from: datetime | None = None
    bound_before: datetime | None = None


async def add(
    connection: DatabaseConnection, classroom_id: int | None, account_id: int, binding: FileBinding
) -> None:
    """Insert a binding. AlreadyBound: this account has bound this address there."""
    values = {name: getattr(binding, name) for name in FileBinding.__dataclass_fields__}
    try:
        await connection.execute(
            insert(bindings).values(classroom_id=classroom_id, account_id=account_id, **values)
        )
    except IntegrityError as error:
        raise AlreadyBound from error


async def remove(
    connection: DatabaseConnection, classroom_id: int | None, account_id: int, url: str
) -> bool:
    """Delete a binding; False if it does not exist."""
    touched = await connection.execute(
        delete(bindings).where(
            bindings.c.classroom_id == classroom_id,  # NULL becomes IS NULL
            bindings.c.account_id == account_id,
            bindings.c.url == url,
        )
    )
    return touched == 1


async def remove_personal(connection: DatabaseConnection, account_id: int) -> None:
    """Delete the private bindings of an account."""
    await connection.execute(
        delete(bindings).where(
            bindings.c.account_id == account_id, bindings.c.classroom_id.is_(None)
        )
    )


async def list_page(
    connection: DatabaseConnection, wanted: BindingFilter, offset: int, limit: int
) -> tuple[Sequence[FileBinding], int]:
    """Return a page, newest first, and the total."""
    conditions = _conditions(wanted)
    counted = await connection.fetch_one(
        select(func.count().label("total")).select_from(bindings).where(*conditions)
    )
    rows = await connection.fetch_all(
        select(*_BINDING)
        .where(*conditions)
        .order_by(bindings.c.binding_id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [FileBinding(**row) for row in rows], 0 if counted is None else counted["total"]


def _conditions(wanted: BindingFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.classroom_id is not None:
        conditions.append(bindings.c.classroom_id == wanted.classroom_id)
    if wanted.account_id is not None:
        conditions.append(bindings.c.account_id == wanted.account_id)
    if wanted.bound_from is not None:
        conditions.append(bindings.c.bound_at >= wanted.bound_from)
    if wanted.bound_before is not None:
        conditions.append(bindings.c.bound_at < wanted.bound_before)
    return conditions
