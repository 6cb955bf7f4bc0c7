"""Explains an admission to whoever may ask, and records that they asked."""

from dataclasses import replace
from datetime import timedelta

from classgate.accounts import session_repository
from classgate.accounts.administration import require_admin
from classgate.accounts.models import Account, Caller
from classgate.accounts.service import AccountService
from classgate.admission import history, repository
from classgate.admission.details import Deeds, Findings, words_of
from classgate.admission.fixes import fix_of
from classgate.admission.models import (
    OF_THE_ACCOUNT,
    Action,
    Check,
    CheckName,
    Explanation,
    Outcome,
    PastRefusal,
    PersonState,
)
from classgate.admission.play import AdmissionPlayer, Played
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.classrooms.models import AccessContext, Mute
from classgate.classrooms.permissions import Permission
from classgate.classrooms.presence import repository as presence_repository
from classgate.classrooms.service import ClassroomService
from classgate.errors import (
    CloudUnavailable,
    MemberNotFound,
    NotAuthenticated,
    OutsideAccessWindow,
    TooManyAttempts,
)
from classgate.leases.service import LeaseService
from classgate.metrics import explanation_counters
from classgate.refusal_log.models import ACCOUNT_UNUSABLE, RefusalFilter, reason_for_staff
from classgate.refusal_log.service import RefusalLog
from classgate.refusals import Kicked
from classgate.storage.database import Database, DatabaseConnection

MAX_REFUSALS = 3
REFUSALS_SINCE = timedelta(days=7)
"""How far back refusals are looked for: a client that is refused each second has many."""

_MAX_SESSIONS = 20
_COUNTERS = {action: explanation_counters(action) for action in Action}


