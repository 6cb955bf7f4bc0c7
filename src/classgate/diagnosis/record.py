"""The record: its newest rows are there and under this key, and the storage can be read."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from classgate.audit import repository as audit
from classgate.audit.chain import AuditKey
from classgate.audit.newest_rows import WAY_FORWARD, is_verified, list_acknowledged
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.findings import Finding, fail, ok, warn
from classgate.errors import ServiceUnavailable
from classgate.storage.connection_errors import CONNECTION_ERRORS
from classgate.storage.database import DatabaseConnection
from classgate.storage.database_url import is_postgresql
from classgate.storage.sqlite import sqlite_path

LOOK_FOR = 10
"""Seconds for which pages are read; what comes after is left to `audit verify`."""

_UNREADABLE = (
    *CONNECTION_ERRORS,
    ServiceUnavailable,
    AttributeError,
    TypeError,
    ValueError,
    OverflowError,
)


async def check_audit(context: CheckContext, connection: DatabaseConnection) -> Finding:
    """The newest row of each chain is there and under this audit.key; `verify` looks at all."""
    check, key = "audit", AuditKey(context.settings.audit.key.get_secret_value())
    fix = "classgate audit verify says which rows; keep the database as it is until that is clear"
    try:
        heads = await audit.list_heads(connection)
        rows = [(head, await audit.find_row(connection, head)) for head in heads]
        acknowledged = await list_acknowledged(connection, key)
    except _UNREADABLE:
        return fail(check, "the audit cannot be read: it is damaged, or somebody changed it", fix)
    known = 0
    for head, row in rows:
        newest = f"the newest row of chain {head.chain}"
        if f"chain {head.chain}, row {head.seq}" in acknowledged:
            known += 1
        elif row is None or row.mac != head.mac:
            return fail(check, f"{newest} is gone or another one", fix)
        elif not is_verified(key, row):
            what = f"audit.key is not the one that {newest} was written under, or it was changed"
            return fail(check, what, f"nothing is written until that is clear: {WAY_FORWARD}")
    if known:
        what = f"{known} chains end with a row that does not verify, which was acknowledged"
        return warn(check, what, "classgate audit verify says which rows")
    return ok(check, f"{len(heads)} chains, each with its newest row; `audit verify` checks all")


async def check_integrity(connection: DatabaseConnection, url: str) -> Finding:
    """The pages of the database can be read; for a bounded time."""
    if is_postgresql(url):
        return await _read_audit(connection)
    return await asyncio.to_thread(_quick_check, sqlite_path(url))


def _quick_check(path: Path) -> Finding:
    """SQLite's own check of every page, without that of indexes against their tables."""
    check = "integrity"
    fix = (
        "look at the disk; classgate audit verify says which rows cannot be read; then go on from "
        "a backup: classgate db restore"
    )
    until = time.monotonic() + LOOK_FOR
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=LOOK_FOR)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            what = f"no damaged page in the {LOOK_FOR} s that were looked for; not all were read"
            return ok(check, what)
        return fail(check, f"the file is damaged ({error})", fix)
    if found != ("ok",):
        return fail(check, "the file is damaged: SQLite's quick_check finds faults", fix)
    return ok(check, "SQLite's quick_check finds every page in order")


async def _read_audit(connection: DatabaseConnection) -> Finding:
    """A server checks a page as it is read: the audit's rows are read, chain by chain."""
    check = "integrity"
    fix = (
        "look at the server's log and its disk; classgate audit verify says which rows cannot be "
        "read; then go on from a backup"
    )
    until = time.monotonic() + LOOK_FOR
    try:
        heads = await audit.list_heads(connection)
        for number, head in enumerate(heads):
            await audit.read_through(connection, head.chain)
            if time.monotonic() > until and number + 1 < len(heads):
                what = (
                    f"the rows of {number + 1} of {len(heads)} chains can be read; then time was up"
                )
                return ok(check, what)
    except _UNREADABLE:
        return fail(check, "rows of the audit cannot be read: the storage is damaged", fix)
    return ok(check, f"all rows of the audit can be read, of {len(heads)} chains")
