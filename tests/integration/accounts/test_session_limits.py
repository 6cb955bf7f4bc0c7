"""An account has 20 sessions open at most, and their list comes in pages."""

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.legacy_client import LegacyClient
from tests.support.school import PASSWORD, School


async def is_open(world: World, token: str) -> bool:
    answer = await world.call("GET", "/v1/me", token)
    if answer.status_code == 200:
        return True
    problem(answer, 401, "not_authenticated")
    return False


async def log_in_often(world: World, times: int) -> list[str]:
    """Tokens of amy's, a second apart."""
    tokens = []
    for _ in range(times):
        world.clock.advance(seconds=1)
        tokens.append(await world.log_in("amy", PASSWORD))
    return tokens


async def test_21st_log_in_ends_the_oldest_session_and_its_leases(
    world: World, school: School
) -> None:
    oldest = school.tokens["amy"]
    others = await log_in_often(world, 19)
    lease = (await world.call("POST", "/v1/user-sig", oldest)).json()["lease_id"]
    assert await is_open(world, oldest)
    ended = world.raw_database.events().count("session_ended")
    (newest,) = await log_in_often(world, 1)
    assert not await is_open(world, oldest)
    assert all([await is_open(world, token) for token in [*others, newest]])
    assert world.raw_database.lease_state(lease) == "ended"
    assert world.raw_database.events().count("session_ended") == ended + 1
    reasons = world.raw_database.query("SELECT end_reason FROM leases WHERE lease_id = ?", lease)
    assert reasons == [("too_many_sessions",)]


async def test_sessions_that_are_over_do_not_count(world: World, school: School) -> None:
    tokens = await log_in_often(world, 19)
    await world.call("DELETE", "/v1/sessions/current", tokens[0])
    await log_in_often(world, 1)
    assert await is_open(world, school.tokens["amy"])


async def test_other_accounts_sessions_do_not_count(world: World, school: School) -> None:
    await log_in_often(world, 30)
    assert await is_open(world, school.tokens["tom"])


async def test_sessions_of_both_channels_count_together(open_with: Opener, school: School) -> None:
    async with open_with(legacy={"enabled": True, "lenient": True}) as world:
        await log_in_often(world, 19)
        world.clock.advance(seconds=1)
        await LegacyClient(world).log_in("amy", PASSWORD)
        assert not await is_open(world, school.tokens["amy"])


async def test_log_in_ends_what_was_open_before_there_was_a_limit(
    world: World, school: School
) -> None:
    await world.settle()
    ((account_id, at),) = world.raw_database.query(
        "SELECT account_id, created_at FROM accounts WHERE identifier = 'amy'"
    )
    for number in range(50):
        world.raw_database.change(
            "INSERT INTO sessions (session_id, account_id, token_digest, created_at, last_used_at,"
            " expires_at, channel) VALUES (?, ?, ?, ?, ?, ?, 'api')",
            *(f"s{number:024x}", account_id, f"{number:064x}", at + number, at, at + 10**14),
        )
    for _ in range(3):
        token = (await log_in_often(world, 1))[0]
    answer = await world.call("GET", "/v1/sessions?limit=100", token)
    assert len(answer.json()["items"]) == 20


async def test_sessions_are_listed_in_pages(world: World, school: School) -> None:
    *_, token = await log_in_often(world, 6)
    seen: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        found = (await world.call("GET", f"/v1/sessions?limit=3{cursor}", token)).json()
        assert len(found["items"]) <= 3
        seen += [each["session_id"] for each in found["items"]]
        after = found["next_cursor"]
        cursor, pages = None if after is None else f"&cursor={after}", pages + 1
    whole = (await world.call("GET", "/v1/sessions", token)).json()
    assert seen == [each["session_id"] for each in whole["items"]]
    assert (len(set(seen)), pages, whole["next_cursor"]) == (7, 3, None)
    opened = [each["created_at"] for each in whole["items"]]
    assert opened == sorted(opened, reverse=True)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "cursor=x", "cursor=1-%00"])
async def test_page_that_is_none_is_refused(world: World, school: School, query: str) -> None:
    answer = await world.call("GET", f"/v1/sessions?{query}", school.tokens["amy"])
    problem(answer, 400, "invalid_request")
