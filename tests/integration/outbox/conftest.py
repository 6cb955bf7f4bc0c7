"""The school with an empty outbox, and its delivery to a cloud that fails on request."""

import pytest
from tests.support.harness import StoppedClock, World
from tests.support.outbox_cloud import FakeCloud

from classgate.app.outbox_delivery import Names
from classgate.cloud.resilient_client import Runtime
from classgate.outbox.delivery import OutboxDelivery
from classgate.outbox.im_commands import ImSender
from classgate.outbox.policy import Lane
from classgate.outbox.room_commands import RoomSender
from classgate.outbox.wake_up import WakeUp


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def wake_up() -> WakeUp:
    return WakeUp()


@pytest.fixture
def delivery(
    world: World, cloud: FakeCloud, wake_up: WakeUp, clock: StoppedClock
) -> OutboxDelivery:
    return delivery_of(world, cloud, wake_up, clock)


def delivery_of(
    world: World, cloud: FakeCloud, wake_up: WakeUp, clock: StoppedClock
) -> OutboxDelivery:
    application = world.application
    names = Names(application.database, application.leases)
    im = ImSender(cloud, names)
    return OutboxDelivery(
        database=application.database,
        senders={Lane.ROOMS: RoomSender(cloud), Lane.ACCOUNTS: im, Lane.GROUPS: im},
        active_leases=names,
        wake_up=wake_up,
        clock=clock,
        runtime=Runtime(monotonic=clock.monotonic, sleep=clock.sleep, jitter=lambda: 0.5),
    )


@pytest.fixture(autouse=True)
def _without_the_past(world: World) -> None:
    """What the making of the school enqueued is not of these tests."""
    world.raw_database.change("DELETE FROM outbox")
