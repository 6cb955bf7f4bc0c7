"""The program with another audit key, and over a damaged file: exit codes and what they say."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.program import PASSWORD, SETTINGS, Run

OTHER = {**SETTINGS, "CLASSGATE_AUDIT__KEY": "4be07d29c6f1835aa1d94e60b37f82c5"}


def _found_school(run: Run, *names: str) -> None:
    assert run("db", "upgrade", environment=SETTINGS).returncode == 0
    for name in names:
        add = ("accounts", "add", name, "--role", "student")
        assert run(*add, stdin=PASSWORD + "\n", environment=SETTINGS).returncode == 0


def _rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "classgate.db")) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM audit_rows").fetchone()
    assert isinstance(rows, int)
    return rows


def test_other_key_is_refused_by_whatever_would_write(run: Run, tmp_path: Path) -> None:
    _found_school(run, "amy")
    for command in (("serve", "--port", "0"), ("accounts", "disable", "amy")):
        refused = run(*command, environment=OTHER)
        assert refused.returncode == 2, refused.stderr
        assert "classgate: audit.key: is not the key that the audit was written with" in (
            refused.stderr
        )
        assert OTHER["CLASSGATE_AUDIT__KEY"] not in refused.stderr
    assert _rows(tmp_path) == 1
    assert run("accounts", "list", environment=OTHER).returncode == 0
    assert run("accounts", "disable", "amy", environment=SETTINGS).returncode == 0


def test_lost_key_is_acknowledged_and_shows_for_good(run: Run, tmp_path: Path) -> None:
    _found_school(run, "amy")
    asked = run("audit", "acknowledge", environment=OTHER)
    assert asked.returncode == 2
    assert "--yes" in asked.stderr
    done = run("audit", "acknowledge", "--yes", environment=OTHER)
    assert done.returncode == 0, done.stderr
    assert "row 1: does not verify" in done.stdout
    assert run("accounts", "disable", "amy", environment=OTHER).returncode == 0
    verified = run("audit", "verify", environment=OTHER)
    assert verified.returncode == 1
    assert "row 1: was changed after it was written, or audit.key is another one" in verified.stdout
    again = run("audit", "acknowledge", "--yes", environment=OTHER)
    assert again.stdout == "the newest rows verify; nothing to do\n"
    assert _rows(tmp_path) == 3


def test_damaged_page_ends_in_lines_and_no_traceback(run: Run, tmp_path: Path) -> None:
    _found_school(run, "amy", "bob")
    with closing(sqlite3.connect(tmp_path / "classgate.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'audit_rows'"
        ).fetchone()
    with (tmp_path / "classgate.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    verified = run("audit", "verify", environment=SETTINGS)
    assert verified.returncode == 1
    assert "rows 1 to 2: cannot be read; the storage is damaged" in verified.stdout
    assert "Traceback" not in verified.stderr
    for command in (("audit",), ("accounts", "disable", "amy"), ("serve", "--port", "0")):
        refused = run(*command, environment=SETTINGS)
        assert refused.returncode in {1, 2}, refused.stderr
        assert "Traceback" not in refused.stderr
