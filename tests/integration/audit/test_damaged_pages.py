"""What the storage cannot hand out is a line for each piece, and hides nothing else."""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from tests.support.databases import Databases
from tests.support.harness import Opener, StoppedClock, open_world
from tests.support.running_emulator import Emulator
from tests.support.school import School
from tests.support.school_settings import settings_for

from classgate.clock import utc_now
from classgate.cloud.http import CloudHttpClient
from classgate.diagnosis.check_context import CheckContext
from classgate.diagnosis.database import check_database
from classgate.diagnosis.findings import Finding, Status
from classgate.diagnosis.probe_client import ProbeClient

PIECE = re.compile(
    r"chain \w+, rows? (\d+)(?: to (\d+))?: cannot be read; the storage is damaged, or they were"
    r" changed"
)
KEYS = "sqlite_autoindex_audit_rows_1"


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _damage(url: str, name: str, which: int) -> int:
    """Overwrite one leaf of a table or an index; how many entries it had."""
    with closing(sqlite3.connect(_path(url))) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        leaves = connection.execute(
            "SELECT pageno, ncell FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path",
            (name,),
        ).fetchall()
    number, cells = leaves[which]
    with _path(url).open("r+b") as file:
        file.seek((number - 1) * size)
        file.write(b"\xa5" * size)
    return int(cells)


def _lost(faults: Sequence[str]) -> set[int]:
    """The numbers of the rows that are said to be unreadable."""
    found = [match for match in map(PIECE.fullmatch, faults) if match]
    return {
        number for match in found for number in range(int(match[1]), int(match[2] or match[1]) + 1)
    }


async def _look(url: str, emulator: Emulator) -> dict[str, Finding]:
    patient = CheckContext(settings_for(url, emulator, {}), ProbeClient(CloudHttpClient()), utc_now)
    return {each.check: each for each in await check_database(patient)}


@pytest.mark.on_sqlite
@pytest.mark.parametrize("which", [0, 2, -1])
async def test_damaged_page_is_one_line_and_the_rest_is_verified(
    school_url: str, databases: Databases, open_with: Opener, which: int
) -> None:
    raw_database = databases.raw_database(school_url)
    ((rows,),) = raw_database.query("SELECT count(*) FROM audit_rows")
    raw_database.change("UPDATE audit_rows SET rule = 'x' WHERE seq IN (2, 30, 60)")
    lost = _damage(school_url, "audit_rows", which)
    async with open_with() as world:
        verdict = await world.application.audit.verify()
    assert sum(bool(PIECE.fullmatch(fault)) for fault in verdict.faults) == 1
    gone = _lost(verdict.faults)
    assert len(gone) == lost
    assert verdict.rows == rows
    for changed in {2, 30, 60} - gone:
        assert any(f"row {changed}: was changed" in fault for fault in verdict.faults)
    assert not any("does not follow" in fault for fault in verdict.faults)


@pytest.mark.on_sqlite
async def test_two_damaged_pages_are_two_lines(school_url: str, open_with: Opener) -> None:
    lost = _damage(school_url, "audit_rows", 1) + _damage(school_url, "audit_rows", 4)
    async with open_with() as world:
        verdict = await world.application.audit.verify()
    assert sum(bool(PIECE.fullmatch(fault)) for fault in verdict.faults) == 2
    assert len(_lost(verdict.faults)) == lost


@pytest.mark.on_sqlite
@pytest.mark.parametrize("name", [KEYS, "audit_chains", "sqlite_autoindex_audit_chains_1"])
async def test_damaged_index_or_table_of_heads_is_a_fault(
    school_url: str, open_with: Opener, name: str
) -> None:
    _damage(school_url, name, 0)
    async with open_with() as world:
        assert (await world.application.audit.verify()).faults


@pytest.mark.on_sqlite
async def test_damaged_leases_are_a_fault(school_url: str, open_with: Opener) -> None:
    _damage(school_url, "leases", 0)
    async with open_with() as world:
        faults = (await world.application.verify_audit()).faults
    assert any("cannot be read; the table is damaged or was changed" in each for each in faults)


@pytest.mark.on_sqlite
async def test_far_end_in_the_table_of_heads_is_reached(
    school_url: str, databases: Databases, open_with: Opener
) -> None:
    databases.raw_database(school_url).change("UPDATE audit_chains SET seq = ?", 2**62)
    _damage(school_url, KEYS, 0)
    async with open_with() as world:
        assert (await world.application.audit.verify()).faults


@pytest.mark.on_sqlite
@pytest.mark.parametrize("name", ["audit_rows", "leases", KEYS])
async def test_doctor_sees_a_damaged_page(school_url: str, emulator: Emulator, name: str) -> None:
    assert (await _look(school_url, emulator))["integrity"].status is Status.OK
    _damage(school_url, name, 0)
    found = (await _look(school_url, emulator))["integrity"]
    assert found.status is Status.FAIL
    assert "the file is damaged" in found.what
    assert "classgate audit verify" in found.fix


def _damage_on_the_server(url: str) -> None:
    """Overwrite the second page of the audit's rows, which nobody has read since they were copied.

    What is in the server's memory would not be read from the disk again.
    """
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT current_setting('data_directory'), pg_relation_filepath('audit_rows')"
        ).fetchone()
    assert found is not None
    folder, name = found
    with (Path(folder) / name).open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * 8192)


@pytest.mark.on_postgresql
async def test_damaged_page_of_a_server_is_one_line_and_the_rest_is_verified(
    template: School, databases: Databases, emulator: Emulator, clock: StoppedClock
) -> None:
    url = databases.copy(template.database)
    _damage_on_the_server(url)
    found = (await _look(url, emulator))["integrity"]
    assert found.status is Status.FAIL
    assert "rows of the audit cannot be read" in found.what
    async with open_world(
        settings_for(url, emulator, {}), clock, databases.raw_database(url)
    ) as world:
        verdict = await world.application.audit.verify()
    ((rows, lost),) = databases.raw_database(template.database).query(
        "SELECT count(*), count(*) FILTER (WHERE (ctid::text::point)[0] = 1) FROM audit_rows"
    )
    assert len(verdict.faults) == len([each for each in verdict.faults if PIECE.fullmatch(each)])
    assert len(_lost(verdict.faults)) == lost
    assert verdict.rows == rows
