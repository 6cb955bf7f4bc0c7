"""`db copy`: a school moves from its SQLite file to a PostgreSQL server.

Everything is written in one transaction of the server and read back before it is committed, so an
interrupted copy leaves nothing. Nobody writes to the file meanwhile. Afterwards the file is marked:
a school that is served twice would have two audits and give the same room numbers to two classes.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Table

from classgate.app.wiring import audit_log_of
from classgate.backups.completion import read_audit_state
from classgate.backups.copies.models import Copied, CopiedTable, Progress
from classgate.backups.copies.source import CopySource, opened_source
from classgate.backups.copies.tables import Row, RowDigest, copied_tables, numbered_column
from classgate.backups.copies.target import CopyTarget, opened_target
from classgate.backups.models import AuditState
from classgate.clock import Clock, utc_now
from classgate.errors import ConfigurationError
from classgate.migrations.upgrade import find_schema_fault, newest_revision, upgrade
from classgate.refusals import BackupRefused
from classgate.settings.loading import Settings
from classgate.storage.database_url import describe_url, is_postgresql, open_database
from classgate.storage.server_lock import LockedByAnotherServer, ServerLock
from classgate.storage.sqlite import sqlite_path

_SQLITE = "sqlite:///"


def copy_to_server(
    settings: Settings,
    source_url: str,
    target_url: str,
    *,
    marks_source: bool,
    progress: Progress,
    clock: Clock = utc_now,
) -> Copied:
    """Copy the school, verify it, and mark the file.

    Raises:
        BackupRefused: the file is in use or has a row that the server cannot store, or the target
            is not empty. Nothing was copied.
        ConfigurationError: an address is of the wrong kind, the file is missing or has an older
            schema, or its audit was written with another key.
    """
    path = _require_addresses(source_url, target_url)
    with _locked(path):
        _require_current_schema(source_url, path)
        asyncio.run(_require_audit_key(settings, source_url, clock))
        _prepare_target(target_url)
        with opened_source(path) as source:
            source.require_references()
            tables = asyncio.run(_copy(source, target_url, progress))
            audit = asyncio.run(_audit_state(settings, target_url, clock))
            is_marked = marks_source and not audit.faults
            if is_marked:
                source.mark_copied()
    return Copied(path, describe_url(target_url), newest_revision(), tables, audit, is_marked)


def _require_addresses(source_url: str, target_url: str) -> Path:
    """Return the file. ConfigurationError lists every fault."""
    faults = []
    if is_postgresql(source_url):
        faults.append(
            "FROM: only a SQLite file can be copied; a school does not go back from a server to a "
            "file, keep it there"
        )
    elif not source_url.startswith(_SQLITE):
        faults.append("FROM: give the file as sqlite:///PATH; an absolute path has four slashes")
    elif not sqlite_path(source_url).is_file():
        faults.append(f"FROM: the file {sqlite_path(source_url)} does not exist")
    if not is_postgresql(target_url):
        faults.append("TO: give a PostgreSQL database as postgresql://USER@HOST/DATABASE")
    if faults:
        raise ConfigurationError(faults)
    return sqlite_path(source_url)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        lock = ServerLock(path)
    except LockedByAnotherServer as error:
        raise BackupRefused(
            f"{path} is served by {error}: stop the service first, so that nothing is written to "
            "the file while it is copied"
        ) from error
    except OSError as error:
        raise BackupRefused(f"{path} cannot be locked ({error.strerror})") from error
    with lock:
        yield


def _require_current_schema(url: str, path: Path) -> None:
    fault = find_schema_fault(url, exactly=True)
    if fault is not None:
        raise ConfigurationError(
            [f"FROM: {path} {fault.what}; first, with database.url = {url}: {fault.fix}"]
        )


async def _require_audit_key(settings: Settings, url: str, clock: Clock) -> None:
    database = open_database(url)
    try:
        # A changed row is copied as it is, and reported.
        await audit_log_of(settings, database, clock).require_key(despite_changed_rows=True)
    finally:
        await database.close()


def _prepare_target(url: str) -> None:
    """Migrate the target. BackupRefused: something is in it, or its schema is newer."""

    async def require_empty() -> None:
        async with opened_target(url) as target:
            await target.require_empty()

    asyncio.run(require_empty())
    fault = find_schema_fault(url, exactly=True)
    if fault is not None and not fault.is_upgradable:
        raise BackupRefused(f"the target {fault.what}; {fault.fix}")
    upgrade(url)


async def _copy(source: CopySource, url: str, progress: Progress) -> tuple[CopiedTable, ...]:
    tables = copied_tables()
    counts = [source.count(table) for table in tables]
    steps = _Steps(progress, 2 * sum(counts))
    async with opened_target(url) as target:
        async with target.transaction():
            await target.lock()
            await target.require_empty()
            copied = [
                await _copy_table(source, target, table, count, steps)
                for table, count in zip(tables, counts, strict=True)
            ]
        await target.analyze()
    return tuple(copied)


async def _copy_table(
    source: CopySource, target: CopyTarget, table: Table, count: int, steps: "_Steps"
) -> CopiedTable:
    read = RowDigest()

    async def rows() -> AsyncIterator[Row]:
        for batch in source.batches(table):
            for row in batch:
                read.add(row)
                yield row
            steps.add(len(batch))
            await asyncio.sleep(0)  # Ctrl-C is heard here

    await target.insert(table, rows())
    if numbered_column(table) is not None:
        await target.set_last_number(table, source.last_number(table))
    before = 0
    async for written in target.digest(table):
        steps.add(written.rows - before)
        before = written.rows
    if (count, read.hex()) != (written.rows, written.hex()):
        raise BackupRefused(
            f"{table.name}: the server returned other rows than were copied; nothing was kept; "
            "please report this bug"
        )
    return CopiedTable(str(table.name), count, read.hex())


async def _audit_state(settings: Settings, url: str, clock: Clock) -> AuditState:
    database = open_database(url)
    try:
        return await read_audit_state(audit_log_of(settings, database, clock), database)
    finally:
        await database.close()


class _Steps:
    """How far the copy is."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def add(self, rows: int) -> None:
        self._done += rows
        self._progress(self._done, self._total)
