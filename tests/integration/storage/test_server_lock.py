"""Who may serve a SQLite file: one process, whatever it calls the file, and nobody else's file."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.support.harness import World
from tests.support.running_emulator import Emulator
from tests.support.school_settings import settings_for

from classgate.backups.service import back_up, restore
from classgate.cli.startup import lock_database
from classgate.errors import ConfigurationError, Conflict

pytestmark = pytest.mark.on_sqlite

Hold = Callable[[Path], AbstractContextManager[object]]


@pytest.fixture
def hold(emulator: Emulator) -> Hold:
    """What `serve` does first, over the file at that path."""
    return lambda path: lock_database(settings_for(f"sqlite:///{path}", emulator, {}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "classgate.db"
    path.touch(0o600)
    return path


def _refused(hold: Hold, path: Path) -> str:
    with pytest.raises(ConfigurationError) as raised:
        hold(path)
    (fault,) = raised.value.faults
    return fault


def test_second_server_is_refused_by_whatever_name(
    hold: Hold, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = file.parent
    (folder / "link.db").symlink_to(file)
    (folder / "linked").symlink_to(folder)
    (folder / "twin.db").hardlink_to(file)
    monkeypatch.chdir(folder)
    by_us = f"is served by process {os.getpid()} already; stop that one first, or name another file"
    with hold(file):
        for name in ("classgate.db", f"../{folder.name}//classgate.db", "link.db"):
            assert _refused(hold, Path(name)).endswith(by_us)
        assert _refused(hold, folder / "linked" / "classgate.db").endswith(by_us)
        assert "twin.db is served by another process already" in _refused(hold, folder / "twin.db")
    with hold(folder / "link.db"):
        pass


def test_lock_outlasts_the_removal_of_its_file_and_a_replacement_of_the_database(
    hold: Hold, file: Path
) -> None:
    lock = file.with_name("classgate.db.lock")
    with hold(file):
        file.rename(file.with_name("away.db"))
        file.touch(0o600)
        assert "is served by process" in _refused(hold, file)
        file.with_name("away.db").replace(file)
        lock.unlink()
        assert "is served by another process" in _refused(hold, file)
    with hold(file):
        assert lock.read_text() == f"{os.getpid()}\n"
        assert lock.stat().st_mode & 0o777 == 0o600
    assert not lock.exists()


def test_what_a_killed_server_left_is_no_lock(hold: Hold, file: Path) -> None:
    lock = file.with_name("classgate.db.lock")
    lock.touch(0o600)
    lock.write_text("4194305\n")
    with hold(file):
        assert lock.read_text() == f"{os.getpid()}\n"


def test_lock_that_is_a_link_is_not_written_through(hold: Hold, file: Path) -> None:
    other = file.with_name("other")
    other.write_text("mine")
    other.chmod(0o600)
    file.with_name("classgate.db.lock").symlink_to(other)
    assert "classgate.db.lock cannot be locked" in _refused(hold, file)
    assert other.read_text() == "mine"


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal", ".lock"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o604, 0o602])
def test_file_that_others_read_or_write_is_refused(
    hold: Hold, file: Path, end: str, mode: int
) -> None:
    beside = file.with_name(file.name + end)
    beside.touch()
    beside.chmod(mode)
    assert _refused(hold, file) == (
        f"database.url: others can read or write {beside}; run: chmod 600 {beside}"
    )


@pytest.mark.parametrize(("mode", "taken"), [(0o777, False), (0o1777, True), (0o770, True)])
def test_folder_in_which_everybody_may_replace_files_is_refused(
    hold: Hold, file: Path, mode: int, taken: bool
) -> None:
    file.parent.chmod(mode)
    if taken:
        with hold(file):
            return
    assert _refused(hold, file) == (
        f"database.url: everybody can replace files in {file.parent}; run: chmod o-w {file.parent}"
    )


def test_restore_keeps_servers_out_and_they_it(hold: Hold, world: World, tmp_path: Path) -> None:
    backup = back_up(world.settings, tmp_path / "backup.db", replace=False, clock=world.clock).file
    target = tmp_path / "classgate.db"
    settings = world.settings.model_copy(
        update={"database": world.settings.database.model_validate({"url": f"sqlite:///{target}"})}
    )
    with hold(target), pytest.raises(Conflict, match="is in use: first stop the service"):
        restore(settings, backup, replace=True, clock=world.clock)
    assert not target.exists()