class AdmissionService:
    """Answers why a person may act in a class, or may not."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        accounts: AccountService,
        classrooms: ClassroomService,
        leases: LeaseService,
        refusals: RefusalLog,
        player: AdmissionPlayer,
    ) -> None:
        self._database = database
        self._audit = audit
        self._accounts = accounts
        self._classrooms = classrooms
        self._leases = leases
        self._refusals = refusals
        self._player = player

    async def explain(
        self, actor: Caller | None, identifier: str, classroom_id: int, action: Action
    ) -> Explanation:
        """Explain it to an admin; `actor` None is the command line, which has no limits in memory.

        An unknown account or class is a check that failed. InvalidIdentifier, PermissionDenied.
        """
        in_server = actor is not None
        played = await self._player.play(
            self._database.reader, identifier, classroom_id, action, in_server=in_server
        )
        explanation = await self._explain(played, is_admin=True)
        async with self._database.transaction() as connection:
            if actor is not None:
                actor = await self._accounts.reload_caller(connection, actor)
                require_admin(actor.account)
            rule = "the command line" if actor is None else "an admin may ask why"
            await self._record(connection, actor, played, explanation, rule)
        return explanation

    async def explain_to_staff(
        self, caller: Caller, classroom_id: int, identifier: str, action: Action
    ) -> Explanation:
        """Explain it to the host or an assistant, about a member or one who was refused here.

        Whatever is wrong with the account is one cause. ClassroomNotFound, PermissionDenied,
        InvalidIdentifier; MemberNotFound: neither a member nor refused lately.
        """
        await self._classrooms.check_permission(caller, classroom_id, Permission.READ_REFUSALS)
        played = await self._player.play(
            self._database.reader, identifier, classroom_id, action, in_server=True
        )
        explanation = await self._explain(played, is_admin=False)
        is_member = played.access is not None and played.access.membership is not None
        if not is_member and not explanation.refusals:
            raise MemberNotFound
        async with self._database.transaction() as connection:
            current, access = await self._classrooms.authorize(
                connection, caller, classroom_id, Permission.READ_REFUSALS
            )
            rule = f"{access.role_name} of the class may ask why"
            await self._record(connection, current, played, explanation, rule)
        return explanation

    async def _record(
        self,
        connection: DatabaseConnection,
        actor: Caller | None,
        played: Played,
        explanation: Explanation,
        rule: str,
    ) -> None:
        """Record that somebody asked, without the name asked for: it may be a password."""
        stored = played.stored
        await self._audit.record(
            connection,
            AuditEntry(
                event=AuditEvent.WHY_ASKED,
                at=played.at,
                account_id=None if stored is None else stored.account.account_id,
                actor_id=None if actor is None else actor.account_id,
                classroom_id=played.classroom_id,
                rule=rule,
                details={"action": played.action.value, "reason": explanation.reason},
            ),
        )
        connection.on_commit(_COUNTERS[played.action][explanation.allowed].inc)

    async def _explain(self, played: Played, *, is_admin: bool) -> Explanation:
        outcomes = played.outcomes if is_admin else _masked(played.outcomes)
        findings = Findings(played, await self._deeds_of(played), self._player.windows)
        checks = tuple(Check(each.name, each.ok, words_of(each, findings)) for each in outcomes)
        explanation = Explanation(
            identifier=played.identifier,
            classroom_id=played.classroom_id,
            action=played.action,
            at=played.at,
            checks=checks,
            state=await self._state_of(played.access, is_admin=is_admin),
            refusals=await self._refusals_of(played.access, is_admin=is_admin),
        )
        first = next((each for each in outcomes if each.ok is False), None)
        if first is None:
            return explanation
        error = first.error
        failed = replace(
            explanation,
            first_failure=first.name,
            reason=ACCOUNT_UNUSABLE if error is None else error.reason.value,
            error=error,
            fix=fix_of(first, findings),
        )
        if isinstance(error, OutsideAccessWindow):
            return replace(failed, opens_at=error.opens_at)
        if isinstance(error, Kicked):
            return replace(failed, until=error.until)
        if isinstance(error, TooManyAttempts | CloudUnavailable):
            return replace(failed, until=played.at + error.retry_after)
        return failed

    async def _deeds_of(self, played: Played) -> Deeds:
        """Look up who did what was found; each look-up reads few rows, by an index."""
        failed = {each.name for each in played.outcomes if each.ok is False}
        if played.stored is None:
            return Deeds()
        connection, account_id = self._database.reader, played.stored.account.account_id
        kick = removal = disabling = None
        member = None if played.access is None else played.access.membership
        if CheckName.NOT_KICKED in failed and member is not None and member.kicked_at is not None:
            kick = await history.find_kick(
                connection, account_id, played.classroom_id, member.kicked_at
            )
        if CheckName.ON_ROSTER in failed:
            removal = await history.find_removal(connection, account_id, played.classroom_id)
        if CheckName.ACCOUNT_ENABLED in failed:
            disabling = await history.find_disabling(connection, account_id)
        return Deeds(kick, removal, disabling)

    async def _state_of(
        self, access: AccessContext | None, *, is_admin: bool
    ) -> PersonState | None:
        if access is None:
            return None
        connection = self._database.reader
        account_id, classroom_id = access.account.account_id, access.classroom.classroom_id
        member = access.membership
        return PersonState(
            session_open=await self._has_session(access.account) if is_admin else None,
            present=await presence_repository.find_open(connection, classroom_id, account_id)
            is not None,
            entry_lease=await self._leases.has_renewable_entry(
                connection, account_id, classroom_id
            ),
            muted=Mute.NOTHING if member is None else Mute(member.muted),
            removal_waiting=await repository.has_waiting_removal(
                connection, classroom_id, account_id
            ),
        )

    async def _refusals_of(
        self, access: AccessContext | None, *, is_admin: bool
    ) -> tuple[PastRefusal, ...]:
        """Return the newest refusals of the person at the class."""
        if access is None:
            return ()
        wanted = RefusalFilter(
            account_id=access.account.account_id,
            classroom_id=access.classroom.classroom_id,
            since=self._player.now() - REFUSALS_SINCE,
        )
        page = await self._refusals.list_newest(wanted, None, MAX_REFUSALS)
        return tuple(
            PastRefusal(
                each.last_at,
                each.reason if is_admin else reason_for_staff(each.reason),
                each.rule,
                each.count,
                each.request_id,
            )
            for each in page.rows
        )

    async def _has_session(self, account: Account) -> bool:
        now = self._player.now()
        sessions = await session_repository.list_sessions(
            self._database.reader, account.account_id, now, None, _MAX_SESSIONS
        )
        for session in sessions:
            try:
                self._accounts.require_open((session, account))
            except NotAuthenticated:
                continue
            return True
        return False


def _masked(outcomes: tuple[Outcome, ...]) -> list[Outcome]:
    """Put one outcome in the place of those of the account, without a cause or a time."""
    of_account = [each for each in outcomes if each.name in OF_THE_ACCOUNT]
    usable = all(each.ok is not False for each in of_account)
    others = [each for each in outcomes if each.name not in OF_THE_ACCOUNT]
    return [Outcome(CheckName.ACCOUNT_USABLE, usable), *others]
