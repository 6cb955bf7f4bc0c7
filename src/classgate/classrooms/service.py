"""The life of a class from creation to end. See `roster` for members, `entry` for entering."""

from dataclasses import replace
from datetime import datetime

from msgspec import UNSET

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Account, AccountRole, Caller
from classgate.accounts.service import AccountService
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms import access_repository, list_repository, repository
from classgate.classrooms.access_times import require_entry_window, require_not_ended
from classgate.classrooms.action_rules import ActionRule
from classgate.classrooms.ending import ClassroomEnding
from classgate.classrooms.groups import ClassGroups
from classgate.classrooms.list_repository import KeptClassrooms
from classgate.classrooms.models import (
    AccessContext,
    AccessWindows,
    Classroom,
    ClassroomChanges,
    ClassroomPage,
    ClassroomRole,
    ClassroomState,
    ListFilter,
    Membership,
    NewClassroom,
)
from classgate.classrooms.new_members import resolve_members
from classgate.classrooms.permissions import (
    MUTATING,
    Permission,
    require_found,
    require_permission,
)
from classgate.classrooms.presence import host_heartbeats
from classgate.classrooms.presence.log import PresenceLog
from classgate.clock import Clock
from classgate.errors import ClassroomNotFound, Conflict
from classgate.refusals import (
    ClassAlreadyStarted,
    ClassEnded,
    ClassNotLive,
    TeacherOnly,
)
from classgate.signing.media_clock import media_clock
from classgate.storage.commit_cache import CommitCache
from classgate.storage.cursors import read_number, split_page
from classgate.storage.database import Database, DatabaseConnection, Lock
from classgate.validation import (
    clean_line,
    clean_web_address,
    field_error,
    require_text,
    require_web_reference,
)

TITLE_LENGTH = 128
COVER_LENGTH = 500


