"""Whose session ended is out of the rooms that it entered, unless another session entered too."""

from tests.support.harness import StoppedClock, World
from tests.support.outbox_cloud import FakeCloud
from tests.support.school import LIVE, PASSWORD, School

from classgate.outbox.delivery import OutboxDelivery

ENTRY = f"/v1/classrooms/{LIVE}/entry"


async def log_out(world: World, token: str) -> None:
    assert (await world.call("DELETE", "/v1/sessions/current", token)).status_code == 204


async def enter(world: World, token: str) -> None:
    assert (await world.call("POST", ENTRY, token)).status_code == 200


async def test_who_logs_out_is_removed_from_the_room_until_the_last_key_has_expired(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    await enter(world, school.tokens["amy"])
    world.raw_database.change("DELETE FROM outbox")
    await log_out(world, school.tokens["amy"])
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]
    assert cloud.named("kick") == []
    ((left,),) = world.raw_database.query("SELECT repeat_until - created_at FROM outbox")
    assert 298_000_000 < left <= 302_000_000  # the life of the PrivateMapKey


async def test_who_entered_in_another_session_too_stays_in_the_room(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    phone = await world.log_in("amy", PASSWORD)
    await enter(world, phone)
    await log_out(world, school.tokens["amy"])
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == []
    assert cloud.named("delete_group_member") == []
    await log_out(world, phone)
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]


async def test_session_that_expired_keeps_nobody_in_the_room(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School, clock: StoppedClock
) -> None:
    world.raw_database.change("UPDATE leases SET renewable_until = issued_at")
    phone = await world.log_in("amy", PASSWORD)
    await enter(world, phone)
    clock.advance(seconds=1)
    await log_out(world, phone)
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]


async def test_session_that_entered_no_class_removes_nobody(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    await log_out(world, await world.log_in("amy", PASSWORD))
    await delivery.deliver_due()
    assert cloud.calls == []


async def test_new_password_removes_the_other_sessions_from_their_rooms(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    kept = await world.log_in("amy", PASSWORD)
    body = {"current_password": PASSWORD, "new_password": "another staple, another horse"}
    assert (await world.call("PUT", "/v1/me/password", kept, body)).status_code == 204
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]
    assert cloud.named("kick") == []


async def test_new_password_leaves_whoever_changed_it_in_the_room(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    kept = await world.log_in("amy", PASSWORD)
    await enter(world, kept)
    body = {"current_password": PASSWORD, "new_password": "another staple, another horse"}
    assert (await world.call("PUT", "/v1/me/password", kept, body)).status_code == 204
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == []


async def test_account_that_is_disabled_after_it_logged_out_is_out_too(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School, clock: StoppedClock
) -> None:
    """The client may have stayed in the room, with a PrivateMapKey that has expired since."""
    await log_out(world, school.tokens["amy"])
    world.raw_database.change("DELETE FROM outbox")
    clock.advance(minutes=10)
    path = "/v1/admin/accounts/amy"
    answer = await world.call("PATCH", path, school.tokens["root"], {"disabled": True})
    assert answer.status_code == 200
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]  # the class that has ended has no room
