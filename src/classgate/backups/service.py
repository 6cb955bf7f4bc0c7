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

# More classes than a school makes between two backups; there is room for forty thousand such steps.
_STEP = 100_000
_LAST_ROOM = 2**32 - 1
_NUMBERED = (accounts.accounts, classrooms.classrooms)
# In every schema that there was; another program's may have the same name.
_OURS = {"accounts", "sessions", "classrooms", "leases", "audit_rows", "audit_chains"}


def back_up(settings: Settings, target: Path, *, replace: bool, clock: Clock = utc_now) -> Backup:
    """Copy the database to `target` and verify the copy. The service may keep running.

    Conflict: the target exists, or is being written. ConfigurationError: no such database, or one
    with another backup method.
    """
    source = _file_of(settings, "pg_dump --format=custom")
    _require_plain(target)
    if not source.is_file():
        raise ConfigurationError([f"database.url: there is no file {source}"])
    if target.exists() and target.samefile(source):
        raise BackupRefused(f"{target} is the database itself")
    if sqlite_files.lies_beside(source, target):
        raise BackupRefused(f"{target} belongs to the database itself")
    try:
        with sqlite_files.written_whole(target, replace=replace) as part:
            sqlite_files.copy_database(source, part)
            schema, audit = asyncio.run(_inspect(settings, part, clock))
            sqlite_files.make_one_file(part)
            size = part.stat().st_size
    except sqlite3.Error as error:
        raise BackupRefused(f"{source} cannot be copied: {error}") from error
    except OSError as error:
        raise BackupRefused(f"{target} cannot be written ({error.strerror})") from error
    return Backup(target, size, schema, audit)


def restore(settings: Settings, source: Path, *, replace: bool, clock: Clock = utc_now) -> Restored:
    """Replace the database by a backup, and end what was open in it.

    Conflict: the backup is invalid or damaged, or the database is in use, or exists without
    --replace. Nothing has changed then. ConfigurationError: another restore method, or the backup's
    audit was written with another key.
    """
    target = _file_of(settings, "pg_restore")
    if not source.is_file():
        raise BackupRefused(f"{source} is no file")
    if target.exists():
        if target.samefile(source):
            raise BackupRefused(f"{source} is the database itself")
        if not replace:
            raise BackupRefused(f"{target} is there already; --replace puts it aside and keeps it")
        sqlite_files.require_unused(target)
    try:
        with (
            ServerLock(target),  # until the backup is in place: no server may start meanwhile
            sqlite_files.written_whole(target, replace=True) as part,
        ):
            schema = _prepare(source, part)
            found = asyncio.run(_go_on(settings, source, part, _numbers_of(target), clock))
            sqlite_files.make_one_file(part)
            put_aside = _make_room(target, clock())
    except LockedByAnotherServer as error:
        raise BackupRefused(
            f"{target} is in use: stop the service ({error}), or let the other restore end, first"
        ) from error
    except OSError as error:
        raise BackupRefused(f"{target} cannot be written ({error.strerror})") from error
    return Restored(target, put_aside, schema, *found)


# ── looking at a copy ───────────────────────────────────────────────────────────────────────────


async def _inspect(settings: Settings, copy: Path, clock: Clock) -> tuple[str, AuditState | None]:
    """The schema and the audit of a copy. Conflict: it is damaged, or none of ours."""
    if not sqlite_files.is_sound(copy):
        raise BackupRefused("the copy is damaged, and so is the database: look at its disk")
    schema = current_revision(_url(copy))
    if schema is None:
        raise BackupRefused("the database has no schema; run: classgate db upgrade")
    if schema != newest_revision():
        return schema, None  # before an upgrade, which is when one backs up
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
    """A sound copy of the backup, with the schema of this version. Its schema before."""
    try:
        sqlite_files.copy_backup(source, part)
        sound = sqlite_files.is_sound(part)
        schema = current_revision(_url(part)) if sound else None
    except sqlite3.Error as error:
        raise BackupRefused(f"{source} is no backup, or a damaged one: {error}") from error
    if not sound:
        raise BackupRefused(f"{source} is damaged")
    if schema is None or not sqlite_files.has_tables(part, _OURS):
        raise BackupRefused(f"{source} is a database, but none of classgate")
    try:
        upgrade(_url(part))
    except CommandError as error:
        newest = newest_revision()
        raise BackupRefused(
            f"{source} has schema {schema}, which this version (up to {newest}) does not know; "
            "restore it with the version that made it, or a newer one"
        ) from error
    return schema


