"""The table of uploads; a complete upload is a courseware file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    RowMapping,
    String,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from classgate.classrooms.models import ClassroomState
from classgate.classrooms.repository import classrooms
from classgate.courseware.models import Upload, UploadState
from classgate.leases.repository import leases
from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata

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
    # For unsuccessful uploads: the next clean-up of the store, and when it was clean.
    Column("clean_up_after", Instant),
    Column("cleaned_up_at", Instant),
    Index(None, "classroom_id", "state", "completed_at"),
    # For the periodic clean-up.
    Index(None, "state", "cleaned_up_at", "clean_up_after"),
)

_FIELDS = tuple(Upload.__dataclass_fields__)


def _to_upload(row: RowMapping) -> Upload:
    return Upload(**{**row, "state": UploadState(row["state"])})


async def add(connection: DatabaseConnection, upload: Upload) -> None:
    await connection.execute(
        insert(uploads).values({field: getattr(upload, field) for field in _FIELDS})
    )


async def find(connection: DatabaseConnection, upload_id: str, account_id: int) -> Upload | None:
    """Return the upload if this account opened it."""
    row = await connection.fetch_one(
        select(*(uploads.c[field] for field in _FIELDS)).where(
            uploads.c.upload_id == upload_id, uploads.c.account_id == account_id
        )
    )
    return None if row is None else _to_upload(row)


async def find_any(connection: DatabaseConnection, upload_id: str) -> Upload | None:
    """Return the upload of any account."""
    row = await connection.fetch_one(
        select(*(uploads.c[field] for field in _FIELDS)).where(uploads.c.upload_id == upload_id)
    )
    return None if row is None else _to_upload(row)


async def transition_state(
    connection: DatabaseConnection,
    upload_id: str,
    to_state: UploadState,
    at: datetime,
    from_state: UploadState = UploadState.OPEN,
) -> bool:
    """Change the state; only one concurrent caller gets True."""
    values: dict[str, object] = {"state": to_state}
    if to_state is UploadState.COMPLETE:
        values["completed_at"] = at
    touched = await connection.execute(
        update(uploads)
        .where(uploads.c.upload_id == upload_id, uploads.c.state == from_state)
        .values(values)
    )
    return touched == 1


async def set_lease(connection: DatabaseConnection, upload_id: str, lease_id: str) -> bool:
    """Attach the upload to another lease if it is still open."""
    touched = await connection.execute(
        update(uploads)
        .where(uploads.c.upload_id == upload_id, uploads.c.state == UploadState.OPEN)
        .values(lease_id=lease_id)
    )
    return touched == 1


async def list_complete(
    connection: DatabaseConnection,
    classroom_id: int,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Upload]:
    """Return complete files of the class, newest first, after `before`."""
    statement = (
        select(*(uploads.c[field] for field in _FIELDS))
        .where(uploads.c.classroom_id == classroom_id, uploads.c.state == UploadState.COMPLETE)
        .order_by(uploads.c.completed_at.desc(), uploads.c.upload_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(tuple_(uploads.c.completed_at, uploads.c.upload_id) < before)
    return [_to_upload(row) for row in await connection.fetch_all(statement)]


# ── clean-up ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ExpiredUploadFilter:
    """The conditions for abandoning open uploads."""

    now: datetime
    overrun: timedelta  # how far a live class may overrun its planned end
    keys_ended_before: datetime
    keys_ended_before_in_class_over: datetime


async def claim_expired(
    connection: DatabaseConnection, wanted: ExpiredUploadFilter, limit: int
) -> Sequence[Upload]:
    """Lock and return abandoned open uploads, skipping locked rows."""
    last = select(func.max(leases.c.expires_at)).where(leases.c.upload_id == uploads.c.upload_id)
    keys_ended = func.coalesce(last.scalar_subquery(), uploads.c.created_at, type_=Instant)
    live, created = ClassroomState.LIVE, ClassroomState.CREATED
    is_class_over = or_(
        classrooms.c.state.not_in([live, created]),
        and_(classrooms.c.state == live, classrooms.c.ends_at <= wanted.now - wanted.overrun),
        and_(classrooms.c.state == created, classrooms.c.ends_at <= wanted.now),
    )
    is_forgotten = or_(
        keys_ended < wanted.keys_ended_before,
        and_(is_class_over, keys_ended < wanted.keys_ended_before_in_class_over),
    )
    rows = await connection.fetch_all(
        select(*(uploads.c[field] for field in _FIELDS))
        .join(classrooms, classrooms.c.classroom_id == uploads.c.classroom_id)
        .where(uploads.c.state == UploadState.OPEN, uploads.c.cleaned_up_at.is_(None), is_forgotten)
        .order_by(uploads.c.upload_id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=uploads)
    )
    return [_to_upload(row) for row in rows]


async def claim_for_clean_up(
    connection: DatabaseConnection, now: datetime, until: datetime, limit: int
) -> Sequence[Upload]:
    """Claim unsuccessful uploads that are due for a clean-up of the store.

    They are not due again before `until`. None of them is or can become complete.
    """
    over = [UploadState.ABANDONED, UploadState.REMOVED, UploadState.DELETED]
    due = or_(uploads.c.clean_up_after.is_(None), uploads.c.clean_up_after <= now)
    rows = await connection.fetch_all(
        select(*(uploads.c[field] for field in _FIELDS))
        .where(uploads.c.state.in_(over), uploads.c.cleaned_up_at.is_(None), due)
        .order_by(uploads.c.upload_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    for row in rows:
        await postpone_clean_up(connection, row["upload_id"], until)
    return [_to_upload(row) for row in rows]


async def postpone_clean_up(connection: DatabaseConnection, upload_id: str, at: datetime) -> None:
    """Postpone the clean-up of its location in the store."""
    await connection.execute(
        update(uploads).where(uploads.c.upload_id == upload_id).values(clean_up_after=at)
    )


async def mark_cleaned_up(connection: DatabaseConnection, upload_id: str, at: datetime) -> bool:
    """Record that its location in the store is clean for good. False: already recorded."""
    touched = await connection.execute(
        update(uploads)
        .where(uploads.c.upload_id == upload_id, uploads.c.cleaned_up_at.is_(None))
        .values(cleaned_up_at=at)
    )
    return touched == 1
