"""The clock was ahead and is set right: what is meant for the cloud does not wait until then."""

from datetime import timedelta

import pytest
from tests.support.harness import StoppedClock, World
from tests.support.outbox_cloud import FakeCloud, delivery_of
from tests.support.school import LIVE

from classgate.outbox.delivery import OutboxDelivery
from classgate.outbox.models import GroupKind, MarkerType
from classgate.outbox.service import Outbox
from classgate.outbox.wake_up import WakeUp

AMY = 5  # her account's number in the school


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def delivery(world: World, cloud: FakeCloud, clock: StoppedClock) -> OutboxDelivery:
    return delivery_of(world, cloud, WakeUp(), clock)


@pytest.fixture(autouse=True)
def _without_the_past(world: World) -> None:
    world.raw_database.change("DELETE FROM outbox")


async def enqueue_marker(world: World, clock: StoppedClock) -> None:
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_marker(
            connection,
            MarkerType.CLASS_STARTED,
            classroom_id=LIVE,
            account_id=AMY,
            timestamp=7,
            at=clock(),
        )


def left(world: World) -> int:
    ((number,),) = world.raw_database.query("SELECT count(*) FROM outbox")
    assert isinstance(number, int)
    return number


async def test_marker_of_a_clock_that_was_ahead_holds_up_nothing(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await delivery.deliver_due()
    clock.jump(hours=8)
    await enqueue_marker(world, clock)
    clock.jump(hours=-8)
    await enqueue_marker(world, clock)
    # The one of a process that started with the wrong clock, or that ended meanwhile.
    assert await delivery_of(world, cloud, WakeUp(), clock).deliver_due() == 2
    assert left(world) == 0


async def test_running_delivery_hears_of_a_clock_that_was_set_back(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    clock.jump(hours=8)
    await delivery.deliver_due()
    cloud.answer("send_group_msg", None)  # to be tried again after some seconds
    await enqueue_marker(world, clock)
    assert await delivery.deliver_due() == 1
    await enqueue_marker(world, clock)
    clock.jump(hours=-8)
    assert await delivery.deliver_due() == 2
    assert left(world) == 0


async def test_claim_of_a_clock_that_was_ahead_ends_as_soon_as_any(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await enqueue_marker(world, clock)
    claimed = clock() + timedelta(hours=8, seconds=30)  # by a process that ended
    world.raw_database.change(
        "UPDATE outbox SET attempts = 1, claimed_until = ?", int(claimed.timestamp() * 1_000_000)
    )
    assert await delivery.deliver_due() == 0
    clock.advance(seconds=30)
    assert await delivery.deliver_due() == 1
    assert left(world) == 0


async def test_end_of_a_group_that_is_planned_stays_planned(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    for ahead in (timedelta(0), timedelta(hours=8)):
        async with world.application.database.transaction() as connection:
            at = clock() + ahead
            due_at = at + timedelta(days=7)
            kind = GroupKind.CHAT if ahead else GroupKind.REPLAY
            await Outbox().enqueue_group_end(
                connection, classroom_id=LIVE, kind=kind, at=at, due_at=due_at
            )
    assert await delivery.deliver_due() == 0
    clock.advance(days=7)
    assert await delivery.deliver_due() == 1
    clock.advance(hours=8)
    assert await delivery.deliver_due() == 1


async def test_clocks_of_two_machines_that_differ_a_little_change_nothing(
    world: World, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    clock.jump(seconds=4)
    await enqueue_marker(world, clock)
    clock.jump(seconds=-4)
    assert await delivery.deliver_due() == 0
    clock.advance(seconds=4)
    assert await delivery.deliver_due() == 1
