"""The table of uploads; a complete upload is a courseware file."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    RowMapping,
    String,
    Table,
    insert,
    select,
    tuple_,
    update,
)

from classgate.courseware.models import Upload, UploadState
from classgate.storage.database import Instant, Queries, RowId, metadata

uploads = Table(
    "uploads",
    metadata,
    Column("upload_id", String(40), primary_key=True),
    Column("classroom_id", RowId, ForeignKey("classrooms.classroom_id"), nullable=False),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("lease_id", String(40), nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("object_key", String(300), nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("completed_at", Instant),
    Index(None, "classroom_id", "state", "completed_at"),
)

_FIELDS = tuple(Upload.__dataclass_fields__)


def _to_upload(row: RowMapping) -> Upload:
    return Upload(**{**row, "state": UploadState(row["state"])})


async def add(queries: Queries, upload: Upload) -> None:
    await queries.execute(
        insert(uploads).values({field: getattr(upload, field) for field in _FIELDS})
    )


async def find(queries: Queries, upload_id: str, account_id: int) -> Upload | None:
    """The upload, when this account opened it."""
    row = await queries.fetch_one(
        select(*(uploads.c[field] for field in _FIELDS)).where(
            uploads.c.upload_id == upload_id, uploads.c.account_id == account_id
        )
    )
    return None if row is None else _to_upload(row)


async def find_any(queries: Queries, upload_id: str) -> Upload | None:
    """The upload, whoever opened it."""
    row = await queries.fetch_one(
        select(*(uploads.c[field] for field in _FIELDS)).where(uploads.c.upload_id == upload_id)
    )
    return None if row is None else _to_upload(row)


async def move_state(
    queries: Queries,
    upload_id: str,
    to_state: UploadState,
    at: datetime,
    from_state: UploadState = UploadState.OPEN,
) -> bool:
    """From one state to the next; of several who try, one is told True."""
    values: dict[str, object] = {"state": to_state}
    if to_state is UploadState.COMPLETE:
        values["completed_at"] = at
    touched = await queries.execute(
        update(uploads)
        .where(uploads.c.upload_id == upload_id, uploads.c.state == from_state)
        .values(values)
    )
    return touched == 1


async def set_lease(queries: Queries, upload_id: str, lease_id: str) -> bool:
    """Hang it below another lease, if it is still open."""
    touched = await queries.execute(
        update(uploads)
        .where(uploads.c.upload_id == upload_id, uploads.c.state == UploadState.OPEN)
        .values(lease_id=lease_id)
    )
    return touched == 1


async def list_complete(
    queries: Queries, classroom_id: int, before: tuple[datetime, str] | None, limit: int
) -> Sequence[Upload]:
    """The files of a class that arrived, the newest first, those after `before` only."""
    statement = (
        select(*(uploads.c[field] for field in _FIELDS))
        .where(uploads.c.classroom_id == classroom_id, uploads.c.state == UploadState.COMPLETE)
        .order_by(uploads.c.completed_at.desc(), uploads.c.upload_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(tuple_(uploads.c.completed_at, uploads.c.upload_id) < before)
    return [_to_upload(row) for row in await queries.fetch_all(statement)]
