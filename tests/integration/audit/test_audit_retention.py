"""Retention removes the beginnings of chains, under a seal; whatever else is gone is found."""

import asyncio
from datetime import timedelta

import pytest
from tests.support.harness import Opener, World
from tests.support.school import PASSWORD, School

from classgate.audit.models import ChainHead
from classgate.audit.retention import AuditRetention

KEPT = timedelta(days=60)


def _retention(world: World, retention: timedelta = KEPT) -> AuditRetention:
    application = world.application
    return AuditRetention(
        database=application.database,
        audit=application.audit,
        retention=retention,
        clock=world.clock,
        sleep=world.clock.sleep,
    )


async def _faults(world: World, *heads: ChainHead) -> tuple[str, ...]:
    await world.settle()
    return (await world.application.verify_audit(heads)).faults


def _count(world: World) -> int:
    ((rows,),) = world.raw_database.query("SELECT count(*) FROM audit_rows")
    assert isinstance(rows, int)
    return rows


async def _age(world: World, **age: float) -> None:
    """Let the rows grow old, with checkpoints over them."""
    await world.application.audit.checkpoint()
    world.clock.advance(**age)
    await world.application.audit.checkpoint()


async def _half_old(world: World) -> None:
    """Leave a chain whose beginning alone is old: it has a row on each of many days."""
    for _ in range(7):
        await world.application.audit.checkpoint()
        await world.log_in("amy", PASSWORD)
        world.clock.advance(hours=20)
    await _age(world, days=57)
    assert await _retention(world).run_once() > 0


async def test_nothing_goes_without_a_retention(world: World) -> None:
    await _age(world, days=4000)
    before = _count(world)
    assert await _retention(world, timedelta(0)).run_once() == 0
    assert _count(world) == before


async def test_old_rows_go_and_the_audit_stays_whole(world: World, school: School) -> None:
    old = _count(world)
    await _age(world, days=61)
    assert await _retention(world).run_once() == old + 1  # and their checkpoint
    assert sorted(world.raw_database.events()) == ["audit_trimmed", "checkpoint", "checkpoint"]
    assert await _faults(world) == ()
    await world.log_in("amy", PASSWORD)
    assert await _faults(world) == ()
    assert await _retention(world).run_once() == 0


async def test_young_rows_stay(world: World) -> None:
    await _age(world, days=59)
    before = _count(world)
    assert await _retention(world).run_once() == 0
    assert _count(world) == before


async def test_rows_that_no_checkpoint_covers_stay(world: World) -> None:
    world.clock.advance(days=61)
    assert await _retention(world).run_once() == 0


async def test_beginning_of_a_chain_goes_and_the_rest_stays(world: World) -> None:
    await _half_old(world)
    ((chain, first),) = world.raw_database.query(
        "SELECT chain, min(seq) FROM audit_rows GROUP BY chain HAVING min(seq) > 1"
    )
    assert first > 2
    assert await _faults(world) == ()
    # Further on, the same chain is sealed again.
    await _age(world, days=1)
    assert await _retention(world).run_once() > 0
    ((further,),) = world.raw_database.query(
        "SELECT min(seq) FROM audit_rows WHERE chain = ?", chain
    )
    assert further > first
    assert await _faults(world) == ()


async def test_rows_removed_behind_a_seal_are_found(world: World) -> None:
    await _half_old(world)
    ((chain, first),) = world.raw_database.query(
        "SELECT chain, min(seq) FROM audit_rows GROUP BY chain HAVING min(seq) > 1"
    )
    world.raw_database.change("DELETE FROM audit_rows WHERE chain = ? AND seq = ?", chain, first)
    faults = await _faults(world)
    assert f"chain {chain}, row {first + 1}: row 1 is missing" in faults
    # Nor does the next run seal what somebody else removed.
    await _age(world, days=400)
    await _retention(world).run_once()
    assert f"chain {chain}, row {first + 1}: row 1 is missing" in await _faults(world)


