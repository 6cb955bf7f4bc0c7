"""The database: there, migrated, writable, durable, nobody else's, with an audit that goes on."""

import asyncio
import os
from pathlib import Path
from typing import NoReturn

from sqlalchemy import text, update

from classgate.audit import repository as audit
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, fail, ok, warn
from classgate.diagnosis.record import check_audit, check_integrity
from classgate.errors import ServiceUnavailable
from classgate.migrations.upgrade import find_schema_fault, newest_revision
from classgate.storage.connection_errors import CONNECTION_ERRORS, explain_connection_error
from classgate.storage.database import Database, DatabaseConnection
from classgate.storage.database_url import describe_url, is_postgresql, open_database
from classgate.storage.private_files import find_permission_faults
from classgate.storage.sqlite import sqlite_path

CHECK = "database"
_DURABLE = {
    "journal_mode": ("wal",),
    "synchronous": ("2", "3"),  # FULL, EXTRA
}
_DURABLE_SERVER = {"fsync": ("on",), "synchronous_commit": ("on", "remote_apply")}


async def check_database(context: CheckContext) -> list[Finding]:
    """One line for each property; what rests on a missing one is left out."""
    url = context.settings.database.url.get_secret_value()
    shown = describe_url(url)
    try:
        fault = await asyncio.to_thread(find_schema_fault, url)
    except (*CONNECTION_ERRORS, ServiceUnavailable) as error:
        fix = "look at database.url, at the permissions of the file, or whether the server runs"
        return [fail(CHECK, f"{shown} cannot be used ({explain_connection_error(error)})", fix)]
    if fault is not None:
        return [fail(CHECK, f"{shown} {fault.what}", fault.fix)]
    findings = [ok(CHECK, f"{shown} has schema {newest_revision()}")]
    database = open_database(url)
    try:
        findings.append(await _check_writing(database))
        findings.append(await _check_durability(database.reader, url))
        findings.append(await check_audit(context, database.reader))
        findings.append(await check_integrity(database.reader, url))
    finally:
        await database.close()
    return [*findings, *([] if is_postgresql(url) else _check_files(sqlite_path(url)))]


class _Undone(Exception):
    """Leaves a transaction so that nothing of it stays."""


def _undo() -> NoReturn:
    raise _Undone


async def _check_writing(database: Database) -> Finding:
    try:
        async with database.transaction() as connection:
            nobody = audit.audit_chains.c.chain == ""
            await connection.execute(update(audit.audit_chains).where(nobody).values(seq=0))
            _undo()
    except _Undone:
        return ok("writing", "a write transaction begins, and was undone")
    except (*CONNECTION_ERRORS, ServiceUnavailable):
        what = "the database takes no write: nothing can be given, because nothing can be recorded"
        fix = (
            "look at the free space on the disk, the permissions of the file and of its folder, "
            "and at other programs that hold it"
        )
        return fail("writing", what, fix)


async def _check_durability(connection: DatabaseConnection, url: str) -> Finding:
    check, server = "durability", is_postgresql(url)
    ask, wanted = ("SHOW", _DURABLE_SERVER) if server else ("PRAGMA", _DURABLE)
    wrong = []
    try:
        for name, good in wanted.items():
            row = await connection.fetch_one(text(f"{ask} {name}"))
            value = "" if row is None else str(next(iter(row.values()))).lower()
            if value not in good:
                wrong.append(f"{name} is {value}")
    except (*CONNECTION_ERRORS, ServiceUnavailable):
        return fail(check, "the database does not tell its settings", "look at its log")
    if wrong:
        place = "postgresql.conf" if server else "the file system: WAL needs a local disk"
        what = f"{', '.join(wrong)}: what was acknowledged may be lost with the power"
        return fail(check, what, f"look at {place}")
    return ok(check, "what is acknowledged is on the disk")


def _check_files(path: Path) -> list[Finding]:
    """Names, password hashes and the audit are for the service's user alone."""
    check = "files"
    faults = find_permission_faults(path)
    if faults:
        what, _, fix = faults[0].partition("; run: ")
        return [fail(check, what, fix)]
    owner = path.stat().st_uid
    if owner != os.geteuid():
        what = f"{path} belongs to another user than the one who asks"
        return [warn(check, what, "run doctor as the service does, by sudo -u")]
    return [ok(check, f"{path} is its owner's alone")]
