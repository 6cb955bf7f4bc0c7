"""The glossary's code names exist in the source, and both languages list the same ones."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH = ROOT / "docs/glossary.md"
CHINESE = ROOT / "docs/zh-CN/glossary.md"
PAGES = pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=["en", "zh-CN"])
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py"))
)
CODE = re.compile(r"`([^`]+)`")
CODE_COLUMN = 2  # In the tables of four columns: word, the other language, in code, note.


def code_names(page: Path) -> set[str]:
    """Return the names in the "in code" column of the page."""
    rows = [line.strip().strip("|").split("|") for line in page.read_text("utf-8").splitlines()]
    return {name for row in rows if len(row) == 4 for name in CODE.findall(row[CODE_COLUMN])}


def verbs(page: Path) -> set[str]:
    """Return the names in the first column of the tables of verbs."""
    section = re.split(r"^## (?:Verbs|动词)$", page.read_text("utf-8"), flags=re.MULTILINE)[1]
    section = section.partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in CODE.findall(row[1])}


def occurs(name: str) -> bool:
    """Whether the source has the name; a setting, `im.secret_key`, by its last part."""
    word = re.escape(name.rpartition(".")[2])
    end = "" if name.endswith("_") else r"\b"
    return re.search(rf"\b{word}{end}", SOURCE) is not None


@PAGES
def test_every_code_name_is_in_the_source(page: Path) -> None:
    names = code_names(page)
    assert {"Lease", "EntryCredentials", "record_heartbeat", "im.secret_key"} <= names
    assert sorted(name for name in names if not occurs(name)) == []


@PAGES
def test_every_verb_is_in_the_source(page: Path) -> None:
    names = verbs(page)
    assert {"issue_", "from_wire", "reserve", "activate", "renew", "cancel"} <= names
    assert sorted(name for name in names if not occurs(name)) == []


def test_both_languages_list_the_same_names() -> None:
    assert code_names(ENGLISH) == code_names(CHINESE)
    assert verbs(ENGLISH) == verbs(CHINESE)


@pytest.mark.parametrize("name", ["PresenceBook", "groups.whiteboard", "sign_over_"])
def test_a_name_that_is_not_in_the_source_is_noticed(name: str) -> None:
    assert not occurs(name)
