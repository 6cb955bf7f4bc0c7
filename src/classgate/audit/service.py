"""Recording, reading and checking what was given.

`record` writes in the transaction of what it records: no record, no credential. It is for the
features' services; nothing outside of them writes rows.
"""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from classgate.audit import repository
from classgate.audit.chain import AuditKey, find_fault, heads_from_checkpoint
from classgate.audit.models import (
    AuditRow,
    Entry,
    Event,
    Filter,
    Head,
    Page,
    Verdict,
    current_request_id,
)
from classgate.clock import Clock
from classgate.errors import ServiceUnavailable
from classgate.storage.database import Database, Queries, from_microseconds, to_microseconds
from classgate.texts import fault

log = structlog.get_logger("classgate.audit")

CHECKPOINT_EVERY = timedelta(minutes=5)


class AuditLog:
    """The audit, as one process writes it: to a chain of its own."""

    def __init__(self, database: Database, key: AuditKey, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock
        self._chain = secrets.token_hex(8)

    async def record(self, queries: Queries, entry: Entry) -> None:
        """Append a row to this process's chain, in the transaction that `queries` belongs to.

        The head is read from the database, not remembered: what rolls back leaves no gap.
        """
        head = await repository.find_head(queries, self._chain)
        unsealed = AuditRow(
            chain=self._chain,
            seq=1 if head is None else head.seq + 1,
            previous=self._key.genesis(self._chain) if head is None else head.mac,
            mac="",
            at=entry.at,
            event=entry.event.value,
            account_id=entry.account_id,
            actor_id=entry.actor_id,
            classroom_id=entry.classroom_id,
            lease_id=entry.lease_id,
            rule=entry.rule,
            fingerprints=" ".join(map(self._key.fingerprint, entry.credentials)),
            request_id=current_request_id.get(),
            details=json.dumps(entry.details, ensure_ascii=False, sort_keys=True),
        )
        await repository.append(queries, replace(unsealed, mac=self._key.mac(unsealed)))

    async def checkpoint(self) -> Head | None:
        """Write down the heads that moved since the last one, in the audit and in the log.

        The new row is its own chain's head, and seals what came before it.
        """
        async with self._database.transaction() as queries:
            heads = await repository.list_heads(queries, unwritten=True)
            recorded: dict[str, str | int | bool | None] = {
                head.chain: f"{head.seq}:{head.mac}" for head in heads
            }
            at = self._clock()
            await self.record(queries, Entry(event=Event.CHECKPOINT, at=at, details=recorded))
            await repository.mark_written(queries, heads)
            own = await repository.find_head(queries, self._chain)
        log.info("audit checkpoint", head=own.to_text() if own else "", chains=len(heads))
        return own

    async def verify(self, expected: Sequence[Head] = ()) -> Verdict:
        """Check every chain, every checkpoint, and heads that were written down elsewhere."""
        queries = self._database.reader
        faults: list[str] = []
        witnesses = [(head, "the head given") for head in expected]
        witnesses += [(head, "the table of heads") for head in await repository.list_heads(queries)]
        last: dict[str, Head] = {}
        chains, rows = 0, 0
        before: Head | None = None
        try:
            async for row in repository.read_chains(queries):
                if before is None or before.chain != row.chain:
                    before, chains = None, chains + 1
                fault_found = find_fault(self._key, row, before)
                if fault_found is not None:
                    faults.append(fault_found)
                elif row.event == Event.CHECKPOINT:
                    witness = f"the checkpoint {row.chain}:{row.seq}"
                    witnesses += [(head, witness) for head in heads_from_checkpoint(row.details)]
                before = last[row.chain] = Head(row.chain, row.seq, row.mac)
                rows += 1
        except (AttributeError, TypeError, ValueError, OverflowError, ServiceUnavailable):
            # Whoever changed a row may have put there what is no time, no number or no text.
            faults.append(f"after {rows} rows: the next cannot be read; it was changed")
        # Asked again: a service that runs has written on meanwhile, but never back.
        newest = {head.chain: head.seq for head in await repository.list_heads(queries)}
        faults += [
            f"chain {chain}, row {head.seq}: the table of heads ends before it; it was changed"
            for chain, head in last.items()
            if newest.get(chain, 0) < head.seq
        ]
        faults += [
            f"chain {head.chain}, row {head.seq}: {witness} saw it, and it is gone or another one"
            for head, witness in witnesses
            if not await repository.has_mac(queries, head)
        ]
        return Verdict(chains, rows, tuple(faults))

    async def list_newest(
        self, wanted: Filter, cursor: str | None = None, limit: int = 100
    ) -> Page:
        """A page of rows, newest first. InvalidRequest: the cursor is not one of ours."""
        before = None if cursor is None else _read_cursor(cursor)
        rows = await repository.list_newest(self._database.reader, wanted, before, limit + 1)
        page = tuple(rows[:limit])
        return Page(page, _to_cursor(page[-1]) if len(rows) > limit else None)


def _to_cursor(row: AuditRow) -> str:
    return f"{to_microseconds(row.at)}-{row.chain}-{row.seq}"


def _read_cursor(cursor: str) -> tuple[datetime, str, int]:
    found = re.fullmatch(r"([0-9]{1,17})-([0-9a-f]{1,32})-([0-9]{1,9})", cursor, re.ASCII)
    if found is None:
        raise fault("cursor", "this is not a cursor that this list gave")
    return from_microseconds(int(found[1])), found[2], int(found[3])