@pytest.mark.parametrize("change", ["details = '{}'", "rule = 'x'", "event = 'checkpoint'"])
async def test_changed_seal_is_none(world: World, change: str) -> None:
    await _half_old(world)
    world.raw_database.change(
        f"UPDATE audit_rows SET {change} WHERE event = 'audit_trimmed'"  # noqa: S608 - from above
    )
    assert any("row 1 is missing" in each for each in await _faults(world))


async def test_removed_seal_is_found(world: World) -> None:
    await _half_old(world)
    world.raw_database.change("DELETE FROM audit_rows WHERE event = 'audit_trimmed'")
    assert await _faults(world)


async def test_changed_row_is_not_removed(world: World) -> None:
    ((chain, seq),) = world.raw_database.query(
        "SELECT chain, seq FROM audit_rows WHERE event = 'entry_issued' ORDER BY seq LIMIT 1"
    )
    world.raw_database.change(
        "UPDATE audit_rows SET rule = 'x' WHERE chain = ? AND seq = ?", chain, seq
    )
    of_chain = "SELECT seq FROM audit_rows WHERE chain = ? ORDER BY seq"
    await _age(world, days=61)
    before = world.raw_database.query(of_chain, chain)
    await _retention(world).run_once()
    assert world.raw_database.query(of_chain, chain) == before
    assert any(f"chain {chain}, row {seq}" in each for each in await _faults(world))


async def test_lease_without_its_row_is_found_after_the_trimming_too(
    world: World, school: School
) -> None:
    await _age(world, days=61)
    await _retention(world).run_once()
    world.clock.advance(hours=2)
    await world.log_in("amy", PASSWORD)
    await world.settle()
    ((lease,),) = world.raw_database.query(
        "SELECT lease_id FROM audit_rows WHERE event = 'user_sig_issued'"
    )
    world.raw_database.change("UPDATE leases SET lease_id = 'l0' WHERE lease_id = ?", lease)
    assert await _faults(world) == ("lease l0 (active): the audit has no row that it was given",)


async def test_interrupted_run_is_sound_and_continues(world: World) -> None:
    await _age(world, days=61)
    before = _count(world)
    retention = _retention(world)
    pauses = 0

    async def stop(seconds: float) -> None:
        nonlocal pauses
        pauses += seconds > 0
        if pauses:
            raise asyncio.CancelledError

    retention._sleep = stop
    with pytest.raises(asyncio.CancelledError):
        await retention.run_once()
    assert _count(world) < before + 2  # the seal and its checkpoint
    assert await _faults(world) == ()
    await _retention(world).run_once()
    assert set(world.raw_database.events()) == {"audit_trimmed", "checkpoint"}
    assert await _faults(world) == ()


async def test_grants_and_two_runs_at_once_lose_nothing(world: World, school: School) -> None:
    await world.settle()
    old = set(world.raw_database.query("SELECT chain, seq FROM audit_rows"))
    await _age(world, days=61)
    await asyncio.gather(
        *(world.log_in("amy", PASSWORD, f"198.51.100.{number}") for number in range(5)),
        _retention(world).run_once(),
        _retention(world).run_once(),
    )
    assert await _faults(world) == ()
    kept = world.raw_database.query("SELECT event FROM audit_rows WHERE event = 'session_opened'")
    assert len(kept) == 5
    assert not old & set(world.raw_database.query("SELECT chain, seq FROM audit_rows"))


async def test_row_recorded_in_the_log_may_be_gone(world: World) -> None:
    head = await world.application.audit.checkpoint()
    assert head is not None
    await _age(world, days=61)
    await _retention(world).run_once()
    assert await _faults(world, head) == ()
    assert await _faults(world, ChainHead("no such chain", 1, head.mac)) != ()


async def test_setting_removes_old_rows(open_with: Opener) -> None:
    async with open_with(audit={"retention": "5184000"}) as world:
        await _age(world, days=61)
        (job,) = [each for each in world.application.scheduler._jobs if "old rows" in each.failure]
        for step in job.steps:
            await step()
        assert sorted(world.raw_database.events()) == ["audit_trimmed", "checkpoint", "checkpoint"]