class ClassroomService:
    """Creates, shows, changes, starts and ends classes."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        accounts: AccountService,
        presence_log: PresenceLog,
        ending: ClassroomEnding,
        groups: ClassGroups,
        windows: AccessWindows,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._accounts = accounts
        self._presence_log = presence_log
        self._ending = ending
        self._groups = groups
        self._windows = windows
        self._clock = clock
        self._listed = CommitCache(KeptClassrooms)

    # ── deciding ────────────────────────────────────────────────────────────────────────────────

    async def check_permission(
        self, caller: Caller, classroom_id: int, permission: Permission
    ) -> AccessContext:
        """Authorize before a request is parsed further. ClassroomNotFound, PermissionDenied.

        Whatever changes or issues authorizes again in its own transaction.
        """
        access = await access_repository.find_access(
            self._database.reader, classroom_id, caller.account
        )
        return self._require_access(access, permission)

    async def authorize(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        permission: Permission,
        about: str | None = None,
    ) -> tuple[Caller, AccessContext]:
        """Authorize in this transaction, and lock the caller and the access until it ends.

        `about` names the member concerned. NotAuthenticated, ClassroomNotFound, PermissionDenied.
        """
        await accounts_repository.lock_account(connection, caller.account_id)
        if about is not None:
            await accounts_repository.lock_account_by_identifier(connection, about)
        lock = Lock.EXCLUSIVE if permission in MUTATING else Lock.SHARED
        await repository.lock_classroom(connection, classroom_id, lock)
        session, access = await access_repository.find_caller_and_access(
            connection, caller.session_id, classroom_id
        )
        current = self._accounts.require_open(session)
        return current, self._require_access(access, permission)

    def _require_access(
        self, access: AccessContext | None, permission: Permission
    ) -> AccessContext:
        access = require_found(access)
        now = self._clock()
        require_permission(permission, access, now)
        if access.membership is None or access.membership.kicked_at is None:
            return access
        return replace(access, membership=access.membership.at(now))

    def require_not_ended(self, classroom: Classroom) -> None:
        """Require that the class is not over. OutsideAccessWindow."""
        require_not_ended(classroom, self._clock(), self._windows)

    def require_time(self, rule: ActionRule, access: AccessContext) -> None:
        """Require that it is the time for the action. OutsideAccessWindow."""
        rule.require_time(access, self._clock(), self._windows)

    # ── making and showing ──────────────────────────────────────────────────────────────────────

    def require_may_create(self, account: Account) -> None:
        """Require a teacher. PermissionDenied."""
        if account.role is not AccountRole.TEACHER:
            raise TeacherOnly("only a teacher can make a class")

    async def create(
        self, caller: Caller, new: NewClassroom, *, keep_texts: bool = False
    ) -> Classroom:
        """Create a class with the caller as host. InvalidRequest lists unknown members.

        `keep_texts`: the title may be empty or multi-line, and the cover a relative reference, as
        legacy clients send them.
        """
        clean_title = require_text if keep_texts else clean_line
        clean = NewClassroom(
            title=clean_title("title", new.title, TITLE_LENGTH),
            cover_url=_clean_cover(new.cover_url, as_given=keep_texts),
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            open=new.open,
        )
        self._require_sensible_times(clean.starts_at, clean.ends_at)
        async with self._database.transaction() as connection:
            current = await self._accounts.reload_caller(connection, caller)
            self.require_may_create(current.account)
            now = self._clock()
            members = await resolve_members(connection, current.account, new.members)
            classroom = await repository.add_classroom(connection, clean, current.account, now)
            classroom_id = classroom.classroom_id
            host = Membership(
                account_id=current.account_id,
                role=ClassroomRole.HOST,
                on_stage=False,
                kicked_at=None,
            )
            await repository.add_memberships(connection, classroom_id, [host, *members], now)
            await self._groups.plan(connection, current, classroom_id, clean.starts_at)
            roster = " ".join(f"{member.account_id}:{member.role}" for member in members)
            await self._record(
                connection, AuditEvent.CLASSROOM_CREATED, current, classroom_id, now, roster=roster
            )
            return classroom

    async def get(self, caller: Caller, classroom_id: int) -> AccessContext:
        """Return a class with the caller's membership. ClassroomNotFound, PermissionDenied."""
        return await self.check_permission(caller, classroom_id, Permission.READ)

    async def list_visible(
        self, caller: Caller, wanted: ListFilter, cursor: str | None, limit: int
    ) -> ClassroomPage:
        """Return the caller's classes and open ones; an admin sees all."""
        found = await list_repository.list_classrooms(
            self._database.reader,
            caller.account,
            wanted,
            read_number(cursor),
            limit + 1,
            self._clock(),
            self._listed,
        )
        page, next_cursor = split_page(found, limit, lambda each: str(each.classroom_id))
        return ClassroomPage(tuple(page), next_cursor)

    # ── changing, starting, ending ──────────────────────────────────────────────────────────────

    async def change(
        self, caller: Caller, classroom_id: int, changes: ClassroomChanges
    ) -> Classroom:
        """Change the given fields, until the class has ended.

        ClassroomStateConflict: it has. InvalidRequest.
        """
        clean = _clean(changes)
        async with self._database.transaction() as connection:
            current, access = await self.authorize(
                connection, caller, classroom_id, Permission.EDIT
            )
            before = access.classroom
            if before.state not in {ClassroomState.CREATED, ClassroomState.LIVE}:
                raise ClassEnded("the class has ended and is not changed any more")
            given = clean.provided()
            if not given:
                return before
            if {"starts_at", "ends_at"} & set(given):
                self._require_sensible_times(
                    before.starts_at if clean.starts_at is UNSET else clean.starts_at,
                    before.ends_at if clean.ends_at is UNSET else clean.ends_at,
                )
            await repository.change_classroom(connection, classroom_id, given)
            if clean.starts_at is not UNSET:
                await self._groups.move(connection, classroom_id, clean.starts_at)
            fields = " ".join(sorted(given))
            now = self._clock()
            await self._record(
                connection, AuditEvent.CLASSROOM_CHANGED, current, classroom_id, now, fields=fields
            )
            return await _get(connection, classroom_id)

    async def start(
        self, caller: Caller, classroom_id: int, timestamp: int | None = None
    ) -> Classroom:
        """Start the class: created becomes live, and its host is present.

        ClassroomStateConflict for all but one concurrent caller. OutsideAccessWindow: over, or
        earlier than the host may enter. `timestamp` is the client's media clock for the marker; by
        default the service's own.
        """
        await self._require_state(caller, classroom_id, Permission.START, ClassroomState.CREATED)
        async with self._database.transaction() as connection:
            current, access = await self.authorize(
                connection, caller, classroom_id, Permission.START
            )
            now = self._clock()
            if access.classroom.state is ClassroomState.CREATED:
                # Starting implies entering, and admits everybody: not before the host may enter.
                require_entry_window(access.classroom, ClassroomRole.HOST, now, self._windows)
            created, live = ClassroomState.CREATED, ClassroomState.LIVE
            if not await repository.transition_state(connection, classroom_id, created, live, now):
                raise _wrong_state(await _get(connection, classroom_id), created)
            await host_heartbeats.start_tracking(connection, classroom_id, now)
            await self._presence_log.enter(
                connection, current, classroom_id, ClassroomRole.HOST, now
            )
            await self._groups.start(connection, current, access.classroom, timestamp, now)
            await self._record(connection, AuditEvent.CLASSROOM_STARTED, current, classroom_id, now)
            return await _get(connection, classroom_id)

    async def end(
        self, caller: Caller, classroom_id: int, timestamp: int | None = None
    ) -> Classroom:
        """End the class and all its leases. ClassroomStateConflict."""
        await self._require_state(caller, classroom_id, Permission.END, ClassroomState.LIVE)
        async with self._database.transaction() as connection:
            current, access = await self.authorize(connection, caller, classroom_id, Permission.END)
            now = self._clock()
            ended = await self._ending.end(
                connection,
                access.classroom,
                now,
                timestamp=timestamp or media_clock(now),
                actor_id=current.account_id,
            )
            found = await _get(connection, classroom_id)
            if not ended:
                raise _wrong_state(found, ClassroomState.LIVE)
            return found

    async def _require_state(
        self, caller: Caller, classroom_id: int, permission: Permission, wanted: ClassroomState
    ) -> None:
        """Check before locking: states never come back, so most losers of a race need not queue."""
        classroom = (await self.check_permission(caller, classroom_id, permission)).classroom
        if classroom.state is not wanted:
            raise _wrong_state(classroom, wanted)

    def _require_sensible_times(self, starts_at: datetime | None, ends_at: datetime | None) -> None:
        if ends_at is None:
            return
        if starts_at is not None and ends_at <= starts_at:
            raise field_error("ends_at", "the end has to be later than starts_at")
        if ends_at <= self._clock():
            raise field_error("ends_at", "the end has to be in the future")

    async def _record(
        self,
        connection: DatabaseConnection,
        event: AuditEvent,
        actor: Caller,
        classroom_id: int,
        at: datetime,
        **details: str | int,
    ) -> None:
        await self._audit.record(
            connection,
            AuditEntry(
                event=event,
                at=at,
                actor_id=actor.account_id,
                classroom_id=classroom_id,
                details=details,
            ),
        )


def _wrong_state(classroom: Classroom, wanted: ClassroomState) -> Conflict:
    if classroom.state not in {ClassroomState.CREATED, ClassroomState.LIVE}:
        return ClassEnded()
    return ClassAlreadyStarted() if wanted is ClassroomState.CREATED else ClassNotLive()


def _clean_cover(cover_url: str | None, *, as_given: bool = False) -> str | None:
    if cover_url is None:
        return None
    clean = require_web_reference if as_given else clean_web_address
    return clean("cover_url", cover_url, COVER_LENGTH)


def _clean(changes: ClassroomChanges) -> ClassroomChanges:
    """Return it with cleaned texts. InvalidRequest."""
    title, cover_url = changes.title, changes.cover_url
    if title is not UNSET:
        title = clean_line("title", title, TITLE_LENGTH)
    if cover_url is not UNSET:
        cover_url = _clean_cover(cover_url)
    return replace(changes, title=title, cover_url=cover_url)


async def _get(connection: DatabaseConnection, classroom_id: int) -> Classroom:
    classroom = await repository.find_classroom(connection, classroom_id)
    if classroom is None:
        raise ClassroomNotFound
    return classroom
