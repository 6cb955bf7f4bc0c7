"""Look-up of a lease by its owner, outside a transaction."""

from classgate.errors import LeaseNotFound
from classgate.leases.kinds import LeaseKind
from classgate.leases.service import LeaseService
from classgate.storage.database import Database


class LeaseLookup:
    """Finds leases."""

    def __init__(self, database: Database, leases: LeaseService) -> None:
        self._database = database
        self._leases = leases

    async def get_kind(self, account_id: int, lease_id: str) -> LeaseKind:
        """Return the kind of an account's own lease. LeaseNotFound."""
        kind = await self._leases.find_kind(self._database.reader, lease_id, account_id)
        if kind is None:
            raise LeaseNotFound
        return kind
