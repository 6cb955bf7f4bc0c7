"""Checks the newest rows of the audit, and that the storage is readable."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from classgate.app.setting_values import audit_keys_of
from classgate.audit import repository as audit
from classgate.audit.newest_rows import NEXT_STEPS, is_verified, list_acknowledged
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, fail, ok, skipped, warn
from classgate.errors import ServiceUnavailable
from classgate.storage.connection_errors import connection_errors
from classgate.storage.database import DatabaseConnection
from classgate.storage.database_url import is_postgresql
from classgate.storage.sqlite import sqlite_path

READ_TIME_LIMIT = 10
"""Seconds for which the database is read; `audit verify` reads all of the audit."""


def _unreadable() -> tuple[type[Exception], ...]:
    others = (ServiceUnavailable, AttributeError, TypeError, ValueError, OverflowError)
    return (*connection_errors(), *others)


async def check_audit(context: CheckContext, connection: DatabaseConnection) -> Finding:
    """Verify the newest row of each chain; `audit verify` verifies all rows."""
    check, keys = "audit", audit_keys_of(context.settings)
    fix = "classgate audit verify lists the rows; do not change the database before it is clear why"
    try:
        heads = await audit.list_heads(connection)
        rows = [(head, await audit.find_row(connection, head)) for head in heads]
        acknowledged = await list_acknowledged(connection, keys)
    except _unreadable():
        return fail(check, "the audit cannot be read: it is damaged or was tampered with", fix)
    known = 0
    for head, row in rows:
        newest = f"the newest row of chain {head.chain}"
        if f"chain {head.chain}, row {head.seq}" in acknowledged:
            known += 1
        elif row is None or row.mac != head.mac:
            return fail(check, f"{newest} is missing or was replaced", fix)
        elif not is_verified(keys, row):
            what = f"{newest} was written with another audit.key, or was changed"
            return fail(check, what, f"classgate writes nothing until this is fixed: {NEXT_STEPS}")
    if known:
        what = f"{known} chains end with a row that does not verify, which was acknowledged"
        return warn(check, what, "classgate audit verify lists the rows")
    return ok(
        check, f"the newest row of each of {len(heads)} chains verifies; `audit verify` checks all"
    )


async def check_integrity(context: CheckContext, connection: DatabaseConnection) -> Finding:
    """Check for a limited time that the database is readable."""
    if not context.reads_storage:
        what = "the storage is not read while the service answers for itself"
        return skipped("integrity", what, "run `classgate doctor` on the server")
    url = context.settings.database.url.get_secret_value()
    if is_postgresql(url):
        return await _read_audit(connection)
    return await asyncio.to_thread(_quick_check, sqlite_path(url))


def _quick_check(path: Path) -> Finding:
    """Run SQLite's `quick_check`, which checks every page but not the indexes."""
    check = "integrity"
    fix = (
        "check the disk; classgate audit verify lists the unreadable rows; then restore a backup: "
        "classgate db restore"
    )
    until = time.monotonic() + READ_TIME_LIMIT
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=READ_TIME_LIMIT)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            what = f"no damaged page found in {READ_TIME_LIMIT} s; not all pages were checked"
            return ok(check, what)
        return fail(check, f"the file is damaged ({error})", fix)
    if found != ("ok",):
        return fail(check, "the file is damaged: SQLite's quick_check found faults", fix)
    return ok(check, "SQLite's quick_check found no fault in any page")


async def _read_audit(connection: DatabaseConnection) -> Finding:
    """Read the audit chain by chain; a server checks each page that it reads."""
    check = "integrity"
    fix = (
        "check the server's log and its disk; classgate audit verify lists the unreadable rows; "
        "then restore a backup"
    )
    until = time.monotonic() + READ_TIME_LIMIT
    try:
        heads = await audit.list_heads(connection)
        for number, head in enumerate(heads):
            await audit.read_all_rows(connection, head.chain)
            if time.monotonic() > until and number + 1 < len(heads):
                what = (
                    f"{number + 1} of {len(heads)} audit chains were read in time, without a fault"
                )
                return ok(check, what)
    except _unreadable():
        return fail(check, "rows of the audit cannot be read: the storage is damaged", fix)
    return ok(check, f"all rows of the {len(heads)} audit chains can be read")
