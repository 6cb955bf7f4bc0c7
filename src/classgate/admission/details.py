"""PURE: the sentence of each check, by its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from classgate.accounts.models import AccountRole
from classgate.admission.history import Deed
from classgate.admission.models import CheckName, Outcome, Words
from classgate.admission.phrases import Phrase, WordValue
from classgate.admission.play import Played
from classgate.classrooms.access_times import require_entry_window, role_in
from classgate.classrooms.models import AccessWindows, ClassroomRole, ClassroomState
from classgate.errors import CloudUnavailable, OutsideAccessWindow, TooManyAttempts


@dataclass(frozen=True)
class Deeds:
    """Who did what the checks found, as far as the audit says."""

    kick: Deed | None = None
    removal: Deed | None = None
    disabling: Deed | None = None


@dataclass(frozen=True)
class Findings:
    """A played admission with its history."""

    played: Played
    deeds: Deeds
    windows: AccessWindows

    def values(self, outcome: Outcome) -> dict[str, WordValue]:
        """Return the values of every sentence about this outcome."""
        played, error = self.played, outcome.error
        values: dict[str, WordValue] = {
            "identifier": played.identifier,
            "classroom_id": played.classroom_id,
            "kind": played.rule.kind.value,
            "permission": played.rule.permission.value,
        }
        if played.stored is not None:
            values["role"] = played.stored.account.role.value
        if played.classroom is not None:
            values["state"] = played.classroom.state.value
            if played.classroom.ends_at is not None:
                values["ends_at"] = played.classroom.ends_at
        if played.access is not None and outcome.name is not CheckName.ACCOUNT_EXISTS:
            role = role_in(played.access)
            values["role"] = role.value
            values["minutes"] = self._opens_before(role) // timedelta(minutes=1)
        if isinstance(error, TooManyAttempts | CloudUnavailable):
            values["until"] = played.at + error.retry_after
        if isinstance(error, OutsideAccessWindow) and error.opens_at is not None:
            values["opens_at"] = error.opens_at
        return values

    def _opens_before(self, role: ClassroomRole) -> timedelta:
        if role is ClassroomRole.STUDENT:
            return self.windows.students_open_before
        return self.windows.staff_opens_before

    @property
    def kicked_at(self) -> datetime | None:
        member = None if self.played.access is None else self.played.access.membership
        return None if member is None else member.kicked_at

    @property
    def kicked_until(self) -> datetime | None:
        member = None if self.played.access is None else self.played.access.membership
        return None if member is None else member.kicked_until

    @property
    def may_join(self) -> bool:
        """Return whether entering adds the person to the roster: the class is open."""
        classroom, stored = self.played.classroom, self.played.stored
        is_admin = stored is not None and stored.account.role is AccountRole.ADMIN
        return classroom is not None and classroom.open and not is_admin

    @property
    def host_may_start(self) -> bool:
        """Return whether the host may start the class now, which opens it to everybody."""
        if self.played.classroom is None:
            return False
        try:
            require_entry_window(
                self.played.classroom, ClassroomRole.HOST, self.played.at, self.windows
            )
        except OutsideAccessWindow:
            return False
        return True

    @property
    def is_over_for_good(self) -> bool:
        """Return whether the class was ended, so that no change of its times opens it."""
        classroom = self.played.classroom
        over = {ClassroomState.ENDED, ClassroomState.REPLAYABLE}
        return classroom is not None and classroom.state in over


_PASSED: Mapping[CheckName, Phrase] = {
    CheckName.LOG_IN_NOT_LIMITED: Phrase.NO_LOG_IN_WAITS,
    CheckName.ACCOUNT_EXISTS: Phrase.ACCOUNT_FOUND,
    CheckName.ACCOUNT_ENABLED: Phrase.ACCOUNT_IS_ENABLED,
    CheckName.LOG_INS_BELOW_LIMIT: Phrase.LOG_INS_FEW,
    CheckName.ACCOUNT_USABLE: Phrase.ACCOUNT_FINE,
    CheckName.CLASS_EXISTS: Phrase.CLASS_FOUND,
    CheckName.ON_ROSTER: Phrase.IS_MEMBER,
    CheckName.NOT_KICKED: Phrase.NO_KICK,
    CheckName.HOST_RIGHTS: Phrase.HOST_IS_TEACHER,
    CheckName.ROLE_PERMISSION: Phrase.ROLE_IS_ENOUGH,
    CheckName.CLASS_NOT_ENDED: Phrase.CLASS_IS_NOT_OVER,
    CheckName.CLASS_OPEN: Phrase.CLASS_IS_OPEN,
    CheckName.GRANTS_BELOW_LIMIT: Phrase.GRANTS_FEW,
    CheckName.STORE_AVAILABLE: Phrase.STORE_ANSWERS,
}
_FAILED: Mapping[CheckName, Phrase] = {
    CheckName.LOG_IN_NOT_LIMITED: Phrase.LOG_IN_WAITS,
    CheckName.ACCOUNT_EXISTS: Phrase.ACCOUNT_UNKNOWN,
    CheckName.LOG_INS_BELOW_LIMIT: Phrase.LOG_INS_MANY,
    CheckName.ACCOUNT_USABLE: Phrase.ACCOUNT_NOT_USABLE,
    CheckName.CLASS_EXISTS: Phrase.CLASS_UNKNOWN,
    CheckName.HOST_RIGHTS: Phrase.HOST_IS_NO_TEACHER,
    CheckName.ROLE_PERMISSION: Phrase.ROLE_IS_TOO_SMALL,
    CheckName.GRANTS_BELOW_LIMIT: Phrase.GRANTS_MANY,
    CheckName.STORE_AVAILABLE: Phrase.STORE_FAILS,
}


def words_of(outcome: Outcome, findings: Findings) -> Words:
    """Return the sentence of the outcome."""
    values = findings.values(outcome)
    if outcome.skipped is not None:
        return Words(outcome.skipped, values)
    if outcome.ok:
        access = findings.played.access
        is_open = access is not None and access.membership is None
        if outcome.name is CheckName.ON_ROSTER and is_open:
            return Words(Phrase.OPEN_TO_ALL, values)
        return Words(_PASSED[outcome.name], values)
    special = _SPECIAL.get(outcome.name)
    if special is None:
        return Words(_FAILED[outcome.name], values)
    return special(outcome, findings, values)


Values = dict[str, WordValue]


def _not_member(_outcome: Outcome, findings: Findings, values: Values) -> Words:
    removal = findings.deeds.removal
    if removal is None:
        return Words(Phrase.NOT_MEMBER, values)
    return Words(Phrase.REMOVED_BY, {**values, "actor": removal.actor, "at": removal.at})


def _disabled(_outcome: Outcome, findings: Findings, values: Values) -> Words:
    deed = findings.deeds.disabling
    if deed is None:
        return Words(Phrase.ACCOUNT_IS_DISABLED, values)
    return Words(Phrase.ACCOUNT_DISABLED_BY, {**values, "actor": deed.actor, "at": deed.at})


def _kicked(_outcome: Outcome, findings: Findings, values: Values) -> Words:
    kick, until = findings.deeds.kick, findings.kicked_until
    values["at"] = findings.kicked_at or findings.played.at
    if kick is not None:
        values["actor"] = kick.actor
    if until is None:
        return Words(Phrase.KICKED_AT if kick is None else Phrase.KICKED_BY, values)
    values["until"] = until
    return Words(Phrase.KICKED_UNTIL if kick is None else Phrase.KICKED_BY_UNTIL, values)


def _over(_outcome: Outcome, findings: Findings, values: Values) -> Words:
    for_good = findings.is_over_for_good
    return Words(Phrase.CLASS_HAS_ENDED if for_good else Phrase.CLASS_TIME_IS_OVER, values)


def _not_open(_outcome: Outcome, _findings: Findings, values: Values) -> Words:
    return Words(Phrase.OPENS_LATER if "opens_at" in values else Phrase.NOT_STARTED, values)


_SPECIAL: Mapping[CheckName, Callable[[Outcome, Findings, Values], Words]] = {
    CheckName.ACCOUNT_ENABLED: _disabled,
    CheckName.ON_ROSTER: _not_member,
    CheckName.NOT_KICKED: _kicked,
    CheckName.CLASS_NOT_ENDED: _over,
    CheckName.CLASS_OPEN: _not_open,
}
