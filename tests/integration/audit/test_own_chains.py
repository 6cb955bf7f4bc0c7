"""Chains are claimed and continued: one for each of the writers that write at one time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import text
from tests.support.harness import World
from tests.support.school import PASSWORD
from tests.support.school_settings import AUDIT_KEY

from classgate.audit.chain import AuditKey, AuditKeys
from classgate.audit.models import AuditEntry, AuditEvent
from classgate.audit.service import AuditLog
from classgate.errors import ServiceUnavailable
from classgate.storage.database import Database
from classgate.storage.database_url import open_database
from classgate.storage.statements import Statement


@asynccontextmanager
async def another_process(world: World) -> AsyncIterator[tuple[Database, AuditLog]]:
    """The audit as another process writes it, over connections of its own."""
    database = open_database(world.settings.database.url.get_secret_value())
    try:
        yield database, AuditLog(database, AuditKeys(AuditKey(AUDIT_KEY)), world.clock)
    finally:
        await database.close()


def _chains(world: World) -> set[str]:
    return {row[0] for row in world.raw_database.query("SELECT DISTINCT chain FROM audit_rows")}


async def _record(world: World, database: Database, log: AuditLog, *, pause: bool = False) -> None:
    entry = AuditEntry(event=AuditEvent.WHY_ASKED, at=world.clock())
    async with database.transaction() as connection:
        await log.record(connection, entry)
        if pause:
            await asyncio.sleep(0)  # others have a turn meanwhile


def _asked(world: World) -> int:
    return world.raw_database.events().count("why_asked")


async def test_twenty_starts_leave_the_chain_that_one_writer_needs(world: World) -> None:
    before = _chains(world)
    assert len(before) == 1
    for _ in range(20):
        async with another_process(world) as (_, log):
            await log.checkpoint()
    assert _chains(world) == before
    assert (await world.application.verify_audit()).faults == ()


async def test_processes_that_take_turns_break_no_chain(world: World) -> None:
    """On SQLite they append to one chain; on PostgreSQL each has its own as long as it lives."""
    async with another_process(world) as first, another_process(world) as second:
        for _ in range(5):
            for process in (first, second):
                await _record(world, *process)
            await world.log_in("amy", PASSWORD)
    assert _asked(world) == 10
    assert (await world.application.verify_audit()).faults == ()


async def test_writers_at_once_lose_no_row_and_break_no_chain(world: World) -> None:
    before = len(_chains(world))
    async with another_process(world) as first, another_process(world) as second:
        await asyncio.gather(
            *(_record(world, *each, pause=True) for each in (first, second) for _ in range(40))
        )
    assert _asked(world) == 80
    assert len(_chains(world)) <= before + 16  # eight connections write for each process
    assert (await world.application.verify_audit()).faults == ()
    chains = _chains(world)
    async with another_process(world) as third:
        await asyncio.gather(*(_record(world, *third, pause=True) for _ in range(40)))
    assert _chains(world) == chains


async def test_chain_whose_newest_row_was_changed_is_not_continued(world: World) -> None:
    ((chain, seq),) = world.raw_database.query("SELECT chain, seq FROM audit_chains")
    world.raw_database.change(
        "UPDATE audit_rows SET rule = 'x' WHERE chain = ? AND seq = ?", chain, seq
    )
    async with another_process(world) as (_, log):
        await log.acknowledge_break()
        await log.checkpoint()
    ((unmoved,),) = world.raw_database.query(
        "SELECT max(seq) FROM audit_rows WHERE chain = ?", chain
    )
    assert unmoved == seq


async def _record_and_fail(world: World, database: Database, log: AuditLog) -> None:
    async with database.transaction() as connection:
        await log.record(connection, AuditEntry(event=AuditEvent.WHY_ASKED, at=world.clock()))
        raise RuntimeError


async def test_row_that_was_rolled_back_is_not_continued_from(world: World) -> None:
    async with another_process(world) as (database, log):
        await _record(world, database, log)
        with pytest.raises(RuntimeError):
            await _record_and_fail(world, database, log)
        await _record(world, database, log)
    assert _asked(world) == 2
    assert (await world.application.verify_audit()).faults == ()


async def test_transactions_of_one_commit_follow_one_another_also_behind_one_that_failed(
    world: World,
) -> None:
    database, log = (
        world.application.database,
        AuditLog(world.application.database, AuditKeys(AuditKey(AUDIT_KEY)), world.clock),
    )

    async def record(*, fails: bool) -> None:
        async with database.transaction() as connection:
            await log.record(connection, AuditEntry(event=AuditEvent.WHY_ASKED, at=world.clock()))
            await asyncio.sleep(0)  # the others queue up
            if fails:
                raise LookupError

    results = await asyncio.gather(
        *(record(fails=number % 3 == 1) for number in range(9)), return_exceptions=True
    )
    assert [isinstance(each, LookupError) for each in results] == [False, True, False] * 3
    assert _asked(world) == 6
    assert (await world.application.verify_audit()).faults == ()


@pytest.mark.on_postgresql
async def test_new_connection_reads_what_the_chain_has_become(world: World) -> None:
    """The server ends a connection, another process continues its chain, and then it is back."""
    async with another_process(world) as first, another_process(world) as second:
        await _record(world, *first)
        async with first[0].transaction() as connection:
            row = await connection.fetch_one(Statement(text("SELECT pg_backend_pid() AS pid")))
        assert row is not None
        world.raw_database.query("SELECT pg_terminate_backend(?)", row.pid)
        for _ in range(3):
            await _record(world, *second)
            with suppress(ServiceUnavailable):  # the connection is found to be gone
                await _record(world, *first)
            await _record(world, *first)
    assert _asked(world) >= 7
    assert (await world.application.verify_audit()).faults == ()
