"""Backing up and restoring as an operator does, beside a running service and under `kill -9`."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

from tests.support.program import CLASSGATE, PASSWORD, SETTINGS, Run, clean_environment

KILLS = 2


def _school(run: Run) -> None:
    assert run("db", "upgrade", environment=SETTINGS).returncode == 0
    add = ("accounts", "add", "tom", "--role", "teacher")
    assert run(*add, stdin=PASSWORD + "\n", environment=SETTINGS).returncode == 0


def _accounts(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT identifier FROM accounts ORDER BY 1").fetchall()
    return [row[0] for row in rows]


def test_school_is_backed_up_lost_and_restored(run: Run, tmp_path: Path) -> None:
    _school(run)
    made = run("db", "backup", "monday.db", "--json", environment=SETTINGS)
    assert made.returncode == 0
    assert json.loads(made.stdout)["audit"]["valid"] is True
    assert run("accounts", "disable", "tom", environment=SETTINGS).returncode == 0

    refused = run("db", "restore", "monday.db", environment=SETTINGS)
    assert refused.returncode == 1
    assert "--replace renames and keeps it" in refused.stderr
    done = run("db", "restore", "monday.db", "--replace", environment=SETTINGS)
    assert done.returncode == 0, done.stderr
    assert "everybody logs in again" in done.stdout
    assert "Who was disabled, kicked" in done.stdout
    assert run("audit", "verify", environment=SETTINGS).returncode == 0
    listed = run("accounts", "list", environment=SETTINGS).stdout
    assert "tom\tteacher\tenabled" in listed

    (tmp_path / "classgate.db").unlink()
    again = run("db", "restore", "monday.db", "--json", environment=SETTINGS)
    assert again.returncode == 0
    assert json.loads(again.stdout)["put_aside"] is None
    assert _accounts(tmp_path / "classgate.db") == ["tom"]


def test_running_service_is_backed_up_and_not_replaced(run: Run, tmp_path: Path) -> None:
    _school(run)
    free = {"CLASSGATE_HTTP__PORT": "0", "CLASSGATE_OPERATIONS__PORT": "0"}
    with subprocess.Popen(
        [CLASSGATE, "serve"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=clean_environment(SETTINGS | free),
    ) as service:
        assert service.stderr is not None
        assert any('"event": "serving"' in line for line in service.stderr)
        made = run("db", "backup", "monday.db", environment=SETTINGS)
        refused = run("db", "restore", "monday.db", "--replace", environment=SETTINGS)
        service.terminate()
        service.stderr.read()
    assert made.returncode == 0, made.stderr
    assert refused.returncode == 1
    assert "is in use: first stop the service" in refused.stderr
    done = run("db", "restore", "monday.db", "--replace", environment=SETTINGS)
    assert done.returncode == 0, done.stderr


def test_kill_leaves_no_half_file_and_no_half_restored_database(run: Run, tmp_path: Path) -> None:
    _school(run)
    with closing(sqlite3.connect(tmp_path / "classgate.db")) as connection, connection:
        # Large enough that copying takes a while.
        connection.execute("CREATE TABLE ballast (content BLOB)")
        connection.execute("INSERT INTO ballast VALUES (zeroblob(20000000))")
    assert run("db", "backup", "good.db", environment=SETTINGS).returncode == 0
    for number in range(KILLS):
        for command in (["backup", "half.db", "--replace"], ["restore", "good.db", "--replace"]):
            _kill_it_at_work(tmp_path, command, number)
            half = tmp_path / "half.db"
            assert not half.exists() or _accounts(half) == ["tom"]
            assert _accounts(tmp_path / "classgate.db") == ["tom"]
    # What was left is no obstacle.
    made = run("db", "backup", "half.db", "--replace", "--json", environment=SETTINGS)
    assert json.loads(made.stdout)["audit"]["valid"] is True
    assert run("db", "restore", "half.db", "--replace", environment=SETTINGS).returncode == 0
    assert not list(tmp_path.glob(".*.part*"))


def _kill_it_at_work(folder: Path, command: list[str], number: int) -> None:
    """As soon as its unfinished file is there, a little later each time; or it is done."""
    process = subprocess.Popen(
        [CLASSGATE, "db", *command], cwd=folder, env=clean_environment(SETTINGS),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and not list(folder.glob(".*.part")):
        time.sleep(0.002)
    try:
        process.wait(timeout=0.05 * number)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
