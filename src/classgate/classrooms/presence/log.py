"""The presence log: records entering and leaving, in the transaction that decides it.

An account has at most one open presence in a class. For members, heartbeats of any of their devices
count. A host is bound to one session: entering from another session ends the presence and the entry
credentials of the first, so that a forgotten device does not keep a lesson alive.
"""

from dataclasses import dataclass
from datetime import datetime

from classgate.accounts.models import Caller
from classgate.classrooms.models import ClassroomRole, HeartbeatResult, LeaveReason, Presence
from classgate.classrooms.presence import host_heartbeats
from classgate.classrooms.presence import repository as presence_repository
from classgate.leases.kinds import LeaseKind
from classgate.leases.models import LeaseScope
from classgate.leases.service import LeaseService
from classgate.storage.database import DatabaseConnection
from classgate.storage.ttl_cache import TtlCache


@dataclass(frozen=True)
class CachedHeartbeat:
    """A cached result of a heartbeat, and what it updates."""

    result: HeartbeatResult
    presence_id: int
    is_host: bool


HeartbeatCache = TtlCache[tuple[str, int], CachedHeartbeat]
"""The heartbeat cache, by session and class; what is announced of a class invalidates it."""


class PresenceLog:
    """Opens and ends presences; authorization happens before."""

    def __init__(self, leases: LeaseService) -> None:
        self._leases = leases

    async def enter(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        role: ClassroomRole,
        at: datetime,
        renewed_lease: str | None = None,
    ) -> None:
        """Open a presence, or update the open one, and count it as a heartbeat.

        `renewed_lease` is the lease being renewed; it moves to the new session instead of ending.
        """
        account_id, session_id = caller.account_id, caller.session_id
        is_host = role is ClassroomRole.HOST
        if is_host:
            present = await presence_repository.find_open(connection, classroom_id, account_id)
            if present is None or present.session_id != session_id:
                await self._end_other_sessions(connection, caller, classroom_id, at, renewed_lease)
        await presence_repository.enter(connection, classroom_id, account_id, session_id, role, at)
        if is_host:
            await host_heartbeats.record_heartbeat(connection, classroom_id, at)

    async def _end_other_sessions(
        self,
        connection: DatabaseConnection,
        caller: Caller,
        classroom_id: int,
        at: datetime,
        renewed_lease: str | None,
    ) -> None:
        """End the entry leases of the host's other sessions."""
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
        """Return whether the host has since entered from another session.

        A session that never entered was not replaced: the host logged in again during the lesson.
        """
        if present is not None and present.session_id == caller.session_id:
            return False
        last = await presence_repository.find_latest_of_session(
            connection, classroom_id, caller.account_id, caller.session_id
        )
        if last is None:
            return False
        return present is not None or last.leave_reason is LeaveReason.ENTERED_ELSEWHERE

    async def end_one(
        self,
        connection: DatabaseConnection,
        classroom_id: int,
        account_id: int,
        at: datetime,
        reason: LeaveReason,
    ) -> None:
        """End the account's presence in the class; do nothing if there is none."""
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
        """End all presences of the class; return their number.

        `timed_out_id` is an account that timed out: its presence ends at its last heartbeat.
        """
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
        """End all presences of a deleted account."""
        await presence_repository.end(
            connection, at, LeaveReason.ACCOUNT_DELETED, account_id=account_id
        )
