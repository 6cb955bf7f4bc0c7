"""A new audit key beside the previous one: nothing that was written or is looked up is lost."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from tests.support.harness import Opener, World
from tests.support.one_time_codes import code_at
from tests.support.school import PASSWORD, School
from tests.support.school_settings import AUDIT_KEY

from classgate.accounts.identifiers import fold
from classgate.accounts.known_addresses import KnownAddresses
from classgate.accounts.second_factors.sealing import SecretSealer
from classgate.app.wiring import audit_log_of
from classgate.audit import repository
from classgate.audit.chain import AuditKey
from classgate.audit.models import AuditRow
from classgate.audit.newest_rows import NEWEST_ROWS
from classgate.errors import ConfigurationError, IdentifierHeld

NEW, NEWEST = secrets.token_hex(32), secrets.token_hex(32)
ROTATED: dict[str, object] = {"key": NEW, "previous_key": AUDIT_KEY}


def _chains(world: World) -> dict[str, int]:
    return {
        row[0]: row[1] for row in world.raw_database.query("SELECT chain, seq FROM audit_chains")
    }


async def _faults(world: World) -> tuple[str, ...]:
    return (await world.application.verify_audit()).faults


async def test_new_rows_begin_new_chains_and_both_verify(open_with: Opener) -> None:
    async with open_with() as before:
        await before.application.audit.checkpoint()
        old = _chains(before)
    async with open_with(audit=ROTATED) as after:
        await after.application.audit.require_key()
        await after.log_in("amy", PASSWORD)
        await after.application.audit.checkpoint()
        assert await _faults(after) == ()
        found = _chains(after)
        assert {chain: found[chain] for chain in old} == old
        assert len(found) == len(old) + 1


async def test_key_that_is_set_before_it_is_used_changes_nothing(open_with: Opener) -> None:
    """The first of two steps: every worker can read what the next key will write."""
    async with open_with(audit={"key": AUDIT_KEY, "previous_key": NEW}) as next_known:
        await next_known.log_in("amy", PASSWORD)
        chains = _chains(next_known)
        async with open_with(audit=ROTATED) as after:
            await after.log_in("amy", PASSWORD)
            # Workers of both kinds run side by side.
            await next_known.log_in("amy", PASSWORD)
            await after.log_in("amy", PASSWORD)
            for each in (next_known, after):
                await each.application.audit.checkpoint()
                assert await _faults(each) == ()
            assert len(_chains(after)) == len(chains) + 1


@pytest.mark.parametrize("change", ["UPDATE audit_rows SET rule = 'x'", "DELETE FROM audit_rows"])
async def test_change_of_an_old_chain_is_found_after_the_rotation(
    open_with: Opener, change: str
) -> None:
    async with open_with() as before:
        ((chain, seq),) = before.raw_database.query("SELECT chain, seq FROM audit_chains")
    async with open_with(audit=ROTATED) as after:
        await after.application.audit.checkpoint()
        after.raw_database.change(f"{change} WHERE chain = ? AND seq = ?", chain, seq // 2)
        faults = await _faults(after)
        assert any(f"chain {chain}" in each and f"row {seq // 2}" in each for each in faults)


async def test_cut_tail_of_an_old_chain_is_found_by_the_new_checkpoint(open_with: Opener) -> None:
    async with open_with() as before:
        await before.log_in("amy", PASSWORD)
        ((chain, seq),) = before.raw_database.query("SELECT chain, seq FROM audit_chains")
    async with open_with(audit=ROTATED) as after:
        await after.application.audit.checkpoint()
        after.raw_database.change("DELETE FROM audit_rows WHERE chain = ? AND seq = ?", chain, seq)
        after.raw_database.change(
            "UPDATE audit_chains SET seq = seq - 1, mac = (SELECT mac FROM audit_rows AS r "
            "WHERE r.chain = audit_chains.chain AND r.seq = audit_chains.seq - 1) WHERE chain = ?",
            chain,
        )
        faults = await _faults(after)
        assert any(f"chain {chain}, row {seq}: the checkpoint" in each for each in faults)


async def test_row_of_the_previous_key_in_a_chain_of_the_new_one_is_a_fault(
    open_with: Opener,
) -> None:
    """Whoever has the old key cannot continue a chain of the new one."""
    async with open_with(audit=ROTATED) as after:
        head = await after.application.audit.checkpoint()
        assert head is not None
        nothing = ("account_id", "actor_id", "classroom_id", "lease_id", "rule")
        row: dict[str, Any] = {
            "chain": head.chain,
            "seq": head.seq + 1,
            "previous": head.mac,
            "at": after.clock(),
            "event": "why_asked",
            **dict.fromkeys(nothing),
            "fingerprints": "",
            "request_id": "",
            "details": "{}",
        }
        row["mac"] = AuditKey(AUDIT_KEY).mac(row)
        async with after.application.database.transaction() as connection:
            await repository.append(connection, row, None)
        (fault,) = await _faults(after)
        assert fault.startswith(f"chain {head.chain}, row {head.seq + 1}: was changed")


async def test_neither_key_fits(open_with: Opener) -> None:
    async with open_with(audit={"key": NEWEST, "previous_key": NEW}) as world:
        log = audit_log_of(world.settings, world.application.database, world.clock)
        with pytest.raises(ConfigurationError) as caught:
            await log.require_key()
    (fault,) = caught.value.faults
    assert fault.startswith("audit.key: is not the key that the audit was written with")
    assert "nor is audit.previous_key" in fault


async def test_identifier_stays_held_and_addresses_stay_known(open_with: Opener) -> None:
    async with open_with() as before:
        await before.log_in("amy", PASSWORD, "198.51.100.77")
        tomorrow = before.clock() + timedelta(days=1)
        async with before.application.database.transaction() as connection:
            await before.application.accounts.names.hold(connection, "gone", tomorrow)
    async with open_with(audit=ROTATED) as after:
        application, now = after.application, after.clock()
        known = KnownAddresses(application.database, application.audit)
        assert await known.is_known("amy", "198.51.100.77", now)
        assert not await known.is_known("amy", "198.51.100.78", now)
        assert (await known.recognize("amy", "198.51.100.77", now)).is_recorded is False
        await after.log_in("amy", PASSWORD, "198.51.100.77")
        assert (await known.recognize("amy", "198.51.100.77", now)).is_recorded is True
        wanted = [fold("gone"), fold("here")]
        held = await application.accounts.names.find_held(application.database.reader, wanted)
        assert held == {fold("gone"): tomorrow}
        async with application.database.transaction() as connection:
            with pytest.raises(IdentifierHeld):
                await application.accounts.names.require_free(connection, "gone")


async def test_refusals_of_a_name_are_found_from_before_and_after(
    open_with: Opener, school: School
) -> None:
    async def refuse(world: World) -> None:
        body = {"identifier": "nobody", "password": "not a password"}
        assert (await world.call("POST", "/v1/sessions", body=body)).status_code == 401
        await world.application.refusals.flush()

    async with open_with() as before:
        await refuse(before)
    async with open_with(audit=ROTATED) as after:
        await refuse(after)
        answer = await after.call(
            "GET", "/v1/admin/refusals?identifier=nobody", school.tokens["root"]
        )
        assert len(answer.json()["items"]) == 2, answer.text


async def test_audit_verifies_across_two_rotations(open_with: Opener) -> None:
    async with open_with() as first:
        ((oldest, seq),) = first.raw_database.query("SELECT chain, seq FROM audit_chains")
    async with open_with(audit=ROTATED) as second:
        await second.log_in("amy", PASSWORD)
        await second.application.audit.checkpoint()
    twice: dict[str, object] = {"key": NEWEST, "previous_key": f"{NEW}\n{AUDIT_KEY}"}
    async with open_with(audit=twice) as third:
        await third.application.audit.require_key()
        await third.application.audit.checkpoint()
        assert await _faults(third) == ()
        assert len(_chains(third)) == 3
        third.raw_database.change(
            "UPDATE audit_rows SET rule = 'x' WHERE chain = ? AND seq = ?", oldest, seq // 2
        )
        (fault,) = await _faults(third)
        assert fault.startswith(f"chain {oldest}, row {seq // 2}: was changed")


async def test_oldest_key_that_is_missing_is_named_until_that_is_acknowledged(
    open_with: Opener,
) -> None:
    async with open_with() as first:
        name = first.application.audit.key_name
    async with open_with(audit=ROTATED) as second:
        for _ in range(NEWEST_ROWS):
            await second.application.audit.checkpoint()
    without: dict[str, object] = {"key": NEWEST, "previous_key": NEW}
    async with open_with(audit=without) as third:
        audit = third.application.audit
        with pytest.raises(ConfigurationError) as caught:
            await audit.require_key()
        (fault,) = caught.value.faults
        assert fault.startswith(f"audit.previous_key: 1 chains of the audit are under {name},")
        assert len(await audit.acknowledge_break()) == 1
        await audit.require_key()


async def test_whoever_has_the_old_key_cannot_rewrite_what_came_before(
    open_with: Opener,
) -> None:
    """The first checkpoint under the new key covers each chain, also where nothing is new."""
    async with open_with() as before:
        head = await before.application.audit.checkpoint()
        assert head is not None
    async with open_with(audit=ROTATED) as after:
        await after.application.audit.checkpoint()
        row = await repository.find_row(after.application.database.reader, head)
        assert isinstance(row, AuditRow)
        forged = AuditKey(AUDIT_KEY).mac({**vars(row), "rule": "forged"})
        after.raw_database.change(
            "UPDATE audit_rows SET rule = 'forged', mac = ? WHERE mac = ?", forged, head.mac
        )
        after.raw_database.change("UPDATE audit_chains SET mac = ? WHERE mac = ?", forged, head.mac)
        assert any("saw it, and it is gone or another one" in each for each in await _faults(after))


async def test_second_factor_is_sealed_anew_at_the_next_log_in(open_with: Opener) -> None:
    secret = "JBSWY3DPEHPK3PXP" * 2
    old, both = SecretSealer([AUDIT_KEY]), SecretSealer([NEW, AUDIT_KEY])
    async with open_with(audit=ROTATED) as world:
        ((admin,),) = world.raw_database.query(
            "SELECT account_id FROM accounts WHERE identifier = 'root'"
        )
        world.raw_database.change(
            "INSERT INTO second_factors (account_id, sealed_secret) VALUES (?, ?)",
            admin,
            old.seal(secret, admin, b"0" * 12),
        )
        body = {
            "identifier": "root",
            "password": PASSWORD,
            "code": code_at(secret, world.clock.unix),
        }
        answer = await world.call("POST", "/v1/sessions", body=body)
        assert answer.status_code == 201, answer.text
        ((sealed,),) = world.raw_database.query("SELECT sealed_secret FROM second_factors")
        assert isinstance(sealed, str)
        assert both.find_key(sealed, admin) == 0
        assert old.open(sealed, admin) is None
