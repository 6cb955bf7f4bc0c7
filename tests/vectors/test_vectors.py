"""Golden vectors: one item for each case, and one for each suite that none slips through."""

import pytest

from .cases import Case, SuiteFile
from .suites import COVERED, NOT_YET, handler_of


def test_our_bytes_are_tencents(suite: str, case: Case) -> None:
    handler = handler_of(suite, case.group)
    if handler is None:
        pytest.fail(f"nothing here runs the group {case.group} of {suite}: add it to suites.py")
    handler(case)


def test_every_suite_is_run_or_named_as_not_covered(suite_file: SuiteFile) -> None:
    name = suite_file.suite
    assert name in COVERED or name in NOT_YET, f"nothing here runs the suite {name}"
    runs = sum(handler_of(name, case.group) is not None for case in suite_file.cases)
    assert runs > 0 or name in NOT_YET, f"no case of the suite {name} was run"


def test_no_case_stands_twice(suite_file: SuiteFile) -> None:
    ids = [case.id for case in suite_file.cases]
    assert len(set(ids)) == len(ids)
