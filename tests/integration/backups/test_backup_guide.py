"""What the page on backups tells an operator of PostgreSQL to do does what it says."""

import re
from pathlib import Path

import pytest
from tests.support.databases import Databases

PAGES = ("docs/how-to/back-up.md", "docs/zh-CN/back-up.md")
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_statements_end_what_was_open_and_move_numbers_on(
    databases: Databases, school_url: str, page: str
) -> None:
    (statements,) = re.findall("```sql\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    raw_database = databases.raw_database(school_url)
    assert raw_database.open_leases()
    (before,) = raw_database.query("SELECT max(classroom_id) FROM classrooms")
    for statement in statements.replace("BEGIN;", "").replace("COMMIT;", "").split(";"):
        if statement.strip():
            raw_database.change(statement)
    assert raw_database.open_leases() == set()
    assert raw_database.query("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(0,)]
    assert raw_database.query("SELECT count(*) FROM accounts WHERE signatures_after = 0") == [(0,)]
    for statement in (
        "SELECT last_value FROM classrooms_classroom_id_seq",
        "SELECT last_value FROM accounts_account_id_seq",
    ):
        ((last,),) = raw_database.query(statement)
        assert last >= 100_000
    assert before[0] < 100_000
