"""The refusals at one class, for its staff."""

from datetime import datetime

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Caller
from classgate.classrooms.permissions import Permission
from classgate.classrooms.service import ClassroomService
from classgate.refusal_log.models import RefusalFilter, RefusalPage
from classgate.refusal_log.service import RefusalLog
from classgate.storage.database import Database


class ClassRefusals:
    """Lists who was refused at a class: members, and others with an account."""

    def __init__(
        self, database: Database, classrooms: ClassroomService, refusals: RefusalLog
    ) -> None:
        self._database = database
        self._classrooms = classrooms
        self._refusals = refusals

    async def list_page(
        self,
        caller: Caller,
        classroom_id: int,
        since: datetime | None,
        cursor: str | None,
        limit: int,
    ) -> tuple[RefusalPage, dict[int, str]]:
        """Return a page of refusals, newest first, with the names of their accounts.

        ClassroomNotFound, PermissionDenied. InvalidRequest: invalid cursor.
        """
        await self._classrooms.check_permission(caller, classroom_id, Permission.READ_REFUSALS)
        wanted = RefusalFilter(classroom_id=classroom_id, since=since, accounts_only=True)
        page = await self._refusals.list_newest(wanted, cursor, limit)
        ids = {each.account_id for each in page.rows if each.account_id is not None}
        names = await accounts_repository.find_identifiers(self._database.reader, sorted(ids))
        return page, names
