"""Writing down who comes into a class and who leaves, in the transaction that decides it.

Nobody is in a class twice at a time. For most, that is all: whichever of their devices speaks is
heard. A host is there by one session: entering again from another ends the presence, and the
entry, of the first, so that a device left running elsewhere does not keep a lesson alive.
"""

from dataclasses import dataclass
from datetime import datetime

from classgate.accounts.models import Caller
from classgate.classrooms.models import ClassroomRole, HeartbeatResult, LeaveReason, Presence
from classgate.classrooms.presence import host_heartbeats
from classgate.classrooms.presence import repository as presence_repository
from classgate.leases.models import LeaseKind, LeaseScope
from classgate.leases.service import LeaseService
from classgate.storage.database import DatabaseConnection
from classgate.storage.ttl_cache import TtlCache


@dataclass(frozen=True)
class CachedHeartbeat:
    """What a heartbeat of somebody who is there is answered, and what it says."""

    result: HeartbeatResult
    presence_id: int
    is_host: bool


HeartbeatCache = TtlCache[tuple[str, int], CachedHeartbeat]
"""Heartbeats of a moment ago, by session and class; what changes in a class is forgotten."""


class PresenceLog:
    """Opens and ends presences; whether somebody may come in is decided before."""

    def __init__(self, leases: LeaseService, heartbeats: HeartbeatCache) -> None:
        self._leases = leases
        self._heartbeats = heartbeats

    async def enter(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        role: ClassroomRole,
        at: datetime,
        renewed_lease: str | None = None,
    ) -> None:
        """Somebody comes in, or comes in again; then they were heard of now.

        `renewed_lease` is what is being renewed; it is taken over from another session, not ended.
        """
        account_id, session_id = caller.account_id, caller.session_id
        present = await presence_repository.find_open(connection, classroom_id, account_id)
        is_host = role is ClassroomRole.HOST
        if is_host and (present is None or present.session_id != session_id):
            await self._end_other_sessions(connection, caller, classroom_id, at, renewed_lease)
            present = None
        # The keeper may be letting the timed_out leave meanwhile, and waits for nobody's account.
        if present is None or not await presence_repository.reenter(
            connection, present.presence_id, session_id, at
        ):
            await presence_repository.add(
                connection, classroom_id, account_id, session_id, role, at
            )
        if is_host:
            await host_heartbeats.update_last_seen(connection, {classroom_id: at})

    async def _end_other_sessions(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        at: datetime,
        renewed_lease: str | None,
    ) -> None:
        """What the host's other sessions had of the class ends."""
        reason = LeaveReason.ENTERED_ELSEWHERE
        others = LeaseScope(
            account_id=caller.account_id,
            classroom_id=classroom_id,
            kind=LeaseKind.ENTRY,
            except_session_id=caller.session_id,
            except_lease_id=renewed_lease,
        )
        await self._leases.end(connection, others, at, reason.value)
        await self.end_one(connection, classroom_id, caller.account_id, at, reason)

    async def was_replaced(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        present: Presence | None,
    ) -> bool:
        """Whether the host, of whom this presence is open, entered from another session since.

        A session that never entered was not replaced: somebody logged in again in mid-lesson.
        """
        if present is not None and present.session_id == caller.session_id:
            return False
        last = await presence_repository.find_latest_of_session(
            connection, classroom_id, caller.account_id, caller.session_id
        )
        if last is None:
            return False
        return present is not None or last.leave_reason is LeaveReason.ENTERED_ELSEWHERE

    def invalidate_heartbeats(self, connection: DatabaseConnection, classroom_id: int) -> None:
        """The class, or a place in it, changes in this transaction: afterwards, look it up anew."""
        connection.on_commit(lambda: self._heartbeats.invalidate(classroom_id))

    async def end_one(
        self,
        connection: DatabaseConnection,
        classroom_id: int,
        account_id: int,
        at: datetime,
        reason: LeaveReason,
    ) -> None:
        """Somebody is in the class no longer; fine when they were not."""
        self.invalidate_heartbeats(connection, classroom_id)
        await presence_repository.end(
            connection, at, reason, classroom_id=classroom_id, account_id=account_id
        )

    async def end_all(
        self,
        connection: DatabaseConnection,
        classroom_id: int,
        at: datetime,
        timed_out_id: int | None,
    ) -> int:
        """The class is over: nobody is in it any longer; how many were.

        `timed_out_id` fell timed_out long before, and was there until last heard of.
        """
        self.invalidate_heartbeats(connection, classroom_id)
        timed_out = 0
        if timed_out_id is not None:
            timed_out = await presence_repository.end_as_timed_out(
                connection, classroom_id, timed_out_id
            )
        return timed_out + await presence_repository.end(
            connection, at, LeaveReason.CLASS_ENDED, classroom_id=classroom_id
        )

    async def end_everywhere(
        self, connection: DatabaseConnection, account_id: int, at: datetime
    ) -> None:
        """Somebody is in no class any longer, because there is no such person."""
        await presence_repository.end(
            connection, at, LeaveReason.ACCOUNT_DELETED, account_id=account_id
        )
