"""Checks that the database is migrated, writable, durable, private and has an intact audit."""

import asyncio
import os
from pathlib import Path
from typing import NoReturn

from sqlalchemy import text, update

from classgate.audit import repository as audit
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, Status, fail, ok, warn
from classgate.diagnosis.integrity import check_audit, check_integrity
from classgate.diagnosis.notifications import check_notifications
from classgate.diagnosis.outbox import check_outbox
from classgate.diagnosis.processes import check_processes
from classgate.errors import ServiceUnavailable
from classgate.migrations.revisions import current_revision, find_schema_fault, newest_revision
from classgate.storage.connection_errors import connection_errors, explain_connection_error
from classgate.storage.database import Database, DatabaseConnection
from classgate.storage.database_url import describe_url, is_postgresql, open_database
from classgate.storage.private_files import find_permission_faults
from classgate.storage.sqlite import sqlite_path
from classgate.storage.statements import Statement

CHECK = "database"
# How to read each setting, and its durable values.
_DURABLE = {
    "journal_mode": (Statement(text("PRAGMA journal_mode")), ("wal",)),
    "synchronous": (Statement(text("PRAGMA synchronous")), ("2", "3")),  # FULL, EXTRA
}
_DURABLE_SERVER = {
    "fsync": (Statement(text("SHOW fsync")), ("on",)),
    "synchronous_commit": (Statement(text("SHOW synchronous_commit")), ("on", "remote_apply")),
}
_CHANGE_NO_ROW = Statement(
    update(audit.audit_chains).where(audit.audit_chains.c.chain == "").values(seq=0)
)


def _unreachable() -> tuple[type[Exception], ...]:
    return (*connection_errors(), ServiceUnavailable)


async def check_database(context: CheckContext) -> list[Finding]:
    """Return one finding for each property; omit those that depend on a failed one."""
    url = context.settings.database.url.get_secret_value()
    shown = describe_url(url)
    try:
        fault = await asyncio.to_thread(find_schema_fault, url)
    except _unreachable() as error:
        fix = "check database.url, the permissions of the file, or whether the server runs"
        return [fail(CHECK, f"{shown} cannot be used ({explain_connection_error(error)})", fix)]
    if fault is not None:
        return [fail(CHECK, f"{shown} {fault.what}", fault.fix)]
    current = await asyncio.to_thread(current_revision, url)
    later = "" if current == newest_revision() else ", made by a later version, which serves this"
    findings = [ok(CHECK, f"{shown} has schema {current}{later}")]
    if is_postgresql(url):
        findings.append(await check_notifications(url))
        if findings[-1].status is Status.FAIL:
            return findings  # what follows would fail for the same reason, in other words
    database = open_database(url)
    try:
        findings.append(await _check_writing(database))
        findings.append(await _check_durability(database.reader, url))
        findings.append(await check_audit(context, database.reader))
        findings.append(await check_integrity(context, database.reader))
        findings.append(await check_outbox(database.reader, context.clock))
        if is_postgresql(url):
            findings.append(await check_processes(database, context.clock))
    finally:
        await database.close()
    return [*findings, *([] if is_postgresql(url) else _check_files(sqlite_path(url)))]


class _RolledBack(Exception):
    """Leaves a transaction and rolls it back."""


def _roll_back() -> NoReturn:
    raise _RolledBack


async def _check_writing(database: Database) -> Finding:
    try:
        async with database.transaction() as connection:
            await connection.execute(_CHANGE_NO_ROW)
            _roll_back()
    except _RolledBack:
        return ok("writing", "a write transaction was opened and rolled back")
    except _unreachable():
        what = "the database refuses writes: classgate can issue nothing, because it cannot record"
        fix = (
            "check the free disk space, the permissions of the file and of its folder, and "
            "whether another program locks it"
        )
        return fail("writing", what, fix)


async def _check_durability(connection: DatabaseConnection, url: str) -> Finding:
    check, server = "durability", is_postgresql(url)
    expected = _DURABLE_SERVER if server else _DURABLE
    wrong = []
    try:
        for name, (show, durable_values) in expected.items():
            row = await connection.fetch_one(show)
            value = "" if row is None else str(row[0]).lower()
            if value not in durable_values:
                wrong.append(f"{name} is {value}")
    except _unreachable():
        return fail(check, "the database does not report its settings", "check its log")
    if wrong:
        place = "postgresql.conf" if server else "the file system: WAL needs a local disk"
        what = f"{', '.join(wrong)}: a power failure may lose acknowledged writes"
        return fail(check, what, f"check {place}")
    return ok(check, "acknowledged writes are on the disk")


def _check_files(path: Path) -> list[Finding]:
    """Check that only the service's user can read names, password hashes and the audit."""
    check = "files"
    faults = find_permission_faults(path)
    if faults:
        what, _, fix = faults[0].partition("; run: ")
        return [fail(check, what, fix)]
    owner = path.stat().st_uid
    if owner != os.geteuid():
        what = f"{path} belongs to another user than the one who runs doctor"
        return [warn(check, what, "run doctor as the service's user, with sudo -u")]
    return [ok(check, f"only its owner can read {path}")]
