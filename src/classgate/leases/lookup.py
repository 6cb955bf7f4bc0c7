"""Look-up of a lease by its owner, outside a transaction."""

from classgate.errors import LeaseNotFound
from classgate.leases.models import Lease
from classgate.leases.service import LeaseService
from classgate.storage.database import Database


class LeaseLookup:
    """Finds leases."""

    def __init__(self, database: Database, leases: LeaseService) -> None:
        self._database = database
        self._leases = leases

    async def get_owned(self, account_id: int, lease_id: str) -> Lease:
        """Return an account's own lease. LeaseNotFound."""
        lease = await self._leases.find_of_account(self._database.reader, lease_id, account_id)
        if lease is None:
            raise LeaseNotFound
        return lease
