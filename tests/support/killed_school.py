"""The school of a service that is killed, and what its database has to hold afterwards."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tests.support.killed_service import PASSWORD, Answered
from tests.support.raw_database import RawDatabase

from classgate.accounts.models import AccountRole, NewAccount
from classgate.app.application import Application
from classgate.app.wiring import build_application
from classgate.settings.loading import load_settings

T = TypeVar("T")


def found_school(environment: dict[str, str]) -> None:
    """A teacher, tom, and a student, amy."""

    async def found(application: Application) -> None:
        for name, role in (("tom", AccountRole.TEACHER), ("amy", AccountRole.STUDENT)):
            await application.accounts.administration.add(None, NewAccount(name, PASSWORD, role))

    _run(environment, found)


def assert_audit_is_whole(environment: dict[str, str]) -> None:
    """Every chain, every checkpoint, and the record of each lease."""

    async def verify(application: Application) -> Any:
        return await application.verify_audit()

    assert _run(environment, verify).faults == ()


def _run(environment: dict[str, str], use: Callable[[Application], Awaitable[T]]) -> T:
    """Do something with the services, while no other process has them."""

    async def run() -> T:
        application = build_application(load_settings(environment))
        try:
            return await use(application)
        finally:
            await application.close()

    return asyncio.run(run())


def _column(raw_database: RawDatabase, statement: str) -> set[Any]:
    rows = raw_database.query(statement)
    found = {row[0] for row in rows}
    assert len(found) == len(rows), f"twice in: {statement}"
    return found


def assert_answered_and_whole(raw_database: RawDatabase, answered: Answered) -> None:
    """What clients were answered is there once, and nothing is there without its record."""
    # What was answered is there, and recorded.
    accounts = _column(raw_database, "SELECT identifier FROM accounts")
    assert answered.accounts <= accounts
    digests = _column(raw_database, "SELECT token_digest FROM sessions")
    assert {hashlib.sha256(token.encode()).hexdigest() for token in answered.sessions} <= digests
    issued = _column(raw_database, "SELECT lease_id FROM audit_rows WHERE event LIKE '%_issued'")
    assert answered.leases <= issued
    abandoned = _column(raw_database, "SELECT upload_id FROM uploads WHERE state = 'abandoned'")
    assert answered.abandoned <= abandoned
    ((renewals,),) = raw_database.query(
        "SELECT count(*) FROM audit_rows WHERE event LIKE '%_renewed'"
    )
    assert renewals >= answered.renewed

    # Nothing is half there: each thing with its record, each record with its thing.
    numbers = _column(raw_database, "SELECT account_id FROM accounts")
    made = "SELECT account_id FROM audit_rows WHERE event = 'account_created'"
    assert _column(raw_database, made) == numbers
    ((sessions,),) = raw_database.query(
        "SELECT count(*) FROM audit_rows WHERE event = 'session_opened'"
    )
    assert sessions == len(digests)
    given = _column(raw_database, "SELECT lease_id FROM leases WHERE state = 'active'")
    pending = _column(raw_database, "SELECT lease_id FROM leases WHERE state = 'pending'")
    assert given <= issued
    assert issued <= _column(raw_database, "SELECT lease_id FROM leases")
    assert not pending & issued
