"""The table of uploads; a complete upload is a courseware file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    and_,
    bindparam,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from classgate.accounts.repository import accounts
from classgate.classrooms.models import ClassroomState
from classgate.classrooms.repository import classrooms
from classgate.courseware.models import StoredFile, Upload, Uploader, UploadState
from classgate.leases.repository import leases
from classgate.storage.database import DatabaseConnection, Instant, RowId, metadata
from classgate.storage.statements import LIMIT, EnumText, Row, Statement, one_of, to_dataclass

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
    Column("state", EnumText(UploadState, 10), nullable=False),
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
_UPLOAD = [uploads.c[name] for name in _FIELDS]

_IS_WANTED = uploads.c.upload_id == bindparam("wanted_id")
_ADD = Statement(insert(uploads).values({name: bindparam(name) for name in _FIELDS}))
_FIND_ANY = Statement(select(*_UPLOAD).where(_IS_WANTED))
_FIND_OWN = Statement(
    select(*_UPLOAD).where(_IS_WANTED, uploads.c.account_id == bindparam("account_id"))
)
_IS_IN_STATE = uploads.c.state == bindparam("from_state")
_SET_STATE = Statement(
    update(uploads).where(_IS_WANTED, _IS_IN_STATE).values(state=bindparam("to_state"))
)
_COMPLETE = Statement(
    update(uploads)
    .where(_IS_WANTED, _IS_IN_STATE)
    .values(state=UploadState.COMPLETE, completed_at=bindparam("at"))
)
_SET_LEASE = Statement(
    update(uploads)
    .where(_IS_WANTED, uploads.c.state == UploadState.OPEN)
    .values(lease_id=bindparam("lease"))
)
_COMPLETE_OF_CLASS = (
    select(*_UPLOAD, accounts.c.identifier, accounts.c.display_name, accounts.c.deleted_at)
    .join(accounts, accounts.c.account_id == uploads.c.account_id)
    .where(
        uploads.c.classroom_id == bindparam("classroom_id"),
        uploads.c.state == UploadState.COMPLETE,
    )
    .order_by(uploads.c.completed_at.desc(), uploads.c.upload_id.desc())
    .limit(LIMIT)
)
_LIST = Statement(_COMPLETE_OF_CLASS)
_LIST_BEFORE = Statement(
    _COMPLETE_OF_CLASS.where(
        tuple_(uploads.c.completed_at, uploads.c.upload_id)
        < tuple_(
            bindparam("before_completed_at", type_=Instant), bindparam("before_id", type_=String)
        )
    )
)


def _to_upload(row: Row) -> Upload:
    return to_dataclass(Upload, row)


def _to_file(row: Row) -> StoredFile:
    *upload, identifier, display_name, deleted_at = row
    uploader = Uploader(identifier, display_name) if deleted_at is None else None
    return StoredFile(_to_upload(upload), uploader)


async def add(connection: DatabaseConnection, upload: Upload) -> None:
    await connection.write(_ADD, {name: getattr(upload, name) for name in _FIELDS})


async def find(connection: DatabaseConnection, upload_id: str, account_id: int) -> Upload | None:
    """Return the upload if this account opened it."""
    row = await connection.fetch_one(_FIND_OWN, {"wanted_id": upload_id, "account_id": account_id})
    return None if row is None else _to_upload(row)


async def find_any(connection: DatabaseConnection, upload_id: str) -> Upload | None:
    """Return the upload of any account."""
    row = await connection.fetch_one(_FIND_ANY, {"wanted_id": upload_id})
    return None if row is None else _to_upload(row)


async def transition_state(
    connection: DatabaseConnection,
    upload_id: str,
    to_state: UploadState,
    at: datetime,
    from_state: UploadState = UploadState.OPEN,
) -> bool:
    """Change the state; only one concurrent caller gets True."""
    values: dict[str, object] = {"wanted_id": upload_id, "from_state": from_state}
    if to_state is UploadState.COMPLETE:
        return await connection.execute(_COMPLETE, {**values, "at": at}) == 1
    return await connection.execute(_SET_STATE, {**values, "to_state": to_state}) == 1


async def set_lease(connection: DatabaseConnection, upload_id: str, lease_id: str) -> bool:
    """Attach the upload to another lease if it is still open."""
    values = {"wanted_id": upload_id, "lease": lease_id}
    return await connection.execute(_SET_LEASE, values) == 1


async def list_complete(
    connection: DatabaseConnection,
    classroom_id: int,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[StoredFile]:
    """Return complete files of the class, newest first, after `before`."""
    values: dict[str, object] = {"classroom_id": classroom_id, "limit": limit}
    if before is None:
        rows = await connection.fetch_all(_LIST, values)
    else:
        values |= {"before_completed_at": before[0], "before_id": before[1]}
        rows = await connection.fetch_all(_LIST_BEFORE, values)
    return [_to_file(row) for row in rows]


# ── clean-up ───────────────────────────────────────────────────────────────────────────────────


def _claim_expired() -> Statement:
    last = select(func.max(leases.c.expires_at)).where(leases.c.upload_id == uploads.c.upload_id)
    keys_ended = func.coalesce(last.scalar_subquery(), uploads.c.created_at, type_=Instant)
    live, created = ClassroomState.LIVE, ClassroomState.CREATED
    state, ends_at = classrooms.c.state, classrooms.c.ends_at
    is_class_over = or_(
        not_(one_of(state, [live, created])),
        and_(state == live, ends_at <= bindparam("live_planned_until")),
        and_(state == created, ends_at <= bindparam("now")),
    )
    is_forgotten = or_(
        keys_ended < bindparam("keys_ended_before"),
        and_(is_class_over, keys_ended < bindparam("keys_ended_before_in_class_over")),
    )
    return Statement(
        select(*_UPLOAD)
        .join(classrooms, classrooms.c.classroom_id == uploads.c.classroom_id)
        .where(uploads.c.state == UploadState.OPEN, uploads.c.cleaned_up_at.is_(None), is_forgotten)
        .order_by(uploads.c.upload_id)
        .limit(LIMIT)
        .with_for_update(skip_locked=True, of=uploads)
    )


_CLAIM_EXPIRED = _claim_expired()
_OVER = [UploadState.ABANDONED, UploadState.REMOVED, UploadState.DELETED]
_IS_DUE = or_(uploads.c.clean_up_after.is_(None), uploads.c.clean_up_after <= bindparam("now"))
_CLAIM_FOR_CLEAN_UP = Statement(
    select(*_UPLOAD)
    .where(one_of(uploads.c.state, _OVER), uploads.c.cleaned_up_at.is_(None), _IS_DUE)
    .order_by(uploads.c.upload_id)
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
)
_SOME_FOR_CLEAN_UP = (
    select(literal(1))
    .select_from(uploads)
    .where(one_of(uploads.c.state, _OVER), uploads.c.cleaned_up_at.is_(None), _IS_DUE)
    .limit(LIMIT)
    .subquery()
)
_COUNT_FOR_CLEAN_UP = Statement(
    select(func.count().label("number")).select_from(_SOME_FOR_CLEAN_UP)
)
_POSTPONE_CLEAN_UP = Statement(
    update(uploads).where(_IS_WANTED).values(clean_up_after=bindparam("at"))
)
_MARK_CLEANED_UP = Statement(
    update(uploads)
    .where(_IS_WANTED, uploads.c.cleaned_up_at.is_(None))
    .values(cleaned_up_at=bindparam("at"))
)


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
    values = {
        "now": wanted.now,
        "live_planned_until": wanted.now - wanted.overrun,
        "keys_ended_before": wanted.keys_ended_before,
        "keys_ended_before_in_class_over": wanted.keys_ended_before_in_class_over,
        "limit": limit,
    }
    return [_to_upload(row) for row in await connection.fetch_all(_CLAIM_EXPIRED, values)]


async def claim_for_clean_up(
    connection: DatabaseConnection, now: datetime, until: datetime, limit: int
) -> Sequence[Upload]:
    """Claim unsuccessful uploads that are due for a clean-up of the store.

    They are not due again before `until`. None of them is or can become complete.
    """
    rows = await connection.fetch_all(_CLAIM_FOR_CLEAN_UP, {"now": now, "limit": limit})
    if rows:
        postponed = [{"wanted_id": row.upload_id, "at": until} for row in rows]
        await connection.execute_many(_POSTPONE_CLEAN_UP, postponed)
    return [_to_upload(row) for row in rows]


async def count_for_clean_up(connection: DatabaseConnection, now: datetime, most: int) -> int:
    """Count the uploads whose location in the store is to be cleaned, up to this many."""
    row = await connection.fetch_one(_COUNT_FOR_CLEAN_UP, {"now": now, "limit": most})
    return 0 if row is None else int(row.number)


async def postpone_clean_up(connection: DatabaseConnection, upload_id: str, at: datetime) -> None:
    """Postpone the clean-up of its location in the store."""
    await connection.write(_POSTPONE_CLEAN_UP, {"wanted_id": upload_id, "at": at})


async def mark_cleaned_up(connection: DatabaseConnection, upload_id: str, at: datetime) -> bool:
    """Record that its location in the store is clean for good. False: already recorded."""
    return await connection.execute(_MARK_CLEANED_UP, {"wanted_id": upload_id, "at": at}) == 1
