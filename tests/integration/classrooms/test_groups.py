"""The groups of a class are made before its start. They end with it, or if it never starts."""

import json
from datetime import timedelta

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import StoppedClock, World
from tests.support.outbox_cloud import FakeCloud, delivery_of
from tests.support.school import PASSWORD, School

from classgate.cloud.ports import Treatment
from classgate.diagnosis.findings import Status
from classgate.diagnosis.outbox import check_outbox
from classgate.outbox.delivery import OutboxDelivery
from classgate.outbox.wake_up import WakeUp


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


@pytest.fixture
def delivery(world: World, cloud: FakeCloud, clock: StoppedClock) -> OutboxDelivery:
    world.raw_database.change("DELETE FROM outbox")
    return delivery_of(world, cloud, WakeUp(), clock)


async def make_class(
    world: World, school: School, starts_in: timedelta | None, lasts: timedelta | None = None
) -> int:
    body: dict[str, object] = {"title": "数学"}
    if starts_in is not None:
        body["starts_at"] = int((world.clock() + starts_in).timestamp())
    if starts_in is not None and lasts is not None:
        body["ends_at"] = int((world.clock() + starts_in + lasts).timestamp())
    answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
    assert answer.status_code == 201, answer.text
    classroom_id = answer.json()["classroom_id"]
    assert isinstance(classroom_id, int)
    return classroom_id


async def deliver(world: World, delivery: OutboxDelivery) -> None:
    await world.application.classrooms.groups.make_due()
    await delivery.deliver_due()


def made(cloud: FakeCloud) -> list[str]:
    return sorted(str(sent["GroupId"]) for sent in cloud.bodies("create_group"))


async def test_groups_are_made_ten_minutes_before_the_start_and_once(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    classroom_id = await make_class(world, school, timedelta(minutes=30))
    clock.advance(minutes=19)
    await deliver(world, delivery)
    assert made(cloud) == []
    clock.advance(minutes=1)
    await deliver(world, delivery)
    assert made(cloud) == [str(classroom_id), f"{classroom_id}_replay"]
    clock.advance(minutes=5)
    await deliver(world, delivery)
    assert len(made(cloud)) == 2


async def test_groups_follow_a_start_that_is_moved(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    classroom_id = await make_class(world, school, timedelta(minutes=30))
    starts_at = int((clock() + timedelta(hours=2)).timestamp())
    path = f"/v1/classrooms/{classroom_id}"
    answer = await world.call("PATCH", path, school.tokens["tom"], {"starts_at": starts_at})
    assert answer.status_code == 200, answer.text
    clock.advance(minutes=60)
    await deliver(world, delivery)
    assert made(cloud) == []
    clock.advance(minutes=50)
    await deliver(world, delivery)
    assert made(cloud) == [str(classroom_id), f"{classroom_id}_replay"]


async def test_after_days_without_the_service_no_groups_are_made_for_what_is_past(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    """An application may have few of them at a time."""
    over = await make_class(world, school, timedelta(days=2), timedelta(hours=1))
    await make_class(world, school, timedelta(days=1))
    late = await make_class(world, school, timedelta(days=2))
    clock.advance(days=2, hours=1)
    await deliver(world, delivery)
    assert made(cloud) == [str(late), f"{late}_replay"]
    clock.jump(minutes=-30)
    tom = await world.log_in("tom", PASSWORD)
    answer = await world.call("POST", f"/v1/classrooms/{over}/entry", tom)
    assert answer.status_code == 200, answer.text
    await deliver(world, delivery)
    assert len(made(cloud)) == 4


async def test_class_without_a_start_has_groups_from_its_first_entry(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    classroom_id = await make_class(world, school, None)
    await deliver(world, delivery)
    assert made(cloud) == []
    path = f"/v1/classrooms/{classroom_id}/entry"
    assert (await world.call("POST", path, school.tokens["tom"])).status_code == 200
    await deliver(world, delivery)
    assert made(cloud) == [str(classroom_id), f"{classroom_id}_replay"]


async def test_chat_group_of_a_class_that_never_starts_is_destroyed(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    classroom_id = await make_class(world, school, timedelta(minutes=5))
    await deliver(world, delivery)
    clock.advance(hours=23)
    await deliver(world, delivery)
    assert cloud.named("destroy_group") == []
    clock.advance(hours=2)
    await deliver(world, delivery)
    assert cloud.named("destroy_group") == [{"GroupId": str(classroom_id)}]
    assert world.raw_database.query("SELECT kind FROM outbox") == []


async def test_chat_group_of_a_class_that_is_live_is_not_destroyed(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    classroom_id = await make_class(world, school, timedelta(minutes=5))
    await deliver(world, delivery)
    path = f"/v1/classrooms/{classroom_id}/start"
    assert (await world.call("POST", path, school.tokens["tom"])).status_code == 200
    clock.advance(hours=25)
    await deliver(world, delivery)
    assert cloud.named("destroy_group") == []


async def test_refusal_by_the_plan_is_known_before_the_class(
    world: World,
    cloud: FakeCloud,
    delivery: OutboxDelivery,
    clock: StoppedClock,
    school: School,
    captured_log: CapturedLog,
) -> None:
    cloud.refuse("create_group", "im_10036", Treatment.ALARM, times=2)
    classroom_id = await make_class(world, school, timedelta(minutes=5))
    await deliver(world, delivery)
    finding = await check_outbox(world.application.database.reader, clock)
    assert finding.status is Status.FAIL
    assert f"class {classroom_id}: the limit of its plan" in finding.what
    logged = [line for line in captured_log.getvalue().splitlines() if "until the operator" in line]
    assert {json.loads(line)["classroom"] for line in logged} == {classroom_id}
    clock.advance(minutes=2)
    await deliver(world, delivery)
    assert (await check_outbox(world.application.database.reader, clock)).status is Status.OK
