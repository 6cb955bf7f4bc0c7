"""Turns the cases of `--vectors DIR` into pytest items."""

from pathlib import Path

import pytest

from .cases import Case, read_suites
from .suites import gap_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames and "suite_file" not in metafunc.fixturenames:
        return
    suites = read_suites(Path(metafunc.config.getoption("vectors")))
    if "suite_file" in metafunc.fixturenames:
        metafunc.parametrize("suite_file", suites, ids=[suite.suite for suite in suites])
        return
    metafunc.parametrize(
        ("suite", "case"),
        [
            pytest.param(suite.suite, case, id=case.id, marks=_marks(suite.suite, case))
            for suite in suites
            for case in suite.cases
        ],
    )


def _marks(suite: str, case: Case) -> list[pytest.MarkDecorator]:
    gap = gap_of(suite, case.group)
    return [] if gap is None else [pytest.mark.skip(reason=f"not covered: {gap}")]
