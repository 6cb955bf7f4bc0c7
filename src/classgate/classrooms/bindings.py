"""Files that people bind to a class, or to themselves: names and addresses, never fetched."""

from dataclasses import dataclass
from datetime import datetime

from classgate.accounts.models import Caller
from classgate.accounts.service import AccountService
from classgate.classrooms import binding_repository, repository
from classgate.classrooms.binding_repository import BindingFilter
from classgate.classrooms.models import Binding, BindingPage, ClassroomState
from classgate.classrooms.permissions import Right, is_active_member
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import ClassroomStateConflict, InvalidRequest, NotBound
from classgate.storage.database import Database, Queries
from classgate.texts import clean_web_address, require_line

FILE_NAME_LENGTH = 256


@dataclass(frozen=True)
class FileToBind:
    """A file as its client names it."""

    file_type: int
    file_name: str
    url: str


class BindingService:
    """Binding, unbinding and listing. Without a class, everything is the caller's own."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: AccountService,
        classrooms: ClassroomService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._classrooms = classrooms
        self._clock = clock

    async def bind(self, caller: Caller, classroom_id: int | None, file: FileToBind) -> None:
        """Bind a file. AlreadyBound; InvalidRequest: not a web address, too long.

        ClassroomNotFound, PermissionDenied; ClassroomStateConflict: the class is over.
        """
        require_line("file_name", file.file_name, FILE_NAME_LENGTH)
        url = clean_web_address("url", file.url)
        binding = Binding(
            file_type=file.file_type, file_name=file.file_name, url=url, bound_at=self._clock()
        )
        async with self._database.transaction() as queries:
            account_id = await self._admit(queries, caller, classroom_id)
            await binding_repository.add(queries, classroom_id, account_id, binding)

    async def unbind(self, caller: Caller, classroom_id: int | None, file: FileToBind) -> None:
        """Take a binding of one's own back, by its address. NotBound, and as `bind`."""
        require_line("file_name", file.file_name, FILE_NAME_LENGTH)
        url = _address_as_bound(file.url)
        async with self._database.transaction() as queries:
            account_id = await self._admit(queries, caller, classroom_id)
            if url is None or not await binding_repository.remove(
                queries, classroom_id, account_id, url
            ):
                raise NotBound

    async def _admit(self, queries: Queries, caller: Caller, classroom_id: int | None) -> int:
        """Who binds, by number."""
        if classroom_id is None:
            return (await self._accounts.recheck(queries, caller)).account_id
        current, standing = await self._classrooms.admit(
            queries, caller, classroom_id, Right.BIND_FILES
        )
        if standing.classroom.state not in {ClassroomState.CREATED, ClassroomState.LIVE}:
            raise ClassroomStateConflict("the class has ended")
        return current.account_id

    async def list_page(
        self,
        caller: Caller,
        classroom_id: int | None,
        bound_from: datetime | None,
        bound_before: datetime | None,
        offset: int,
        limit: int,
    ) -> BindingPage:
        """What is bound to a class, for its members; else what the caller bound, there or anywhere.

        The newest first, with how many there are in all.
        """
        queries = self._database.reader
        own = await self._is_own_alone(queries, caller, classroom_id)
        wanted = BindingFilter(
            classroom_id=classroom_id,
            account_id=caller.account_id if own else None,
            bound_from=bound_from,
            bound_before=bound_before,
        )
        found, total = await binding_repository.list_page(queries, wanted, offset, limit)
        return BindingPage(tuple(found), total)

    async def _is_own_alone(
        self, queries: Queries, caller: Caller, classroom_id: int | None
    ) -> bool:
        if classroom_id is None:
            return True
        standing = await repository.find_standing(queries, classroom_id, caller.account)
        return standing is None or not is_active_member(standing)


def _address_as_bound(url: str) -> str | None:
    """How `bind` wrote it down; None: it would have refused it."""
    try:
        return clean_web_address("url", url)
    except InvalidRequest:
        return None
