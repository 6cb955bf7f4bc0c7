"""Guessing from elsewhere keeps no owner out where they logged in before, restart or not."""

import hashlib

from tests.support.harness import Opener, World, problem
from tests.support.legacy_client import LegacyClient
from tests.support.raw_database import RawDatabase
from tests.support.school import PASSWORD, School

from classgate.accounts.known_addresses import MAX_PER_ACCOUNT

HOME = "203.0.113.5"
WRONG = {"identifier": "amy", "password": "not the password at all"}
RIGHT = {"identifier": "amy", "password": PASSWORD}


async def guess_from_everywhere(world: World, addresses: int = 60) -> None:
    """One wrong guess from each; the last ones are slowed down."""
    answers = [
        await world.call("POST", "/v1/sessions", body=WRONG, address=f"192.0.2.{number}")
        for number in range(addresses)
    ]
    assert [each.status_code for each in answers] == [401] * 50 + [429] * (addresses - 50)


def known(raw_database: RawDatabase) -> list[tuple[str, int]]:
    """What is stored of amy's addresses: digest and microseconds."""
    found = raw_database.query(
        "SELECT address_digest, last_seen_at FROM known_addresses"
        " JOIN accounts USING (account_id) WHERE identifier = 'amy' ORDER BY last_seen_at"
    )
    return [(digest, at) for digest, at in found]


async def test_owner_logs_in_at_home_after_a_restart_while_others_guess(
    open_with: Opener, school: School
) -> None:
    async with open_with() as world:
        await world.log_in("amy", PASSWORD, HOME)
    async with open_with() as world:
        await guess_from_everywhere(world)
        await world.log_in("AMY", PASSWORD, HOME)
        refused = await world.call("POST", "/v1/sessions", body=RIGHT, address="198.51.100.200")
        problem(refused, 429, "too_many_attempts")


async def test_owner_changes_the_password_at_home_while_others_guess(
    open_with: Opener, school: School
) -> None:
    async with open_with() as world:
        token = await world.log_in("amy", PASSWORD, HOME)
    body = {"current_password": PASSWORD, "new_password": "another staple, another horse"}
    async with open_with() as world:
        await guess_from_everywhere(world)
        answer = await world.call("PUT", "/v1/me/password", token, body, address=HOME)
        assert answer.status_code == 204, answer.text


async def test_old_client_logs_in_at_home_after_a_restart_while_others_guess(
    open_with: Opener, school: School
) -> None:
    legacy = {"enabled": True, "lenient": True}
    async with open_with(legacy=legacy) as world:
        await LegacyClient(world).log_in("amy", PASSWORD)
    async with open_with(legacy=legacy) as world:
        await guess_from_everywhere(world)
        await LegacyClient(world).log_in("amy", PASSWORD)


async def test_guessing_at_a_known_address_is_slowed(world: World, school: School) -> None:
    await world.log_in("amy", PASSWORD, HOME)
    for _ in range(10):
        answer = await world.call("POST", "/v1/sessions", body=WRONG, address=HOME)
        problem(answer, 401, "not_authenticated")
    refused = await world.call("POST", "/v1/sessions", body=WRONG, address=HOME)
    problem(refused, 429, "too_many_attempts")


async def test_wrong_password_makes_no_address_known(world: World, school: School) -> None:
    before = known(world.raw_database)
    await world.call("POST", "/v1/sessions", body=WRONG, address=HOME)
    assert known(world.raw_database) == before


async def test_address_is_known_for_30_days(world: World, school: School) -> None:
    await world.log_in("amy", PASSWORD, HOME)
    world.clock.advance(days=30, seconds=-10)
    await guess_from_everywhere(world)
    await world.log_in("amy", PASSWORD, HOME)
    world.clock.advance(days=30, seconds=1)
    await guess_from_everywhere(world)
    refused = await world.call("POST", "/v1/sessions", body=RIGHT, address=HOME)
    problem(refused, 429, "too_many_attempts")


async def test_log_ins_of_a_day_write_the_address_once(world: World, school: School) -> None:
    await world.log_in("amy", PASSWORD, HOME)
    first = known(world.raw_database)
    world.clock.advance(hours=23)
    await world.log_in("amy", PASSWORD, HOME)
    assert known(world.raw_database) == first
    world.clock.advance(hours=1)
    await world.log_in("amy", PASSWORD, HOME)
    day = 24 * 3600 * 1_000_000
    assert known(world.raw_database)[-1] == (first[-1][0], first[-1][1] + day)


async def test_account_keeps_the_addresses_that_it_used_last(world: World, school: School) -> None:
    await world.log_in("amy", PASSWORD, HOME)
    home = known(world.raw_database)[-1]
    for number in range(MAX_PER_ACCOUNT):
        world.clock.advance(seconds=1)
        await world.log_in("amy", PASSWORD, f"192.0.2.{number}")
    stored = known(world.raw_database)
    assert len(stored) == MAX_PER_ACCOUNT == 50
    assert home not in stored


async def test_address_is_stored_as_a_keyed_digest_and_goes_with_the_account(
    world: World, school: School
) -> None:
    await world.log_in("amy", PASSWORD, HOME)
    await world.log_in("stan", PASSWORD, HOME)
    (digest, _) = known(world.raw_database)[-1]
    plain = {hashlib.sha256(text.encode()).hexdigest() for text in (HOME, f"amy@{HOME}")}
    assert digest not in plain
    digests = [
        row[0] for row in world.raw_database.query("SELECT address_digest FROM known_addresses")
    ]
    assert len(digests) == len(set(digests))  # one address, another digest for each account
    assert HOME.encode() not in world.raw_database.stored_bytes()
    deleted = await world.call("DELETE", "/v1/admin/accounts/amy", school.tokens["root"])
    assert deleted.status_code == 204, deleted.text
    assert known(world.raw_database) == []
    assert digest not in [
        row[0] for row in world.raw_database.query("SELECT address_digest FROM known_addresses")
    ]
