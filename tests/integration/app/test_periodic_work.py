"""Two processes over one database do their periodic work at the same moment: nothing is doubled."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from tests.support.harness import Opener, World
from tests.support.school import ENDED, PASSWORD, School

from classgate.audit.service import CHECKPOINT_INTERVAL

pytestmark = pytest.mark.on_postgresql


@pytest.fixture
async def other(open_with: Opener) -> AsyncIterator[World]:
    """A second process over the same database."""
    async with open_with() as opened:
        yield opened


async def work(world: World) -> None:
    """Everything that a serving process repeats, once."""
    for job in world.application.scheduler._jobs:
        for step in job.steps:
            await step()


async def work_at_once(*worlds: World) -> None:
    await asyncio.gather(*map(work, worlds))


def calls(service: str) -> float:
    names = {"service": service, "outcome": "answered"}
    return REGISTRY.get_sample_value("classgate_cloud_calls_total", names) or 0


def messages(world: World, classroom_id: int) -> list[str]:
    kinds = world.raw_database.query(
        "SELECT kind FROM outbox WHERE classroom_id = ? ORDER BY kind", classroom_id
    )
    return [kind for (kind,) in kinds]


async def test_uploads_groups_and_replays_are_done_once(
    world: World, other: World, school: School
) -> None:
    world.clock.advance(hours=25)
    tom = await world.log_in("tom", PASSWORD)
    starts_at = int((world.clock() + timedelta(minutes=5)).timestamp())
    body = {"title": "数学", "members": [], "starts_at": starts_at}
    made = await world.call("POST", "/v1/classrooms", tom, body)
    assert made.status_code == 201, made.text
    planned = made.json()["classroom_id"]
    before = calls("cos")
    await work_at_once(world, other)
    events = world.raw_database.events()
    assert events.count("upload_abandoned") == len(school.uploads)
    assert events.count("upload_cleaned_up") == len(school.uploads)
    # Of each upload one look for its parts and one deletion, and one look through the folders.
    assert calls("cos") - before == 2 * len(school.uploads) + 1
    of_planned = ["group", "group", "group_end"]  # chat and replay
    assert messages(world, planned) == of_planned
    assert messages(world, ENDED).count("replay_request") == 1

    world.clock.advance(hours=3)
    await work_at_once(world, other)
    assert world.raw_database.events().count("upload_cleaned_up") == len(school.uploads)
    assert calls("cos") - before == 2 * len(school.uploads) + 2
    assert messages(world, planned) == of_planned


async def test_look_that_a_killed_process_began_is_taken_up_again(
    world: World, other: World
) -> None:
    await work(world)
    before = calls("cos")
    await work(other)  # the look through the folders is claimed, by a process that is gone
    assert calls("cos") == before
    world.clock.advance(minutes=1)
    await work(other)
    assert calls("cos") == before + 1


async def test_audit_is_trimmed_and_sealed_once(open_with: Opener) -> None:
    settings = {"audit": {"retention": timedelta(days=60)}}
    async with open_with(**settings) as one, open_with(**settings) as two:
        for _ in range(3):
            await one.application.audit.checkpoint()
            one.clock.advance(days=40)
        await one.application.audit.checkpoint()
        one.clock.advance(seconds=CHECKPOINT_INTERVAL.total_seconds())
        await work_at_once(one, two)
        assert one.raw_database.events().count("audit_trimmed") == 1
        for each in (one, two):
            await each.settle()
            assert (await each.application.verify_audit()).faults == ()
