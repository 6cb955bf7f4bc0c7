"""What somebody made unreadable is shown as that, is a fault, and hides nothing else."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from tests.support.harness import World
from tests.support.raw_database import SqliteAccess
from tests.support.school import School

# What a SQLite file keeps in any column, and a server only in some.
GARBAGE = {
    "a time that is text": ("at", "soon"),
    "a time of no calendar": ("at", 2**62),
    "a time that is nothing": ("at", b"\x00"),
    "an event that is a number": ("event", b"\xff\xfe"),
    "details that are no JSON": ("details", "{"),
    "details that are a list": ("details", "[1]"),
    "details deeper than any": ("details", "[" * 100_000),
    "text that is none": ("rule", b"\xff\xfe\xfd"),
    "an account that is text": ("account_id", "tom"),
}
ON_BOTH = ("a time of no calendar", "details that are no JSON", "details that are a list")
NUMBER = 7


def _spoil(world: World, column: str, value: object, number: int = NUMBER) -> None:
    changed = world.raw_database.change(
        f"UPDATE audit_rows SET {column} = ? WHERE seq = ?",  # noqa: S608 — names from above
        value,
        number,
    )
    assert changed >= 1


async def _read_all(world: World, token: str, limit: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = await world.call("GET", f"/v1/admin/audit?limit={limit}{cursor}", token)
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return items
        cursor = f"&cursor={answer.json()['next_cursor']}"


async def _require_shown(world: World, school: School) -> None:
    for limit in (3, 100):
        rows = await _read_all(world, school.tokens["root"], limit)
        spoiled = [row for row in rows if row["event"] == "unreadable"]
        assert len(spoiled) == 1, limit
        assert "audit verify" in spoiled[0]["details"]["unreadable"]
        others = [row for row in rows if row["event"] != "audit_read"]
        written = "SELECT seq FROM audit_rows WHERE event != 'audit_read'"
        assert len(others) == len(world.raw_database.query(written))


@pytest.mark.on_sqlite
@pytest.mark.parametrize("name", GARBAGE)
async def test_unreadable_row_is_shown_as_that_among_the_others(
    world: World, school: School, name: str
) -> None:
    _spoil(world, *GARBAGE[name])
    await _require_shown(world, school)


@pytest.mark.parametrize("name", ON_BOTH)
async def test_unreadable_row_is_shown_on_each_database(
    world: World, school: School, name: str
) -> None:
    _spoil(world, *GARBAGE[name])
    await _require_shown(world, school)


@pytest.mark.on_sqlite
@pytest.mark.parametrize("name", GARBAGE)
async def test_unreadable_row_does_not_hide_the_faults_behind_it(world: World, name: str) -> None:
    _spoil(world, *GARBAGE[name])
    _spoil(world, "rule", "another rule", NUMBER + 5)
    rows = world.raw_database.query("SELECT count(*) FROM audit_rows")[0][0]
    verdict = await world.application.audit.verify()
    assert verdict.rows == rows
    assert any(f"row {NUMBER + 5}: was changed" in fault for fault in verdict.faults)
    assert any(
        f"row {NUMBER}: " in fault or "a row without a place" in fault for fault in verdict.faults
    )


@pytest.mark.on_sqlite
@pytest.mark.parametrize("value", ["text", b"\x01"])
async def test_row_without_a_number_does_not_hide_the_rest(world: World, value: object) -> None:
    _spoil(world, "seq", value)
    verdict = await world.application.audit.verify()
    assert any("a row without a place: cannot be read" in fault for fault in verdict.faults)
    assert any(f"row {NUMBER} is missing" in fault for fault in verdict.faults)
    assert verdict.rows == world.raw_database.query("SELECT count(*) FROM audit_rows")[0][0]


@pytest.mark.on_sqlite
async def test_thousands_of_rows_without_a_number_end_too(world: World) -> None:
    access = world.raw_database.access
    assert isinstance(access, SqliteAccess)
    with closing(sqlite3.connect(access.path)) as connection, connection:
        connection.executemany(
            "INSERT INTO audit_rows SELECT 'zz', 'number ' || ?, previous, mac, at, event,"
            " account_id, actor_id, classroom_id, lease_id, rule, fingerprints, request_id, details"
            " FROM audit_rows WHERE seq = 1",
            [(number,) for number in range(2100)],
        )
    verdict = await world.application.audit.verify()
    assert verdict.rows == world.raw_database.query("SELECT count(*) FROM audit_rows")[0][0]


async def test_lost_table_of_heads_is_a_fault(world: World) -> None:
    world.raw_database.change("DROP TABLE audit_chains")
    verdict = await world.application.audit.verify()
    assert "the table of heads cannot be read; it was changed or is gone" in verdict.faults
    assert verdict.rows > 0


@pytest.mark.on_sqlite
@pytest.mark.parametrize(("column", "value"), [("seq", "many"), ("mac", b"\x00"), ("seq", 2.5)])
async def test_spoiled_table_of_heads_is_a_fault(world: World, column: str, value: object) -> None:
    world.raw_database.change(f"UPDATE audit_chains SET {column} = ?", value)  # noqa: S608 — as above
    verdict = await world.application.audit.verify()
    assert "the table of heads holds what is no head; it was changed" in verdict.faults


async def test_lost_rows_are_a_fault(world: World) -> None:
    world.raw_database.change("DROP TABLE audit_rows")
    verdict = await world.application.audit.verify()
    assert any("the rest cannot be read" in fault for fault in verdict.faults)
    assert any("the table of heads saw it, and it is gone" in fault for fault in verdict.faults)
