"""What the page on moving tells an operator to do to the database does what it says."""

import re
from pathlib import Path

import pytest

from .conftest import Opener
from .databases import Databases
from .ledger import Ledger
from .school import School

ROOT = Path(__file__).parents[2]
PAGES = ("docs/how-to/move-from-the-old-backend.md", "docs/zh-CN/move-from-the-old-backend.md")


def statements_of(page: str, ledger: Ledger) -> list[str]:
    """For this kind of database."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if not ledger.columns("sqlite_master"):
        (statement,) = re.findall(r"`(SELECT setval\([^`]*)`", text)
        return [statement.rstrip(";")]
    (block,) = re.findall(r'sqlite3 \S+ "(DELETE.*?)"', text, re.DOTALL)
    return [each for each in block.split(";") if each.strip()]


@pytest.mark.parametrize("page", PAGES)
async def test_classes_are_numbered_after_those_of_the_old_backend(
    open_with: Opener, school: School, school_url: str, databases: Databases, page: str
) -> None:
    ledger = databases.ledger(school_url)
    for statement in statements_of(page, ledger):
        ledger.change(statement)
    async with open_with() as world:
        made = await world.call("POST", "/v1/classrooms", school.tokens["tom"], {"title": "x"})
        assert made.json()["classroom_id"] == 20001
