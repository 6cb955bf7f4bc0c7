"""`classgate why`: its lines, its JSON and its exit codes."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.support.program import PASSWORD, SETTINGS, Run


def found_school(run: Run, folder: Path) -> None:
    """tom has a class that is live; amy is its student, and sam has nothing to do with it."""
    assert run("db", "upgrade", environment=SETTINGS).returncode == 0
    for name, role in (("tom", "teacher"), ("amy", "student"), ("sam", "student")):
        added = run(
            "accounts", "add", name, "--role", role, stdin=PASSWORD + "\n", environment=SETTINGS
        )
        assert added.returncode == 0, added.stderr
    with closing(sqlite3.connect(folder / "classgate.db")) as database, database:
        database.execute(
            "INSERT INTO classrooms (classroom_id, title, state, host_id, open, created_at,"
            " recent_at, muted) VALUES (7, 'Mathematics', 'live', 1, 0, 0, 0, 0)"
        )
        database.execute(
            "INSERT INTO memberships (classroom_id, account_id, role, on_stage, added_at, muted)"
            " VALUES (7, 2, 'student', 0, 0, 0)"
        )


def test_member_is_allowed_and_a_stranger_is_refused_with_the_fix(run: Run, tmp_path: Path) -> None:
    found_school(run, tmp_path)
    allowed = run("why", "amy", "7", environment=SETTINGS)
    assert allowed.returncode == 0, allowed.stderr
    lines = allowed.stdout.splitlines()
    assert lines[-1] == "allowed: amy may enter in class 7"
    assert (
        "-  log_in_not_limited   only the running service knows it; ask GET /v1/admin/why" in lines
    )
    assert "ok on_roster            on the roster as student" in lines
    refused = run("why", "sam", "7", environment=SETTINGS)
    assert refused.returncode == 1
    lines = refused.stdout.splitlines()
    assert "no on_roster            not on the roster" in lines
    assert lines[-1] == (
        "fix (host, assistant, admin): not on the roster: the host, an assistant or an admin adds "
        "them with PUT /v1/classrooms/7/members/sam"
    )


def test_json_is_the_answer_of_the_api_and_asking_is_recorded(run: Run, tmp_path: Path) -> None:
    found_school(run, tmp_path)
    done = run("why", "amy", "7", "--action", "upload", "--json", environment=SETTINGS)
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert (found["identifier"], found["classroom_id"], found["action"]) == ("amy", 7, "upload")
    assert (found["first_failure"], found["reason"]) == ("role_permission", "role_lacks_permission")
    assert (found["by"], found["refusals"]) == (["host", "admin"], [])
    limits = {each["name"]: each["ok"] for each in found["checks"]}
    assert (limits["grants_below_limit"], limits["store_available"]) == (None, None)
    (row,) = json.loads(run("audit", "--classroom", "7", "--json", environment=SETTINGS).stdout)[
        "rows"
    ]
    assert (row["event"], row["actor"], row["rule"]) == ("why_asked", None, "the command line")


def test_unknown_account_or_class_is_the_answer_no(run: Run, tmp_path: Path) -> None:
    found_school(run, tmp_path)
    unknown = run("why", "nobody", "7", environment=SETTINGS)
    assert unknown.returncode == 1
    assert "no account_exists       there is no account nobody" in unknown.stdout.splitlines()
    missing = run("why", "amy", "8", environment=SETTINGS)
    assert missing.returncode == 1
    assert "no class_exists         there is no class 8" in missing.stdout.splitlines()
    invalid = run("why", "no name", "7", environment=SETTINGS)
    assert (invalid.returncode, invalid.stdout) == (1, "")
    assert "an identifier is 1 to 32 characters" in invalid.stderr
    assert run("why", "amy", "seven", environment=SETTINGS).returncode == 2


def test_past_refusals_are_said_with_their_number(run: Run, tmp_path: Path) -> None:
    found_school(run, tmp_path)
    now = time.time_ns() // 1000
    with closing(sqlite3.connect(tmp_path / "classgate.db")) as database, database:
        database.executemany(
            "INSERT INTO refusals (refusal_id, account_id, classroom_id, reason, rule, route,"
            " address, count, first_at, last_at, request_id)"
            " VALUES (?, 2, 7, 'kicked', 'enter the class', '/', '', ?, ?, ?, ?)",
            [(f"{now:014x}{count:018x}", count, now, now, f"r{count}") for count in (1, 3)],
        )
    lines = run("why", "amy", "7", environment=SETTINGS).stdout.splitlines()
    assert [line.partition(" kicked ")[2] for line in lines[-2:]] == [
        "[enter the class] 3 times r3",
        "[enter the class] once r1",
    ]
