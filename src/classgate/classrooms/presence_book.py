"""Writing down who comes into a class and who leaves, in the transaction that decides it.

Nobody is in a class twice at a time. For most, that is all: whichever of their devices speaks is
heard. A host is there by one session: entering again from another ends the presence, and the
entry, of the first, so that a device left running elsewhere does not keep a lesson alive.
"""

from dataclasses import dataclass
from datetime import datetime

from classgate.accounts.models import Caller
from classgate.classrooms import hearing_repository, presence_repository
from classgate.classrooms.models import Beat, ClassroomRole, LeftBecause, Presence
from classgate.leases.models import LeaseKind, Scope
from classgate.leases.service import LeaseBook
from classgate.storage.database import Queries
from classgate.storage.short_memory import ShortMemory


@dataclass(frozen=True)
class KnownBeat:
    """What a heartbeat of somebody who is there is answered, and what it says."""

    beat: Beat
    presence_id: int
    is_host: bool


Beats = ShortMemory[tuple[str, int], KnownBeat]
"""Heartbeats of a moment ago, by session and class; what changes in a class is forgotten."""


class PresenceBook:
    """Opens and ends presences; whether somebody may come in is decided before."""

    def __init__(self, leases: LeaseBook, beats: Beats) -> None:
        self._leases = leases
        self._beats = beats

    async def enter(
        self,
        queries: Queries,
        caller: Caller,
        classroom_id: int,
        role: ClassroomRole,
        at: datetime,
        by_lease: str | None = None,
    ) -> None:
        """Somebody comes in, or comes in again; then they were heard of now.

        `by_lease` is what is being renewed; it is taken over from another session, not ended.
        """
        account_id, session_id = caller.account_id, caller.session_id
        present = await presence_repository.find_present(queries, classroom_id, account_id)
        is_host = role is ClassroomRole.HOST
        if is_host and (present is None or present.session_id != session_id):
            await self._replace(queries, caller, classroom_id, at, by_lease)
            present = None
        # The keeper may be letting the silent leave meanwhile, and waits for nobody's account.
        if present is None or not await presence_repository.touch(
            queries, present.presence_id, session_id, at
        ):
            await presence_repository.add(queries, classroom_id, account_id, session_id, role, at)
        if is_host:
            await hearing_repository.see(queries, {classroom_id: at})

    async def _replace(
        self,
        queries: Queries,
        caller: Caller,
        classroom_id: int,
        at: datetime,
        by_lease: str | None,
    ) -> None:
        """What the host's other sessions had of the class ends."""
        because = LeftBecause.ENTERED_ELSEWHERE
        others = Scope(
            account_id=caller.account_id,
            classroom_id=classroom_id,
            kind=LeaseKind.ENTRY,
            except_session_id=caller.session_id,
            except_lease_id=by_lease,
        )
        await self._leases.end(queries, others, at, because.value)
        await self.end_of(queries, classroom_id, caller.account_id, at, because)

    async def was_replaced(
        self, queries: Queries, caller: Caller, classroom_id: int, present: Presence | None
    ) -> bool:
        """Whether the host, of whom this presence is open, entered from another session since.

        A session that never entered was not replaced: somebody logged in again in mid-lesson.
        """
        if present is not None and present.session_id == caller.session_id:
            return False
        last = await presence_repository.find_last_of_session(
            queries, classroom_id, caller.account_id, caller.session_id
        )
        if last is None:
            return False
        return present is not None or last.left_because is LeftBecause.ENTERED_ELSEWHERE

    def forget_beats(self, queries: Queries, classroom_id: int) -> None:
        """The class, or a place in it, changes in this transaction: afterwards, look it up anew."""
        queries.afterwards(lambda: self._beats.forget(classroom_id))

    async def end_of(
        self,
        queries: Queries,
        classroom_id: int,
        account_id: int,
        at: datetime,
        because: LeftBecause,
    ) -> None:
        """Somebody is in the class no longer; fine when they were not."""
        self.forget_beats(queries, classroom_id)
        await presence_repository.end(
            queries, at, because, classroom_id=classroom_id, account_id=account_id
        )

    async def end_all(
        self, queries: Queries, classroom_id: int, at: datetime, silent_id: int | None
    ) -> int:
        """The class is over: nobody is in it any longer; how many were.

        `silent_id` fell silent long before, and was there until last heard of.
        """
        self.forget_beats(queries, classroom_id)
        silent = 0
        if silent_id is not None:
            silent = await presence_repository.end_as_silent(queries, classroom_id, silent_id)
        return silent + await presence_repository.end(
            queries, at, LeftBecause.CLASS_ENDED, classroom_id=classroom_id
        )

    async def end_everywhere(self, queries: Queries, account_id: int, at: datetime) -> None:
        """Somebody is in no class any longer, because there is no such person."""
        await presence_repository.end(
            queries, at, LeftBecause.ACCOUNT_DELETED, account_id=account_id
        )
