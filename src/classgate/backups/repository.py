"""Changes of a restore to the features' tables: open items end, numbers advance."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    Table,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    table,
    update,
)

from classgate.accounts.invitations.repository import invitations
from classgate.accounts.repository import accounts
from classgate.accounts.session_repository import sessions
from classgate.audit.repository import audit_rows
from classgate.courseware.models import UploadState
from classgate.courseware.repository import uploads
from classgate.leases.models import LeaseState
from classgate.leases.repository import leases
from classgate.storage.database import DatabaseConnection, Instant
from classgate.storage.statements import Statement

_END_SESSIONS = Statement(
    update(sessions).where(sessions.c.ended_at.is_(None)).values(ended_at=bindparam("at"))
)
_END_LEASES = Statement(
    update(leases)
    .where(leases.c.state != LeaseState.ENDED)
    .values(state=LeaseState.ENDED, ended_at=bindparam("at"), end_reason=bindparam("reason"))
)
_END_INVITATIONS = Statement(
    update(invitations)
    .where(invitations.c.expires_at > bindparam("at"), invitations.c.used < invitations.c.uses)
    .values(expires_at=bindparam("at"))
)
_EXEMPT_UPLOADS = Statement(
    update(uploads)
    .where(uploads.c.state == UploadState.OPEN, uploads.c.cleaned_up_at.is_(None))
    .values(cleaned_up_at=bindparam("at"))
)
_REQUIRE_LATER_SIGNATURES = Statement(
    update(accounts)
    .where(accounts.c.signatures_after < bindparam("at"))
    .values(signatures_after=bindparam("at"))
)
_FIND_NEWEST_ROW = Statement(select(func.max(audit_rows.c.at, type_=Instant).label("newest")))


async def end_sessions(connection: DatabaseConnection, at: datetime) -> int:
    """End all sessions; return their number."""
    return await connection.execute(_END_SESSIONS, {"at": at})


async def end_leases(connection: DatabaseConnection, at: datetime, reason: str) -> int:
    """End all leases; return their number."""
    return await connection.execute(_END_LEASES, {"at": at, "reason": reason})


async def end_invitations(connection: DatabaseConnection, at: datetime) -> int:
    """End all invitations, because uses after the backup are unknown; return their number."""
    return await connection.execute(_END_INVITATIONS, {"at": at})


async def exempt_uploads_from_clean_up(connection: DatabaseConnection, at: datetime) -> int:
    """Exempt open uploads from the clean-up, because they may have become courseware since;
    return their number.
    """
    return await connection.execute(_EXEMPT_UPLOADS, {"at": at})


async def require_later_signatures(connection: DatabaseConnection, at: datetime) -> None:
    """Require that every new UserSig is later than any kick after the backup."""
    await connection.write(_REQUIRE_LATER_SIGNATURES, {"at": at})


async def find_newest_row(connection: DatabaseConnection) -> datetime | None:
    """Return the time of the newest audit row."""
    row = await connection.fetch_one(_FIND_NEWEST_ROW)
    return None if row is None else row.newest


# ── numbers ─────────────────────────────────────────────────────────────────────────────────────


# SQLite stores the highest number of each table here.
_sequence = table("sqlite_sequence", column("name", String), column("seq", BigInteger))
_IS_OF_TABLE = _sequence.c.name == bindparam("table")
_FIND_LAST = Statement(select(_sequence.c.seq).where(_IS_OF_TABLE))
_SET_LAST = Statement(update(_sequence).where(_IS_OF_TABLE).values(seq=bindparam("number")))
_ADD_LAST = Statement(insert(_sequence).values(name=bindparam("table"), seq=bindparam("number")))


class SqliteNumbers:
    """The numbers that SQLite gives to new rows."""

    async def find_last(self, connection: DatabaseConnection, numbered: Table) -> int:
        """Return the highest number that the table ever used."""
        row = await connection.fetch_one(_FIND_LAST, {"table": numbered.name})
        return 0 if row is None else int(row.seq)

    async def set_last(self, connection: DatabaseConnection, numbered: Table, number: int) -> None:
        """Set the last number of the table."""
        values = {"table": numbered.name, "number": number}
        if not await connection.execute(_SET_LAST, values):
            await connection.execute(_ADD_LAST, values)


class PostgresqlNumbers:
    """The numbers that the sequences of PostgreSQL give to new rows."""

    async def find_last(self, connection: DatabaseConnection, numbered: Table) -> int:
        """Return the highest number that the table ever used; at least 1."""
        row = await connection.fetch_one(_find_last_value(numbered))
        return 0 if row is None else int(row.last_value)

    async def set_last(self, connection: DatabaseConnection, numbered: Table, number: int) -> None:
        """Set the last number of the table."""
        await connection.fetch_one(_set_last_value(numbered), {"number": number})


@cache
def _find_last_value(numbered: Table) -> Statement:
    return Statement(select(table(_sequence_of(numbered), column("last_value")).c.last_value))


@cache
def _set_last_value(numbered: Table) -> Statement:
    sequence: ColumnElement[Any] = literal_column(f"'{_sequence_of(numbered)}'::regclass")
    return Statement(select(func.setval(sequence, bindparam("number", type_=BigInteger))))


def _sequence_of(numbered: Table) -> str:
    (key,) = numbered.primary_key.columns
    return f"{numbered.name}_{key.name}_seq"


_activity = table("pg_stat_activity", column("datname"), column("application_name"), column("pid"))
_COUNT_SERVERS = Statement(
    select(func.count().label("number")).where(
        _activity.c.datname == func.current_database(),
        _activity.c.application_name == "classgate",
        _activity.c.pid != func.pg_backend_pid(),
    )
)


async def count_servers(connection: DatabaseConnection) -> int:
    """Return how many other connections of classgate a PostgreSQL database has."""
    row = await connection.fetch_one(_COUNT_SERVERS)
    return 0 if row is None else int(row.number)
