"""What follows when a database was put back: what is open ends, numbers move on, the audit says so.

The same for a SQLite file and for a PostgreSQL server.
"""

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Table

from classgate.app.wiring import audit_log_of
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.backups import repository
from classgate.backups.models import AuditState, Completed, Numbers
from classgate.clock import Clock
from classgate.leases.unrecorded import list_unrecorded
from classgate.migrations.tables import accounts, classrooms
from classgate.refusals import BackupRefused
from classgate.settings.loading import Settings
from classgate.storage.database import Database, DatabaseConnection
from classgate.storage.database_url import is_postgresql, open_database

# More classes than a school makes between two backups; there is room for forty thousand such steps.
_STEP = 100_000
_LAST_ROOM = 2**32 - 1
NUMBERED = (accounts.accounts, classrooms.classrooms)


class _LastNumbers(Protocol):
    async def find_last(self, connection: DatabaseConnection, numbered: Table) -> int: ...

    async def set_last(
        self, connection: DatabaseConnection, numbered: Table, number: int
    ) -> None: ...


async def complete_restore(
    settings: Settings, url: str, source: Path | None, there: Numbers, clock: Clock
) -> Completed:
    """End what was open, move the numbers on, and record it, in one transaction.

    `source` is the backup; `there` are the next numbers of the database that was replaced.
    """
    database = open_database(url)
    kind = repository.PostgresqlNumbers() if is_postgresql(url) else repository.SqliteNumbers()
    try:
        audit = audit_log_of(settings, database, clock)
        # A backup with a changed row is better than none, and the service will ask about that row.
        await audit.require_key(despite_changed_rows=True)
        state = await read_audit_state(audit, database)
        now = clock()
        async with database.transaction() as connection:
            sessions = await repository.end_sessions(connection, now)
            leases = await repository.end_leases(connection, now, "restored")
            invitations = await repository.end_invitations(connection, now)
            left = await repository.exempt_uploads_from_clean_up(connection, now)
            await repository.require_later_signatures(connection, now)
            numbers = await _move_numbers(connection, kind, there)
            details = {
                "sha256": None if source is None else await asyncio.to_thread(_digest, source),
                "newest_row_at": _unix(state.newest_at),
                "sessions_ended": sessions,
                "leases_ended": leases,
                "invitations_ended": invitations,
                "uploads_left_open": left,
                "next_classroom_id": numbers.classroom,
            }
            entry = AuditEntry(
                event=AuditEvent.RESTORED, at=now, rule="the command line", details=details
            )
            await audit.record(connection, entry)
        await audit.checkpoint()
    finally:
        await database.close()
    return Completed(state, sessions, leases, numbers)


async def require_unused_server(url: str) -> None:
    """Require that no service uses the PostgreSQL database. Conflict."""
    database = open_database(url)
    try:
        if await repository.count_servers(database.reader):
            raise BackupRefused("the database is in use: stop the service first")
    finally:
        await database.close()


async def read_audit_state(audit: AuditLog, database: Database) -> AuditState:
    """Verify the audit of a copy."""
    verdict = await audit.verify()
    unrecorded = await list_unrecorded(database.reader, verdict.trimmed_before)
    newest = await repository.find_newest_row(database.reader)
    return AuditState(verdict.chains, verdict.rows, newest, (*verdict.faults, *unrecorded))


async def _move_numbers(
    connection: DatabaseConnection, kind: _LastNumbers, there: Numbers
) -> Numbers:
    """Past whatever was given after the backup: nobody may meet in the room of another class."""
    following = []
    for numbered, known in zip(NUMBERED, (there.account, there.classroom), strict=True):
        last = max(await kind.find_last(connection, numbered), known - 1)
        last = (last + 2 * _STEP - 1) // _STEP * _STEP
        await kind.set_last(connection, numbered, last)
        following.append(last + 1)
    numbers = Numbers(*following)
    if numbers.classroom > _LAST_ROOM:
        raise BackupRefused("there are no numbers of rooms left: 4294967295 is the last")
    return numbers


def _unix(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
