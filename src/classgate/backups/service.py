"""Backup of the database in use, and restore.

After a restore nothing issued before stays valid: the backup does not know what was ended, disabled
or kicked since. So every session and lease ends, UserSigs are later than any kick, and no class or
account number is reused.
"""

import asyncio
import hashlib
import sqlite3
from datetime import datetime
from pathlib import Path

from alembic.util import CommandError

from classgate.app.wiring import audit_log_of
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.backups import repository, sqlite_files
from classgate.backups.models import AuditState, Backup, Numbers, Restored
from classgate.clock import Clock, utc_now
from classgate.errors import ConfigurationError
from classgate.leases.unrecorded import list_unrecorded
from classgate.migrations.tables import accounts, classrooms
from classgate.migrations.upgrade import current_revision, newest_revision, upgrade
from classgate.refusals import BackupRefused
from classgate.settings.loading import Settings
from classgate.storage.database import Database, DatabaseConnection
from classgate.storage.database_url import is_postgresql, open_database
from classgate.storage.server_lock import LockedByAnotherServer, ServerLock
from classgate.storage.sqlite import sqlite_path

# More classes than a school creates between two backups. The room numbers allow 40,000 such steps.
_NUMBER_STEP = 100_000
_MAX_ROOM_ID = 2**32 - 1
_NUMBERED_TABLES = (accounts.accounts, classrooms.classrooms)
# Tables of every schema of classgate. Another program may have some of these names, but not all.
_OUR_TABLES = {"accounts", "sessions", "classrooms", "leases", "audit_rows", "audit_chains"}


def back_up(settings: Settings, target: Path, *, replace: bool, clock: Clock = utc_now) -> Backup:
    """Copy the database to `target` and verify the copy. The service may keep running.

    Raises:
        BackupRefused: the target exists or is being written, or the copy is damaged.
        ConfigurationError: the database is missing, or is a PostgreSQL server.
    """
    source = _require_sqlite_file(settings, "pg_dump --format=custom")
    _require_plain_path(target)
    if not source.is_file():
        raise ConfigurationError([f"database.url: the file {source} does not exist"])
    if target.exists() and target.samefile(source):
        raise BackupRefused(f"{target} is the database itself")
    if sqlite_files.is_companion(source, target):
        raise BackupRefused(f"{target} belongs to the database")
    try:
        with sqlite_files.write_atomically(target, replace=replace) as part:
            sqlite_files.copy_database(source, part)
            schema, audit = asyncio.run(_inspect(settings, part, clock))
            sqlite_files.merge_wal(part)
            size = part.stat().st_size
    except sqlite3.Error as error:
        raise BackupRefused(f"{source} cannot be copied: {error}") from error
    except OSError as error:
        raise BackupRefused(f"{target} cannot be written ({error.strerror})") from error
    return Backup(target, size, schema, audit)


def restore(settings: Settings, source: Path, *, replace: bool, clock: Clock = utc_now) -> Restored:
    """Replace the database with a backup, and end its sessions, leases and invitations.

    On an error, nothing has changed.

    Raises:
        BackupRefused: the backup is not valid, or the database is in use, or it exists and
            `replace` is not set.
        ConfigurationError: the database is a PostgreSQL server, or the backup's audit was written
            with another key.
    """
    target = _require_sqlite_file(settings, "pg_restore")
    if not source.is_file():
        raise BackupRefused(f"{source} is not a file")
    if target.exists():
        if target.samefile(source):
            raise BackupRefused(f"{source} is the database itself")
        if not replace:
            raise BackupRefused(f"{target} exists; --replace renames and keeps it")
        sqlite_files.require_unused(target)
    try:
        with (
            ServerLock(target),  # no server may start before the backup is in place
            sqlite_files.write_atomically(target, replace=True) as part,
        ):
            schema = _prepare(source, part)
            numbers = _find_next_numbers(target)
            found = asyncio.run(_invalidate(settings, source, part, numbers, clock))
            sqlite_files.merge_wal(part)
            put_aside = _put_aside(target, clock())
    except LockedByAnotherServer as error:
        raise BackupRefused(
            f"{target} is in use: first stop the service ({error}), or wait for the other restore"
        ) from error
    except OSError as error:
        raise BackupRefused(f"{target} cannot be written ({error.strerror})") from error
    return Restored(target, put_aside, schema, *found)


# ── inspecting a copy ───────────────────────────────────────────────────────────────────────────


async def _inspect(settings: Settings, copy: Path, clock: Clock) -> tuple[str, AuditState | None]:
    """Return the schema and the audit of a copy. BackupRefused: damaged, or without a schema."""
    if not sqlite_files.is_intact(copy):
        raise BackupRefused("the copy is damaged, and so is the database: check its disk")
    schema = current_revision(_url(copy))
    if schema is None:
        raise BackupRefused("the database has no schema; run: classgate db upgrade")
    if schema != newest_revision():
        return schema, None  # a backup before an upgrade
    database = open_database(_url(copy))
    try:
        return schema, await _audit_state(audit_log_of(settings, database, clock), database)
    finally:
        await database.close()


