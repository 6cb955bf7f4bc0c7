"""A school moves from its file to a server: whole, equal, with its audit, or not at all."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Boolean, String, Table
from tests.support.harness import StoppedClock, open_world
from tests.support.postgresql_server import Server
from tests.support.raw_database import PostgresqlAccess, RawDatabase
from tests.support.running_emulator import Emulator
from tests.support.school import CREATED, LIVE, PASSWORD, School
from tests.support.school_settings import settings_for

from classgate.backups.copies.models import Copied
from classgate.backups.copies.service import copy_to_server
from classgate.backups.copies.tables import NOT_COPIED
from classgate.backups.service import reopen
from classgate.cli.startup import lock_database
from classgate.errors import ConfigurationError
from classgate.migrations.tables import metadata
from classgate.migrations.upgrade import current_revision, newest_revision, upgrade
from classgate.refusals import BackupRefused
from classgate.settings.loading import Settings
from classgate.storage.server_lock import ServerLock

pytestmark = pytest.mark.on_sqlite


def keep_quiet(_done: int, _total: int) -> None:
    """Show no progress."""


class Move:
    """A school in a file, and an empty database on a server."""

    def __init__(self, source: str, target: str, settings: Settings, clock: StoppedClock) -> None:
        self.source = source
        self.target = target
        self.settings = settings
        self.path = Path(source.removeprefix("sqlite:///"))
        self._clock = clock

    def __call__(self, progress: Any = keep_quiet, *, marks_source: bool = True) -> Copied:
        return copy_to_server(
            self.settings,
            self.source,
            self.target,
            marks_source=marks_source,
            progress=progress,
            clock=self._clock,
        )

    def change_source(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)

    def source_rows(self, table: Table) -> list[tuple[Any, ...]]:
        names = ", ".join(column.name for column in table.columns)
        with closing(sqlite3.connect(self.path)) as connection:
            query = f"SELECT {names} FROM {table.name}"  # noqa: S608
            return connection.execute(query).fetchall()

    def target_rows(self, table: Table) -> list[tuple[Any, ...]]:
        names = ", ".join(column.name for column in table.columns)
        with psycopg.connect(self.target) as connection:
            query = f"SELECT {names} FROM {table.name}"  # noqa: S608
            return connection.execute(query.encode()).fetchall()

    def filled_tables(self) -> list[str]:
        """The tables of the server that have rows."""
        if current_revision(self.target) is None:
            return []
        return [name for name, table in metadata.tables.items() if self.target_rows(table)]

    def is_served(self) -> bool:
        try:
            with lock_database(self.settings):
                return True
        except ConfigurationError as error:
            return "classgate db reopen" not in error.faults[0]


@pytest.fixture
def move(
    school_url: str, postgresql_server: Server, emulator: Emulator, clock: StoppedClock
) -> Move:
    Path(school_url.removeprefix("sqlite:///")).chmod(0o600)
    settings = settings_for(school_url, emulator, {})
    return Move(school_url, postgresql_server.new(), settings, clock)


async def test_school_goes_on_at_the_server_where_it_was(
    move: Move, school: School, emulator: Emulator, clock: StoppedClock
) -> None:
    done = await asyncio.to_thread(move)
    assert done.audit.faults == ()
    assert (done.audit.rows, done.schema) == (
        next(table.rows for table in done.tables if table.name == "audit_rows"),
        newest_revision(),
    )
    settings = settings_for(move.target, emulator, {})
    raw_database = RawDatabase(PostgresqlAccess(move.target))
    async with open_world(settings, clock, raw_database) as world:
        tom = school.tokens["tom"]  # the sessions go on
        entry = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", tom)
        assert entry.status_code == 200, entry.text
        made = await world.call("POST", "/v1/classrooms", tom, {"title": "Next"})
        assert made.json()["classroom_id"] > CREATED
        await world.log_in("amy", PASSWORD)
        after = await world.application.verify_audit()
    assert after.faults == ()
    assert after.rows > done.audit.rows


def _filler(table: Table, names: list[str]) -> list[object]:
    """A row for a table without one: other values in every column, Chinese among them."""
    row: list[object] = []
    for number, name in enumerate(names, 3):
        column = table.columns[name]
        if column.foreign_keys:
            row.append(1)
        elif isinstance(column.type, Boolean):
            row.append(True)
        elif getattr(column.type, "impl_instance", column.type)._type_affinity is String:
            row.append(f"值 {number}"[: getattr(column.type, "length", None) or 9])
        else:
            row.append(2**31 - number)
    return row


def test_every_row_of_every_table_is_the_same(move: Move) -> None:
    """Tables that others add are in it by themselves."""
    for name, table in metadata.tables.items():
        if not move.source_rows(table):
            names = [column.name for column in table.columns]
            marks = ", ".join("?" * len(names))
            statement = f"INSERT INTO {name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
            move.change_source(statement, *_filler(table, names))
    done = move()
    assert {table.name for table in done.tables} == set(metadata.tables) - set(NOT_COPIED)
    for name, table in metadata.tables.items():
        there = move.target_rows(table)
        here = [] if name in NOT_COPIED else move.source_rows(table)
        assert sorted(map(repr, there)) == sorted(repr(_typed(table, row)) for row in here), name


def _typed(table: Table, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """SQLite keeps truth values as numbers."""
    return tuple(
        bool(value) if isinstance(column.type, Boolean) and value is not None else value
        for value, column in zip(row, table.columns, strict=True)
    )


def test_numbers_of_removed_classes_are_not_given_again(move: Move) -> None:
    move.change_source("UPDATE sqlite_sequence SET seq = 4711 WHERE name = 'classrooms'")
    move()
    with psycopg.connect(move.target) as connection:
        query = "SELECT nextval(pg_get_serial_sequence('classrooms', 'classroom_id'))"
        assert connection.execute(query.encode()).fetchone() == (4712,)


# ── one of the two is served ────────────────────────────────────────────────────────────────────


def test_file_is_not_served_after_the_copy_until_it_is_reopened(move: Move) -> None:
    assert move.is_served()
    assert move().is_source_marked
    assert not move.is_served()
    reopen(move.settings)
    assert move.is_served()
    with pytest.raises(BackupRefused, match="was not copied"):
        reopen(move.settings)


def test_trial_leaves_the_file_as_it_was(move: Move) -> None:
    before = move.path.read_bytes()
    assert not move(marks_source=False).is_source_marked
    assert move.is_served()
    assert move.path.read_bytes() == before


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


def test_served_file_is_not_copied(move: Move) -> None:
    with ServerLock(move.path), pytest.raises(BackupRefused, match="stop the service first"):
        move()
    assert move.filled_tables() == []


def test_file_that_a_command_writes_is_not_copied(move: Move) -> None:
    with closing(sqlite3.connect(move.path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(BackupRefused, match="is in use"):
            move()
    assert move.filled_tables() == []


def test_target_with_rows_is_named_and_left_alone(move: Move) -> None:
    upgrade(move.target)
    with psycopg.connect(move.target) as connection:
        connection.execute("INSERT INTO held_identifiers VALUES ('somebody', 1)")
    with pytest.raises(BackupRefused, match=r"not empty: it contains held_identifiers \(1 rows\)"):
        move()
    assert move.filled_tables() == ["held_identifiers"]
    assert move.is_served()


def test_target_of_another_program_is_not_touched(move: Move) -> None:
    with psycopg.connect(move.target) as connection:
        connection.execute("CREATE TABLE wiki_pages (title text)")
    with pytest.raises(BackupRefused, match="tables of another program: wiki_pages"):
        move()
    assert current_revision(move.target) is None


def test_target_with_a_server_is_refused(move: Move) -> None:
    with (
        psycopg.connect(move.target, application_name="classgate"),
        pytest.raises(BackupRefused, match="a classgate server runs on the target"),
    ):
        move()


@pytest.mark.parametrize(
    ("source", "target", "fault"),
    [
        ("postgresql://db/school", "sqlite:///school.db", "only a SQLite file can be copied"),
        ("sqlite:///nowhere.db", "postgresql://db/school", "nowhere.db does not exist"),
        ("school.db", "postgresql://db/school", "give the file as sqlite:///PATH"),
        ("sqlite:///nowhere.db", "sqlite:///other.db", "TO: give a PostgreSQL database"),
    ],
)
def test_other_addresses_are_refused(move: Move, source: str, target: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        copy_to_server(move.settings, source, target, marks_source=True, progress=keep_quiet)
    assert fault in " ".join(raised.value.faults)


def test_older_file_is_migrated_first(move: Move, tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'old.db'}", "0009")
    move.source = f"sqlite:///{tmp_path / 'old.db'}"
    with pytest.raises(ConfigurationError, match="classgate db upgrade"):
        move()


def test_other_audit_key_is_found_before_anything_is_copied(move: Move, emulator: Emulator) -> None:
    other = {"audit": {"key": "58c0fe1f77d6f00000aa35c95ce22c1b"}}
    move.settings = settings_for(move.source, emulator, other)
    with pytest.raises(ConfigurationError, match=r"audit\.key"):
        move()
    assert current_revision(move.target) is None


# ── interrupted, and rows that do not fit ───────────────────────────────────────────────────────


def test_interrupted_copy_leaves_nothing_and_can_be_made_again(move: Move) -> None:
    seen = []

    def interrupt(done: int, total: int) -> None:
        seen.append(done)
        if done > total // 2:  # while rows are read back
            raise asyncio.CancelledError  # as Ctrl-C does

    with pytest.raises(asyncio.CancelledError):
        move(interrupt)
    assert seen
    assert move.filled_tables() == []
    assert move.is_served()
    assert move().is_source_marked


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("a\0b", "display_name contains the character NUL"),
        (b"\xff\xfe", "display_name is not valid UTF-8"),
        ("x" * 2000, "display_name has more than"),
        (b"", None),
    ],
)
def test_text_that_the_server_cannot_store_is_named(
    move: Move, value: object, fault: str | None
) -> None:
    statement = "UPDATE accounts SET display_name = CAST(? AS TEXT) WHERE identifier = 'amy'"
    move.change_source(statement, value)
    if fault is None:
        move()
        return
    with pytest.raises(BackupRefused, match=rf"accounts, row account_id \d+: {fault}"):
        move()
    assert move.filled_tables() == []
    assert move.is_served()


def test_number_that_the_server_cannot_store_is_named(move: Move) -> None:
    move.change_source("UPDATE accounts SET created_at = 'yesterday' WHERE identifier = 'amy'")
    with pytest.raises(BackupRefused, match=r"account_id \d+: created_at is not a whole number"):
        move()


def test_row_without_what_it_refers_to_is_named(move: Move) -> None:
    first = "(SELECT min(rowid) FROM memberships)"
    move.change_source(f"UPDATE memberships SET account_id = 999 WHERE rowid = {first}")  # noqa: S608
    with pytest.raises(BackupRefused, match=r"memberships, row .* refers to a row of accounts"):
        move()


def test_row_that_changes_on_its_way_is_found(move: Move) -> None:
    upgrade(move.target)
    with psycopg.connect(move.target) as connection:
        connection.execute(
            "CREATE FUNCTION shorten() RETURNS trigger AS $$ BEGIN"
            " NEW.display_name := 'x'; RETURN NEW; END $$ LANGUAGE plpgsql"
        )
        connection.execute(
            "CREATE TRIGGER shorten BEFORE INSERT ON accounts FOR EACH ROW"
            " WHEN (NEW.identifier = 'amy') EXECUTE FUNCTION shorten()"
        )
    with pytest.raises(BackupRefused, match="accounts: the server returned other rows"):
        move()
    assert move.filled_tables() == []


def test_changed_audit_row_is_copied_reported_and_leaves_the_choice(move: Move) -> None:
    move.change_source("UPDATE audit_rows SET account_id = 9 WHERE seq = 2")
    done = move()
    assert done.audit.faults
    assert not done.is_source_marked
    assert move.is_served()
