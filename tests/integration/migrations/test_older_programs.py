"""Replicas of an older version run on over a newer schema, and start again."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.support.databases import Databases
from tests.support.raw_database import RawDatabase
from tests.support.schemas import Schema, history, schemas

from classgate.errors import ServiceUnavailable
from classgate.migrations.revisions import compatibility_mark
from classgate.migrations.tables import metadata
from classgate.migrations.upgrade import (
    Patience,
    current_revision,
    find_schema_fault,
    newest_revision,
    upgrade,
)

LAST_STOP = "0003"
EVER = Patience()


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> list[Schema]:
    """The schemas for which a program may be that uses the newest one."""
    found = schemas(tmp_path_factory.mktemp("history"))
    return [schema for revision, schema in found.items() if revision >= LAST_STOP]


def _value(kind: str, number: int) -> object:
    if kind == "BOOLEAN":
        return True
    return number if "INT" in kind else f"v{number}"


def _use(raw_database: RawDatabase, schema: Schema, number: int) -> None:
    """Write, change and read a row of each table as a program for this schema does."""
    for table in metadata.sorted_tables:  # what others refer to comes first
        if table.name not in schema:
            continue
        columns = schema[table.name].columns
        values = [_value(column.kind, number) for column in columns.values()]
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        insert = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608
        assert raw_database.change(insert, *values) == 1
        changes = ", ".join(f"{name} = {name}" for name in columns)
        update = f"UPDATE {table.name} SET {changes}"  # noqa: S608
        assert raw_database.change(update) >= 1
        rows = raw_database.query(f"SELECT {names} FROM {table.name}")  # noqa: S608
        assert tuple(values) in rows


def test_statements_of_older_programs_work_over_the_newest_schema(
    databases: Databases, older: list[Schema]
) -> None:
    url = databases.new()
    upgrade(url)
    raw_database = databases.raw_database(url)
    assert len(older) > 10
    used: list[Schema] = []
    for schema in older:
        if schema not in used:
            used.append(schema)
            _use(raw_database, schema, len(used))


# ── who may start ───────────────────────────────────────────────────────────────────────────────


def _made_by_a_later_version(databases: Databases, mark: str | None) -> str:
    url = databases.new()
    upgrade(url)
    raw_database = databases.raw_database(url)
    raw_database.change("UPDATE alembic_version SET version_num = '9000'")
    if mark is not None:
        raw_database.change("UPDATE alembic_version SET oldest_program = ?", mark)
    return url


def test_schema_that_was_only_added_to_is_served_by_the_version_before(
    databases: Databases,
) -> None:
    mark = compatibility_mark("9000", newest_revision())
    url = _made_by_a_later_version(databases, mark)
    assert find_schema_fault(url) is None
    fault = find_schema_fault(url, exactly=True)
    assert fault is not None
    assert not fault.is_upgradable
    upgrade(url)  # as a replica of the version before may do while it starts
    assert current_revision(url) == "9000"


@pytest.mark.parametrize(
    "mark",
    [compatibility_mark("9000", "8999"), compatibility_mark("8000", "0001"), None],
    ids=["needs a later program", "is of an earlier upgrade", "nothing is known"],
)
def test_schema_that_needs_a_later_program_is_refused(
    databases: Databases, mark: str | None
) -> None:
    url = _made_by_a_later_version(databases, mark)
    fault = find_schema_fault(url)
    assert fault is not None
    assert "newer than this version" in fault.what
    assert not fault.is_upgradable
    with pytest.raises(Exception, match="9000"):
        upgrade(url)


def test_upgrade_writes_down_which_programs_may_use_the_schema(databases: Databases) -> None:
    url = databases.new()
    upgrade(url)
    rows = databases.raw_database(url).query("SELECT oldest_program FROM alembic_version")
    newest_stop = max(
        each.revision for each in history() if getattr(each.module, "needs_stop", False)
    )
    assert rows == [(f"{newest_revision()} {newest_stop}",)]


# ── while replicas work ─────────────────────────────────────────────────────────────────────────


@pytest.mark.on_postgresql
def test_migration_does_not_stand_in_front_of_a_table_that_is_in_use(databases: Databases) -> None:
    url = databases.new()
    upgrade(url, "0010")  # the next one changes the leases
    impatient = Patience(EVER.lock_timeout / 100, attempts=2, pause=EVER.pause * 0)
    with psycopg.connect(url) as replica:
        replica.execute("LOCK TABLE leases IN ACCESS SHARE MODE")
        with pytest.raises(ServiceUnavailable, match="the schema was not changed"):
            upgrade(url, patience=impatient)
        # Nobody is kept waiting behind it.
        replica.execute("SET lock_timeout = '5s'")
        replica.execute("LOCK TABLE leases IN ROW EXCLUSIVE MODE")
    assert current_revision(url) == "0010"
    upgrade(url, patience=impatient)
    assert current_revision(url) == newest_revision()


@pytest.mark.on_postgresql
def test_second_upgrade_waits_for_the_first_however_long_it_takes(databases: Databases) -> None:
    url = databases.new()
    impatient = Patience(EVER.lock_timeout / 1000, attempts=1)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with ThreadPoolExecutor(1) as thread, psycopg.connect(url) as first:
        first.execute(f"SELECT pg_advisory_xact_lock({0x636C6173})")
        second = thread.submit(upgrade, url, patience=impatient)
        while first.execute(waiting).fetchone() != (1,):
            assert not second.done()
        first.rollback()
        second.result()
    assert current_revision(url) == newest_revision()
