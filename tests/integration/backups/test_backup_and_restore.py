"""A backup is whole while others write; after a restore nothing that had ended lives again."""

import asyncio
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.databases import Databases
from tests.support.harness import StoppedClock, World, open_world, problem
from tests.support.raw_database import RawDatabase, SqliteAccess
from tests.support.running_emulator import Emulator
from tests.support.school import CREATED, LIVE, PASSWORD, School
from tests.support.school_settings import settings_for

from classgate.backups.service import back_up, restore
from classgate.errors import ConfigurationError, Conflict
from classgate.migrations.upgrade import upgrade
from classgate.settings.loading import Settings
from classgate.signing.user_sig import read_user_sig

pytestmark = pytest.mark.on_sqlite

At = Callable[[Path], Settings]


@pytest.fixture
def at(emulator: Emulator) -> At:
    """The settings of an installation over the database at that path."""
    return lambda path: settings_for(f"sqlite:///{path}", emulator, {})


@pytest.fixture
def backup(world: World, tmp_path: Path) -> Path:
    """A copy of the school as it is at the start of the test."""
    made = back_up(world.settings, tmp_path / "backup.db", replace=False, clock=world.clock)
    return made.file


def _ledger(path: Path) -> RawDatabase:
    return RawDatabase(SqliteAccess(path))


def _left_beside(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir() if each != path)


# ── backing up ──────────────────────────────────────────────────────────────────────────────────


async def test_backup_holds_what_was_acknowledged_while_others_write_on(
    world: World, tmp_path: Path
) -> None:
    stop, running = asyncio.Event(), asyncio.Event()

    async def write(identifier: str) -> None:
        while not stop.is_set():
            await world.log_in(identifier, PASSWORD)
            running.set()

    writers = [asyncio.create_task(write(each)) for each in ("amy", "anna", "stan")]
    await running.wait()
    for number in range(3):
        before = world.raw_database.query("SELECT count(*) FROM sessions")[0][0]
        target = tmp_path / f"{number}.db"
        made = await asyncio.to_thread(
            back_up, world.settings, target, replace=False, clock=world.clock
        )
        after = world.raw_database.query("SELECT count(*) FROM sessions")[0][0]
        assert made.audit is not None
        assert made.audit.faults == ()
        assert before <= _ledger(target).query("SELECT count(*) FROM sessions")[0][0] <= after
    stop.set()
    await asyncio.gather(*writers)
    assert _left_beside(tmp_path / "0.db") == ["1.db", "2.db"]


