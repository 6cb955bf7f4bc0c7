"""Verifies the newest rows with the configured keys, before a process writes its first row.

With a wrong key every row fails; a tampered row fails alone. Either way, continuing would split the
record, so nothing is written until an operator restores the key or a backup, or acknowledges the
break. An acknowledgement is a row of its own, under the current key. It hides nothing: `audit
verify` still lists the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from classgate.audit import head_repository, repository
from classgate.audit.chain import AuditKeys
from classgate.audit.models import AuditEvent, AuditFilter, AuditRow, UnreadableRow
from classgate.errors import ConfigurationError
from classgate.storage.database import DatabaseConnection

NEWEST_ROWS = 100
"""The number of rows to read; an index makes the query independent of the table's size."""

ALL_ROWS = "all rows"

NEXT_STEPS = (
    "after a change of the key, set the old one as audit.previous_key; otherwise restore the key "
    "or a backup; classgate audit verify lists the rows; if the key is lost, or the change is "
    "known: classgate audit acknowledge"
)


@dataclass(frozen=True)
class NewestRows:
    """The result. `broken` names the newest row of each failing chain."""

    verified: int
    broken: tuple[str, ...]

    @property
    def is_other_key(self) -> bool:
        """Return whether no row verifies, as with a wrong key."""
        return bool(self.broken) and self.verified == 0

    def fault(self) -> str:
        """Describe the fault of the configuration."""
        if self.broken == (ALL_ROWS,):
            what = "the rows of the audit are missing, but their chain heads are not"
        elif self.is_other_key:
            what = (
                "is not the key that the audit was written with, nor is audit.previous_key, or all "
                f"rows were changed: none of the newest rows verifies ({self.broken[0]})"
            )
        else:
            what = (
                f"the newest row of a chain does not verify with it ({', '.join(self.broken[:3])}):"
                " it was changed, or written with another key, which is not audit.previous_key"
            )
        return f"audit.key: {what}; {NEXT_STEPS}"


async def verify_newest(connection: DatabaseConnection, keys: AuditKeys) -> NewestRows:
    """Verify the newest row of each chain that is among the newest rows.

    Acknowledged rows are skipped. ServiceUnavailable: the rows cannot be read.
    """
    rows = await repository.list_newest(connection, AuditFilter(), None, NEWEST_ROWS)
    if not rows:
        lost = await repository.has_heads(connection)
        return NewestRows(0, (ALL_ROWS,) if lost else ())
    verified, seen, broken = 0, set[str | None](), list[str]()
    for row in rows:
        good = is_verified(keys, row)
        verified += good
        if not good and (row.chain is None or row.chain not in seen):
            broken.append(row.location)
        seen.add(row.chain)
    if broken:
        known = await list_acknowledged(connection, keys)
        broken = [place for place in dict.fromkeys(broken) if place not in known]
    return NewestRows(verified, tuple(broken))


async def require_key(
    connection: DatabaseConnection, keys: AuditKeys, *, despite_changed_rows: bool = False
) -> None:
    """Require that the newest rows verify. ConfigurationError; ServiceUnavailable: unreadable.

    With `despite_changed_rows` it fails only if no row verifies.
    """
    newest = await verify_newest(connection, keys)
    if newest.is_other_key or (newest.broken and not despite_changed_rows):
        raise ConfigurationError([newest.fault()])
    places, names = await find_missing_keys(connection, keys)
    if places and not despite_changed_rows:
        raise ConfigurationError(
            [
                f"audit.previous_key: {len(places)} chains of the audit are under "
                f"{', '.join(names)}, which is not set: add that key behind the others (classgate "
                "keys names them); if it is lost, or left out on purpose: classgate audit "
                "acknowledge"
            ]
        )


async def find_missing_keys(
    connection: DatabaseConnection, keys: AuditKeys
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the newest rows of the chains whose key is not set, and the names of those keys.

    Acknowledged rows are skipped. A chain that an earlier version began does not name its key.
    """
    others = await head_repository.list_of_other_keys(connection, [key.name for key in keys.all])
    if not others:
        return (), ()
    known = await list_acknowledged(connection, keys)
    places = {f"chain {chain}, row {seq}": name for chain, seq, name in others}
    left = {place: name for place, name in places.items() if place not in known}
    return tuple(left), sorted(set(left.values()))


async def list_acknowledged(connection: DatabaseConnection, keys: AuditKeys) -> set[str]:
    """Return the locations of acknowledged broken rows, under these keys."""
    known = set[str]()
    for row in await repository.list_acknowledgements(connection):
        if (
            isinstance(row, AuditRow)
            and row.event == AuditEvent.AUDIT_BREAK_ACKNOWLEDGED
            and is_verified(keys, row)
        ):
            known.update(msgspec.json.decode(row.details, type=dict[str, object]))
    return known


def is_verified(keys: AuditKeys, row: AuditRow | UnreadableRow) -> bool:
    """Return whether the row's own MAC is correct, under any of the keys."""
    return isinstance(row, AuditRow) and keys.find_of(row) is not None
