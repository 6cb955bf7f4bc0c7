"""The table of sessions."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
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
from classgate.storage.changes import Changed
from classgate.storage.database import DatabaseConnection, Instant, Lock, RowId, metadata
from classgate.storage.statements import LIMIT, EnumText, Row, Statement, to_dataclass

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
    Column("channel", EnumText(SessionChannel, 10), nullable=False),
    # When the password was typed again; read only for what needs it, so not part of `Session`.
    Column("confirmed_at", Instant),
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
_IS_OPEN = sessions.c.ended_at.is_(None)
_OF_ACCOUNT = sessions.c.account_id == bindparam("account_id")
_NEWEST_FIRST = (sessions.c.created_at.desc(), sessions.c.session_id.desc())

_ADD = Statement(
    insert(sessions).values(
        {name: bindparam(name) for name in (*Session.__dataclass_fields__, "token_digest")}
    )
)


async def add_session(connection: DatabaseConnection, session: Session, token_digest: str) -> None:
    await connection.write(_ADD, {"token_digest": token_digest, **vars(session)})


CALLER = [*ACCOUNT, *(column.label(f"session_{column.name}") for column in _SESSION)]
"""The columns of an account and one of its sessions."""

WITH_ACCOUNT = sessions.join(accounts, accounts.c.account_id == sessions.c.account_id)
_WITH_ACCOUNT = select(*CALLER).select_from(WITH_ACCOUNT).where(_IS_OPEN)
_FIND_BY_DIGEST = Statement(_WITH_ACCOUNT.where(sessions.c.token_digest == bindparam("digest")))
IS_OPEN_SESSION = _IS_OPEN & (sessions.c.session_id == bindparam("session_id"))
"""The condition for the session with the number `session_id`, unless it was ended."""

_FIND_BY_ID = Statement(select(*CALLER).select_from(WITH_ACCOUNT).where(IS_OPEN_SESSION))


async def find_session(
    connection: DatabaseConnection, token_digest: str
) -> tuple[Session, Account] | None:
    """Return the session of the token with its account, unless it was ended."""
    row = await connection.fetch_one(_FIND_BY_DIGEST, {"digest": token_digest})
    return None if row is None else to_caller(row)


_FIND_OWNER = Statement(
    select(sessions.c.account_id).where(sessions.c.token_digest == bindparam("digest"))
)


async def find_owner(connection: DatabaseConnection, token_digest: str) -> int | None:
    """Return the account of a token, also of a session that has ended."""
    row = await connection.fetch_one(_FIND_OWNER, {"digest": token_digest})
    return None if row is None else int(row.account_id)


async def find_session_by_id(
    connection: DatabaseConnection, session_id: str
) -> tuple[Session, Account] | None:
    """Return the session with this id and its account, unless it was ended."""
    row = await connection.fetch_one(_FIND_BY_ID, {"session_id": session_id})
    return None if row is None else to_caller(row)


def to_caller(row: Row) -> tuple[Session, Account]:
    """Return the session and its account of a row that begins with the columns `CALLER`."""
    return to_dataclass(Session, row[len(ACCOUNT) :]), to_account(row)


_UNEXPIRED = (
    select(*_SESSION)
    .where(_OF_ACCOUNT, _IS_OPEN, sessions.c.expires_at > bindparam("at"))
    .order_by(*_NEWEST_FIRST)
    .limit(LIMIT)
)
_LIST = Statement(_UNEXPIRED)
_LIST_AFTER = Statement(
    _UNEXPIRED.where(
        tuple_(sessions.c.created_at, sessions.c.session_id)
        < tuple_(bindparam("before_time", type_=Instant), bindparam("before_id", type_=String))
    )
)


async def list_sessions(
    connection: DatabaseConnection,
    account_id: int,
    at: datetime,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Session]:
    """Return a page of the account's open, unexpired sessions, newest first, after `before`."""
    values: dict[str, object] = {"account_id": account_id, "at": at, "limit": limit}
    if before is not None:
        values |= {"before_time": before[0], "before_id": before[1]}
    statement = _LIST if before is None else _LIST_AFTER
    return [to_dataclass(Session, row) for row in await connection.fetch_all(statement, values)]


_LIST_OLDER = Statement(
    select(sessions.c.session_id)
    .where(_OF_ACCOUNT, _IS_OPEN, sessions.c.expires_at > bindparam("at"))
    .order_by(*_NEWEST_FIRST)
    .offset(bindparam("newest", type_=Integer))
    .limit(LIMIT)
)


async def list_older(
    connection: DatabaseConnection, account_id: int, at: datetime, newest: int, limit: int
) -> Sequence[str]:
    """Return the ids of the open sessions except the `newest` most recent ones."""
    values = {"account_id": account_id, "at": at, "newest": newest, "limit": limit}
    return [row.session_id for row in await connection.fetch_all(_LIST_OLDER, values)]


