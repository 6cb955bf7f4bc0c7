"""What doctor says of the database, on each kind of it."""

import os
import socket
from pathlib import Path

import pytest
from tests.support.databases import Databases
from tests.support.doctor_chinese import untranslated
from tests.support.harness import Opener, StoppedClock
from tests.support.postgresql_proxy import listening_proxy
from tests.support.running_emulator import Emulator
from tests.support.school_settings import settings_for

from classgate import __version__
from classgate.clock import Clock, utc_now
from classgate.cloud.http import CloudHttpClient
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.database import check_database
from classgate.diagnosis.findings import Finding, Status
from classgate.diagnosis.probe_client import ProbeClient

SOUND = ("database", "writing", "audit")


async def _look(
    url: str, emulator: Emulator, clock: Clock = utc_now, **changes: dict[str, object]
) -> dict[str, Finding]:
    settings = settings_for(url, emulator, changes)
    context = CheckContext(settings, ProbeClient(CloudHttpClient()), clock)
    return {each.check: each for each in await check_database(context)}


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _chmod(url: str, mode: int) -> None:
    if url.startswith("sqlite"):
        _path(url).chmod(mode)


def _overwrite(url: str, content: bytes) -> None:
    _path(url).write_bytes(content)


async def test_sound_database_passes(school_url: str, emulator: Emulator) -> None:
    _chmod(school_url, 0o600)
    found = await _look(school_url, emulator)
    assert {found[check].status for check in SOUND} == {Status.OK}, found


async def test_server_that_does_not_wait_for_its_disk_is_noticed(
    school_url: str, emulator: Emulator
) -> None:
    found = (await _look(school_url, emulator))["durability"]
    if school_url.startswith("sqlite"):
        assert found.status is Status.OK
    else:  # the tests' own server is in a hurry
        assert found.status is Status.FAIL
        assert "fsync is off" in found.what
        assert "postgresql.conf" in found.fix


@pytest.mark.on_postgresql
async def test_pooler_that_keeps_notifications_back_is_named(
    school_url: str, emulator: Emulator
) -> None:
    assert (await _look(school_url, emulator))["notifications"].status is Status.OK
    async with listening_proxy(school_url) as (proxy, behind):
        proxy.keeps_notifications = True
        found = await _look(behind, emulator)
    assert found.keys() == {"database", "notifications"}
    assert found["notifications"].status is Status.FAIL
    assert "a pooler between classgate and the server" in found["notifications"].what
    assert "name the server itself in database.url" in found["notifications"].fix
    assert untranslated([found["notifications"]]) == []


async def test_looking_changes_nothing(
    school_url: str, databases: Databases, emulator: Emulator
) -> None:
    raw_database = databases.raw_database(school_url)
    before = raw_database.query("SELECT chain, seq, mac FROM audit_chains ORDER BY chain")
    await _look(school_url, emulator)
    assert raw_database.query("SELECT chain, seq, mac FROM audit_chains ORDER BY chain") == before


async def test_fix_of_a_database_without_schema_is_db_upgrade(
    databases: Databases, emulator: Emulator
) -> None:
    url = databases.new()
    found = await _look(url, emulator)
    assert found.keys() == {"database"}
    assert found["database"].status is Status.FAIL
    assert "is empty or missing" in found["database"].what
    assert found["database"].fix == "classgate db upgrade"  # there is nothing to back up


async def test_older_schema_is_distinguished(
    school_url: str, databases: Databases, emulator: Emulator
) -> None:
    databases.raw_database(school_url).change("UPDATE alembic_version SET version_num = '0000'")
    found = await _look(school_url, emulator)
    assert "has schema 0000; this version needs schema" in found["database"].what
    copy = "pg_dump, see docs/how-to/back-up.md"
    copy = "classgate db backup" if school_url.startswith("sqlite") else copy
    assert found["database"].fix == f"classgate db upgrade (before it: {copy})"


async def test_newer_schema_asks_for_a_newer_program(
    school_url: str, databases: Databases, emulator: Emulator
) -> None:
    databases.raw_database(school_url).change("UPDATE alembic_version SET version_num = '9999'")
    found = await _look(school_url, emulator)
    assert found.keys() == {"database"}
    assert "has schema 9999, which is newer than this version" in found["database"].what
    assert found["database"].fix == (
        "install the version that upgraded the database, or a newer one"
    )


