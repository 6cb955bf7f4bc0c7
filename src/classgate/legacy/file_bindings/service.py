"""Files bound to a class, or to their owner: names and addresses, never fetched."""

from dataclasses import dataclass
from datetime import datetime

from classgate.accounts.models import Caller
from classgate.accounts.service import AccountService
from classgate.classrooms import access_repository
from classgate.classrooms.models import ClassroomState
from classgate.classrooms.permissions import Permission, is_active_member
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import InvalidRequest, NotBound
from classgate.legacy.file_bindings import repository as binding_repository
from classgate.legacy.file_bindings.models import FileBinding, FileBindingPage
from classgate.legacy.file_bindings.repository import BindingFilter
from classgate.refusals import ClassEnded
from classgate.storage.database import Database, DatabaseConnection
from classgate.validation import clean_web_address, require_line

FILE_NAME_LENGTH = 256


@dataclass(frozen=True)
class FileToBind:
    """A file, as named by the client."""

    file_type: int
    file_name: str
    url: str


class FileBindingService:
    """Binds, unbinds and lists files. Without a class, everything is the caller's own."""

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
        binding = FileBinding(
            file_type=file.file_type, file_name=file.file_name, url=url, bound_at=self._clock()
        )
        async with self._database.transaction() as connection:
            account_id = await self._authorize(connection, caller, classroom_id)
            await binding_repository.add(connection, classroom_id, account_id, binding)

    async def erase_account(self, connection: DatabaseConnection, account_id: int) -> None:
        """Delete the private bindings of a deleted account, in its transaction."""
        await binding_repository.remove_personal(connection, account_id)

    async def unbind(self, caller: Caller, classroom_id: int | None, file: FileToBind) -> None:
        """Unbind one of the caller's files by its address. NotBound, and as `bind`."""
        require_line("file_name", file.file_name, FILE_NAME_LENGTH)
        url = _address_as_bound(file.url)
        async with self._database.transaction() as connection:
            account_id = await self._authorize(connection, caller, classroom_id)
            if url is None or not await binding_repository.remove(
                connection, classroom_id, account_id, url
            ):
                raise NotBound

    async def _authorize(
        self, connection: DatabaseConnection, caller: Caller, classroom_id: int | None
    ) -> int:
        """Return the account id of the caller."""
        if classroom_id is None:
            return (await self._accounts.reload_caller(connection, caller)).account_id
        current, access = await self._classrooms.authorize(
            connection, caller, classroom_id, Permission.BIND_FILES
        )
        if access.classroom.state not in {ClassroomState.CREATED, ClassroomState.LIVE}:
            raise ClassEnded
        return current.account_id

    async def list_page(
        self,
        caller: Caller,
        classroom_id: int | None,
        bound_from: datetime | None,
        bound_before: datetime | None,
        offset: int,
        limit: int,
    ) -> FileBindingPage:
        """Return the files of a class, for its members; otherwise the caller's bindings, anywhere.

        Newest first, with the total.
        """
        connection = self._database.reader
        own = await self._is_personal(connection, caller, classroom_id)
        wanted = BindingFilter(
            classroom_id=classroom_id,
            account_id=caller.account_id if own else None,
            bound_from=bound_from,
            bound_before=bound_before,
        )
        found, total = await binding_repository.list_page(connection, wanted, offset, limit)
        return FileBindingPage(tuple(found), total)

    async def _is_personal(
        self, connection: DatabaseConnection, caller: Caller, classroom_id: int | None
    ) -> bool:
        if classroom_id is None:
            return True
        access = await access_repository.find_access(connection, classroom_id, caller.account)
        return access is None or not is_active_member(access, self._clock())


def _address_as_bound(url: str) -> str | None:
    """Return the address as `bind` stores it; None: it would be rejected."""
    try:
        return clean_web_address("url", url)
    except InvalidRequest:
        return None
