"""PURE: what would have to change so that a check passes, and by whom."""

from collections.abc import Callable, Mapping

from classgate.admission.details import Findings
from classgate.admission.models import Action, CheckName, Fix, Fixer, Outcome, Words
from classgate.admission.phrases import Phrase
from classgate.classrooms.access_times import role_in
from classgate.classrooms.models import ClassroomRole

By = tuple[Fixer, ...]
Choice = tuple[Phrase, By]

_HOST, _ASSISTANT, _ADMIN = Fixer.HOST, Fixer.ASSISTANT, Fixer.ADMIN


def fix_of(outcome: Outcome, findings: Findings) -> Fix:
    """Return the fix of a check that failed."""
    phrase, by = _CHOICES[outcome.name](findings)
    return Fix(Words(phrase, findings.values(outcome)), by)


def _always(phrase: Phrase, *by: Fixer) -> Callable[[Findings], Choice]:
    return lambda _findings: (phrase, by)


def _roster(findings: Findings) -> Choice:
    if findings.played.action is Action.UPLOAD:  # assistants add students only
        return Phrase.ADD_AS_ASSISTANT, (_HOST, _ADMIN)
    if findings.may_join:
        return Phrase.ENTER_FIRST, (Fixer.PERSON, _HOST, _ASSISTANT, _ADMIN)
    return Phrase.ADD_TO_ROSTER, (_HOST, _ASSISTANT, _ADMIN)


def _kick(findings: Findings) -> Choice:
    if findings.kicked_until is None:
        return Phrase.LIFT_KICK, (_HOST, _ADMIN)
    return Phrase.WAIT_OR_LIFT_KICK, (_HOST, _ADMIN)


def _end(findings: Findings) -> Choice:
    if findings.is_over_for_good:
        return Phrase.MAKE_NEW_CLASS, (_HOST,)
    return Phrase.MOVE_END, (_HOST, _ADMIN)


def _opening(findings: Findings) -> Choice:
    access, classroom = findings.played.access, findings.played.classroom
    if classroom is None or classroom.starts_at is None:
        return Phrase.START_CLASS, (_HOST,)
    is_student = access is None or role_in(access) is ClassroomRole.STUDENT
    if is_student and findings.host_may_start:
        return Phrase.WAIT_OR_START, (_HOST, _ADMIN)
    return Phrase.WAIT_OR_MOVE_START, (_HOST, _ADMIN)


_CHOICES: Mapping[CheckName, Callable[[Findings], Choice]] = {
    CheckName.LOG_IN_NOT_LIMITED: _always(Phrase.WAIT_FOR_LOG_IN, Fixer.PERSON, _ADMIN),
    CheckName.ACCOUNT_EXISTS: _always(Phrase.CREATE_ACCOUNT, _ADMIN),
    CheckName.ACCOUNT_ENABLED: _always(Phrase.ENABLE_ACCOUNT, _ADMIN),
    CheckName.LOG_INS_BELOW_LIMIT: _always(Phrase.LOG_IN_LESS, Fixer.PERSON),
    CheckName.ACCOUNT_USABLE: _always(Phrase.ASK_ADMIN, _ADMIN),
    CheckName.CLASS_EXISTS: _always(Phrase.LOOK_AT_NUMBER, Fixer.PERSON),
    CheckName.ON_ROSTER: _roster,
    CheckName.NOT_KICKED: _kick,
    CheckName.HOST_RIGHTS: _always(Phrase.CHANGE_HOST, _ADMIN),
    CheckName.ROLE_PERMISSION: _always(Phrase.MAKE_ASSISTANT, _HOST, _ADMIN),
    CheckName.CLASS_NOT_ENDED: _end,
    CheckName.CLASS_OPEN: _opening,
    CheckName.GRANTS_BELOW_LIMIT: _always(Phrase.ASK_LESS, Fixer.PERSON),
    CheckName.STORE_AVAILABLE: _always(Phrase.REPAIR_STORE, Fixer.OPERATOR),
}
