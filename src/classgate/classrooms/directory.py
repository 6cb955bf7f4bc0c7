"""The list of lessons, by offset and with totals, as a client shows pages of it."""

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Caller
from classgate.classrooms import directory_repository, presence_repository, replay_repository
from classgate.classrooms.models import DirectoryEntry, DirectoryFilter, DirectoryPage
from classgate.errors import AccountNotFound
from classgate.storage.database import Database


class ClassroomDirectory:
    """Which classes there are for the caller, the most recently begun first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(
        self, caller: Caller, wanted: DirectoryFilter, offset: int, limit: int
    ) -> DirectoryPage:
        """Classes that the caller belongs to, and open ones; an admin sees all.

        AccountNotFound: there is no such host.
        """
        queries = self._database.reader
        host_id = None
        if wanted.host is not None:
            stored = await accounts_repository.find_by_name(queries, wanted.host)
            if stored is None or stored.account.identifier != wanted.host:
                raise AccountNotFound
            host_id = stored.account.account_id
        found, total = await directory_repository.list_page(
            queries, caller.account, wanted, host_id, offset, limit
        )
        ids = [each.classroom_id for each in found]
        present = await presence_repository.count_present(queries, ids)
        replays = await replay_repository.find_replays(queries, ids)
        entries = tuple(
            DirectoryEntry(each, present.get(each.classroom_id, 0), replays.get(each.classroom_id))
            for each in found
        )
        return DirectoryPage(entries, total)
