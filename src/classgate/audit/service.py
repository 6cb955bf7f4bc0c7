"""The audit: recording, reading and verification.

`record` writes in the transaction of what it records: no record, no credential. Only the features'
services write rows.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from classgate.audit import newest_rows, repository, retention_repository
from classgate.audit.chain import AuditKey, find_fault
from classgate.audit.models import (
    AuditEntry,
    AuditEvent,
    AuditFilter,
    AuditPage,
    AuditRow,
    ChainHead,
    UnreadableRow,
    VerificationResult,
)
from classgate.audit.seals import Seals
from classgate.audit.verification import AuditVerifier
from classgate.clock import Clock
from classgate.logs import current_request_id
from classgate.storage.cursors import CursorFormat, invalid_cursor, split_page
from classgate.storage.database import Database, DatabaseConnection, to_microseconds

log = structlog.get_logger("classgate.audit")

CHECKPOINT_INTERVAL = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(days=1)
_DETAILS = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


class AuditLog:
    """The audit of one process, which writes chains of its own."""

    def __init__(self, database: Database, key: AuditKey, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock
        self._process = secrets.token_hex(8)
        self._key_fits = False  # verified once, before this process writes its first row
        # The newest row of each chain that this process writes, with what is not committed yet.
        self._heads: dict[str, ChainHead] = {}
        self._chains: dict[int, tuple[str, datetime]] = {}  # by writer, with its last use

    async def require_key(self, *, despite_changed_rows: bool = False) -> None:
        """Verify the newest rows with this key. ConfigurationError: they do not verify.

        With `despite_changed_rows` it fails only if none does. ServiceUnavailable: unreadable.
        """
        await newest_rows.require_key(
            self._database.reader, self._key, despite_changed_rows=despite_changed_rows
        )
        self._key_fits = True

    async def acknowledge_break(self) -> Sequence[str]:
        """Acknowledge that the newest rows do not verify; return their locations.

        If all verify, nothing is recorded.
        """
        async with self._database.transaction() as connection:
            broken = (await newest_rows.verify_newest(connection, self._key)).broken
            if broken:
                details = dict.fromkeys(broken, "does not verify")
                event = AuditEvent.AUDIT_BREAK_ACKNOWLEDGED
                entry = AuditEntry(
                    event=event, at=self._clock(), rule="the command line", details=details
                )
                chain = repository.ACKNOWLEDGEMENTS[0] + secrets.token_hex(8)
                await self._append(connection, chain, entry)
        if broken:
            log.warning("audit break acknowledged", rows=list(broken))
        return broken

    def _chain_of(self, connection: DatabaseConnection) -> str:
        """Each writer of the process has its own chain, so that none waits for another."""
        known = self._chains.get(connection.writer_id)
        return f"{self._process}{connection.writer_id:02x}" if known is None else known[0]

    def _use_chain(self, connection: DatabaseConnection) -> str:
        """Return the chain of this writer: a new one after a pause, as retention removes chains
        that nobody uses.
        """
        chain, now = self._chain_of(connection), self._clock()
        known = self._chains.get(connection.writer_id)
        if known is not None and now - known[1] > _LONGEST_PAUSE:
            chain = f"{secrets.token_hex(8)}{connection.writer_id:02x}"
        self._chains[connection.writer_id] = (chain, now)
        return chain

    def find_fault(self, row: AuditRow, before: ChainHead | None) -> str | None:
        """Return the fault of a row that follows `before`."""
        return find_fault(self._key, row, before)

    async def read_seals(self) -> Seals:
        """Return where chains may begin."""
        return Seals(self._key, await retention_repository.list_seals(self._database.reader))

    def identifier_digest(self, name: str) -> str:
        """Return the digest of a deleted identifier."""
        return self._key.identifier_digest(name)

    def attempt_digest(self, name: str) -> str:
        """Return the digest of a name with which a log-in was refused."""
        return self._key.attempt_digest(name)

    def address_digest(self, name: str, address: str) -> str:
        """Return the digest of a known address."""
        return self._key.address_digest(name, address)

    async def record(self, connection: DatabaseConnection, entry: AuditEntry) -> None:
        """Append a row to this writer's chain, in the transaction of the connection.

        ConfigurationError: the existing rows were written with another key, or changed.
        """
        if not self._key_fits:
            await self.require_key()
        await self._append(connection, self._use_chain(connection), entry)

    async def _append(self, connection: DatabaseConnection, chain: str, entry: AuditEntry) -> None:
        head = self._heads.get(chain) or await repository.find_head(connection, chain)
        row: dict[str, Any] = {
            "chain": chain,
            "seq": 1 if head is None else head.seq + 1,
            "previous": self._key.genesis_hash(chain) if head is None else head.mac,
            "at": entry.at,
            "event": entry.event.value,
            "account_id": entry.account_id,
            "actor_id": entry.actor_id,
            "classroom_id": entry.classroom_id,
            "lease_id": entry.lease_id,
            "rule": entry.rule,
            "fingerprints": " ".join(map(self._key.fingerprint, entry.credentials)),
            "request_id": current_request_id.get(),
            "details": _DETAILS.encode(entry.details),
        }
        row["mac"] = mac = self._key.mac(row)
        # After a rollback the database knows the newest row.
        connection.on_rollback(lambda: self._forget_head(chain))
        self._heads[chain] = ChainHead(chain, row["seq"], mac)
        await repository.append(connection, row)

    def _forget_head(self, chain: str) -> None:
        self._heads.pop(chain, None)

    async def checkpoint(self) -> ChainHead | None:
        """Record the heads changed since the last checkpoint, in the audit and in the log.

        The new row becomes the head of its own chain and seals what came before it.
        """
        async with self._database.transaction() as connection:
            heads = await repository.claim_unwritten_heads(connection, self._use_chain(connection))
            recorded: dict[str, str | int | bool | None] = {
                head.chain: f"{head.seq}:{head.mac}" for head in heads
            }
            at = self._clock()
            await self.record(
                connection, AuditEntry(event=AuditEvent.CHECKPOINT, at=at, details=recorded)
            )
            await repository.mark_checkpointed(connection, heads)
            own = await repository.find_head(connection, self._chain_of(connection))
        log.info("audit checkpoint", head=own.serialize() if own else "", chains=len(heads))
        return own

    async def verify(self, expected: Sequence[ChainHead] = ()) -> VerificationResult:
        """Verify every chain, every checkpoint, and heads recorded elsewhere."""
        return await AuditVerifier(self._database.reader, self._key).run(expected)

    async def list_newest(
        self, wanted: AuditFilter, cursor: str | None = None, limit: int = 100
    ) -> AuditPage:
        """Return a page of rows, newest first. InvalidRequest: invalid cursor."""
        before = None if cursor is None else _read_cursor(cursor)
        rows = await repository.list_newest(self._database.reader, wanted, before, limit + 1)
        page, next_cursor = split_page(rows, limit, _to_cursor)
        return AuditPage(tuple(page), next_cursor)


# After all rows with a valid time: the cursor of a page that ends without one.
_NEWEST = 2**63 - 1
_CURSOR = CursorFormat(r"(-?[0-9]{1,19})-([0-9a-f]{1,34})-([0-9]{1,9})")


def _to_cursor(row: AuditRow | UnreadableRow) -> str:
    if isinstance(row, AuditRow):
        microseconds = to_microseconds(row.at)
    elif row.microseconds is None:
        return f"{_NEWEST}-0-0"
    else:
        microseconds = row.microseconds
    cursor = f"{microseconds}-{row.chain}-{row.seq}"
    return cursor if _CURSOR.accepts(cursor) else f"{microseconds}-0-0"


def _read_cursor(cursor: str) -> tuple[int, str, int]:
    microseconds, chain, seq = _CURSOR.read(cursor)
    if abs(int(microseconds)) > _NEWEST:
        raise invalid_cursor()
    return int(microseconds), chain, int(seq)
