"""docs/reference/errors.md speaks of every error, as errors.py and the HTTP table have it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from classgate.api.problems import STATUS, TITLES, status_of
from classgate.errors import ClassgateError

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"
SECTION = re.compile(
    r"^## (?P<code>[a-z_]+)\n\nStatus (?P<status>\d+) · (?P<title>.+)\.\n\n(?P<body>(?:\|.*\n?)+)",
    re.MULTILINE,
)
CASE = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def tree(error: type[ClassgateError] = ClassgateError) -> Iterator[type[ClassgateError]]:
    """The error and all that are below it."""
    yield error
    for child in error.__subclasses__():
        yield from tree(child)


ERRORS = sorted(
    {error for error in tree() if error.__module__.startswith("classgate.")},
    key=lambda error: error.__name__,
)


def sections() -> dict[str, re.Match[str]]:
    """The page's sections by code."""
    text = PAGE.read_text(encoding="utf-8")
    found = {section["code"]: section for section in SECTION.finditer(text)}
    assert len(found) == len(re.findall(r"^## ", text, re.MULTILINE)), "a section has another form"
    return found


def test_every_code_has_a_section_and_no_other() -> None:
    assert set(sections()) == {error.code for error in ERRORS}


@pytest.mark.parametrize("error", ERRORS)
def test_error_is_described_under_its_code(error: type[ClassgateError]) -> None:
    assert error.__name__ in CASE.findall(sections()[error.code]["body"])


def test_no_error_is_described_that_does_not_exist() -> None:
    described = [name for section in sections().values() for name in CASE.findall(section["body"])]
    assert sorted(described) == [error.__name__ for error in ERRORS]


@pytest.mark.parametrize("error", ERRORS)
def test_status_and_title_are_those_of_the_http_table(error: type[ClassgateError]) -> None:
    section = sections()[error.code]
    status = status_of(error)
    assert (int(section["status"]), section["title"]) == (status, TITLES[status])


@pytest.mark.parametrize("error", sorted(STATUS, key=str))
def test_one_code_has_one_status(error: type[ClassgateError]) -> None:
    assert {status_of(each) for each in ERRORS if each.code == error.code} == {STATUS[error]}
