"""The refusals of everybody, for an admin, by the name of an account."""

from datetime import datetime

from classgate.accounts import repository
from classgate.accounts.identifiers import find_folded
from classgate.refusal_log.models import RefusalFilter, RefusalPage, StoredRefusal
from classgate.refusal_log.service import RefusalLog
from classgate.storage.database import Database


class AccountRefusals:
    """Lists refusals. A name that is no account's stands for the log-ins with that name."""

    def __init__(self, database: Database, refusals: RefusalLog) -> None:
        self._database = database
        self._refusals = refusals

    async def list_page(
        self,
        *,
        identifier: str | None = None,
        classroom_id: int | None = None,
        since: datetime | None = None,
        request_id: str | None = None,
        cursor: str | None = None,
        limit: int,
    ) -> tuple[RefusalPage, dict[int, str]]:
        """Return a page of refusals, newest first, with the names of their accounts.

        With a request id it is the one row of that request, if the rest fits too. InvalidRequest:
        invalid cursor.
        """
        wanted = await self._filter_of(identifier, classroom_id, since)
        if request_id is None:
            page = await self._refusals.list_newest(wanted, cursor, limit)
        else:
            found = await self._refusals.find_by_request(request_id)
            page = RefusalPage((found,) if found and _fits(found, wanted) else (), None)
        ids = {each.account_id for each in page.rows if each.account_id is not None}
        return page, await repository.find_identifiers(self._database.reader, sorted(ids))

    async def _filter_of(
        self, identifier: str | None, classroom_id: int | None, since: datetime | None
    ) -> RefusalFilter:
        if identifier is None:
            return RefusalFilter(classroom_id=classroom_id, since=since)
        stored = await repository.find_by_identifier(self._database.reader, identifier)
        if stored is not None:
            return RefusalFilter(
                account_id=stored.account.account_id, classroom_id=classroom_id, since=since
            )
        digests = self._refusals.digests(find_folded(identifier) or identifier)
        return RefusalFilter(identifier_digests=digests, classroom_id=classroom_id, since=since)


def _fits(row: StoredRefusal, wanted: RefusalFilter) -> bool:
    return (
        wanted.account_id in {None, row.account_id}
        and (not wanted.identifier_digests or row.identifier_digest in wanted.identifier_digests)
        and wanted.classroom_id in {None, row.classroom_id}
        and (wanted.since is None or row.last_at >= wanted.since)
    )
