"""Nothing is written under another key than the one that wrote the audit, until that is settled."""

import pytest
from tests.support.harness import World
from tests.support.school import School
from tests.support.school_settings import AUDIT_KEY

from classgate.audit.chain import AuditKey, AuditKeys
from classgate.audit.newest_rows import verify_newest
from classgate.audit.service import AuditLog
from classgate.errors import ConfigurationError

OTHER_KEY = "9b1f0e6a7c3d52884e10f7a6c95d2b43"


def _log(world: World, key: str = AUDIT_KEY) -> AuditLog:
    """That of another process."""
    return AuditLog(world.application.database, AuditKeys(AuditKey(key)), world.clock)


def _rows(world: World) -> int:
    ((rows,),) = world.raw_database.query("SELECT count(*) FROM audit_rows")
    assert isinstance(rows, int)
    return rows


async def _refusal(log: AuditLog) -> str:
    with pytest.raises(ConfigurationError) as caught:
        await log.require_key()
    (fault,) = caught.value.faults
    return fault


async def test_right_key_fits(world: World) -> None:
    await _log(world).require_key()


async def test_another_key_is_refused_and_named(world: World) -> None:
    fault = await _refusal(_log(world, OTHER_KEY))
    assert fault.startswith("audit.key: is not the key that the audit was written with")
    assert "after a change of the key, set the old one as audit.previous_key" in fault
    assert "classgate audit verify" in fault
    assert OTHER_KEY not in fault


async def test_first_row_of_a_process_with_another_key_is_not_written(world: World) -> None:
    rows = _rows(world)
    with pytest.raises(ConfigurationError):
        await _log(world, OTHER_KEY).checkpoint()
    assert _rows(world) == rows


async def test_any_key_fits_an_empty_audit(world: World) -> None:
    world.raw_database.change("DELETE FROM audit_rows")
    world.raw_database.change("DELETE FROM audit_chains")
    log = _log(world, OTHER_KEY)
    await log.checkpoint()
    assert _rows(world) == 1
    assert await _refusal(_log(world))


async def test_rows_that_are_gone_below_their_heads_are_refused(world: World) -> None:
    world.raw_database.change("DELETE FROM audit_rows")
    assert "the rows of the audit are missing" in await _refusal(_log(world))


@pytest.mark.parametrize(
    "change", ["event = 'nothing'", "details = '{}'", "mac = 'x'", "at = at + 1"]
)
async def test_changed_newest_row_is_refused_and_named(world: World, change: str) -> None:
    await world.application.audit.checkpoint()
    ((chain, seq),) = world.raw_database.query(
        "SELECT chain, seq FROM audit_rows WHERE event = 'checkpoint'"
    )
    world.raw_database.change(f"UPDATE audit_rows SET {change} WHERE event = 'checkpoint'")  # noqa: S608
    fault = await _refusal(_log(world))
    assert f"(chain {chain}, row {seq})" in fault
    assert "it was changed, or written with another key" in fault


@pytest.mark.on_sqlite
@pytest.mark.parametrize("value", ["soon", b"\x00", 2**62, None])
async def test_newest_row_that_cannot_be_read_is_refused(world: World, value: object) -> None:
    column = "rule" if value is None else "at"
    value = b"\xff\xfe" if value is None else value
    world.raw_database.change(
        f"UPDATE audit_rows SET {column} = ? WHERE seq = (SELECT max(seq) FROM audit_rows)",  # noqa: S608
        value,
    )
    assert "does not verify" in await _refusal(_log(world))


async def test_acknowledged_break_lets_the_service_write_on_and_stays_a_fault(
    world: World,
) -> None:
    world.raw_database.change(
        "UPDATE audit_rows SET rule = 'x' WHERE seq = (SELECT max(seq) FROM audit_rows)"
    )
    log = _log(world)
    assert len(await log.acknowledge_break()) == 1
    assert await log.acknowledge_break() == ()
    await _log(world).checkpoint()
    # Both at one time, in two chains: the changed one is not continued.
    assert set(world.raw_database.events()[-2:]) == {"audit_break_acknowledged", "checkpoint"}
    faults = (await world.application.verify_audit()).faults
    assert any("was changed after it was written" in fault for fault in faults)


async def test_acknowledgement_does_not_cover_what_is_changed_later(world: World) -> None:
    world.raw_database.change(
        "UPDATE audit_rows SET rule = 'x' WHERE seq = (SELECT max(seq) FROM audit_rows)"
    )
    await _log(world).acknowledge_break()
    await _log(world).checkpoint()
    world.raw_database.change("UPDATE audit_rows SET rule = 'x' WHERE event = 'checkpoint'")
    await _refusal(_log(world))


async def test_lost_key_is_acknowledged_and_the_old_one_is_refused_from_then_on(
    world: World,
) -> None:
    assert await _log(world, OTHER_KEY).acknowledge_break()
    await _log(world, OTHER_KEY).checkpoint()
    await _refusal(_log(world))


async def test_acknowledgement_of_another_key_means_nothing(world: World) -> None:
    assert await _log(world, OTHER_KEY).acknowledge_break()
    newest = await verify_newest(world.application.database.reader, AuditKeys(AuditKey(AUDIT_KEY)))
    assert len(newest.broken) == 1
    assert newest.broken[0].startswith("chain acc0000000000000")


async def test_running_service_asks_for_its_key_once(world: World, school: School) -> None:
    """What is changed while it runs is found by `verify`; lessons go on."""
    assert (await world.call("POST", "/v1/user-sig", school.tokens["amy"])).status_code == 200
    world.raw_database.change("UPDATE audit_rows SET rule = 'x'")
    assert (await world.call("POST", "/v1/user-sig", school.tokens["amy"])).status_code == 200
