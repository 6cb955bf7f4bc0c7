"""The table of sessions."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    RowMapping,
    String,
    Table,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    text,
    tuple_,
    update,
)

from classgate.accounts.models import Account, Session, SessionChannel
from classgate.accounts.repository import ACCOUNT, accounts, to_account
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata

_OVER_AT = "coalesce(ended_at, expires_at)"

sessions = Table(
    "sessions",
    metadata,
    Column("session_id", String(40), primary_key=True),
    Column("account_id", RowId, ForeignKey("accounts.account_id"), nullable=False),
    Column("token_digest", String(64), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("last_used_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("channel", String(10), nullable=False),
    Index(None, "account_id"),
    # Finds the newest sessions of an account, however many have ended.
    Index(
        "ix_sessions_open",
        "account_id",
        "created_at",
        "session_id",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    # Expired ones are removed in the order of their end.
    Index("ix_sessions_over", text(_OVER_AT)),
)

_SESSION = [sessions.c[name] for name in Session.__dataclass_fields__]


def _to_session(row: RowMapping, prefix: str = "") -> Session:
    values = {column.name: row[prefix + column.name] for column in _SESSION}
    return Session(**{**values, "channel": SessionChannel(values["channel"])})


async def add_session(connection: DatabaseConnection, session: Session, token_digest: str) -> None:
    values = {name: getattr(session, name) for name in Session.__dataclass_fields__}
    await connection.execute(insert(sessions).values(token_digest=token_digest, **values))


# Built once: building is slower than executing, and every request executes one.
_OPEN = (
    select(*ACCOUNT, *(column.label(f"session_{column.name}") for column in _SESSION))
    .join(sessions, sessions.c.account_id == accounts.c.account_id)
    .where(sessions.c.ended_at.is_(None))
)
_OPEN_BY_DIGEST = _OPEN.where(sessions.c.token_digest == bindparam("wanted"))
_OPEN_BY_ID = _OPEN.where(sessions.c.session_id == bindparam("wanted"))


async def find_session(
    connection: DatabaseConnection, token_digest: str
) -> tuple[Session, Account] | None:
    """Return the session of the token with its account, unless it was ended."""
    return _to_open(await connection.fetch_one(_OPEN_BY_DIGEST, {"wanted": token_digest}))


async def find_session_by_id(
    connection: DatabaseConnection, session_id: str
) -> tuple[Session, Account] | None:
    """Return the session with this id and its account, unless it was ended."""
    return _to_open(await connection.fetch_one(_OPEN_BY_ID, {"wanted": session_id}))


def _to_open(row: RowMapping | None) -> tuple[Session, Account] | None:
    if row is None:
        return None
    return _to_session(row, "session_"), to_account(row)


async def list_sessions(
    connection: DatabaseConnection,
    account_id: int,
    at: datetime,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Session]:
    """Return a page of the account's open, unexpired sessions, newest first, after `before`."""
    statement = (
        select(*_SESSION)
        .where(*_open_of(account_id), sessions.c.expires_at > at)
        .order_by(*_NEWEST_FIRST)
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(tuple_(sessions.c.created_at, sessions.c.session_id) < before)
    return [_to_session(row) for row in await connection.fetch_all(statement)]


async def list_older(
    connection: DatabaseConnection, account_id: int, at: datetime, newest: int, limit: int
) -> Sequence[str]:
    """Return the ids of the open sessions except the `newest` most recent ones."""
    rows = await connection.fetch_all(
        select(sessions.c.session_id)
        .where(*_open_of(account_id), sessions.c.expires_at > at)
        .order_by(*_NEWEST_FIRST)
        .offset(newest)
        .limit(limit)
    )
    return [row["session_id"] for row in rows]


_NEWEST_FIRST = (sessions.c.created_at.desc(), sessions.c.session_id.desc())


def _open_of(account_id: int) -> tuple[ColumnElement[bool], ...]:
    return (sessions.c.account_id == account_id, sessions.c.ended_at.is_(None))


async def update_last_used(connection: DatabaseConnection, used: Mapping[str, datetime]) -> None:
    """Update the last use; never moves back. The list must not be empty."""
    await connection.execute_many(
        update(sessions)
        .where(
            sessions.c.session_id == bindparam("session"), sessions.c.last_used_at < bindparam("at")
        )
        .values(last_used_at=bindparam("at")),
        # Sorted, so that replicas cannot deadlock.
        [{"session": each, "at": used[each]} for each in sorted(used)],
    )


async def end_session(
    connection: DatabaseConnection, account_id: int, session_id: str, at: datetime
) -> bool:
    """End one session of the account; False if it is not open."""
    touched = await connection.execute(
        update(sessions)
        .where(
            sessions.c.session_id == session_id,
            sessions.c.account_id == account_id,
            sessions.c.ended_at.is_(None),
        )
        .values(ended_at=at)
    )
    return touched == 1


async def list_open_by_channel(
    connection: DatabaseConnection, account_id: int, channel: SessionChannel
) -> Sequence[str]:
    """Return the ids of the account's open sessions of one channel."""
    rows = await connection.fetch_all(
        select(sessions.c.session_id)
        .where(
            sessions.c.account_id == account_id,
            sessions.c.channel == channel,
            sessions.c.ended_at.is_(None),
        )
        .order_by(sessions.c.session_id)
    )
    return [row["session_id"] for row in rows]


async def end_sessions(
    connection: DatabaseConnection, account_id: int, at: datetime, keep: str | None = None
) -> int:
    """End all open sessions of the account except `keep`; return the number."""
    wanted = [sessions.c.account_id == account_id, sessions.c.ended_at.is_(None)]
    if keep is not None:
        wanted.append(sessions.c.session_id != keep)
    # Sorted, like every update of several rows, so that transactions cannot deadlock.
    ordered = select(sessions.c.session_id).where(*wanted).order_by(sessions.c.session_id)
    await connection.lock(ordered, Lock.EXCLUSIVE)
    return await connection.execute(update(sessions).where(*wanted).values(ended_at=at))


async def delete_sessions(connection: DatabaseConnection, account_id: int) -> int:
    """Delete every session of the account; return the number."""
    return await connection.execute(delete(sessions).where(sessions.c.account_id == account_id))


async def delete_ended(connection: DatabaseConnection, before: datetime, limit: int) -> int:
    """Delete a batch that ended before the time, skipping locked rows; return the number."""
    over_at = literal_column(_OVER_AT, Instant)
    over = (
        select(sessions.c.session_id)
        .where(over_at < before)
        .order_by(over_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return await connection.execute(delete(sessions).where(sessions.c.session_id.in_(over)))
