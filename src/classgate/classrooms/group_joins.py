"""Whether somebody may join a group of a class, when IM asks before it lets them in."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog

from classgate.accounts import repository as accounts_repository
from classgate.accounts.identifiers import find_folded
from classgate.accounts.models import Account
from classgate.classrooms import access_repository
from classgate.classrooms.models import AccessContext, ClassroomRole, ClassroomState
from classgate.classrooms.room_events.service import may_be_in_room
from classgate.clock import Clock
from classgate.errors import ServiceUnavailable
from classgate.logs import current_request_id
from classgate.reasons import Reason
from classgate.refusal_log.models import CallerKind, Refusal
from classgate.refusal_log.service import RefusalLog
from classgate.storage.database import Database

log = structlog.get_logger("classgate.classrooms")

DECISION_TIME = 1.5
"""Seconds. IM waits two; what it does after that is not documented."""

_REPLAY = "_replay"
_MAX_CLASSROOM_ID = 2**32 - 1
_ROUTE = "IM Group.CallbackBeforeApplyJoinGroup"


@dataclass(frozen=True)
class JoinRequest:
    """Somebody asks to join a group."""

    group: str
    identifier: str


class GroupJoins:
    """Decides by the roster, as an entry does. It changes nothing."""

    def __init__(self, database: Database, refusals: RefusalLog, clock: Clock) -> None:
        self._database = database
        self._refusals = refusals
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
        account = None
        try:
            async with asyncio.timeout(DECISION_TIME):
                account = await self._find_account(asked.identifier)
                reason = await self._find_refusal(asked, account, classroom_id)
        except (ServiceUnavailable, TimeoutError):
            log.warning("group join refused: the roster could not be read", classroom=classroom_id)
            reason = Reason.DATABASE_UNAVAILABLE
        if reason is None:
            return True
        self._record(asked, account, classroom_id, reason)
        return False

    async def _find_account(self, identifier: str) -> Account | None:
        connection = self._database.reader
        stored = await accounts_repository.find_by_identifier(connection, identifier)
        if stored is None or stored.account.identifier != identifier:
            return None
        return stored.account

    async def _find_refusal(
        self, asked: JoinRequest, account: Account | None, classroom_id: int
    ) -> Reason | None:
        """Return why they may not join; None: they may."""
        if account is None:
            return Reason.ACCOUNT_NOT_FOUND
        access = await access_repository.find_access(self._database.reader, classroom_id, account)
        if access is None:
            return Reason.CLASSROOM_NOT_FOUND
        now = self._clock()
        if not may_be_in_room(access, now):
            return _reason_outside(access, now)
        if asked.group.endswith(_REPLAY) and not _writes_on_board(access):
            return Reason.ROLE_LACKS_PERMISSION
        return None

    def _record(
        self, asked: JoinRequest, account: Account | None, classroom_id: int, reason: Reason
    ) -> None:
        """Record the refusal. IM calls, so that there is no address of the person."""
        digest, caller = None, CallerKind.AUTHENTICATED
        if account is None:
            name = find_folded(asked.identifier) or asked.identifier
            digest, caller = self._refusals.digests(name)[0], CallerKind.STRANGER
        self._refusals.add(
            Refusal(
                reason=reason,
                rule="join the chat group of the class",
                route=_ROUTE,
                request_id=current_request_id.get(),
                caller=caller,
                account_id=None if account is None else account.account_id,
                identifier_digest=digest,
                classroom_id=classroom_id,
            )
        )


def _reason_outside(access: AccessContext, at: datetime) -> Reason:
    """Return the reason of somebody who may not be in the room. It decides nothing."""
    member = access.membership
    if access.account.disabled:
        return Reason.SESSION_ENDED
    if access.classroom.state not in {ClassroomState.CREATED, ClassroomState.LIVE}:
        return Reason.CLASS_ENDED
    if member is None:
        return Reason.NOT_ON_ROSTER
    return Reason.KICKED if member.is_kicked(at) else Reason.HOST_RIGHTS_LOST


def _writes_on_board(access: AccessContext) -> bool:
    """Return whether the member is one of those whom the replay group is for."""
    member = access.membership
    return member is not None and (member.role is not ClassroomRole.STUDENT or member.on_stage)