async def _audit_state(audit: AuditLog, database: Database) -> AuditState:
    verdict = await audit.verify()
    unrecorded = await list_unrecorded(database.reader)
    newest = await repository.find_newest_row(database.reader)
    return AuditState(verdict.chains, verdict.rows, newest, (*verdict.faults, *unrecorded))


# ── restoring ───────────────────────────────────────────────────────────────────────────────────


def _prepare(source: Path, part: Path) -> str:
    """Copy the backup to `part`, verify and upgrade it; return its original schema."""
    try:
        sqlite_files.copy_backup(source, part)
        intact = sqlite_files.is_intact(part)
        schema = current_revision(_url(part)) if intact else None
    except sqlite3.Error as error:
        raise BackupRefused(f"{source} is not a backup, or is damaged: {error}") from error
    if not intact:
        raise BackupRefused(f"{source} is damaged")
    if schema is None or not sqlite_files.has_tables(part, _OUR_TABLES):
        raise BackupRefused(f"{source} is a database, but not of classgate")
    try:
        upgrade(_url(part))
    except CommandError as error:
        newest = newest_revision()
        raise BackupRefused(
            f"{source} has schema {schema}, which this version (up to {newest}) does not know; "
            "restore it with the version that created it, or a newer one"
        ) from error
    return schema


async def _invalidate(
    settings: Settings, source: Path, part: Path, current: Numbers, clock: Clock
) -> tuple[AuditState, int, int, Numbers]:
    """End sessions, leases and invitations, advance the numbers, and record the restore."""
    database = open_database(_url(part))
    try:
        audit = audit_log_of(settings, database, clock)
        # A backup with a changed row is better than none; the service reports the row at its start.
        await audit.require_key(despite_changed_rows=True)
        state = await _audit_state(audit, database)
        now = clock()
        async with database.transaction() as connection:
            sessions = await repository.end_sessions(connection, now)
            leases = await repository.end_leases(connection, now, "restored")
            invitations = await repository.end_invitations(connection, now)
            exempted = await repository.exempt_uploads_from_clean_up(connection, now)
            await repository.require_later_signatures(connection, now)
            numbers = await _advance_numbers(connection, current)
            details = {
                "sha256": await asyncio.to_thread(_digest, source),
                "newest_row_at": _unix(state.newest_at),
                "sessions_ended": sessions,
                "leases_ended": leases,
                "invitations_ended": invitations,
                "uploads_left_open": exempted,
                "next_classroom_id": numbers.classroom,
            }
            entry = AuditEntry(
                event=AuditEvent.RESTORED, at=now, rule="the command line", details=details
            )
            await audit.record(connection, entry)
        await audit.checkpoint()
    finally:
        await database.close()
    return state, sessions, leases, numbers


async def _advance_numbers(connection: DatabaseConnection, current: Numbers) -> Numbers:
    """Advance the numbers past all that were used after the backup.

    A reused class number would let people enter the room of another class.
    """
    following = []
    for table, known in zip(_NUMBERED_TABLES, (current.account, current.classroom), strict=True):
        last = max(await repository.find_last_number(connection, table), known - 1)
        last = (last + 2 * _NUMBER_STEP - 1) // _NUMBER_STEP * _NUMBER_STEP
        await repository.set_last_number(connection, table, last)
        following.append(last + 1)
    numbers = Numbers(*following)
    if numbers.classroom > _MAX_ROOM_ID:
        raise BackupRefused("the room numbers are used up: 4294967295 is the last")
    return numbers


def _find_next_numbers(target: Path) -> Numbers:
    """Return the next numbers of the current database, or 1 if it is missing or unreadable."""
    if not target.exists() or not sqlite_files.has_sqlite_header(target):
        return Numbers(1, 1)

    async def read() -> Numbers:
        database = open_database(_url(target))
        try:
            last = [
                await repository.find_last_number(database.reader, each)
                for each in _NUMBERED_TABLES
            ]
        finally:
            await database.close()
        return Numbers(*(each + 1 for each in last))

    try:
        return asyncio.run(read())
    except Exception:  # a damaged database is a reason for a restore
        return Numbers(1, 1)


def _put_aside(target: Path, at: datetime) -> Path | None:
    """Rename the current database and its companions; return the new name, if there was one."""
    if target.exists():
        return sqlite_files.put_aside(target, at)
    stray = target.with_name(f"{target.name}.stray-{at:%Y%m%dT%H%M%SZ}")
    sqlite_files.move_companions(target, stray)
    return None


# ── names ───────────────────────────────────────────────────────────────────────────────────────


def _require_sqlite_file(settings: Settings, instead: str) -> Path:
    """Return the path of the SQLite file. ConfigurationError: it is a PostgreSQL server."""
    url = settings.database.url.get_secret_value()
    if is_postgresql(url):
        raise ConfigurationError(
            [
                f"database.url: this is a PostgreSQL server; use {instead}, or its own "
                "point-in-time recovery, as docs/how-to/back-up.md shows"
            ]
        )
    return sqlite_path(url)


def _require_plain_path(path: Path) -> None:
    if any(each in str(path) for each in "?#"):
        raise ConfigurationError([f"{path}: a path must not contain '?' or '#'"])


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def _unix(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
