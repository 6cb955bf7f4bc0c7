"""`classgate audit` over rows that somebody made unreadable."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.program import PASSWORD, SETTINGS, Run


def test_unreadable_rows_are_shown_and_lead_to_verify(run: Run, tmp_path: Path) -> None:
    assert run("db", "upgrade", environment=SETTINGS).returncode == 0
    for name in ("amy", "bob"):
        add = ("accounts", "add", name, "--role", "student")
        assert run(*add, stdin=PASSWORD + "\n", environment=SETTINGS).returncode == 0
    with closing(sqlite3.connect(tmp_path / "classgate.db")) as connection, connection:
        connection.execute("UPDATE audit_rows SET at = 'soon' WHERE account_id = 1")
        connection.execute("UPDATE audit_rows SET details = '{' WHERE account_id = 2")
    shown = run("audit", environment=SETTINGS)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count(" unreadable ") == 2
    assert shown.stdout.count("classgate audit verify says more") == 2
    as_json = run("audit", "--json", environment=SETTINGS)
    assert [row["event"] for row in json.loads(as_json.stdout)["rows"]] == ["unreadable"] * 2
    verified = run("audit", "verify", environment=SETTINGS)
    assert verified.returncode == 1
    assert "cannot be read; it was changed" in verified.stdout
    assert "broken: 1 chains, 2 rows" in verified.stdout
