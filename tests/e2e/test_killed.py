"""`kill -9` at any point: what was answered is there, nothing is half there, the audit is whole.

`KILLS=300 pytest tests/e2e/test_killed.py` does it as often as that on each database.
"""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.databases import KINDS, Databases, PostgresqlDatabases, SqliteFiles
from tests.support.killed_service import (
    CLOUD,
    PASSWORD,
    Answered,
    Service,
    environment_for,
    live_and_be_killed,
)
from tests.support.postgresql_server import running_server
from tests.support.raw_database import RawDatabase
from tests.support.running_emulator import Emulator, running_emulator

from classgate.accounts.models import AccountRole, NewAccount
from classgate.app.application import Application
from classgate.app.wiring import build_application
from classgate.clock import utc_now
from classgate.migrations.upgrade import upgrade
from classgate.settings.loading import load_settings

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


def run_with_application(environment: dict[str, str], use: Any) -> Any:
    """Do something with the services, while no other process has them."""

    async def run() -> Any:
        application = build_application(load_settings(environment))
        try:
            return await use(application)
        finally:
            await application.close()

    return asyncio.run(run())


async def _found_school(application: Application) -> None:
    for name, role in (("tom", AccountRole.TEACHER), ("amy", AccountRole.STUDENT)):
        await application.accounts.administration.add(None, NewAccount(name, PASSWORD, role))


def column(raw_database: RawDatabase, statement: str) -> set[Any]:
    rows = raw_database.query(statement)
    found = {row[0] for row in rows}
    assert len(found) == len(rows), f"twice in: {statement}"
    return found


def test_nothing_that_was_answered_is_lost_and_nothing_is_half_done(
    databases: Databases, emulator: Emulator, tmp_path: Path
) -> None:
    url = databases.new()
    upgrade(url)
    environment = environment_for(url, emulator)
    run_with_application(environment, _found_school)
    service = Service(tmp_path, environment)
    classroom = service.call("POST", "/v1/classrooms", service.log_in("tom"), {"title": "数学"})
    service.kill()
    answered = Answered()
    for life in range(KILLS):
        live_and_be_killed(tmp_path, environment, classroom["classroom_id"], life, answered)
    assert answered.count > KILLS
    raw_database = databases.raw_database(url)

    # What was answered is there, and recorded.
    accounts = column(raw_database, "SELECT identifier FROM accounts")
    assert answered.accounts <= accounts
    digests = column(raw_database, "SELECT token_digest FROM sessions")
    assert {hashlib.sha256(token.encode()).hexdigest() for token in answered.sessions} <= digests
    issued = column(raw_database, "SELECT lease_id FROM audit_rows WHERE event LIKE '%_issued'")
    assert answered.leases <= issued
    abandoned = column(raw_database, "SELECT upload_id FROM uploads WHERE state = 'abandoned'")
    assert answered.abandoned <= abandoned
    ((renewals,),) = raw_database.query(
        "SELECT count(*) FROM audit_rows WHERE event LIKE '%_renewed'"
    )
    assert renewals >= answered.renewed

    # Nothing is half there: each thing with its record, each record with its thing.
    numbers = column(raw_database, "SELECT account_id FROM accounts")
    made = "SELECT account_id FROM audit_rows WHERE event = 'account_created'"
    assert column(raw_database, made) == numbers
    ((sessions,),) = raw_database.query(
        "SELECT count(*) FROM audit_rows WHERE event = 'session_opened'"
    )
    assert sessions == len(digests)
    given = column(raw_database, "SELECT lease_id FROM leases WHERE state = 'active'")
    pending = column(raw_database, "SELECT lease_id FROM leases WHERE state = 'pending'")
    assert given <= issued
    assert issued <= column(raw_database, "SELECT lease_id FROM leases")
    assert not pending & issued
    assert (run_with_application(environment, _verify)).faults == ()

    # The next life goes on from there.
    service = Service(tmp_path, environment)
    for identifier in sorted(answered.accounts)[-3:]:
        service.log_in(identifier)
    service.end()


async def _verify(application: Application) -> Any:
    return await application.audit.verify()