_UPDATE_LAST_USED = Statement(
    update(sessions)
    .where(sessions.c.session_id == bindparam("session"), sessions.c.last_used_at < bindparam("at"))
    .values(last_used_at=bindparam("at"))
)


async def update_last_used(connection: DatabaseConnection, used: Mapping[str, datetime]) -> None:
    """Update the last use; never moves back. The list must not be empty."""
    await connection.execute_many(
        _UPDATE_LAST_USED,
        # Sorted, so that replicas cannot deadlock.
        [{"session": each, "at": used[each]} for each in sorted(used)],
    )


_FIND_CONFIRMED = Statement(select(sessions.c.confirmed_at).where(IS_OPEN_SESSION))
_SET_CONFIRMED = Statement(
    update(sessions)
    .where(sessions.c.session_id == bindparam("session"))
    .values(confirmed_at=bindparam("at"))
)


async def find_confirmed(connection: DatabaseConnection, session_id: str) -> datetime | None:
    """Return when the password was typed again in the session; None: never."""
    row = await connection.fetch_one(_FIND_CONFIRMED, {"session_id": session_id})
    return None if row is None else row.confirmed_at


async def set_confirmed(connection: DatabaseConnection, session_id: str, at: datetime) -> None:
    """Record that the password was typed again."""
    await connection.write(_SET_CONFIRMED, {"session": session_id, "at": at})


_END = Statement(
    update(sessions)
    .where(sessions.c.session_id == bindparam("session"), _OF_ACCOUNT, _IS_OPEN)
    .values(ended_at=bindparam("at"))
)


async def end_session(
    connection: DatabaseConnection, account_id: int, session_id: str, at: datetime
) -> bool:
    """End one session of the account; False if it is not open."""
    values = {"session": session_id, "account_id": account_id, "at": at}
    is_ended = await connection.execute(_END, values) == 1
    if is_ended:
        connection.announce(Changed.ACCOUNT, account_id)
    return is_ended


_LIST_OF_CHANNEL = Statement(
    select(sessions.c.session_id)
    .where(_OF_ACCOUNT, sessions.c.channel == bindparam("channel"), _IS_OPEN)
    .order_by(sessions.c.session_id)
)


async def list_open_by_channel(
    connection: DatabaseConnection, account_id: int, channel: SessionChannel
) -> Sequence[str]:
    """Return the ids of the account's open sessions of one channel."""
    values = {"account_id": account_id, "channel": channel}
    return [row.session_id for row in await connection.fetch_all(_LIST_OF_CHANNEL, values)]


_IS_ANOTHER = sessions.c.session_id != bindparam("kept")
_LIST_OTHERS = Statement(
    select(sessions.c.session_id)
    .where(_OF_ACCOUNT, _IS_OPEN, _IS_ANOTHER)
    .order_by(sessions.c.session_id)
)
_END_OTHERS = Statement(
    update(sessions).where(_OF_ACCOUNT, _IS_OPEN, _IS_ANOTHER).values(ended_at=bindparam("at"))
)


async def end_sessions(
    connection: DatabaseConnection, account_id: int, at: datetime, keep: str | None = None
) -> int:
    """End all open sessions of the account except `keep`; return the number."""
    values = {"account_id": account_id, "kept": keep or ""}  # no session has an empty id
    # Sorted, like every update of several rows, so that transactions cannot deadlock.
    await connection.lock(_LIST_OTHERS, values, Lock.EXCLUSIVE)
    connection.announce(Changed.ACCOUNT, account_id)
    return await connection.execute(_END_OTHERS, {**values, "at": at})


_DELETE_ALL = Statement(delete(sessions).where(_OF_ACCOUNT))


async def delete_sessions(connection: DatabaseConnection, account_id: int) -> int:
    """Delete every session of the account; return the number."""
    connection.announce(Changed.ACCOUNT, account_id)
    return await connection.execute(_DELETE_ALL, {"account_id": account_id})


over_at = literal_column(_OVER_AT, Instant)
_DELETE_ENDED = Statement(
    delete(sessions).where(
        sessions.c.session_id.in_(
            select(sessions.c.session_id)
            .where(over_at < bindparam("before", type_=Instant))
            .order_by(over_at)
            .limit(LIMIT)
            .with_for_update(skip_locked=True)
        )
    )
)


async def delete_ended(connection: DatabaseConnection, before: datetime, limit: int) -> int:
    """Delete a batch that ended before the time, skipping locked rows; return the number."""
    return await connection.execute(_DELETE_ENDED, {"before": before, "limit": limit})
