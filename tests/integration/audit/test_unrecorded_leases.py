"""Every lease has its row: an audit that was emptied, or is older than the leases, shows."""

import pytest
from tests.support.harness import World


async def _faults(world: World) -> tuple[str, ...]:
    return (await world.application.verify_audit()).faults


async def test_all_leases_of_a_school_are_recorded(world: World) -> None:
    assert await _faults(world) == ()


async def test_emptied_audit_is_named_lease_by_lease(world: World) -> None:
    for table in ("audit_rows", "audit_chains"):
        world.raw_database.change(f"DELETE FROM {table}")  # noqa: S608 — names from above
    leases = world.raw_database.query("SELECT lease_id, state FROM leases ORDER BY lease_id")
    assert {state for _, state in leases} >= {"active"}
    faults = await _faults(world)
    assert [fault.partition(":")[0] for fault in faults] == [
        f"lease {lease_id} ({state})" for lease_id, state in leases
    ]


async def test_leases_after_an_older_audit_are_named(world: World) -> None:
    """The audit's tables alone are put back as they were before the last lease."""
    ((last,),) = world.raw_database.query(
        "SELECT lease_id FROM audit_rows WHERE event = 'entry_issued' ORDER BY seq DESC LIMIT 1"
    )
    ((seq, mac),) = world.raw_database.query(
        "SELECT seq - 1, previous FROM audit_rows WHERE lease_id = ?", last
    )
    world.raw_database.change("DELETE FROM audit_rows WHERE seq > ?", seq)
    world.raw_database.change("UPDATE audit_chains SET seq = ?, mac = ?", seq, mac)
    assert f"lease {last} (ended): the audit has no row of it" in await _faults(world)


@pytest.mark.parametrize("state", ["ended", "pending"])
async def test_request_is_enough_for_a_lease_that_is_not_active(world: World, state: str) -> None:
    ((lease,),) = world.raw_database.query("SELECT min(lease_id) FROM leases WHERE kind = 'upload'")
    world.raw_database.change("UPDATE leases SET state = ? WHERE lease_id = ?", state, lease)
    of_lease = "event = 'upload_credentials_issued' AND lease_id = ?"
    world.raw_database.change(f"UPDATE audit_rows SET lease_id = NULL WHERE {of_lease}", lease)  # noqa: S608
    assert not any(fault.startswith("lease ") for fault in await _faults(world))
    world.raw_database.change("UPDATE leases SET state = 'active' WHERE lease_id = ?", lease)
    assert [fault for fault in await _faults(world) if fault.startswith("lease ")] == [
        f"lease {lease} (active): the audit has no row that it was given"
    ]


async def test_lease_whose_time_was_set_is_still_found(world: World) -> None:
    world.raw_database.change("UPDATE leases SET issued_at = issued_at + ?", 400 * 86_400_000_000)
    assert await _faults(world) == ()


async def test_lost_table_of_leases_is_a_fault(world: World) -> None:
    world.raw_database.change("DROP TABLE leases")
    assert "the leases cannot be read; the table is damaged or was changed" in await _faults(world)
