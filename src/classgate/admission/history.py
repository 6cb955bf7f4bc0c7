"""Who did it: the actor of a kick, of a removal, of a disabled account, from the audit.

Only the newest rows of the account are read, by its index. Retention may have removed the row.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from classgate.accounts import repository as accounts_repository
from classgate.audit import repository as audit_repository
from classgate.audit.models import AuditEvent, AuditFilter, AuditRow, UnreadableRow
from classgate.storage.database import DatabaseConnection, to_microseconds

NEWEST_ROWS = 200
"""How many rows about the account are read at most."""

_ROWS_OF_A_KICK = 20
_COMMAND_LINE = "the command line"


@dataclass(frozen=True)
class Deed:
    """Who did it, and when."""

    actor: str
    at: datetime


async def find_kick(
    connection: DatabaseConnection, account_id: int, classroom_id: int, kicked_at: datetime
) -> Deed | None:
    """Return who kicked the account at that time; None: the audit does not say."""
    before = (to_microseconds(kicked_at) + 1, "", 0)  # the rows of that time, and then older ones
    rows = await audit_repository.list_newest(
        connection, AuditFilter(account_id=account_id), before, _ROWS_OF_A_KICK
    )
    events = {AuditEvent.MEMBER_KICKED}
    found = [row for row in _about(rows, account_id, events, classroom_id) if row.at == kicked_at]
    return await _deed(connection, found[0]) if found else None


async def find_removal(
    connection: DatabaseConnection, account_id: int, classroom_id: int
) -> Deed | None:
    """Return who took the account off the roster of the class; None: nobody lately."""
    events = {AuditEvent.MEMBER_REMOVED, AuditEvent.MEMBER_SET}
    newest = await _find_newest(connection, account_id, events, classroom_id)
    if newest is None or newest.event != AuditEvent.MEMBER_REMOVED:
        return None
    return await _deed(connection, newest)


async def find_disabling(connection: DatabaseConnection, account_id: int) -> Deed | None:
    """Return who disabled the account; None: the newest rows do not say."""
    newest = await _find_newest(connection, account_id, {AuditEvent.ACCOUNT_DISABLED}, None)
    return None if newest is None else await _deed(connection, newest)


async def _find_newest(
    connection: DatabaseConnection,
    account_id: int,
    events: set[AuditEvent],
    classroom_id: int | None,
) -> AuditRow | None:
    wanted = AuditFilter(account_id=account_id)
    rows = await audit_repository.list_newest(connection, wanted, None, NEWEST_ROWS)
    return next(_about(rows, account_id, events, classroom_id), None)


def _about(
    rows: Iterable[AuditRow | UnreadableRow],
    account_id: int,
    events: set[AuditEvent],
    classroom_id: int | None,
) -> Iterator[AuditRow]:
    """Yield the readable rows with one of the events about this account."""
    for row in rows:
        if (
            isinstance(row, AuditRow)
            and row.account_id == account_id
            and row.event in events
            and classroom_id in {None, row.classroom_id}
        ):
            yield row


async def _deed(connection: DatabaseConnection, row: AuditRow) -> Deed:
    if row.actor_id is None:
        return Deed(_COMMAND_LINE, row.at)
    names = await accounts_repository.find_identifiers(connection, [row.actor_id])
    return Deed(names.get(row.actor_id, f"account {row.actor_id}"), row.at)
