"""The class list by offset, with totals, for clients that show numbered pages."""

from collections.abc import Sequence

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Account, AccountRole, Caller
from classgate.clock import Clock
from classgate.errors import AccountNotFound
from classgate.legacy.classroom_list import newest_repository
from classgate.legacy.classroom_list import repository as list_repository
from classgate.legacy.classroom_list.models import (
    ClassroomListFilter,
    ClassroomListPage,
    OpenClasses,
    Place,
)
from classgate.storage.commit_cache import CommitCache
from classgate.storage.database import Database, DatabaseConnection

_EVERY_CLASS = ClassroomListFilter()
_MOST_KEPT = 50  # rows from the first one on: what clients poll


class LegacyClassroomList:
    """Lists the classes that the caller may see, most recent first."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        # By the end of the page.
        self._newest: CommitCache[dict[int, OpenClasses]] = CommitCache(dict)
        self._open_are_alone = False  # on the last page that was asked for

    async def list_page(
        self, caller: Caller, wanted: ClassroomListFilter, offset: int, limit: int
    ) -> ClassroomListPage:
        """Classes that the caller belongs to, and open ones; an admin sees all.

        AccountNotFound: the host of the filter does not exist.
        """
        connection, viewer = self._database.reader, caller.account
        if (
            wanted == _EVERY_CLASS
            and 0 < limit <= _MOST_KEPT - offset
            and viewer.role is not AccountRole.ADMIN
        ):
            page = await self._list_newest(connection, viewer, offset, limit)
            if page is not None:
                return page
        host_id = None
        if wanted.host is not None:
            stored = await accounts_repository.find_by_identifier(connection, wanted.host)
            if stored is None or stored.account.identifier != wanted.host:
                raise AccountNotFound
            host_id = stored.account.account_id
        return await list_repository.list_page(
            connection, viewer, wanted, host_id, offset, limit, self._clock()
        )

    async def _list_newest(
        self, connection: DatabaseConnection, viewer: Account, offset: int, limit: int
    ) -> ClassroomListPage | None:
        """Return a page; None: the viewer's own classes are too many to look through.

        The open classes are read once for all viewers, until anybody changes anything.
        """
        own: Sequence[Place] | None = None
        if self._open_are_alone:
            mark = await newest_repository.find_mark(connection)
        else:
            mark, own = await newest_repository.find_own(connection, viewer, self._clock())
        end = offset + limit
        kept = self._newest.at(mark)
        newest = kept.get(end)
        if newest is None:
            newest = kept[end] = await newest_repository.list_open(connection, end)
        self._open_are_alone = newest.are_alone
        if newest.are_alone:
            return ClassroomListPage(newest.entries[offset:end], newest.total)
        if own is None:
            _, own = await newest_repository.find_own(connection, viewer, self._clock())
        if len(own) > newest_repository.MOST_OWN:
            return None
        total = min(newest.total + len(own), end + list_repository.COUNTED_AHEAD)
        if not own:
            return ClassroomListPage(newest.entries[offset:end], total)
        places = sorted({*newest.places, *own}, reverse=True)[offset:end]
        numbers = [place[1] for place in places]
        entries = {each.classroom_id: each for each in newest.entries}
        closed = [number for number in numbers if number not in entries]
        if closed:
            entries |= await newest_repository.find_entries(connection, closed)
        return ClassroomListPage(tuple(entries[each] for each in numbers if each in entries), total)
