"""Retention of the audit: removes the rows that are older than the school keeps.

A row is removed only from the beginning of its chain, only if it verifies, and only if a checkpoint
covers it. First a row `audit_trimmed` seals where each chain may begin from now on: the number and
the MAC of the last row that may go. Then the rows go, in small pieces. A crash in between leaves
more rows than the seal allows to go, which is sound, and the next run continues. Verification
accepts a chain that begins later than at its first row only if a seal says so.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from classgate.audit import retention_repository
from classgate.audit.chain import AuditKey, find_fault
from classgate.audit.models import AuditEntry, AuditEvent, AuditRow, ChainHead
from classgate.audit.retention_repository import StoredChain
from classgate.audit.seals import Seals
from classgate.audit.service import AuditLog
from classgate.clock import Clock
from classgate.storage.database import Database, DatabaseConnection
from classgate.storage.deletion import PIECE, Sleep, delete_in_pieces

log = structlog.get_logger("classgate.audit")

RETENTION_INTERVAL = timedelta(hours=6)

_PAGE = 200
_MAX_ROWS = 100_000
"""How many rows one run removes; the next run continues."""

_MAX_PIECES = _MAX_ROWS // PIECE + 1


@dataclass(frozen=True)
class _Removal:
    """The rows at the beginning of a chain that may go."""

    last: ChainHead
    rows: int
    is_whole: bool  # nothing of the chain is left


class AuditRetention:
    """Removes old rows. Any number of processes may run it."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        retention: timedelta,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._database = database
        self._audit = audit
        self._retention = retention
        self._clock = clock
        self._sleep = sleep

    async def run_once(self) -> int:
        """Remove rows older than the retention; return their number. Without one, remove none."""
        if not self._retention:
            return 0
        before = self._clock() - self._retention
        removals, begun = await self._find_removals(before)
        if not removals:
            return 0
        await self._seal(before, [*begun, *(each.last for each in removals)])
        removed = sum([await self._remove(each) for each in removals])
        log.info("audit trimmed", rows=removed, chains=len(removals))
        return removed

    async def _find_removals(self, before: datetime) -> tuple[list[_Removal], list[ChainHead]]:
        """Return what may go, and where the other chains that lost rows begin."""
        removals, begun, left = list[_Removal](), list[ChainHead](), _MAX_ROWS
        seals = await self._audit.read_seals()
        for chain in await retention_repository.list_chains(self._database.reader):
            removal, start = await self._find_removal(chain, seals, before, left)
            if removal is not None:
                removals.append(removal)
                left -= removal.rows
            elif start is not None:
                begun.append(start)
        return removals, begun

    async def _find_removal(
        self, chain: StoredChain, seals: Seals, before: datetime, limit: int
    ) -> tuple[_Removal | None, ChainHead | None]:
        """Return what may go of a chain, and the row before its first one if that is gone."""
        last: ChainHead | None = None
        start: ChainHead | None = None
        key: AuditKey | None = None
        rows = 0
        while rows < limit:
            after = 0 if last is None else last.seq
            page = await retention_repository.read_beginning(
                self._database.reader, chain.chain, after, _PAGE
            )
            for row in page:
                if last is None:
                    start = last = await seals.find_beginning(self._database.reader, row)
                if isinstance(row, AuditRow):
                    key = key or self._audit.key_of(row)
                if not isinstance(row, AuditRow) or not key or find_fault(key, row, last):
                    # It stays, so that audit verify finds it.
                    log.warning("audit not trimmed", chain=chain.chain, reason="a row is broken")
                    return None, start
                if row.at >= before or row.seq > chain.checkpointed_seq or rows == limit:
                    return _removal(chain, last, rows), start
                last, rows = ChainHead(row.chain, row.seq, row.mac), rows + 1
            if len(page) < _PAGE:
                break
            await self._sleep(0)  # others have a turn
        return _removal(chain, last, rows), start

    async def _seal(self, before: datetime, beginnings: list[ChainHead]) -> None:
        """Record where chains may begin: also those that began later before this run."""
        sealed: dict[str, str | int | bool | None] = {
            each.chain: f"{each.seq}:{each.mac}" for each in beginnings
        }
        entry = AuditEntry(
            event=AuditEvent.AUDIT_TRIMMED,
            at=self._clock(),
            rule=f"audit.retention: rows before {before.isoformat(timespec='seconds')}",
            details=sealed,
        )
        async with self._database.transaction() as connection:
            await self._audit.record(connection, entry)
        await self._audit.checkpoint()

    async def _remove(self, removal: _Removal) -> int:
        async def delete_piece(connection: DatabaseConnection, limit: int) -> int:
            some = await retention_repository.delete_piece(connection, removal.last, limit)
            if removal.is_whole:
                await retention_repository.delete_head(connection, removal.last)
            return some

        removed = await delete_in_pieces(self._database, delete_piece, _MAX_PIECES, self._sleep)
        log.debug("audit chain trimmed", chain=removal.last.chain, rows=removed)
        return removed


def _removal(chain: StoredChain, last: ChainHead | None, rows: int) -> _Removal | None:
    if last is None or not rows:
        return None
    return _Removal(last, rows, is_whole=last.seq == chain.seq)
