"""Every sentence has both languages and the same values; every check has its sentences and fix."""

import re
from datetime import UTC, datetime, timedelta, timezone
from string import Formatter

import pytest

from classgate.accounts.log_in_checks import LOG_IN_CHECKS
from classgate.accounts.models import AccountRole
from classgate.admission import details, fixes
from classgate.admission.models import OF_THE_ACCOUNT, Action, CheckName
from classgate.admission.phrases import Phrase, write
from classgate.admission.play import RULES
from classgate.api.why_messages_zh import PHRASES, VALUES, values_of
from classgate.classrooms.models import ClassroomRole, ClassroomState
from classgate.classrooms.permissions import PERMISSION_CHECKS

NEVER_FAILS = {CheckName.SESSION_OPEN}


def names_in(template: str) -> set[str]:
    """The values that a sentence has."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("phrase", Phrase)
def test_sentence_has_the_same_values_in_both_languages(phrase: Phrase) -> None:
    assert names_in(PHRASES[phrase]) == names_in(phrase)
    assert re.search(r"[\u4e00-\u9fff]", PHRASES[phrase])


def test_words_in_a_chinese_sentence_are_chinese() -> None:
    wanted = {
        "role": {*AccountRole, *ClassroomRole},
        "state": set(ClassroomState),
        "kind": {rule.kind for rule in RULES.values()},
        "permission": {rule.permission for rule in RULES.values()},
    }
    assert {name: set(words) for name, words in VALUES.items()} == wanted
    assert values_of({"role": "student", "identifier": "student"}) == {
        "role": "学生",
        "identifier": "student",
    }


def test_no_two_sentences_are_the_same() -> None:
    """Otherwise one would be an alias of the other, and so would its translation."""
    assert len(Phrase.__members__) == len(set(Phrase)) == len(PHRASES)


@pytest.mark.parametrize("name", sorted(set(CheckName) - NEVER_FAILS))
def test_check_has_its_sentences_and_its_fix(name: CheckName) -> None:
    assert name in details._PASSED
    assert (name in details._FAILED) is not (name in details._SPECIAL)
    assert name in fixes._CHOICES


def test_checks_are_those_of_the_deciding_code() -> None:
    """Whoever adds a check there gives it a name here, and sentences."""
    decided = {*LOG_IN_CHECKS, *PERMISSION_CHECKS}
    decided.update(name for rule in RULES.values() for name in rule.times)
    limits = {"log_in_not_limited", "log_ins_below_limit", "grants_below_limit"}
    others = {"session_open", "class_exists", "store_available", "account_usable"}
    assert set(CheckName) == decided | limits | others
    assert set(LOG_IN_CHECKS) <= set(OF_THE_ACCOUNT)
    assert set(RULES) == set(Action)


def test_times_are_written_in_utc() -> None:
    at = datetime(2026, 3, 1, 9, 50, tzinfo=timezone(timedelta(hours=8)))
    assert write("opens at {opens_at}", {"opens_at": at}) == "opens at 2026-03-01 01:50:00 UTC"
    assert write("{n} of {who}", {"n": 3, "who": "amy"}) == "3 of amy"
    assert at.astimezone(UTC).hour == 1
