"""One server over a SQLite file; the command line works beside it; damage is said in one line."""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.program import CLASSGATE, PASSWORD, SETTINGS, Run, clean_environment


@pytest.fixture
def database(run: Run, tmp_path: Path) -> Path:
    done = run("db", "upgrade", environment=SETTINGS)
    assert done.returncode == 0, done.stderr
    return tmp_path / "classgate.db"


@pytest.fixture
def server(database: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One that serves."""
    free = {"CLASSGATE_OPERATIONS__PORT": "0", "CLASSGATE_LOG__FORMAT": "json"}
    process = subprocess.Popen(
        [CLASSGATE, "serve", "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=clean_environment({**SETTINGS, **free}),
        cwd=database.parent,
    )
    assert process.stderr is not None
    try:
        # The lines end when the process does, so this waits for an event, however long it takes.
        lines: list[bytes] = []
        for line in process.stderr:
            lines.append(line)
            if b'"serving"' in line:
                break
        assert process.poll() is None, b"".join(lines)
        yield process
    finally:
        process.kill()
        process.wait(timeout=30)
        process.stderr.close()


def test_one_server_the_command_line_beside_it_and_no_lock_after_a_kill(
    run: Run, database: Path, server: subprocess.Popen[bytes]
) -> None:
    database.with_name("link.db").symlink_to(database)
    linked = {**SETTINGS, "CLASSGATE_DATABASE__URL": "sqlite:///link.db"}
    refused = run("serve", environment=linked)
    assert refused.returncode == 2
    assert f"is served by process {server.pid} already; stop that one first" in refused.stderr

    added = run("accounts", "add", "tom", "--role", "teacher", stdin=PASSWORD, environment=SETTINGS)
    assert added.returncode == 0, added.stderr
    backed = run("db", "backup", "copy.db", environment=SETTINGS)
    assert backed.returncode == 0, backed.stderr
    # SQLite's own locks do not tell once the file is somewhere else.
    database.rename(database.with_name("away.db"))
    refused = run("db", "restore", "copy.db", environment=SETTINGS)
    assert refused.returncode == 1
    assert f"is in use: first stop the service (process {server.pid})" in refused.stderr
    database.with_name("away.db").rename(database)

    server.send_signal(signal.SIGHUP)  # no reload over a file; nor does it end the server
    assert server.stderr is not None
    assert next(line for line in server.stderr if b"SIGHUP changes nothing" in line)

    os.kill(server.pid, signal.SIGKILL)
    server.wait(timeout=30)
    assert database.with_name("classgate.db.lock").exists()
    nowhere = {**linked, "CLASSGATE_HTTP__HOST": "256.0.0.1"}
    tried = run("serve", environment=nowhere)
    assert "cannot listen on 256.0.0.1" in tried.stderr  # so it had the lock


def test_database_that_others_can_read_is_not_served(run: Run, database: Path) -> None:
    database.chmod(0o644)
    refused = run("serve", environment=SETTINGS)
    assert refused.returncode == 2
    assert f"others can read or write {database}; run: chmod 600 {database}" in refused.stderr


@pytest.mark.parametrize(
    ("command", "content"),
    [
        (("serve",), b"no database at all " * 400),
        (("db", "upgrade"), b"no database at all " * 400),
        (("accounts", "add", "amy", "--role", "student"), b"SQLite format 3\0" + b"\xff" * 9000),
    ],
)
def test_file_that_is_no_database_is_said_in_one_line(
    run: Run, tmp_path: Path, command: tuple[str, ...], content: bytes
) -> None:
    (tmp_path / "classgate.db").write_bytes(content)
    (tmp_path / "classgate.db").chmod(0o600)
    refused = run(*command, stdin=PASSWORD, environment=SETTINGS)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert "classgate.db cannot be used (the file is " in refused.stderr


def test_damaged_page_is_said_in_one_line(run: Run, database: Path) -> None:
    connection = sqlite3.connect(database)
    ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'accounts'")
    ((size,),) = connection.execute("PRAGMA page_size")
    connection.close()
    with database.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    refused = run(
        "accounts", "add", "amy", "--role", "student", stdin=PASSWORD, environment=SETTINGS
    )
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "classgate: the database is damaged; nothing was issued" in refused.stderr
