"""Which chain a writer appends to.

A writer claims a chain that an earlier process began under the same key and to which nobody else
appends, or begins a new one. On PostgreSQL the claim is a lock of the writer's connection, which
the server releases when that ends: no two writers append to one chain, so the newest row may be
remembered. On SQLite one transaction runs at a time, of all processes: all append to one chain, and
the newest row is read once for the transactions that are committed together.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from classgate.audit import head_repository, repository
from classgate.audit.chain import AuditKey
from classgate.audit.models import AuditRow, ChainHead
from classgate.storage.database import DatabaseConnection

log = structlog.get_logger("classgate.audit")

LONGEST_PAUSE = timedelta(days=1)
"""After it a writer claims anew: retention removes chains that nobody uses."""


@dataclass
class OwnChain:
    """A claimed chain. Without a newest row it is new, or the database has to be asked."""

    name: str
    used_at: datetime
    head: ChainHead | None = None
    batch: object | None = None  # in which the head was read


class OwnChains:
    """The chains of this process, by writer."""

    def __init__(self, key: AuditKey) -> None:
        self._key = key
        self._of_writer: dict[int, OwnChain] = {}

    async def use(self, connection: DatabaseConnection, at: datetime) -> OwnChain:
        """Return the chain to append to, with its newest row."""
        own = self._of_writer.get(connection.writer_id)
        if own is None or at - own.used_at > LONGEST_PAUSE:
            own = await self._claim(connection, at)
            self._of_writer[connection.writer_id] = own
        elif own.head is None or own.batch is not connection.batch:
            own.head = await repository.find_head(connection, own.name)
        own.batch = connection.batch
        own.used_at = at
        return own

    def append(self, connection: DatabaseConnection, own: OwnChain, head: ChainHead) -> None:
        """Remember the new row of the chain. After a rollback the database knows the newest."""

        def forget() -> None:
            own.head = None

        connection.on_rollback(forget)
        own.head = head

    async def _claim(self, connection: DatabaseConnection, at: datetime) -> OwnChain:
        left = list(await head_repository.list_chains_of_key(connection, self._key.name))
        while left:
            name = await connection.claim(left)
            if name is None:
                break
            # What its last writer committed: read after the claim.
            head = await repository.find_head(connection, name)
            if head is not None and await self._is_sound(connection, head):
                return OwnChain(name, at, head)
            log.warning("audit chain not continued", chain=name)
            del left[: left.index(name) + 1]
        name = secrets.token_hex(9)
        await connection.claim([name])
        return OwnChain(name, at)

    async def _is_sound(self, connection: DatabaseConnection, head: ChainHead) -> bool:
        row = await repository.find_row(connection, head)
        return isinstance(row, AuditRow) and row.mac == head.mac and self._key.is_own_mac(row)
