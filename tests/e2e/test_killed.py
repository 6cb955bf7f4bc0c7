"""`kill -9` at any point: what was answered is there, nothing is half there, the audit is whole.

`KILLS=300 pytest tests/e2e/test_killed.py` does it as often as that on each database.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.databases import KINDS, Databases, PostgresqlDatabases, SqliteFiles
from tests.support.killed_school import (
    assert_answered_and_whole,
    assert_audit_is_whole,
    found_school,
)
from tests.support.killed_service import (
    CLOUD,
    Answered,
    Service,
    environment_for,
    live_and_be_killed,
)
from tests.support.postgresql_server import running_server
from tests.support.running_emulator import Emulator, running_emulator

from classgate.clock import utc_now
from classgate.migrations.upgrade import upgrade

KILLS = int(os.environ.get("KILLS", "4"))


@pytest.fixture(params=KINDS)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    if request.param == "sqlite":
        yield SqliteFiles(tmp_path)
    else:
        with running_server() as server:
            yield PostgresqlDatabases(server)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with running_emulator(CLOUD, utc_now) as opened:
        yield opened


def test_nothing_that_was_answered_is_lost_and_nothing_is_half_done(
    databases: Databases, emulator: Emulator, tmp_path: Path
) -> None:
    url = databases.new()
    upgrade(url)
    environment = environment_for(url, emulator)
    found_school(environment)
    service = Service(tmp_path, environment)
    classroom = service.call("POST", "/v1/classrooms", service.log_in("tom"), {"title": "数学"})
    service.kill()
    answered = Answered()
    for life in range(KILLS):
        live_and_be_killed(tmp_path, environment, classroom["classroom_id"], life, answered)
    assert answered.count > KILLS
    assert_answered_and_whole(databases.raw_database(url), answered)
    assert_audit_is_whole(environment)

    # The next life goes on from there.
    service = Service(tmp_path, environment)
    for identifier in sorted(answered.accounts)[-3:]:
        service.log_in(identifier)
    service.end()
