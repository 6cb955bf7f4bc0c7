"""The class list by offset, with totals, for clients that show numbered pages."""

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Caller
from classgate.clock import Clock
from classgate.errors import AccountNotFound
from classgate.legacy.classroom_list import repository as list_repository
from classgate.legacy.classroom_list.models import ClassroomListFilter, ClassroomListPage
from classgate.storage.database import Database


class LegacyClassroomList:
    """Lists the classes that the caller may see, most recent first."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def list_page(
        self, caller: Caller, wanted: ClassroomListFilter, offset: int, limit: int
    ) -> ClassroomListPage:
        """Classes that the caller belongs to, and open ones; an admin sees all.

        AccountNotFound: the host of the filter does not exist.
        """
        connection = self._database.reader
        host_id = None
        if wanted.host is not None:
            stored = await accounts_repository.find_by_identifier(connection, wanted.host)
            if stored is None or stored.account.identifier != wanted.host:
                raise AccountNotFound
            host_id = stored.account.account_id
        return await list_repository.list_page(
            connection, caller.account, wanted, host_id, offset, limit, self._clock()
        )
