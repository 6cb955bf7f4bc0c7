"""The pages of errors, in both languages, speak of every reason, as the code has it."""

import ast
import re
from pathlib import Path

import pytest
from tests.support.error_tree import ERRORS, GROUPS

from classgate.api.messages_zh import MESSAGES
from classgate.api.problems import STATUS, TITLES, status_of
from classgate.errors import ClassgateError
from classgate.reasons import Reason

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reference" / "errors.md"
SOURCE = DOCS.parent / "src" / "classgate"
PAGES = (PAGE, DOCS / "zh-CN" / "errors.md")
SECTION = re.compile(
    r"^## (?P<code>[a-z_]+)\n\n(?:Status |状态码 )(?P<status>\d+)(?: · (?P<title>.+)\.|。)\n\n"
    r"(?P<body>(?:\|.*\n?)+)",
    re.MULTILINE,
)
CASE = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


# Of these, only what is below them is raised.


def sections(page: Path = PAGE) -> dict[str, re.Match[str]]:
    """The page's sections by code."""
    text = page.read_text(encoding="utf-8")
    found = {section["code"]: section for section in SECTION.finditer(text)}
    assert len(found) == len(re.findall(r"^## ", text, re.MULTILINE)), "a section has another form"
    return found


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_code_has_a_section_and_no_other(page: Path) -> None:
    assert set(sections(page)) == {error.code for error in ERRORS}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_reason_is_described_once_under_its_code(page: Path) -> None:
    described = [
        (code, reason)
        for code, section in sections(page).items()
        for reason in CASE.findall(section["body"])
    ]
    assert sorted(described) == sorted(
        (error.code, error.reason.value) for error in ERRORS if error not in GROUPS
    )


def test_every_reason_has_one_error() -> None:
    reasons = [error.reason for error in ERRORS if error not in GROUPS]
    assert sorted(reasons) == sorted(Reason)


def test_every_reason_has_a_sentence_in_chinese() -> None:
    assert set(MESSAGES) == set(Reason)
    for sentence in MESSAGES.values():
        assert re.search(r"[\u4e00-\u9fff]", sentence)


def test_only_errors_of_one_cause_are_raised() -> None:
    """A group has no reason of its own, and its message would be all that tells the cause."""
    names = {error.__name__ for error in GROUPS}
    assert {"PermissionDenied", "NotAuthenticated", "NotFound", "Conflict"} <= names
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in names, f"{path}:{node.lineno}"
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name):
                assert node.exc.id not in names, f"{path}:{node.lineno}"


@pytest.mark.parametrize("error", ERRORS)
def test_status_and_title_are_those_of_the_http_table(error: type[ClassgateError]) -> None:
    status = status_of(error)
    english, chinese = (sections(page)[error.code] for page in PAGES)
    assert (int(english["status"]), english["title"]) == (status, TITLES[status])
    assert int(chinese["status"]) == status


@pytest.mark.parametrize("error", sorted(STATUS, key=str))
def test_one_code_has_one_status(error: type[ClassgateError]) -> None:
    assert {status_of(each) for each in ERRORS if each.code == error.code} == {STATUS[error]}
