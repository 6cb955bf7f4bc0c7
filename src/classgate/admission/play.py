"""Plays an admission: runs the checks of the deciding code, all of them, and issues nothing.

The checks, their order and their errors are those of `accounts.log_in_checks`,
`classrooms.permissions`, `classrooms.access_times` and the limits. No rule is repeated here: only
which check has nothing to look at.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from classgate.accounts import repository as accounts_repository
from classgate.accounts.attempt_limits import AttemptLimiter
from classgate.accounts.log_in_checks import LOG_IN_CHECKS
from classgate.accounts.repository import StoredPassword
from classgate.admission.models import Action, CheckName, Outcome
from classgate.admission.phrases import Phrase
from classgate.classrooms import access_repository
from classgate.classrooms import repository as classrooms_repository
from classgate.classrooms.access_times import role_in
from classgate.classrooms.action_rules import ENTRY_RULE, ActionRule
from classgate.classrooms.models import AccessContext, AccessWindows, Classroom
from classgate.classrooms.permissions import PERMISSION_CHECKS, acts_as_admin, require_found
from classgate.clock import Clock
from classgate.cloud.ports import CloudService
from classgate.courseware import repository as courseware_repository
from classgate.courseware.action_rules import DOWNLOAD_RULE, UPLOAD_RULE
from classgate.errors import ClassgateError, ClassroomNotFound
from classgate.leases.limits import LOG_IN
from classgate.leases.service import LeaseService
from classgate.signing.user_sig import require_identifier
from classgate.storage.database import DatabaseConnection

RULES: Mapping[Action, ActionRule] = {
    Action.ENTER: ENTRY_RULE,
    Action.UPLOAD: UPLOAD_RULE,
    Action.DOWNLOAD: DOWNLOAD_RULE,
}


@dataclass(frozen=True, kw_only=True)
class Played:
    """A played admission: the outcomes in order, and what they were found with."""

    identifier: str
    classroom_id: int
    action: Action
    at: datetime
    stored: StoredPassword | None
    classroom: Classroom | None
    access: AccessContext | None  # None without an account or a class
    outcomes: tuple[Outcome, ...]

    @property
    def rule(self) -> ActionRule:
        return RULES[self.action]


class AdmissionPlayer:
    """Plays the admission of a person: they log in, then act in a class."""

    def __init__(
        self,
        *,
        attempts: AttemptLimiter,
        leases: LeaseService,
        credentials_service: CloudService,
        windows: AccessWindows,
        clock: Clock,
    ) -> None:
        self._attempts = attempts
        self._leases = leases
        self._credentials_service = credentials_service
        self.windows = windows
        self.now = clock

    async def play(
        self,
        connection: DatabaseConnection,
        identifier: str,
        classroom_id: int,
        action: Action,
        *,
        in_server: bool,
    ) -> Played:
        """Play it. `in_server`: this process serves, so its limits are those of the person.

        InvalidIdentifier.
        """
        require_identifier(identifier)
        at, rule = self.now(), RULES[action]
        stored = await accounts_repository.find_by_identifier(connection, identifier)
        outcomes = [await self._log_in_outcome(identifier, at, in_server=in_server)]
        outcomes += self._account_outcomes(stored, in_server=in_server)
        access: AccessContext | None = None
        if stored is None:
            classroom = await classrooms_repository.find_classroom(connection, classroom_id)
            outcomes.append(_outcome(CheckName.CLASS_EXISTS, _require_class, classroom))
        else:
            access = await access_repository.find_access(connection, classroom_id, stored.account)
            classroom = None if access is None else access.classroom
            outcomes.append(_outcome(CheckName.CLASS_EXISTS, require_found, access))
        outcomes += _class_outcomes(rule, classroom, access, at, self.windows)
        gives = action is not Action.DOWNLOAD or await _has_files(connection, classroom_id)
        outcomes += self._limit_outcomes(stored, rule, in_server=in_server, gives=gives)
        return Played(
            identifier=identifier if stored is None else stored.account.identifier,
            classroom_id=classroom_id,
            action=action,
            at=at,
            stored=stored,
            classroom=classroom,
            access=access,
            outcomes=tuple(outcomes),
        )

    async def _log_in_outcome(self, identifier: str, at: datetime, *, in_server: bool) -> Outcome:
        name = CheckName.LOG_IN_NOT_LIMITED
        if not (in_server or self._attempts.is_shared):
            return _skipped(name, Phrase.SERVER_KNOWS)
        try:
            await self._attempts.require_not_limited(identifier, at)
        except ClassgateError as error:
            return Outcome(name, False, error)
        return Outcome(name, True)

    def _account_outcomes(
        self, stored: StoredPassword | None, *, in_server: bool
    ) -> Iterator[Outcome]:
        for text, check in LOG_IN_CHECKS.items():
            name = CheckName(text)
            if stored is None and name is not CheckName.ACCOUNT_EXISTS:
                yield _skipped(name, Phrase.NO_ACCOUNT)
            else:
                yield _outcome(name, check, stored)
        name = CheckName.LOG_INS_BELOW_LIMIT
        yield self._limit_outcome(name, stored, LOG_IN, in_server=in_server)
        yield _skipped(CheckName.SESSION_OPEN, Phrase.LOGS_IN_FOR_IT)

    def _limit_outcomes(
        self, stored: StoredPassword | None, rule: ActionRule, *, in_server: bool, gives: bool
    ) -> Iterator[Outcome]:
        name = CheckName.GRANTS_BELOW_LIMIT
        if gives:
            yield self._limit_outcome(name, stored, rule.kind, in_server=in_server)
        else:
            yield _skipped(name, Phrase.NOTHING_TO_GIVE)
        if rule is UPLOAD_RULE:
            name = CheckName.STORE_AVAILABLE
            if in_server:
                yield _outcome(name, self._credentials_service.require_available)
            else:
                yield _skipped(name, Phrase.SERVER_KNOWS)

    def _limit_outcome(
        self, name: CheckName, stored: StoredPassword | None, kind: str, *, in_server: bool
    ) -> Outcome:
        if stored is None:
            return _skipped(name, Phrase.NO_ACCOUNT)
        if not in_server:
            return _skipped(name, Phrase.SERVER_KNOWS)
        account_id = stored.account.account_id
        return _outcome(name, self._leases.require_below_limit, account_id, kind)


def _class_outcomes(
    rule: ActionRule,
    classroom: Classroom | None,
    access: AccessContext | None,
    at: datetime,
    windows: AccessWindows,
) -> Iterator[Outcome]:
    """Yield the outcomes of the permission, then of the time."""
    if access is None:
        missing = Phrase.NO_CLASS if classroom is None else Phrase.NO_ACCOUNT
        for text in (*PERMISSION_CHECKS, *rule.times):
            yield _skipped(CheckName(text), missing)
        return
    for text, check in PERMISSION_CHECKS.items():
        name = CheckName(text)
        if acts_as_admin(rule.permission, access):
            yield _skipped(name, Phrase.ADMIN_DECIDES)
        elif access.membership is None and name is not CheckName.ON_ROSTER:
            yield _skipped(name, Phrase.NO_MEMBERSHIP)
        else:
            yield _outcome(name, check, rule.permission, access, at)
    is_over = False
    for text, time_check in rule.times.items():
        name = CheckName(text)
        if is_over:
            yield _skipped(name, Phrase.CLASS_OVER)
            continue
        outcome = _outcome(name, time_check, access.classroom, role_in(access), at, windows)
        is_over = outcome.ok is False and name is CheckName.CLASS_NOT_ENDED
        yield outcome


async def _has_files(connection: DatabaseConnection, classroom_id: int) -> bool:
    """Return whether there is courseware: for none, no address is issued or counted."""
    return bool(await courseware_repository.list_complete(connection, classroom_id, None, 1))


def _require_class(classroom: Classroom | None) -> None:
    """Require the class, for a person whose account does not exist. ClassroomNotFound."""
    if classroom is None:
        raise ClassroomNotFound


def _outcome(name: CheckName, check: Callable[..., object], *args: object) -> Outcome:
    """Run the check."""
    try:
        check(*args)
    except ClassgateError as error:
        return Outcome(name, False, error)
    return Outcome(name, True)


def _skipped(name: CheckName, why: Phrase) -> Outcome:
    return Outcome(name, None, skipped=why)
