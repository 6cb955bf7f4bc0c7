"""Adds a long audit to a database: one chain of genuine rows."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from bench.service import AUDIT_KEY
from classgate.audit.chain import AuditKey
from classgate.audit.models import AuditRow
from classgate.storage.database import from_microseconds, to_microseconds

_CHAIN: Final = "bench"
_BATCH: Final = 100_000
_COLUMNS: Final = (
    *("chain", "seq", "previous", "mac", "at", "event", "account_id", "actor_id"),
    *("classroom_id", "lease_id", "rule", "fingerprints", "request_id", "details"),
)


def add_audit_rows(database: str, count: int) -> None:
    """Insert this many rows, each a millisecond after the one before, into a SQLite database."""
    marks = ", ".join("?" * len(_COLUMNS))
    statement = f"INSERT INTO audit_rows ({', '.join(_COLUMNS)}) VALUES ({marks})"  # noqa: S608
    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    try:
        rows, head = _rows(count), ""
        while batch := list(islice(rows, _BATCH)):
            with connection:
                connection.executemany(statement, map(_values, batch))
            head = batch[-1].mac
        with connection:
            connection.execute(
                "INSERT INTO audit_chains (chain, seq, mac, checkpointed_seq) VALUES (?, ?, ?, 0)",
                (_CHAIN, count, head),
            )
        connection.execute("ANALYZE")
    finally:
        connection.close()


def _values(row: AuditRow) -> list[object]:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return list({**values, "at": to_microseconds(row.at)}.values())


def _rows(count: int) -> Iterator[AuditRow]:
    key = AuditKey(AUDIT_KEY)
    previous = key.genesis_hash(_CHAIN)
    first = to_microseconds(datetime.now(UTC)) - count * 1000
    for seq in range(1, count + 1):
        account = 1 + seq % 1_000_000
        row = AuditRow(
            chain=_CHAIN,
            seq=seq,
            previous=previous,
            mac="",
            at=from_microseconds(first + seq * 1000),
            event="user_sig_issued",
            account_id=account,
            actor_id=account,
            classroom_id=1 + seq % 100_000,
            lease_id=f"l{seq:024d}",
            rule="own account",
            fingerprints="",
            request_id=f"r{seq:024d}",
            details="{}",
        )
        previous = key.mac(vars(row))
        yield replace(row, mac=previous)
