"""A database of each released version is upgraded, verified and served.

Its rows are as that version wrote them, and its audit stands under a kept key. The files are made
by `tests/support/released_school.py`; a house test demands them for each released version.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import psycopg
import pytest
from tests.support.databases import Databases
from tests.support.harness import StoppedClock, World, open_world, problem
from tests.support.released_school import RELEASES, settings_of
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, PASSWORD, PEOPLE

from classgate.migrations.upgrade import current_revision, newest_revision, upgrade
from classgate.storage.database_url import is_postgresql

VERSIONS = sorted({path.name.rsplit(".", 2)[0] for path in RELEASES.glob("*.sql")})


def load(databases: Databases, version: str) -> str:
    """The address of a new database with what is kept of the version."""
    url = databases.new()
    kind = "postgresql" if is_postgresql(url) else "sqlite"
    script = (RELEASES / f"{version}.{kind}.sql").read_text(encoding="utf-8")
    if kind == "postgresql":
        with psycopg.connect(url) as connection:
            connection.execute(script.encode())
    else:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(script)
    return url


@pytest.fixture(params=VERSIONS)
def released(request: pytest.FixtureRequest, databases: Databases) -> str:
    """The address of a released version's database, before its upgrade."""
    return load(databases, request.param)


@pytest.fixture
def day_after(released: str, databases: Databases) -> StoppedClock:
    """A clock that stands a day after the last row was written, whatever the time is."""
    ((last,),) = databases.raw_database(released).query("SELECT max(at) FROM audit_rows")
    clock = StoppedClock()
    clock.jump(seconds=(datetime.fromtimestamp(last / 1e6, UTC) - clock()).total_seconds())
    clock.advance(days=1)
    return clock


async def test_released_database_is_upgraded_verified_and_served(
    released: str, databases: Databases, emulator: Emulator, day_after: StoppedClock
) -> None:
    raw_database = databases.raw_database(released)
    rows = raw_database.query("SELECT count(*) FROM audit_rows")[0][0]
    assert rows > 50
    upgrade(released)
    assert current_revision(released) == newest_revision()
    async with open_world(settings_of(released, emulator), day_after, raw_database) as world:
        before = await world.application.verify_audit()
        assert (before.rows, before.faults) == (rows, ())
        await look_around(world)
        await go_on(world)
        after = await world.application.verify_audit()
        assert after.faults == ()
        assert after.rows > rows


async def look_around(world: World) -> None:
    """Everybody is known by name, role and password; the class and its file are there."""
    for identifier, role in PEOPLE.items():
        token = await world.log_in(identifier, PASSWORD)
        me = (await world.call("GET", "/v1/me", token)).json()
        assert (me["identifier"], me["role"]) == (identifier, role)
    tom = await world.log_in("tom", PASSWORD)
    listed = (await world.call("GET", "/v1/classrooms", tom)).json()["items"]
    states = {each["classroom_id"]: each["state"] for each in listed}
    assert states == {1: "live", 2: "created", 3: "ended", 4: "live"}
    assert {each["title"] for each in listed} == {"数学"}
    (file,) = (await world.call("GET", f"/v1/classrooms/{LIVE}/courseware", tom)).json()["items"]
    assert (file["file_name"], file["size"]) == ("函数.pdf", 5)


async def go_on(world: World) -> None:
    """A member enters, and whoever was kicked stays out."""
    entry = f"/v1/classrooms/{LIVE}/entry"
    amy, kim = [await world.log_in(each, PASSWORD) for each in ("amy", "kim")]
    assert (await world.call("POST", entry, amy)).status_code == 200
    problem(await world.call("POST", entry, kim), 403, "permission_denied", "kicked")


async def test_changed_row_of_a_released_database_is_found(
    released: str, databases: Databases, emulator: Emulator, day_after: StoppedClock
) -> None:
    raw_database = databases.raw_database(released)
    statement = (
        "UPDATE audit_rows SET account_id = 9"
        " WHERE seq = 2 AND chain = (SELECT min(chain) FROM audit_rows)"
    )
    assert raw_database.change(statement) == 1
    upgrade(released)
    async with open_world(settings_of(released, emulator), day_after, raw_database) as world:
        assert len((await world.application.verify_audit()).faults) == 1
