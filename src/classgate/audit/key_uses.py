"""What of the audit is under which key: each chain, by the key that verifies its newest row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from classgate.audit import repository
from classgate.audit.chain import AuditKeys
from classgate.audit.models import AuditRow
from classgate.storage.database import DatabaseConnection


@dataclass(frozen=True)
class AuditKeyUse:
    """The chains under one key, and the time of their newest row."""

    chains: int
    last_row_at: datetime | None


async def list_uses(
    connection: DatabaseConnection, keys: AuditKeys
) -> Mapping[str | None, AuditKeyUse]:
    """Return the chains by the name of their key; None: their newest row verifies under no key."""
    found: dict[str | None, list[datetime | None]] = {key.name: [] for key in keys.all}
    for head in await repository.list_heads(connection):
        row = await repository.find_row(connection, head)
        key = keys.find_of(row) if isinstance(row, AuditRow) else None
        at = row.at if isinstance(row, AuditRow) and key is not None else None
        found.setdefault(None if key is None else key.name, []).append(at)
    return {
        name: AuditKeyUse(len(times), max((at for at in times if at), default=None))
        for name, times in found.items()
    }
