"""Whether somebody may join a group of a class, when IM asks before it lets them in."""

import asyncio
from dataclasses import dataclass

import structlog

from classgate.accounts import repository as accounts_repository
from classgate.classrooms import access_repository
from classgate.classrooms.models import AccessContext, ClassroomRole
from classgate.classrooms.room_events.service import may_be_in_room
from classgate.clock import Clock
from classgate.errors import ServiceUnavailable
from classgate.storage.database import Database

log = structlog.get_logger("classgate.classrooms")

DECISION_TIME = 1.5
"""Seconds. IM waits two; what it does after that is not documented."""

_REPLAY = "_replay"
_MAX_CLASSROOM_ID = 2**32 - 1


@dataclass(frozen=True)
class JoinRequest:
    """Somebody asks to join a group."""

    group: str
    identifier: str


class GroupJoins:
    """Decides by the roster, as an entry does. It reads once, and changes nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def may_join(self, asked: JoinRequest) -> bool:
        """Return whether they may join. A group of no class is not decided here: it is True.

        In doubt, also without the database, nobody joins.
        """
        name = asked.group.removesuffix(_REPLAY)
        if not (name.isascii() and name.isdigit() and len(name) <= 10):
            return True
        classroom_id = int(name)
        if not 0 < classroom_id <= _MAX_CLASSROOM_ID:
            return True
        try:
            async with asyncio.timeout(DECISION_TIME):
                access = await self._find_access(classroom_id, asked.identifier)
        except (ServiceUnavailable, TimeoutError):
            log.warning("group join refused: the roster could not be read", classroom=classroom_id)
            return False
        if access is None or not may_be_in_room(access, self._clock()):
            return False
        return not asked.group.endswith(_REPLAY) or _writes_on_board(access)

    async def _find_access(self, classroom_id: int, identifier: str) -> AccessContext | None:
        connection = self._database.reader
        stored = await accounts_repository.find_by_identifier(connection, identifier)
        if stored is None or stored.account.identifier != identifier:
            return None
        return await access_repository.find_access(connection, classroom_id, stored.account)


def _writes_on_board(access: AccessContext) -> bool:
    """Return whether the member is one of those whom the replay group is for."""
    member = access.membership
    return member is not None and (member.role is not ClassroomRole.STUDENT or member.on_stage)
