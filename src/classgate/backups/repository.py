"""Changes of a restore to the features' tables: open items end, numbers advance."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
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

# SQLite stores the highest number of each table here.
_sequence = table("sqlite_sequence", column("name"), column("seq"))


async def end_sessions(connection: DatabaseConnection, at: datetime) -> int:
    """End all sessions; return their number."""
    return await connection.execute(
        update(sessions).where(sessions.c.ended_at.is_(None)).values(ended_at=at)
    )


async def end_leases(connection: DatabaseConnection, at: datetime, reason: str) -> int:
    """End all leases; return their number."""
    return await connection.execute(
        update(leases)
        .where(leases.c.state != LeaseState.ENDED)
        .values(state=LeaseState.ENDED, ended_at=at, end_reason=reason)
    )


async def end_invitations(connection: DatabaseConnection, at: datetime) -> int:
    """End all invitations, because uses after the backup are unknown; return their number."""
    good = (invitations.c.expires_at > at) & (invitations.c.used < invitations.c.uses)
    return await connection.execute(update(invitations).where(good).values(expires_at=at))


async def exempt_uploads_from_clean_up(connection: DatabaseConnection, at: datetime) -> int:
    """Exempt open uploads from the clean-up, because they may have become courseware since;
    return their number.
    """
    is_open = (uploads.c.state == UploadState.OPEN) & uploads.c.cleaned_up_at.is_(None)
    return await connection.execute(update(uploads).where(is_open).values(cleaned_up_at=at))


async def require_later_signatures(connection: DatabaseConnection, at: datetime) -> None:
    """Require that every new UserSig is later than any kick after the backup."""
    await connection.execute(
        update(accounts).where(accounts.c.signatures_after < at).values(signatures_after=at)
    )


async def find_newest_row(connection: DatabaseConnection) -> datetime | None:
    """Return the time of the newest audit row."""
    newest = func.max(audit_rows.c.at, type_=Instant).label("newest")
    row = await connection.fetch_one(select(newest))
    return None if row is None else row["newest"]


class SqliteNumbers:
    """The numbers that SQLite gives to new rows."""

    async def find_last(self, connection: DatabaseConnection, numbered: Table) -> int:
        """Return the highest number that the table ever used."""
        row = await connection.fetch_one(
            select(_sequence.c.seq).where(_sequence.c.name == numbered.name)
        )
        return 0 if row is None else int(row["seq"])

    async def set_last(self, connection: DatabaseConnection, numbered: Table, number: int) -> None:
        """Set the last number of the table."""
        of_table = _sequence.c.name == numbered.name
        if not await connection.execute(update(_sequence).where(of_table).values(seq=number)):
            await connection.execute(insert(_sequence).values(name=numbered.name, seq=number))


class PostgresqlNumbers:
    """The numbers that the sequences of PostgreSQL give to new rows."""

    async def find_last(self, connection: DatabaseConnection, numbered: Table) -> int:
        """Return the highest number that the table ever used; at least 1."""
        sequence = table(_sequence_of(numbered), column("last_value"))
        row = await connection.fetch_one(select(sequence.c.last_value))
        return 0 if row is None else int(row["last_value"])

    async def set_last(self, connection: DatabaseConnection, numbered: Table, number: int) -> None:
        """Set the last number of the table."""
        sequence: ColumnElement[Any] = literal_column(f"'{_sequence_of(numbered)}'::regclass")
        await connection.fetch_one(select(func.setval(sequence, number)))


def _sequence_of(numbered: Table) -> str:
    (key,) = numbered.primary_key.columns
    return f"{numbered.name}_{key.name}_seq"


async def count_servers(connection: DatabaseConnection) -> int:
    """Return how many other connections of classgate a PostgreSQL database has."""
    activity = table(
        "pg_stat_activity", column("datname"), column("application_name"), column("pid")
    )
    others = (
        (activity.c.datname == func.current_database())
        & (activity.c.application_name == "classgate")
        & (activity.c.pid != func.pg_backend_pid())
    )
    row = await connection.fetch_one(select(func.count().label("number")).where(others))
    return 0 if row is None else int(row["number"])
