"""What a newer message or the gate has made superfluous is neither sent nor kept."""

import asyncio
from datetime import timedelta

from tests.support.harness import StoppedClock, World
from tests.support.outbox_cloud import FakeCloud
from tests.support.school import ENDED, LIVE, School

from classgate.cloud.ports import Treatment
from classgate.outbox import delivery_repository
from classgate.outbox.delivery import OutboxDelivery
from classgate.outbox.models import GroupKind
from classgate.outbox.policy import Lane
from classgate.outbox.service import CloudServices, Outbox

AMY = 5  # her account's number in the school
OUT_FOR = timedelta(seconds=300)


def states(world: World) -> list[tuple[str, str]]:
    rows = world.raw_database.query("SELECT kind, state FROM outbox ORDER BY message_id")
    return [(kind, state) for kind, state in rows]


async def remove(
    world: World, clock: StoppedClock, account_id: int = AMY, name: str = "amy", **services: bool
) -> None:
    world.raw_database.change("UPDATE leases SET state = 'ended'")
    async with world.application.database.transaction() as connection:
        await Outbox(CloudServices(**services)).enqueue_removal(
            connection,
            classroom_id=LIVE,
            account_id=account_id,
            identifier=name,
            at=clock(),
            until=clock() + OUT_FOR,
        )


async def block(world: World, clock: StoppedClock) -> None:
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_media_block(
            connection,
            classroom_id=LIVE,
            account_id=AMY,
            identifier="amy",
            at=clock(),
            audio=True,
            video=True,
        )


async def make_groups(world: World, clock: StoppedClock, classroom_id: int = LIVE) -> None:
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_groups(connection, classroom_id=classroom_id, at=clock())


async def test_removal_that_is_enqueued_while_one_is_sent_is_repeated_alone(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    gate = cloud.hold("RemoveUser")
    await remove(world, clock, im=False)
    sending = asyncio.create_task(delivery.deliver_due())
    await cloud.arrived.wait()
    await remove(world, clock, im=False)
    gate.set()
    await sending
    await delivery.deliver_due()
    assert len(cloud.named("RemoveUser")) == 2
    clock.advance(seconds=5)
    await delivery.deliver_due()
    assert len(cloud.named("RemoveUser")) == 3
    assert states(world) == [("removal", "repeating")]


async def test_removal_goes_on_after_a_block_that_was_being_sent(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    """The block has no answer, and is not tried again: whoever is out needs none."""
    cloud.can_block = True
    cloud.answer("SetUserBlocked", None, None)
    gate = cloud.hold("SetUserBlocked")
    await block(world, clock)
    sending = asyncio.create_task(delivery.deliver_due())
    await cloud.arrived.wait()
    await remove(world, clock, im=False)
    gate.set()
    await sending
    clock.advance(seconds=1)
    await delivery.deliver_due()
    assert len(cloud.named("SetUserBlocked")) == 1
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]


async def test_removal_deletes_nothing_of_a_service_that_is_not_called(
    world: World, clock: StoppedClock
) -> None:
    await block(world, clock)
    await remove(world, clock, im=False, rtc=False)
    assert states(world) == [("media_block", "waiting")]


async def test_new_removal_is_claimed_before_those_that_are_repeated(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    for number in range(3):
        await remove(world, clock, 100 + number, f"a{number}", im=False)
    await delivery.deliver_due()
    clock.advance(seconds=60)
    await remove(world, clock, im=False)
    now = clock()
    async with world.application.database.transaction() as connection:
        (first,) = await delivery_repository.claim_due(
            connection, Lane.ROOMS, now, now + OUT_FOR, limit=1
        )
    assert first.account_id == AMY


async def test_messages_about_one_person_do_not_pile_up_while_im_is_down(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    for _ in range(3):
        async with world.application.database.transaction() as connection:
            await Outbox().enqueue_group_member(
                connection, classroom_id=LIVE, account_id=AMY, identifier="amy", at=clock()
            )
        await remove(world, clock, rtc=False)
    assert states(world) == [("group_member", "waiting"), ("group_removal", "waiting")]


async def test_groups_that_wait_to_be_made_are_not_enqueued_again(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    cloud.answer("create_group", None, None)
    await make_groups(world, clock)
    await delivery.deliver_due()
    await make_groups(world, clock)
    assert states(world) == [("group", "waiting")] * 2


async def test_mute_is_not_sent_to_a_class_that_has_ended(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    for classroom_id in (ENDED, LIVE):
        async with world.application.database.transaction() as connection:
            await Outbox().enqueue_chat_mutes(
                connection,
                classroom_id=classroom_id,
                people={AMY: "amy"},
                at=clock(),
                muted=True,
            )
    await delivery.deliver_due()
    assert [sent["GroupId"] for sent in cloud.bodies("forbid_send_msg")] == [str(LIVE)]
    assert states(world) == []


async def test_chat_group_that_is_retried_after_the_class_is_not_made(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    """Nobody would destroy it, and a plan has few."""
    await make_groups(world, clock, ENDED)
    await delivery.deliver_due()
    assert [sent["GroupId"] for sent in cloud.bodies("create_group")] == [f"{ENDED}_replay"]


async def test_end_of_a_class_replaces_a_chat_group_that_the_plan_refuses(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    cloud.refuse("create_group", "im_10036", Treatment.ALARM)
    await make_groups(world, clock)
    world.raw_database.change("DELETE FROM outbox WHERE payload LIKE '%replay%'")
    await delivery.deliver_due()
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_group_end(
            connection, classroom_id=LIVE, kind=GroupKind.CHAT, at=clock()
        )
    assert states(world) == [("group_end", "waiting")]


async def test_removal_is_not_repeated_after_the_class_whose_room_is_dismissed(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    await remove(world, clock, im=False)
    await delivery.deliver_due()
    ended = await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])
    assert ended.status_code == 200
    for _ in range(3):
        clock.advance(seconds=10)
        await delivery.deliver_due()
    assert len(cloud.named("RemoveUser")) == 1
    assert len(cloud.named("DismissRoom")) == 3
    assert ("removal", "repeating") not in states(world)
