"""Heartbeats, leaving and attendance. Entering is in `entry`."""

from classgate.accounts.models import AccountRole, Caller
from classgate.accounts.service import AccountService
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.reads import RecordedReads
from classgate.classrooms.entry import EntryService
from classgate.classrooms.media_privileges import privileges_of
from classgate.classrooms.models import (
    AccessContext,
    Attendance,
    ClassroomState,
    HeartbeatResult,
    LeaveReason,
)
from classgate.classrooms.permissions import Permission, require_permission
from classgate.classrooms.presence import attendance_repository
from classgate.classrooms.presence import repository as presence_repository
from classgate.classrooms.presence.log import CachedHeartbeat, HeartbeatCache, PresenceLog
from classgate.classrooms.presence.tracker import PresenceTracker
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import ClassroomNotFound, Conflict, NeverEntered
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import LeaseScope
from classgate.leases.service import LeaseService
from classgate.refusals import ClassNotLive
from classgate.storage.cursors import read_number, split_page
from classgate.storage.database import Database


class PresenceService:
    """Records members' heartbeats and reads attendance."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: AccountService,
        leases: LeaseService,
        presence_log: PresenceLog,
        heartbeats: HeartbeatCache,
        tracker: PresenceTracker,
        classrooms: ClassroomService,
        entry: EntryService,
        reads: RecordedReads,
        clock: Clock,
    ) -> None:
        self._database = database
        self._reads = reads
        self._accounts = accounts
        self._leases = leases
        self._presence_log = presence_log
        self._heartbeats = heartbeats
        self._tracker = tracker
        self._classrooms = classrooms
        self._entry = entry
        self._clock = clock

    # ── heartbeats ──────────────────────────────────────────────────────────────────────────────

    async def record_heartbeat(self, caller: Caller, classroom_id: int) -> HeartbeatResult:
        """Record a heartbeat. It does not enter a class, but revives a presence that timed out.

        It costs no write, and no read if the result is cached. ClassroomNotFound; PermissionDenied:
        kicked.
        """
        key = (caller.session_id, classroom_id)
        known = self._heartbeats.get(key)
        if known is None:
            version = self._heartbeats.version
            found = await self._resolve_heartbeat(caller, classroom_id)
            if isinstance(found, HeartbeatResult):
                return found
            known = found
            self._heartbeats.put(key, known, classroom_id, version)
        self._tracker.record_heartbeat(known.presence_id)
        if known.is_host:
            self._tracker.record_host_heartbeat(classroom_id)
        return known.result

    async def _resolve_heartbeat(
        self, caller: Caller, classroom_id: int
    ) -> CachedHeartbeat | HeartbeatResult:
        """Return the cached heartbeat of a present member, else the result of the full check."""
        place = await presence_repository.find_access_and_presence(
            self._database.reader, classroom_id, caller.account
        )
        if place is None:
            raise ClassroomNotFound
        access, present = place
        require_permission(Permission.SEND_HEARTBEAT, access, self._clock())
        is_host = _is_host(access)
        if is_host and await self._presence_log.was_replaced(
            self._database.reader, caller, classroom_id, present
        ):
            return _result(False, access)
        if present is not None:
            result = _result(True, access)
            return CachedHeartbeat(result, present.presence_id, is_host)
        return await self._resolve_absent(caller, access)

    async def _resolve_absent(self, caller: Caller, access: AccessContext) -> HeartbeatResult:
        """Revive a presence that timed out, if the caller may still enter.

        A host without a presence has a class from before presences were recorded: their heartbeats
        keep it alive. Heartbeats after leaving do not count.
        """
        classroom_id, is_there = access.classroom.classroom_id, False
        last = await presence_repository.find_latest(
            self._database.reader, classroom_id, caller.account_id
        )
        if last is not None and last.leave_reason is LeaveReason.TIMED_OUT:
            access, is_there = await self._reenter(caller, access)
        if _is_host(access) and (is_there or last is None):
            self._tracker.record_host_heartbeat(classroom_id)
        return _result(is_there, access)

    async def _reenter(self, caller: Caller, access: AccessContext) -> tuple[AccessContext, bool]:
        try:
            # Checked first without a transaction: clients go on sending heartbeats after the end.
            self._entry.require_window(access)
            return await self._entry.reenter(caller, access.classroom.classroom_id), True
        except Conflict:  # the class is over, or not open yet
            return access, False

    # ── leaving ─────────────────────────────────────────────────────────────────────────────────

    async def leave(
        self, caller: Caller, classroom_id: int, in_state: ClassroomState | None = None
    ) -> None:
        """Leave: end the presence and the entry credentials. Leaving twice is fine.

        A presence on another device continues: a replaced device ends nothing. ClassroomNotFound,
        PermissionDenied; NeverEntered; ClassroomStateConflict: not in the expected state, if one is
        given.
        """
        async with self._database.transaction() as connection:
            current, access = await self._classrooms.authorize(
                connection, caller, classroom_id, Permission.LEAVE
            )
            if in_state is not None and access.classroom.state is not in_state:
                raise ClassNotLive(f"the class is not {in_state.value}")
            account_id, now = current.account_id, self._clock()
            if await presence_repository.find_latest(connection, classroom_id, account_id) is None:
                raise NeverEntered
            present = await presence_repository.find_open(connection, classroom_id, account_id)
            if (
                present is not None
                and present.session_id != current.session_id
                and await self._accounts.is_session_open(connection, present.session_id)
            ):
                return  # present by another device, which entered last
            reason = LeaveReason.LEFT
            await self._presence_log.end_one(connection, classroom_id, account_id, now, reason)
            entries = LeaseScope(
                account_id=account_id, classroom_id=classroom_id, kind=LeaseKind.ENTRY
            )
            await self._leases.end(connection, entries, now, reason.value)

    # ── attendance ───────────────────────────────────────────────────────────────────────────

    async def list_attendance(
        self, caller: Caller, classroom_id: int, cursor: str | None, limit: int
    ) -> tuple[list[Attendance], str | None]:
        """Return a page of attendance in the order of entering; one row per presence.

        The reading is recorded.
        ClassroomNotFound, PermissionDenied; InvalidRequest: invalid cursor.
        """
        after = read_number(cursor) or 0
        access = await self._classrooms.check_permission(
            caller, classroom_id, Permission.READ_ATTENDANCE
        )
        reading = AuditEntry(
            event=AuditEvent.ATTENDANCE_READ,
            at=self._clock(),
            actor_id=caller.account_id,
            classroom_id=classroom_id,
            rule=f"{access.role_name} of the class may read the attendance",
        )
        await self._reads.record(caller.session_id, reading)
        found = await attendance_repository.list_attendance(
            self._database.reader, classroom_id, after, limit + 1
        )
        return split_page(found, limit, lambda each: str(each.presence.presence_id))

    async def list_present(
        self, caller: Caller, classroom_id: int, offset: int, limit: int
    ) -> tuple[list[tuple[str, AccountRole]], int]:
        """Return who is present, in the order of entering, and the total.

        ClassroomNotFound, PermissionDenied.
        """
        await self._classrooms.check_permission(caller, classroom_id, Permission.READ_ROSTER)
        connection = self._database.reader
        total = await presence_repository.count_present(connection, classroom_id)
        page = await attendance_repository.list_present(connection, classroom_id, offset, limit)
        return list(page), total


def _result(present: bool, access: AccessContext) -> HeartbeatResult:
    member = access.membership
    privileges = 0
    if member is not None:
        privileges = int(privileges_of(member.role, member.on_stage, member.muted))
    return HeartbeatResult(present, access.classroom, member, privileges)


def _is_host(access: AccessContext) -> bool:
    return access.classroom.host_id == access.account.account_id
