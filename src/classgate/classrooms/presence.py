"""Being in a class: heartbeats, leaving, and who was there. Coming in is in `entry`."""

import re

from classgate.accounts.models import AccountRole, Caller
from classgate.accounts.service import AccountService
from classgate.classrooms import presence_repository
from classgate.classrooms.entry import EntryService
from classgate.classrooms.models import (
    Attendance,
    Beat,
    ClassroomState,
    LeftBecause,
    Standing,
)
from classgate.classrooms.permissions import Right, require
from classgate.classrooms.presence_book import Beats, KnownBeat, PresenceBook
from classgate.classrooms.presence_keeping import PresenceKeeper
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import (
    ClassroomNotFound,
    ClassroomStateConflict,
    Conflict,
    NeverEntered,
)
from classgate.leases.models import LeaseKind, Scope
from classgate.leases.service import LeaseBook
from classgate.storage.database import Database
from classgate.texts import fault


class PresenceService:
    """What members say of themselves, and what others may read of it."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: AccountService,
        leases: LeaseBook,
        presences: PresenceBook,
        beats: Beats,
        keeper: PresenceKeeper,
        classrooms: ClassroomService,
        entry: EntryService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._leases = leases
        self._presences = presences
        self._beats = beats
        self._keeper = keeper
        self._classrooms = classrooms
        self._entry = entry
        self._clock = clock

    # ── heartbeats ──────────────────────────────────────────────────────────────────────────────

    async def beat(self, caller: Caller, classroom_id: int) -> Beat:
        """I am still there. Brings nobody in who did not enter; but back who had fallen silent.

        Costs no write, and no read either where one was beaten a moment ago.
        ClassroomNotFound; PermissionDenied: kicked.
        """
        key = (caller.session_id, classroom_id)
        known = self._beats.recall(key)
        if known is None:
            mark = self._beats.mark
            found = await self._look(caller, classroom_id)
            if isinstance(found, Beat):
                return found
            known = found
            self._beats.remember(key, known, classroom_id, mark)
        self._keeper.hear(known.presence_id)
        if known.is_host:
            self._keeper.hear_host(classroom_id)
        return known.beat

    async def _look(self, caller: Caller, classroom_id: int) -> KnownBeat | Beat:
        """What the heartbeat of somebody who is there says; else what it is answered."""
        place = await presence_repository.find_place(
            self._database.reader, classroom_id, caller.account
        )
        if place is None:
            raise ClassroomNotFound
        standing, present = place
        require(Right.BEAT, standing)
        is_host = _hosts(standing)
        if is_host and await self._presences.was_replaced(
            self._database.reader, caller, classroom_id, present
        ):
            return Beat(False, standing.classroom, standing.membership)
        if present is not None:
            beat = Beat(True, standing.classroom, standing.membership)
            return KnownBeat(beat, present.presence_id, is_host)
        return await self._look_at_absent(caller, standing)

    async def _look_at_absent(self, caller: Caller, standing: Standing) -> Beat:
        """Who fell silent and speaks again was cut off, and is there again if still let in.

        Of a host who was never there, the class was begun before presences were written down: it
        lives on by their heartbeats. One who left is not heard any more.
        """
        classroom_id, is_there = standing.classroom.classroom_id, False
        last = await presence_repository.find_last(
            self._database.reader, classroom_id, caller.account_id
        )
        if last is not None and last.left_because is LeftBecause.SILENT:
            standing, is_there = await self._come_back(caller, standing)
        if _hosts(standing) and (is_there or last is None):
            self._keeper.hear_host(classroom_id)
        return Beat(is_there, standing.classroom, standing.membership)

    async def _come_back(self, caller: Caller, standing: Standing) -> tuple[Standing, bool]:
        try:
            # First without a transaction: of a class that is over, heartbeats go on coming.
            self._entry.require_window(standing)
            return await self._entry.come_back(caller, standing.classroom.classroom_id), True
        except Conflict:  # the class is over, or not open yet
            return standing, False

    # ── leaving ─────────────────────────────────────────────────────────────────────────────────

    async def leave(
        self, caller: Caller, classroom_id: int, in_state: ClassroomState | None = None
    ) -> None:
        """Be there no longer; the entry ends, and one may come in again. Leaving twice is fine.

        Who is there by another device stays there: one that another took the place of ends nothing.
        ClassroomNotFound, PermissionDenied; NeverEntered; ClassroomStateConflict: not in that
        state, where one is asked for.
        """
        async with self._database.transaction() as queries:
            current, standing = await self._classrooms.admit(
                queries, caller, classroom_id, Right.LEAVE
            )
            if in_state is not None and standing.classroom.state is not in_state:
                raise ClassroomStateConflict(f"the class is not {in_state.value}")
            account_id, now = current.account_id, self._clock()
            if await presence_repository.find_last(queries, classroom_id, account_id) is None:
                raise NeverEntered
            present = await presence_repository.find_present(queries, classroom_id, account_id)
            if (
                present is not None
                and present.session_id != current.session_id
                and await self._accounts.goes_on(queries, present.session_id)
            ):
                return  # there by another device, which entered last
            because = LeftBecause.LEFT
            await self._presences.end_of(queries, classroom_id, account_id, now, because)
            entries = Scope(account_id=account_id, classroom_id=classroom_id, kind=LeaseKind.ENTRY)
            await self._leases.end(queries, entries, now, because.value)

    # ── who was there ───────────────────────────────────────────────────────────────────────────

    async def list_attendance(
        self, caller: Caller, classroom_id: int, cursor: str | None, limit: int
    ) -> tuple[list[Attendance], str | None]:
        """Who was in the class, from when to when, in the order of coming in; a row a presence.

        ClassroomNotFound, PermissionDenied; InvalidRequest: the cursor is not one of ours.
        """
        if cursor is not None and not re.fullmatch(r"[0-9]{1,18}", cursor, re.ASCII):
            raise fault("cursor", "this is not a cursor that this list gave")
        await self._classrooms.require(caller, classroom_id, Right.READ_ATTENDANCE)
        found = await presence_repository.list_attendance(
            self._database.reader, classroom_id, int(cursor or 0), limit + 1
        )
        page = list(found[:limit])
        return page, str(page[-1].presence.presence_id) if len(found) > limit else None

    async def list_present(
        self, caller: Caller, classroom_id: int, offset: int, limit: int
    ) -> tuple[list[tuple[str, AccountRole]], int]:
        """Who is there, in the order of coming in, and how many in all.

        ClassroomNotFound, PermissionDenied.
        """
        await self._classrooms.require(caller, classroom_id, Right.READ_ROSTER)
        queries = self._database.reader
        counts = await presence_repository.count_present(queries, [classroom_id])
        page = await presence_repository.list_present(queries, classroom_id, offset, limit)
        return list(page), counts.get(classroom_id, 0)


def _hosts(standing: Standing) -> bool:
    return standing.classroom.host_id == standing.account.account_id
