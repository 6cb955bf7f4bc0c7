"""The seals of retention: where a chain may begin, other than at its first row.

A row `audit_trimmed` names, for each chain that lost rows, the last row that may be gone. Its own
MAC protects it. Rows that are not sealed are missing.
"""

import hmac
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from classgate.audit import repository
from classgate.audit.chain import AuditKeys, heads_from_checkpoint
from classgate.audit.models import AuditRow, ChainHead, UnreadableRow
from classgate.errors import ServiceUnavailable
from classgate.storage.database import DatabaseConnection


@dataclass(frozen=True)
class Seal:
    """The last row of a chain that may be gone, and when that was recorded."""

    last: ChainHead
    at: datetime


class Seals:
    """The seals that verify."""

    def __init__(self, keys: AuditKeys, rows: Iterable[AuditRow | UnreadableRow]) -> None:
        self._of_chain: dict[str, list[Seal]] = defaultdict(list)
        for row in rows:
            if isinstance(row, AuditRow) and keys.find_of(row):
                for last in heads_from_checkpoint(row.details):
                    self._of_chain[last.chain].append(Seal(last, row.at))

    async def find_beginning(
        self, connection: DatabaseConnection, first: AuditRow | UnreadableRow
    ) -> ChainHead | None:
        """Return the row before the first one of a chain that is left, if it may be gone."""
        if not isinstance(first, AuditRow) or first.seq == 1:
            return None
        if not await self._may_begin(connection, first):
            return None
        return ChainHead(first.chain, first.seq - 1, first.previous)

    async def _may_begin(self, connection: DatabaseConnection, first: AuditRow) -> bool:
        """Return whether the rows before this one are sealed.

        The rows from there to the sealed one are checked by whoever reads the chain.
        """
        for seal in self._of_chain.get(first.chain, ()):
            if seal.last.seq == first.seq - 1 and hmac.compare_digest(
                seal.last.mac.encode(), first.previous.encode("utf-8", "replace")
            ):
                return True
            if seal.last.seq >= first.seq and await _is_there(connection, seal.last):
                return True
        return False

    def allow_missing(self, head: ChainHead, seen_at: datetime | None) -> bool:
        """Return whether a row may be gone that was seen then; None: it is not known when."""
        return any(
            head.seq <= seal.last.seq and (seen_at is None or seen_at <= seal.at)
            for seal in self._of_chain.get(head.chain, ())
        )


async def _is_there(connection: DatabaseConnection, head: ChainHead) -> bool:
    try:
        return await repository.has_mac(connection, head)
    except ServiceUnavailable:
        return False