def test_backup_is_one_file_for_its_owner_alone(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    assert _left_beside(backup) == []
    with closing(sqlite3.connect(f"file:{backup}?mode=ro&immutable=1", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() != ("wal",)


def test_backup_overwrites_only_when_asked(world: World, backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(Conflict, match="--replace overwrites it"):
        back_up(world.settings, backup, replace=False)
    assert backup.read_bytes() == before
    back_up(world.settings, backup, replace=True)
    assert _left_beside(backup) == []


def test_database_is_not_backed_up_onto_itself(world: World, school_url: str) -> None:
    path = Path(school_url.removeprefix("sqlite:///"))
    before = path.read_bytes()
    with pytest.raises(Conflict, match="is the database itself"):
        back_up(world.settings, path, replace=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_what_belongs_to_the_database_is_not_overwritten(
    world: World, school_url: str, end: str
) -> None:
    path = Path(school_url.removeprefix("sqlite:///") + end)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(Conflict, match="belongs to the database"):
        back_up(world.settings, path, replace=True)
    assert (path.read_bytes() if path.exists() else None) == before


def test_what_is_no_plain_file_is_not_replaced(world: World, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(Conflict, match="is not a regular file"):
            back_up(world.settings, tmp_path / name, replace=True)
    assert (tmp_path / "pipe").is_fifo()


def test_broken_audit_is_backed_up_and_said(world: World, tmp_path: Path) -> None:
    world.raw_database.change("UPDATE audit_rows SET rule = 'another' WHERE seq = 3")
    made = back_up(world.settings, tmp_path / "backup.db", replace=False)
    assert made.audit is not None
    assert any("row 3" in fault for fault in made.audit.faults)
    assert made.file.exists()


def test_database_of_an_older_schema_is_backed_up(world: World, tmp_path: Path) -> None:
    world.raw_database.change("UPDATE alembic_version SET version_num = '0000'")
    made = back_up(world.settings, tmp_path / "backup.db", replace=False)
    assert (made.schema, made.audit) == ("0000", None)


def test_what_is_no_database_of_ours_is_not_backed_up(at: At, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        back_up(at(tmp_path / "nothing.db"), tmp_path / "backup.db", replace=False)
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(Conflict, match="has no schema"):
        back_up(at(tmp_path / "empty.db"), tmp_path / "backup.db", replace=False)
    (tmp_path / "letter.db").write_bytes(b"Dear school, " * 1000)
    with pytest.raises(Conflict, match="cannot be copied"):
        back_up(at(tmp_path / "letter.db"), tmp_path / "backup.db", replace=False)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty.db", "letter.db"]


def test_backup_waits_for_nobody_who_writes_the_same_file(world: World, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    with (tmp_path / ".backup.db.part").open("wb") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="being written by another process"):
            back_up(world.settings, target, replace=False)
    back_up(world.settings, target, replace=False)  # what a killed one left is no obstacle
    assert target.exists()


def test_server_is_backed_up_and_restored_by_its_own_tools(
    emulator: Emulator, tmp_path: Path
) -> None:
    settings = settings_for("postgresql://school:secret@db.example/classgate", emulator, {})
    with pytest.raises(ConfigurationError, match="pg_dump") as refused:
        back_up(settings, tmp_path / "backup.db", replace=False)
    assert "secret" not in str(refused.value)
    (tmp_path / "backup.db").touch()
    with pytest.raises(ConfigurationError, match="pg_restore"):
        restore(settings, tmp_path / "backup.db", replace=False)


# ── restoring ───────────────────────────────────────────────────────────────────────────────────


async def test_restored_school_goes_on(
    world: World, school: School, at: At, backup: Path, tmp_path: Path
) -> None:
    settings = at(tmp_path / "restored.db")
    done = await asyncio.to_thread(restore, settings, backup, replace=False, clock=world.clock)
    assert done.put_aside is None
    assert done.sessions_ended >= len(school.tokens)
    assert done.leases_ended > 0
    assert done.audit.faults == ()
    raw_database = _ledger(tmp_path / "restored.db")
    assert raw_database.open_leases() == set()
    assert raw_database.query("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == [(0,)]
    async with open_world(settings, world.clock, raw_database) as restored:
        for identifier in ("amy", "tom", "root"):  # no session lives on
            answer = await restored.call("GET", "/v1/me", school.tokens[identifier])
            problem(answer, 401, "not_authenticated")
        token = await restored.log_in("tom", PASSWORD)
        for number in (LIVE, CREATED):
            answer = await restored.call("GET", f"/v1/classrooms/{number}", token)
            assert answer.status_code == 200
        verdict = await restored.application.audit.verify()
        assert verdict.faults == ()
    events = raw_database.events()
    assert "restored" in events
    assert (tmp_path / "restored.db").stat().st_mode & 0o777 == 0o600


async def test_no_number_is_given_twice(
    world: World, school: School, at: At, backup: Path, tmp_path: Path
) -> None:
    body = {"title": "made after the backup"}
    made = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
    lost = made.json()["room_id"]
    settings = at(tmp_path / "restored.db")
    done = await asyncio.to_thread(restore, settings, backup, replace=False, clock=world.clock)
    async with open_world(settings, world.clock, _ledger(tmp_path / "restored.db")) as restored:
        token = await restored.log_in("tom", PASSWORD)
        again = await restored.call("POST", "/v1/classrooms", token, body)
        assert again.json()["room_id"] == done.next_numbers.classroom
        assert again.json()["room_id"] > lost + 10_000


async def test_numbers_go_on_after_those_of_the_database_put_aside(
    world: World, at: At, backup: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there.db"
    shutil.copy(backup, there)
    _ledger(there).change("UPDATE sqlite_sequence SET seq = 7654321 WHERE name = 'classrooms'")
    done = await asyncio.to_thread(restore, at(there), backup, replace=True, clock=world.clock)
    assert done.next_numbers.classroom > 7654321 + 10_000


async def test_user_sig_after_a_restore_is_later_than_any_kick_that_it_forgot(
    world: World, school: School, at: At, backup: Path, tmp_path: Path
) -> None:
    members = f"/v1/classrooms/{LIVE}/members/amy/kick"
    assert (await world.call("POST", members, school.tokens["tom"])).status_code == 204
    settings = at(tmp_path / "restored.db")
    await asyncio.to_thread(restore, settings, backup, replace=False, clock=world.clock)
    async with open_world(settings, world.clock, _ledger(tmp_path / "restored.db")) as restored:
        token = await restored.log_in("amy", PASSWORD)
        grant = (await restored.call("POST", "/v1/user-sig", token)).json()
    assert read_user_sig(grant["user_sig"]).issued_at > world.clock()


async def test_heads_logged_after_the_backup_show_what_was_cut(
    world: World, at: At, backup: Path, tmp_path: Path
) -> None:
    await world.log_in("amy", PASSWORD)
    logged = await world.application.audit.checkpoint()
    assert logged is not None
    settings = at(tmp_path / "restored.db")
    await asyncio.to_thread(restore, settings, backup, replace=False, clock=world.clock)
    async with open_world(settings, world.clock, _ledger(tmp_path / "restored.db")) as restored:
        assert (await restored.application.audit.verify()).faults == ()
        (fault,) = (await restored.application.audit.verify([logged])).faults
        assert "the head given saw it" in fault


def test_restore_replaces_only_when_asked_and_keeps_what_was_there(
    world: World, at: At, backup: Path, tmp_path: Path
) -> None:
    there = tmp_path / "data" / "classgate.db"
    there.parent.mkdir()
    upgrade(f"sqlite:///{there}")
    before = there.read_bytes()
    with pytest.raises(Conflict, match="--replace renames and keeps it"):
        restore(at(there), backup, replace=False)
    assert there.read_bytes() == before
    done = restore(at(there), backup, replace=True, clock=world.clock)
    assert done.put_aside is not None
    assert _ledger(done.put_aside).query("SELECT count(*) FROM accounts") == [(0,)]
    assert _ledger(there).query("SELECT count(*) FROM accounts") != [(0,)]
    assert _left_beside(there) == [done.put_aside.name]


def test_damaged_database_is_put_aside_with_what_belongs_to_it(
    world: World, at: At, backup: Path, tmp_path: Path
) -> None:
    there = tmp_path / "data" / "classgate.db"
    there.parent.mkdir()
    there.write_bytes(b"a disk that had a bad night " * 1000)
    wal = there.with_name("classgate.db-wal")
    wal.write_bytes(b"what was written last")
    done = restore(at(there), backup, replace=True, clock=world.clock)
    assert done.put_aside is not None
    assert done.put_aside.read_bytes().startswith(b"a disk")
    kept = done.put_aside.with_name(f"{done.put_aside.name}-wal")
    assert kept.read_bytes() == b"what was written last"
    assert not wal.exists()
    assert "restored" in _ledger(there).events()


def test_stray_log_of_a_lost_database_is_not_taken_for_that_of_the_new_one(
    world: World, at: At, backup: Path, tmp_path: Path
) -> None:
    there = tmp_path / "data" / "classgate.db"
    there.parent.mkdir()
    wal = there.with_name("classgate.db-wal")
    wal.write_bytes(b"left over")
    restore(at(there), backup, replace=False, clock=world.clock)
    assert not wal.exists()
    assert any(name.endswith("-wal") for name in _left_beside(there))


async def test_database_in_use_is_not_replaced(world: World, school_url: str, backup: Path) -> None:
    await world.log_in("amy", PASSWORD)
    with pytest.raises(Conflict, match="is in use"):
        await asyncio.to_thread(restore, world.settings, backup, replace=True)
    await world.log_in("amy", PASSWORD)  # and goes on
    path = Path(school_url.removeprefix("sqlite:///"))
    assert not any("replaced" in name or "part" in name for name in _left_beside(path))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Dear school, " * 1000, "is not a backup, or is damaged"),
        (b"", "not of classgate"),
    ],
)
def test_garbage_is_not_restored(
    at: At, backup: Path, tmp_path: Path, content: bytes, says: str
) -> None:
    there, garbage = tmp_path / "there.db", tmp_path / "garbage.db"
    there.write_bytes(backup.read_bytes())
    garbage.write_bytes(content)
    with pytest.raises(Conflict, match=says):
        restore(at(there), garbage, replace=True)
    assert there.read_bytes() == backup.read_bytes()
    assert sorted(_left_beside(there)) == ["backup.db", "garbage.db"]


@pytest.mark.parametrize("schema", ["0001", "0003"])
def test_database_of_another_program_is_not_restored(at: At, tmp_path: Path, schema: str) -> None:
    with closing(sqlite3.connect(tmp_path / "library.db")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", (schema,))
        connection.commit()
    with pytest.raises(Conflict, match="not of classgate"):
        restore(at(tmp_path / "restored.db"), tmp_path / "library.db", replace=False)
    assert _left_beside(tmp_path / "library.db") == []


def test_damaged_backup_is_not_restored(at: At, backup: Path, tmp_path: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[4096 * 3 : 4096 * 9] = b"\xff" * 4096 * 6
    backup.write_bytes(content)
    with pytest.raises(Conflict, match="damaged"):
        restore(at(tmp_path / "restored.db"), backup, replace=False)
    assert not (tmp_path / "restored.db").exists()


def test_backup_of_a_newer_version_is_not_restored(at: At, backup: Path, tmp_path: Path) -> None:
    _ledger(backup).change("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Conflict, match=r"9999, which this version .* does not know"):
        restore(at(tmp_path / "restored.db"), backup, replace=False)
    assert not (tmp_path / "restored.db").exists()


def test_backup_is_not_restored_from_nowhere_or_from_itself(
    at: At, backup: Path, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match="is not a file"):
        restore(at(tmp_path / "restored.db"), tmp_path / "nothing.db", replace=False)
    with pytest.raises(Conflict, match="is the database itself"):
        restore(at(backup), backup, replace=True)


async def test_restored_row_says_from_what_and_what_ended(
    world: World, at: At, backup: Path, tmp_path: Path, databases: Databases, clock: StoppedClock
) -> None:
    settings = at(tmp_path / "restored.db")
    done = await asyncio.to_thread(restore, settings, backup, replace=False, clock=clock)
    async with open_world(settings, clock, _ledger(tmp_path / "restored.db")) as restored:
        token = await restored.log_in("root", PASSWORD)
        rows = (await restored.call("GET", "/v1/admin/audit?limit=100", token)).json()["items"]
    (row,) = [each for each in rows if each["event"] == "restored"]
    assert row["rule"] == "the command line"
    assert row["details"]["sessions_ended"] == done.sessions_ended
    assert row["details"]["leases_ended"] == done.leases_ended
    assert row["details"]["next_classroom_id"] == done.next_numbers.classroom
    assert len(row["details"]["sha256"]) == 64