async def test_another_audit_key_is_noticed(school_url: str, emulator: Emulator) -> None:
    found = await _look(school_url, emulator, audit={"key": "another-key-0123456789-abcdefghijk"})
    assert found["audit"].status is Status.FAIL
    assert "was written with another audit.key" in found["audit"].what


async def test_chain_under_another_key_is_noticed_behind_a_good_one(
    school_url: str, databases: Databases, emulator: Emulator
) -> None:
    """As after the restore of another school's backup, whose newest row is our own."""
    raw_database = databases.raw_database(school_url)
    raw_database.change(
        "INSERT INTO audit_rows SELECT '00' || chain, seq, previous, mac, 0, event, account_id,"
        " actor_id, classroom_id, lease_id, rule, fingerprints, request_id, details"
        " FROM audit_rows WHERE seq = 1"
    )
    raw_database.change(
        "INSERT INTO audit_chains (chain, seq, mac, checkpointed_seq)"
        " SELECT chain, seq, mac, 0 FROM audit_rows WHERE at = 0"
    )
    found = await _look(school_url, emulator)
    assert found["audit"].status is Status.FAIL
    assert "was written with another audit.key" in found["audit"].what


async def test_cut_tail_of_the_audit_is_noticed(
    school_url: str, databases: Databases, emulator: Emulator
) -> None:
    databases.raw_database(school_url).change(
        "DELETE FROM audit_rows WHERE seq = (SELECT max(seq) FROM audit_rows)"
    )
    found = await _look(school_url, emulator)
    assert found["audit"].status is Status.FAIL
    assert "is missing or was replaced" in found["audit"].what
    assert "audit verify" in found["audit"].fix


async def test_missing_table_fails_what_needs_it_and_stops_nothing(
    school_url: str, databases: Databases, emulator: Emulator
) -> None:
    databases.raw_database(school_url).change("DROP TABLE audit_chains")
    found = await _look(school_url, emulator)
    assert found["writing"].status is Status.FAIL
    assert "refuses writes" in found["writing"].what
    assert found["audit"].status is Status.FAIL
    assert "durability" in found


@pytest.mark.on_sqlite
@pytest.mark.parametrize(("mode", "status"), [(0o644, "fail"), (0o640, "fail"), (0o600, "ok")])
async def test_file_that_others_read_is_noticed(
    school_url: str, emulator: Emulator, mode: int, status: str
) -> None:
    _chmod(school_url, mode)
    found = await _look(school_url, emulator)
    assert found["files"].status.value == status
    assert ("chmod 600" in found["files"].fix) == (status != "ok")


@pytest.mark.on_sqlite
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
async def test_file_of_another_user_is_noticed(school_url: str, emulator: Emulator) -> None:
    _chmod(school_url, 0o600)
    os.chown(_path(school_url), 1, 1)
    found = await _look(school_url, emulator)
    assert found["files"].status is Status.WARN
    assert "sudo -u" in found["files"].fix


@pytest.mark.on_sqlite
async def test_garbage_is_no_database(school_url: str, emulator: Emulator) -> None:
    _overwrite(school_url, b"not a database, but a letter" * 100)
    found = await _look(school_url, emulator)
    assert found["database"].status is Status.FAIL
    assert "cannot be used" in found["database"].what


@pytest.mark.on_postgresql
async def test_processes_that_serve_are_shown(
    school_url: str,
    databases: Databases,
    emulator: Emulator,
    clock: StoppedClock,
    open_with: Opener,
) -> None:
    async with open_with() as one, open_with() as other:
        assert (await _look(school_url, emulator, clock))["processes"].what == "none serves"
        for world in (one, other):
            await world.application.processes.beat()
        found = (await _look(school_url, emulator, clock))["processes"]
        shown = f"of {__version__} at {socket.gethostname()}"
        assert (found.status, found.what) == (Status.OK, f"2 serve: 2 {shown}")
        assert untranslated([found]) == []
        databases.raw_database(school_url).change(
            "UPDATE processes SET version = '0.1.9' WHERE process_id = ?",
            other.application.processes.process_id,
        )
        found = (await _look(school_url, emulator, clock))["processes"]
        assert found.status is Status.WARN
        assert f"1 of 0.1.9 at {socket.gethostname()}, 1 {shown}" in found.what
        assert "restart those of the old version" in found.fix
        assert untranslated([found]) == []
