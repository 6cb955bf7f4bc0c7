"""The school with an empty outbox, and its delivery to a cloud that fails on request."""

import pytest
from tests.support.harness import StoppedClock, World
from tests.support.outbox_cloud import FakeCloud, delivery_of

from classgate.outbox.delivery import OutboxDelivery
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


@pytest.fixture(autouse=True)
def _without_the_past(world: World) -> None:
    """What the making of the school enqueued is not of these tests."""
    world.raw_database.change("DELETE FROM outbox")
