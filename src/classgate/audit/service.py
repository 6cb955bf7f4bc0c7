"""The audit: recording, reading and verification.

`record` writes in the transaction of what it records: no record, no credential. Only the features'
services write rows.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from classgate.audit import head_repository, newest_rows, repository, retention_repository
from classgate.audit.chain import AuditKey, AuditKeys
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
from classgate.audit.own_chains import OwnChains
from classgate.audit.seals import Seals
from classgate.audit.verification import AuditVerifier
from classgate.clock import Clock
from classgate.logs import current_request_id
from classgate.storage.cursors import CursorFormat, invalid_cursor, split_page
from classgate.storage.database import Database, DatabaseConnection, to_microseconds

log = structlog.get_logger("classgate.audit")

CHECKPOINT_INTERVAL = timedelta(minutes=5)
_DETAILS = msgspec.json.Encoder(order="sorted")


class AuditLog:
    """The audit as one process writes it."""

    def __init__(self, database: Database, keys: AuditKeys, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._key = keys.current
        self._clock = clock
        self._key_fits = False  # verified once, before this process writes its first row
        self._own = OwnChains(keys.current)
        # Whoever has a previous key that leaked cannot change what a checkpoint of this one covers.
        self._must_cover_every_chain = bool(keys.previous)

    async def require_key(self, *, despite_changed_rows: bool = False) -> None:
        """Verify the newest rows with the keys. ConfigurationError: they do not verify.

        With `despite_changed_rows` it fails only if none does. ServiceUnavailable: unreadable.
        """
        await newest_rows.require_key(
            self._database.reader, self._keys, despite_changed_rows=despite_changed_rows
        )
        self._key_fits = True

    async def acknowledge_break(self) -> Sequence[str]:
        """Acknowledge that the newest rows do not verify; return their locations.

        If all verify, nothing is recorded.
        """
        async with self._database.transaction() as connection:
            newest = await newest_rows.verify_newest(connection, self._keys)
            others, _ = await newest_rows.find_missing_keys(connection, self._keys)
            broken = tuple(dict.fromkeys((*newest.broken, *others)))
            if broken:
                details = dict.fromkeys(broken, "does not verify")
                event = AuditEvent.AUDIT_BREAK_ACKNOWLEDGED
                entry = AuditEntry(
                    event=event, at=self._clock(), rule="the command line", details=details
                )
                await self._append_alone(connection, repository.ACKNOWLEDGEMENTS[0], entry)
        if broken:
            log.warning("audit break acknowledged", rows=list(broken))
        return broken

    @property
    def key_name(self) -> str:
        """Return the name of the key that writes."""
        return self._key.name

    def key_of(self, row: AuditRow) -> AuditKey:
        """Return the key of the chain that begins with this row."""
        return self._keys.find_of(row) or self._key

    async def read_seals(self) -> Seals:
        """Return where chains may begin."""
        return Seals(self._keys, await retention_repository.list_seals(self._database.reader))

    def identifier_digests(self, name: str) -> tuple[str, ...]:
        """Return the digests of a deleted identifier, under each key; the first is written."""
        return tuple(key.identifier_digest(name) for key in self._keys.all)

    def attempt_digests(self, name: str) -> tuple[str, ...]:
        """Return the digests of a name with which a log-in was refused; the first is written."""
        return tuple(key.attempt_digest(name) for key in self._keys.all)

    def address_digests(self, name: str, address: str) -> tuple[str, ...]:
        """Return the digests of a known address, under each key; the first is written."""
        return tuple(key.address_digest(name, address) for key in self._keys.all)

    async def record(self, connection: DatabaseConnection, entry: AuditEntry) -> None:
        """Append a row to this writer's chain, in the transaction of the connection.

        ConfigurationError: the existing rows were written with another key, or changed.
        """
        if not self._key_fits:
            await self.require_key()
        own = await self._own.use(connection, self._clock())
        row = self._row(own.name, own.head, entry)
        self._own.append(connection, own, ChainHead(own.name, row["seq"], row["mac"]))
        await repository.append(connection, row, self._key.name)

    async def _append_alone(
        self, connection: DatabaseConnection, prefix: str, entry: AuditEntry
    ) -> None:
        """Append a row as a chain of its own, which nobody continues."""
        await repository.append(
            connection, self._row(prefix + secrets.token_hex(8), None, entry), None
        )

    def _row(self, chain: str, head: ChainHead | None, entry: AuditEntry) -> dict[str, Any]:
        row: dict[str, Any] = {
            "chain": chain,
            "seq": 1 if head is None else head.seq + 1,
            "previous": self._key.genesis_hash(chain) if head is None else head.mac,
            "at": entry.at,
            "event": str(entry.event),
            "account_id": entry.account_id,
            "actor_id": entry.actor_id,
            "classroom_id": entry.classroom_id,
            "lease_id": entry.lease_id,
            "rule": entry.rule,
            "fingerprints": " ".join(map(self._key.fingerprint, entry.credentials)),
            "request_id": current_request_id.get(),
            "details": _DETAILS.encode(dict(entry.details)).decode(),
        }
        row["mac"] = self._key.mac(row)
        return row

    async def checkpoint(self) -> ChainHead | None:
        """Record the heads changed since the last checkpoint, in the audit and in the log.

        The new row becomes the head of its own chain and seals what came before it.
        """
        async with self._database.transaction() as connection:
            chain = (await self._own.use(connection, self._clock())).name
            heads = await head_repository.claim_unwritten_heads(
                connection, chain, every=self._must_cover_every_chain
            )
            recorded: dict[str, str | int | bool | None] = {
                head.chain: f"{head.seq}:{head.mac}" for head in heads
            }
            at = self._clock()
            await self.record(
                connection, AuditEntry(event=AuditEvent.CHECKPOINT, at=at, details=recorded)
            )
            await head_repository.mark_checkpointed(connection, heads)
            own = await repository.find_head(connection, chain)
        self._must_cover_every_chain = False
        log.info("audit checkpoint", head=own.serialize() if own else "", chains=len(heads))
        return own

    async def verify(self, expected: Sequence[ChainHead] = ()) -> VerificationResult:
        """Verify every chain, every checkpoint, and heads recorded elsewhere."""
        return await AuditVerifier(self._database.reader, self._keys).run(expected)

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
