"""Backup of the database in use, and restore.

After a restore nothing issued before stays valid: the backup does not know what was ended, disabled
or kicked since. So every session and lease ends, UserSigs are later than any kick, and no class or
account number is reused.
"""

import asyncio
import sqlite3
from datetime import datetime
from pathlib import Path

from alembic.util import CommandError

from classgate.app.wiring import audit_log_of
from classgate.backups import repository, sqlite_files
from classgate.backups.completion import (
    NUMBERED,
    complete_restore,
    read_audit_state,
    require_unused_server,
)
from classgate.backups.models import AuditState, Backup, Completed, Numbers, Restored
from classgate.clock import Clock, utc_now
from classgate.errors import ConfigurationError
from classgate.migrations.upgrade import (
    current_revision,
    find_schema_fault,
    newest_revision,
    upgrade,
)
from classgate.refusals import BackupRefused
from classgate.settings.loading import Settings
from classgate.storage.copied_mark import is_marked, remove_mark
from classgate.storage.database_url import describe_url, is_postgresql, open_database
from classgate.storage.server_lock import LockedByAnotherServer, ServerLock
from classgate.storage.sqlite import sqlite_path

# In every schema that there was; another program's may have the same name.
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
            completed = asyncio.run(
                complete_restore(settings, _url(part), source, _numbers_of(target), clock)
            )
            sqlite_files.merge_wal(part)
            put_aside = _put_aside(target, clock())
    except LockedByAnotherServer as error:
        raise BackupRefused(
            f"{target} is in use: first stop the service ({error}), or wait for the other restore"
        ) from error
    except OSError as error:
        raise BackupRefused(f"{target} cannot be written ({error.strerror})") from error
    return _restored(completed, target, put_aside, schema)


def finish_restore(settings: Settings, dump: Path | None, *, clock: Clock = utc_now) -> Restored:
    """End what was open in a PostgreSQL database that its own tools put back, and record it.

    `dump` is the file that it was restored from; None after a point-in-time recovery. Conflict: the
    service runs, or the database is none of classgate. ConfigurationError: a SQLite file, or a dump
    that cannot be read.
    """
    url = settings.database.url.get_secret_value()
    if not is_postgresql(url):
        raise ConfigurationError(
            ["database.url: this is a SQLite file, which `classgate db restore` restores whole"]
        )
    if dump is not None and not dump.is_file():
        raise ConfigurationError([f"{dump} is no file"])
    schema = current_revision(url)
    if schema is None:
        raise BackupRefused("the database is empty; restore it with pg_restore first")
    fault = find_schema_fault(url)
    if fault is not None and not fault.is_upgradable:
        raise BackupRefused(f"the database {fault.what}; {fault.fix}")
    asyncio.run(require_unused_server(url))
    upgrade(url)
    completed = asyncio.run(complete_restore(settings, url, dump, Numbers(1, 1), clock))
    return _restored(completed, describe_url(url), None, schema)


def reopen(settings: Settings) -> Path:
    """Let the file be served again after a copy to a server. ConfigurationError: it is none.

    BackupRefused: it was not copied, or cannot be written.
    """
    url = settings.database.url.get_secret_value()
    if is_postgresql(url):
        raise ConfigurationError(
            ["database.url: this is a PostgreSQL server; set it to the SQLite file to reopen"]
        )
    path = sqlite_path(url)
    try:
        if not is_marked(path):
            raise BackupRefused(f"{path} does not exist, or was not copied: it may be served")
        remove_mark(path)
    except sqlite3.Error as error:
        raise BackupRefused(f"{path} cannot be changed: {error}") from error
    return path


def _restored(
    completed: Completed, database: Path | str, put_aside: Path | None, schema: str
) -> Restored:
    return Restored(
        audit=completed.audit,
        sessions_ended=completed.sessions_ended,
        leases_ended=completed.leases_ended,
        next_numbers=completed.next_numbers,
        database=database,
        put_aside=put_aside,
        schema_before=schema,
    )


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
        return schema, await read_audit_state(audit_log_of(settings, database, clock), database)
    finally:
        await database.close()


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


def _numbers_of(target: Path) -> Numbers:
    """Up to where the database got that is there now, as far as it can be read."""
    if not target.exists() or not sqlite_files.has_sqlite_header(target):
        return Numbers(1, 1)

    async def read() -> Numbers:
        database = open_database(_url(target))
        try:
            kind = repository.SqliteNumbers()
            last = [await kind.find_last(database.reader, each) for each in NUMBERED]
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
