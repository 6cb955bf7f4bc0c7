"""Who belongs to a class: adding, changing, removing, kicking."""

import re
from dataclasses import replace
from datetime import datetime

from classgate.accounts import repository as accounts_repository
from classgate.accounts.models import Account, Caller
from classgate.audit.models import Entry, Event
from classgate.audit.service import AuditLog
from classgate.classrooms import presence_repository, repository
from classgate.classrooms.models import ClassroomRole, LeftBecause, Member, Membership
from classgate.classrooms.permissions import Right, require_may_give, require_over_member
from classgate.classrooms.presence_book import PresenceBook
from classgate.classrooms.service import ClassroomService
from classgate.clock import Clock
from classgate.errors import AccountNotFound, Conflict, MemberNotFound
from classgate.leases.models import Scope
from classgate.leases.service import LeaseBook
from classgate.storage.database import Database, Queries
from classgate.texts import fault


class RosterService:
    """Changes to the roster take effect at once: what was given below a lost place ends."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        leases: LeaseBook,
        presences: PresenceBook,
        classrooms: ClassroomService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._leases = leases
        self._presences = presences
        self._classrooms = classrooms
        self._clock = clock

    async def list_members(
        self,
        caller: Caller,
        classroom_id: int,
        cursor: str | None,
        limit: int,
        online: bool | None = None,
    ) -> tuple[list[Member], str | None]:
        """The roster by name, and where the next page starts; or of it who is there, or is not.

        ClassroomNotFound, PermissionDenied; InvalidRequest: the cursor is not one of ours.
        """
        if cursor is not None and not re.fullmatch(r"[!-~]{1,40}", cursor):
            raise fault("cursor", "this is not a cursor that this list gave")
        await self._classrooms.require(caller, classroom_id, Right.READ_ROSTER)
        found = await presence_repository.list_members(
            self._database.reader, classroom_id, cursor, limit + 1, online
        )
        page = list(found[:limit])
        return page, page[-1].identifier if len(found) > limit else None

    async def set_member(
        self,
        caller: Caller,
        classroom_id: int,
        identifier: str,
        role: ClassroomRole,
        on_stage: bool,
    ) -> Member:
        """Add somebody, change their role or stage, or let a kicked one in again.

        PermissionDenied, AccountNotFound, OutsideWindow when the class is over.
        """
        async with self._database.transaction() as queries:
            actor, standing = await self._classrooms.admit(
                queries, caller, classroom_id, Right.CHANGE_ROSTER, about=identifier
            )
            require_may_give(standing, role)
            self._classrooms.require_not_over(standing.classroom)
            account = await _get_account(queries, identifier)
            before = await repository.find_membership(queries, classroom_id, account.account_id)
            require_over_member(standing, before)
            now = self._clock()
            member = Membership(
                account_id=account.account_id, role=role, on_stage=on_stage, kicked_at=None
            )
            self._presences.forget_beats(queries, classroom_id)
            if before is None:
                await repository.add_memberships(queries, classroom_id, [member], now)
            else:
                await repository.change_membership(queries, classroom_id, member)
            details: dict[str, str | int] = {"role": role.value, "on_stage": on_stage}
            await self._record(
                queries, Event.MEMBER_SET, actor, account, classroom_id, now, details
            )
            here = await presence_repository.find_present(queries, classroom_id, account.account_id)
            return Member(account.identifier, account.display_name, member, here is not None)

    async def remove_member(self, caller: Caller, classroom_id: int, identifier: str) -> None:
        """Take somebody off the roster; what they have in this class ends.

        PermissionDenied, MemberNotFound; Conflict: they were kicked, and stay barred.
        """
        async with self._database.transaction() as queries:
            actor, account, member = await self._admit_over(
                queries, caller, classroom_id, identifier, Right.CHANGE_ROSTER
            )
            if member.kicked_at is not None:
                raise Conflict(
                    "this member was kicked; who is taken off the roster could enter an open class "
                    "again, so let them in with PUT first"
                )
            now = self._clock()
            await repository.remove_membership(queries, classroom_id, account.account_id)
            ended = await self._end_all(queries, account, classroom_id, now, LeftBecause.REMOVED)
            details: dict[str, str | int] = {"leases_ended": ended}
            await self._record(
                queries, Event.MEMBER_REMOVED, actor, account, classroom_id, now, details
            )

    async def kick(self, caller: Caller, classroom_id: int, identifier: str) -> None:
        """Bar somebody until the host lets them in again; what they have in this class ends.

        PermissionDenied, MemberNotFound.
        """
        async with self._database.transaction() as queries:
            actor, account, member = await self._admit_over(
                queries, caller, classroom_id, identifier, Right.KICK
            )
            now = self._clock()
            kicked = replace(member, on_stage=False, kicked_at=member.kicked_at or now)
            await repository.change_membership(queries, classroom_id, kicked)
            ended = await self._end_all(queries, account, classroom_id, now, LeftBecause.KICKED)
            details: dict[str, str | int] = {"leases_ended": ended}
            await self._record(
                queries, Event.MEMBER_KICKED, actor, account, classroom_id, now, details
            )

    async def _end_all(
        self,
        queries: Queries,
        account: Account,
        classroom_id: int,
        now: datetime,
        because: LeftBecause,
    ) -> int:
        """Presence and leases; how many of these."""
        account_id = account.account_id
        await self._presences.end_of(queries, classroom_id, account_id, now, because)
        return await end_leases(self._leases, queries, account, classroom_id, now, because.value)

    async def _admit_over(
        self, queries: Queries, caller: Caller, classroom_id: int, identifier: str, right: Right
    ) -> tuple[Caller, Account, Membership]:
        """The actor, and a member over whom they have this right."""
        actor, standing = await self._classrooms.admit(
            queries, caller, classroom_id, right, about=identifier
        )
        stored = await accounts_repository.find_by_name(queries, identifier)
        if stored is None:
            raise MemberNotFound
        account = stored.account
        member = await repository.find_membership(queries, classroom_id, account.account_id)
        if member is None:
            raise MemberNotFound
        require_over_member(standing, member)
        return actor, account, member

    async def _record(
        self,
        queries: Queries,
        event: Event,
        actor: Caller,
        account: Account,
        classroom_id: int,
        at: datetime,
        details: dict[str, str | int],
    ) -> None:
        await self._audit.record(
            queries,
            Entry(
                event=event,
                at=at,
                account_id=account.account_id,
                actor_id=actor.account_id,
                classroom_id=classroom_id,
                details=details,
            ),
        )


async def end_leases(
    leases: LeaseBook,
    queries: Queries,
    account: Account,
    classroom_id: int,
    now: datetime,
    reason: str,
) -> int:
    """End what somebody has in the class; their next UserSig is later than any that is out."""
    scope = Scope(account_id=account.account_id, classroom_id=classroom_id)
    ended = await leases.end(queries, scope, now, reason)
    last = await leases.last_user_sig(queries, account.account_id, now)
    await accounts_repository.set_signatures_after(queries, account.account_id, last)
    return ended


async def _get_account(queries: Queries, identifier: str) -> Account:
    stored = await accounts_repository.find_by_name(queries, identifier)
    if stored is None:
        raise AccountNotFound
    return stored.account
