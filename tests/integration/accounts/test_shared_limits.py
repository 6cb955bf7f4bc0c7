"""Guessing at several processes over one server is limited as at one."""

from collections.abc import AsyncIterator

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import ADDRESS, Opener, World, problem
from tests.support.school import LIVE, PASSWORD, School

from classgate.admission.models import Action, CheckName
from classgate.errors import ServiceUnavailable, WrongCredentials

pytestmark = pytest.mark.on_postgresql


@pytest.fixture
async def other(open_with: Opener) -> AsyncIterator[World]:
    """A second process over the same database."""
    async with open_with() as opened:
        yield opened


async def fail(world: World, times: int = 1, identifier: str = "amy") -> None:
    attempts = world.application.accounts.attempts
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            async with attempts.limit_login(identifier, ADDRESS, world.clock(), known=False):
                raise WrongCredentials


async def test_failures_at_one_process_count_at_the_other(world: World, other: World) -> None:
    await fail(world, 5)
    await fail(other, 5)
    for each in (world, other):
        body = {"identifier": "amy", "password": PASSWORD}
        problem(await each.call("POST", "/v1/sessions", body=body), 429, "too_many_attempts")
    world.clock.advance(seconds=10)
    # The right password forgives what was counted at both.
    await other.log_in("amy", PASSWORD)
    await fail(world, 10)


async def test_codes_registrations_and_invitations_count_together(
    world: World, other: World
) -> None:
    one, two = (each.application.accounts.attempts for each in (world, other))
    at = world.clock()
    for attempts in (one, two) * 5:
        with pytest.raises(WrongCredentials):
            async with attempts.limit_codes("root", at):
                raise WrongCredentials
    with pytest.raises(Exception, match="too many"):
        async with one.limit_codes("root", at):
            pass
    for attempts in (one, two) * 100:
        await attempts.count_registration(ADDRESS, at)
    for attempts in (one, two) * 50:
        await attempts.count_wrong_invitation(ADDRESS, at)
    for attempts in (one, two):
        with pytest.raises(Exception, match="too many"):
            await attempts.count_registration(ADDRESS, at)
        with pytest.raises(Exception, match="too many"):
            await attempts.count_wrong_invitation(ADDRESS, at)


async def test_table_tells_nobody_who_tried_from_where(world: World) -> None:
    world.raw_database.change("DELETE FROM rate_limits")
    await fail(world)
    await world.application.accounts.attempts.count_registration(ADDRESS, world.clock())
    names = [name for (name,) in world.raw_database.query("SELECT name FROM rate_limits")]
    assert len(names) == 4
    assert [name for name in names if "amy" in name or ADDRESS in name] == []


async def test_database_that_fails_lets_nobody_in_and_locks_nobody_out(world: World) -> None:
    body = {"identifier": "amy", "password": PASSWORD}
    world.raw_database.change("ALTER TABLE rate_limits RENAME TO lost")
    for _ in range(20):
        problem(await world.call("POST", "/v1/sessions", body=body), 503, "service_unavailable")
    world.raw_database.change("ALTER TABLE lost RENAME TO rate_limits")
    await world.log_in("amy", PASSWORD)


async def test_decided_attempt_stands_if_its_count_cannot_be_revoked(
    world: World, captured_log: CapturedLog
) -> None:
    attempts = world.application.accounts.attempts
    async with attempts.limit_login("amy", ADDRESS, world.clock(), known=False):
        world.raw_database.change("ALTER TABLE rate_limits RENAME TO lost")
    world.raw_database.change("ALTER TABLE lost RENAME TO rate_limits")

    async def undecided() -> None:
        async with attempts.limit_login("amy", ADDRESS, world.clock(), known=False):
            world.raw_database.change("ALTER TABLE rate_limits RENAME TO lost")
            raise ServiceUnavailable("undecided")

    with pytest.raises(ServiceUnavailable, match="undecided"):
        await undecided()
    assert captured_log.getvalue().count("stays counted for a while") == 2
    world.raw_database.change("ALTER TABLE lost RENAME TO rate_limits")
    # What stayed is gone after an interval for each.
    world.clock.advance(seconds=20)
    await fail(world, 10)


async def test_why_knows_what_was_counted_elsewhere(
    world: World, other: World, school: School
) -> None:
    del school
    await fail(world, 10)
    explained = await other.application.admission.explain(None, "amy", LIVE, Action.ENTER)
    (check,) = (each for each in explained.checks if each.name is CheckName.LOG_IN_NOT_LIMITED)
    assert check.ok is False
    world.clock.advance(seconds=10)
    explained = await other.application.admission.explain(None, "amy", LIVE, Action.ENTER)
    (check,) = (each for each in explained.checks if each.name is CheckName.LOG_IN_NOT_LIMITED)
    assert check.ok is True


async def test_counts_that_are_over_are_deleted(world: World) -> None:
    await fail(world)
    world.clock.advance(hours=1)
    await world.application.accounts.retention.run_once()
    assert world.raw_database.query("SELECT name FROM rate_limits") == []
