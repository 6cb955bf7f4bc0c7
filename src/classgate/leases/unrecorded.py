"""Compares the leases with the audit: was every lease recorded?

Chains reveal changed or missing rows among the remaining ones. If all rows and the heads are gone,
only the leases reveal it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from classgate.errors import ServiceUnavailable
from classgate.leases import repository
from classgate.leases.models import LeaseState
from classgate.storage.database import DatabaseConnection

MAX_LISTED = 1000
"""The maximum number of listed leases; the rest is counted."""


# A row is recorded at most that long before the lease says it was issued.
_MARGIN = timedelta(hours=1)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


async def list_unrecorded(
    connection: DatabaseConnection, trimmed_before: datetime | None = None
) -> Sequence[str]:
    """Return a line for each lease without an audit row of its issue.

    Leases are left out whose rows retention has removed.
    """
    since = _EVER if trimmed_before is None else trimmed_before + _MARGIN
    faults: list[str] = []
    others, after = 0, ""
    while True:
        try:
            page = await repository.list_with_record(connection, since, after)
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
