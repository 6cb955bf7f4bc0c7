"""What the page on moving tells an operator to do to the database does what it says.

Why a name is refused stands there, and which programs are needed.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.databases import Databases
from tests.support.harness import Opener
from tests.support.raw_database import RawDatabase
from tests.support.school import School

from classgate.accounts.reserved_identifiers import FOREVER
from classgate.errors import IdentifierHeld, IdentifierReserved

ROOT = Path(__file__).parents[3]
PAGES = ("docs/how-to/move-from-the-old-backend.md", "docs/zh-CN/move-from-the-old-backend.md")


def statements_of(page: str, raw_database: RawDatabase) -> list[str]:
    """For this kind of database."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if not raw_database.columns("sqlite_master"):
        (statement,) = re.findall(r"`(SELECT setval\([^`]*)`", text)
        return [statement.rstrip(";")]
    (block,) = re.findall(r'sqlite3 \S+ "(DELETE.*?)"', text, re.DOTALL)
    return [each for each in block.split(";") if each.strip()]


@pytest.mark.parametrize("page", PAGES)
async def test_classes_are_numbered_after_those_of_the_old_backend(
    open_with: Opener, school: School, school_url: str, databases: Databases, page: str
) -> None:
    raw_database = databases.raw_database(school_url)
    for statement in statements_of(page, raw_database):
        raw_database.change(statement)
    async with open_with() as world:
        made = await world.call("POST", "/v1/classrooms", school.tokens["tom"], {"title": "x"})
        assert made.json()["classroom_id"] == 20001


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (IdentifierHeld(datetime(2026, 12, 1, tzinfo=UTC)), "it is free again from"),
        (IdentifierHeld(FOREVER), "it is not given again"),
        (IdentifierReserved(), "reserved for the IM administrator"),
    ],
)
def test_every_name_that_is_nobodys_to_have_is_in_the_table(
    page: str, error: IdentifierHeld | IdentifierReserved, words: str
) -> None:
    assert words in error.message
    rows = [line for line in (ROOT / page).read_text("utf-8").splitlines() if line[:1] == "|"]
    assert sum(words in row for row in rows) == 1


@pytest.mark.parametrize("page", PAGES)
def test_programs_are_named_before_the_first_step(page: str) -> None:
    before, _, steps = (ROOT / page).read_text("utf-8").partition("\n## 1. ")
    for program in ("sqlite3", "curl"):
        assert f"`{program}`" in before
        assert f"{program} " in steps


@pytest.mark.parametrize("page", PAGES)
def test_file_with_passwords_travels_between_export_and_import(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    places = [text.index(each) for each in ("mysql --batch", "scp -p t_", "import-legacy -")]
    assert places == sorted(places)
