"""Verification of every chain, every checkpoint, and heads recorded elsewhere."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from classgate.audit import chain_repository, repository, retention_repository
from classgate.audit.chain import AuditKey, AuditKeys, find_fault, heads_from_checkpoint
from classgate.audit.models import AuditEvent, AuditRow, ChainHead, DamagedRows, VerificationResult
from classgate.audit.seals import Seals
from classgate.errors import ServiceUnavailable
from classgate.storage.database import DatabaseConnection


class AuditVerifier:
    """One verification. Unreadable rows are faults and do not hide the rest."""

    def __init__(self, connection: DatabaseConnection, keys: AuditKeys) -> None:
        self._queries = connection
        self._keys = keys
        self._chain_key: AuditKey | None = None  # of the chain that is being read
        self._faults: list[str] = []
        self._witnesses: list[tuple[ChainHead, str, datetime | None]] = []
        self._seals = Seals(keys, ())
        self._last: dict[str, ChainHead] = {}
        self._damaged: DamagedRows | None = None
        self._trimmed_before: datetime | None = None
        self._chains = 0
        self._rows = 0

    async def run(self, expected: Sequence[ChainHead]) -> VerificationResult:
        self._seals = await self._read_seals()
        self._witnesses = [(head, "the head given", None) for head in expected]
        heads = await self._list_heads()
        self._witnesses += [(head, "the table of heads", None) for head in heads]
        await self._read_rows()
        # Read again: a running service may have appended rows, but never removed any.
        newest = {head.chain: head.seq for head in await self._list_heads()}
        self._faults += [
            f"chain {chain}, row {head.seq}: the table of heads ends before it; it was changed"
            for chain, head in self._last.items()
            if newest.get(chain, 0) < head.seq
        ]
        self._seals = await self._read_seals()  # retention may have removed rows meanwhile
        for head, witness, seen_at in self._witnesses:
            if not await self._is_there(head) and not self._seals.allow_missing(head, seen_at):
                place = f"chain {head.chain}, row {head.seq}"
                self._faults.append(f"{place}: {witness} saw it, and it is gone or another one")
        faults = tuple(dict.fromkeys(self._faults))
        return VerificationResult(self._chains, self._rows, faults, self._trimmed_before)

    async def _read_rows(self) -> None:
        before: ChainHead | None = None
        try:
            async for row in chain_repository.read_chains(self._queries):
                if before is None or before.chain != row.chain:
                    before, self._chains = None, self._chains + 1
                    self._chain_key = None
                if isinstance(row, DamagedRows):
                    before = self._note_damage(row)
                    continue
                self._report_damage()
                if isinstance(row, AuditRow):
                    await self._check(row, before)
                else:
                    self._faults.append(f"{row.location}: cannot be read; it was changed")
                self._rows += 1
                if row.chain is not None and row.seq is not None:
                    # Without its MAC the next row cannot be checked; that is reported here.
                    before = self._last[row.chain] = ChainHead(row.chain, row.seq, row.mac or "")
        except ServiceUnavailable:
            self._faults.append(
                f"after {self._rows} rows: the rest cannot be read; the table was changed, or the "
                "database does not answer"
            )
        self._report_damage()

    def _note_damage(self, rows: DamagedRows) -> ChainHead | None:
        """Merge adjacent unreadable ranges into one line."""
        known, last = self._damaged, rows.last
        if known is not None and known.chain == rows.chain and known.last == rows.first - 1:
            rows = replace(known, last=last)
        else:
            self._report_damage()
        self._damaged = rows
        if last is None:
            return None
        self._rows += 1
        return ChainHead(rows.chain, last, "")

    def _report_damage(self) -> None:
        if self._damaged is not None:
            what = "cannot be read; the storage is damaged, or they were changed"
            self._faults.append(f"{self._damaged.location}: {what}")
        self._damaged = None

    async def _check(self, row: AuditRow, before: ChainHead | None) -> None:
        if before is None:
            before = await self._seals.find_beginning(self._queries, row)
        # All rows of a chain are under the key of its first one.
        self._chain_key = self._chain_key or self._keys.find_of(row)
        found = find_fault(self._chain_key or self._keys.current, row, before)
        if found is not None:
            self._faults.append(found)
        elif row.event == AuditEvent.CHECKPOINT:
            witness = f"the checkpoint {row.chain}:{row.seq}"
            heads = heads_from_checkpoint(row.details)
            self._witnesses += [(head, witness, row.at) for head in heads]
        elif row.event == AuditEvent.AUDIT_TRIMMED:
            before_time = datetime.fromisoformat(str(row.rule).rpartition(" ")[2])
            self._trimmed_before = max(before_time, self._trimmed_before or before_time)

    async def _read_seals(self) -> Seals:
        try:
            return Seals(self._keys, await retention_repository.list_seals(self._queries))
        except ServiceUnavailable:  # the rows themselves are read later, and are faults
            return Seals(self._keys, ())

    async def _list_heads(self) -> list[ChainHead]:
        """Return the valid ones."""
        try:
            heads = await repository.list_heads(self._queries)
        except ServiceUnavailable:
            self._faults.append("the table of heads cannot be read; it was changed or is gone")
            return []
        sound = [each for each in heads if _is_verified(each)]
        if len(sound) < len(heads):
            self._faults.append("the table of heads holds what is no head; it was changed")
        return sound

    async def _is_there(self, head: ChainHead) -> bool:
        try:
            return await repository.has_mac(self._queries, head)
        except ServiceUnavailable:
            return False


def _is_verified(head: ChainHead) -> bool:
    """Return whether its values have the right types."""
    members: tuple[object, ...] = (head.chain, head.seq, head.mac)
    return [type(each) for each in members] == [str, int, str]
