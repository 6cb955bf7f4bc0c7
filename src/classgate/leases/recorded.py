"""Was every lease recorded? The leases' table is compared with the audit.

Chains show what was changed or dropped among the rows that are there. When all of them are gone,
with the table of heads, nothing of that is left to show it; the leases are.
"""

from collections.abc import Sequence

from classgate.errors import ServiceUnavailable
from classgate.leases import repository
from classgate.leases.models import LeaseState
from classgate.storage.database import DatabaseConnection

MAX_LISTED = 1000
"""How many are named; of others the number is told."""


async def list_unrecorded(connection: DatabaseConnection) -> Sequence[str]:
    """A line for each lease of which the audit has no row that says that it was given."""
    faults: list[str] = []
    others, after = 0, ""
    while True:
        try:
            page = await repository.list_with_record(connection, after)
        except ServiceUnavailable:
            behind = f" behind {after}" if after else ""
            faults.append(f"the leases{behind} cannot be read; the table is damaged or was changed")
            break
        if not page:
            break
        after = page[-1].lease_id
        for lease in page:
            if lease.is_recorded or await repository.has_any_record(connection, lease):
                continue
            if len(faults) == MAX_LISTED:
                others += 1
                continue
            gone = "that it was given" if lease.state == LeaseState.ACTIVE else "of it"
            faults.append(f"lease {lease.lease_id} ({lease.state}): the audit has no row {gone}")
    return [*faults, f"{others} more leases without a row"] if others else faults
