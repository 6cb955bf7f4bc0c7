"""What an operator does with messages that were set aside."""

from tests.support.harness import StoppedClock, World
from tests.support.outbox_cloud import FakeCloud
from tests.support.school import LIVE

from classgate.cloud.ports import Treatment
from classgate.outbox.delivery import OutboxDelivery
from classgate.outbox.service import Outbox


async def test_failed_message_is_retried_or_dropped(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    administration = world.application.outbox_administration
    cloud.refuse("DismissRoom", "InvalidParameter.RoomId", Treatment.FINAL, times=2)
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_dismissal(connection, classroom_id=LIVE, at=clock())
    await delivery.deliver_due()
    (failed,) = [each async for each in administration.list_messages()]
    assert (failed.state, failed.last_error) == ("failed", "InvalidParameter.RoomId")
    assert await administration.retry([failed.message_id + 1]) == 0
    clock.advance(days=2)
    assert await administration.retry([failed.message_id]) == 1
    await delivery.deliver_due()
    assert len(cloud.named("DismissRoom")) == 2
    counts = await administration.count()
    assert (counts.waiting, counts.failed, counts.oldest) == (0, 1, None)
    assert await administration.drop(None) == 1
    assert [each async for each in administration.list_messages()] == []