async def _go_on(
    settings: Settings, source: Path, part: Path, there: Numbers, clock: Clock
) -> tuple[AuditState, int, int, Numbers]:
    """End what was open, move the numbers on, and record it."""
    database = open_database(_url(part))
    try:
        audit = audit_log_of(settings, database, clock)
        # A backup with a changed row is better than none, and the service will ask about that row.
        await audit.require_key(despite_changed_rows=True)
        state = await _audit_state(audit, database)
        now = clock()
        async with database.transaction() as connection:
            sessions = await repository.end_sessions(connection, now)
            leases = await repository.end_leases(connection, now, "restored")
            invitations = await repository.end_invitations(connection, now)
            left = await repository.leave_to_their_owners(connection, now)
            await repository.sign_only_after(connection, now)
            numbers = await _move_numbers(connection, there)
            details = {
                "sha256": await asyncio.to_thread(_digest, source),
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
    return state, sessions, leases, numbers


async def _move_numbers(connection: DatabaseConnection, there: Numbers) -> Numbers:
    """Past whatever was given after the backup: nobody may meet in the room of another class."""
    following = []
    for numbered, known in zip(_NUMBERED, (there.account, there.classroom), strict=True):
        last = max(await repository.find_last_number(connection, numbered), known - 1)
        last = (last + 2 * _STEP - 1) // _STEP * _STEP
        await repository.set_last_number(connection, numbered, last)
        following.append(last + 1)
    numbers = Numbers(*following)
    if numbers.classroom > _LAST_ROOM:
        raise BackupRefused("there are no numbers of rooms left: 4294967295 is the last")
    return numbers


def _numbers_of(target: Path) -> Numbers:
    """Up to where the database got that is there now, as far as it can be read."""
    if not target.exists() or not sqlite_files.begins_as_one(target):
        return Numbers(1, 1)

    async def read() -> Numbers:
        database = open_database(_url(target))
        try:
            last = [await repository.find_last_number(database.reader, each) for each in _NUMBERED]
        finally:
            await database.close()
        return Numbers(*(each + 1 for each in last))

    try:
        return asyncio.run(read())
    except Exception:  # whatever is wrong with it: it is being replaced for that
        return Numbers(1, 1)


def _make_room(target: Path, at: datetime) -> Path | None:
    """Keep the database that is there under another name; nothing of it stays beside the new."""
    if target.exists():
        return sqlite_files.put_aside(target, at)
    stray = target.with_name(f"{target.name}.stray-{at:%Y%m%dT%H%M%SZ}")
    sqlite_files.move_companions(target, stray)
    return None


# ── names ───────────────────────────────────────────────────────────────────────────────────────


def _file_of(settings: Settings, instead: str) -> Path:
    """The SQLite file. ConfigurationError: it is a server, which has its own way."""
    url = settings.database.url.get_secret_value()
    if is_postgresql(url):
        raise ConfigurationError(
            [
                f"database.url: this is a PostgreSQL server; use {instead}, or its own "
                "point-in-time recovery, as docs/how-to/back-up.md shows"
            ]
        )
    return sqlite_path(url)


def _require_plain(path: Path) -> None:
    if any(each in str(path) for each in "?#"):
        raise ConfigurationError([f"{path}: a path with '?' or '#' is not taken"])


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def _unix(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
