"""What the gate decides reaches the cloud: in order, again after failures, never doubled."""

import asyncio
import json
from datetime import timedelta

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import StoppedClock, World
from tests.support.outbox_cloud import FakeCloud, delivery_of
from tests.support.school import CREATED, ENDED, LIVE, School

from classgate.cloud.ports import CloudAnswer, Treatment
from classgate.outbox.delivery import OutboxDelivery
from classgate.outbox.models import MarkerType
from classgate.outbox.service import CloudServices, Outbox
from classgate.outbox.wake_up import WakeUp

AMY = 5  # her account's number in the school


def states(world: World) -> list[tuple[str, str, str | None]]:
    """The messages that are left, in their order."""
    rows = world.raw_database.query(
        "SELECT kind, state, last_error FROM outbox ORDER BY message_id"
    )
    return [(kind, state, error) for kind, state, error in rows]


def removed_users(cloud: FakeCloud) -> list[tuple[str, ...]]:
    calls = [sent for sent in cloud.named("RemoveUser") if isinstance(sent, tuple)]
    return [users for _, users in calls]


async def enqueue_markers(world: World, clock: StoppedClock, *markers: MarkerType) -> None:
    async with world.application.database.transaction() as connection:
        for marker in markers:
            await Outbox().enqueue_marker(
                connection,
                marker,
                classroom_id=LIVE,
                account_id=AMY,
                timestamp=7,
                at=clock(),
            )


def marker_types(cloud: FakeCloud) -> list[int]:
    return [
        json.loads(sent["MsgBody"][0]["MsgContent"]["Data"])["type"]  # type: ignore[index]
        for sent in cloud.named("send_group_msg")
    ]


async def remove_amy(
    world: World, clock: StoppedClock, until: timedelta = timedelta(0), *, name: str = "amy"
) -> None:
    async with world.application.database.transaction() as connection:
        await Outbox(CloudServices(im=False)).enqueue_removal(
            connection,
            classroom_id=LIVE,
            account_id=AMY + len(name) - 3,
            identifier=name,
            at=clock(),
            until=clock() + until,
        )


async def end_leases(world: World, clock: StoppedClock) -> None:
    world.raw_database.change("UPDATE leases SET state = 'ended'")


async def test_markers_of_a_class_are_sent_in_their_order_and_deleted(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    order = [MarkerType.CLASS_STARTED, MarkerType.MEMBER_ENTERED, MarkerType.CLASS_ENDED]
    await enqueue_markers(world, clock, *order)
    assert await delivery.deliver_due() == 3
    assert marker_types(cloud) == [1001, 1003, 1002]
    sent = cloud.named("send_group_msg")[0]
    assert isinstance(sent, dict)
    assert sent["GroupId"] == "1_replay"
    assert sent["From_Account"] == "administrator"
    assert json.loads(sent["MsgBody"][0]["MsgContent"]["Data"])["value"] == {"uid": "amy"}
    assert states(world) == []


async def test_marker_that_is_not_answered_is_repeated_with_the_same_bytes(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED, MarkerType.CLASS_ENDED)
    cloud.answer("send_group_msg", None)
    assert await delivery.deliver_due() == 1
    assert states(world) == [("marker", "waiting", "no_answer"), ("marker", "waiting", None)]
    clock.advance(seconds=1)
    assert await delivery.deliver_due() == 2
    first, second, third = cloud.named("send_group_msg")
    assert first == second
    assert third != first
    assert states(world) == []


async def test_marker_is_not_repeated_after_im_has_forgotten_its_number(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED)
    cloud.answer("send_group_msg", None)
    await delivery.deliver_due()
    clock.advance(minutes=5)
    await enqueue_markers(world, clock, MarkerType.CLASS_ENDED)
    await delivery.deliver_due()
    assert marker_types(cloud) == [1001, 1002]
    assert states(world) == [("marker", "failed", "expired")]


async def test_poisoned_message_is_set_aside_and_the_later_ones_go_on(
    world: World,
    cloud: FakeCloud,
    delivery: OutboxDelivery,
    clock: StoppedClock,
    captured_log: CapturedLog,
) -> None:
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED, MarkerType.CLASS_ENDED)
    cloud.refuse("send_group_msg", "im_80001", Treatment.FINAL)
    await delivery.deliver_due()
    assert marker_types(cloud) == [1001, 1002]
    assert states(world) == [("marker", "failed", "im_80001")]
    assert "a message to the cloud was set aside" in captured_log.getvalue()


async def test_payload_that_cannot_be_read_is_set_aside(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED, MarkerType.CLASS_ENDED)
    world.raw_database.change("UPDATE outbox SET payload = '[' WHERE payload LIKE '%1001%'")
    await delivery.deliver_due()
    assert marker_types(cloud) == [1002]
    assert states(world) == [("marker", "failed", "fault")]


async def test_marker_that_is_refused_again_and_again_lets_the_later_ones_go(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED, MarkerType.CLASS_ENDED)
    cloud.refuse("send_group_msg", "im_10002", Treatment.RETRY, times=8)
    for _ in range(8):
        await delivery.deliver_due()
        clock.advance(seconds=30)
    await delivery.deliver_due()
    assert marker_types(cloud) == [1001] * 8 + [1002]
    assert states(world) == [("marker", "failed", "im_10002")]


async def test_message_whose_group_an_old_client_made_goes_to_that_group(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED)
    cloud.refuse("send_group_msg", "im_10010", Treatment.FINAL)
    await delivery.deliver_due()
    groups = [sent["GroupId"] for sent in cloud.named("send_group_msg")]  # type: ignore[index]
    assert groups == ["1_replay", "1"]
    assert states(world) == []


async def test_removal_does_not_wait_for_a_marker(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await end_leases(world, clock)
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED)
    await remove_amy(world, clock)
    cloud.answer("send_group_msg", None)
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]
    assert states(world) == [("marker", "waiting", "no_answer")]


async def test_removal_is_repeated_until_the_last_key_has_expired(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await end_leases(world, clock)
    await remove_amy(world, clock, until=timedelta(seconds=12))
    for seconds, calls in ((0, 1), (4, 1), (1, 2), (5, 3), (2, 4)):
        clock.advance(seconds=seconds)
        await delivery.deliver_due()
        assert len(cloud.named("RemoveUser")) == calls
    assert states(world) == []


async def test_repetition_ends_when_the_gate_lets_the_person_in_again(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    await end_leases(world, clock)
    await remove_amy(world, clock, until=timedelta(seconds=300))
    await delivery.deliver_due()
    entered = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", school.tokens["amy"])
    assert entered.status_code == 200
    world.raw_database.change("DELETE FROM outbox WHERE kind <> 'removal'")
    clock.advance(seconds=5)
    await delivery.deliver_due()
    assert len(cloud.named("RemoveUser")) == 1
    assert states(world) == []


async def test_removals_of_one_class_are_one_call_of_ten_at_most(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    names = ["x" * length for length in range(3, 15)]
    for name in names:
        await remove_amy(world, clock, name=name)
    await end_leases(world, clock)
    await delivery.deliver_due()
    sent = sorted(len(users) for users in removed_users(cloud))
    assert sent == [2, 10]
    assert states(world) == []


async def test_one_name_that_the_cloud_refuses_does_not_keep_the_others_in(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await end_leases(world, clock)
    await remove_amy(world, clock)
    await remove_amy(world, clock, name="anna")
    refusal = CloudAnswer(Treatment.FINAL, "InvalidParameter.UserIds")
    cloud.answer("RemoveUser", refusal, refusal, CloudAnswer(Treatment.DONE))
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [
        (LIVE, ("amy", "anna")),
        (LIVE, ("amy",)),
        (LIVE, ("anna",)),
    ]
    assert states(world) == [("removal", "failed", "InvalidParameter.UserIds")]


async def set_mute(world: World, clock: StoppedClock, *, muted: bool) -> None:
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_chat_mutes(
            connection,
            classroom_id=LIVE,
            people={AMY: "amy"},
            at=clock(),
            muted=muted,
        )


async def test_new_mute_replaces_the_one_that_waits(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await set_mute(world, clock, muted=True)
    await set_mute(world, clock, muted=False)
    await delivery.deliver_due()
    assert [sent["MuteTime"] for sent in cloud.bodies("forbid_send_msg")] == [0]


async def test_new_mute_comes_after_the_one_that_is_being_sent(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    gate = cloud.hold("forbid_send_msg")
    await set_mute(world, clock, muted=True)
    sending = asyncio.create_task(delivery.deliver_due())
    await cloud.arrived.wait()
    await set_mute(world, clock, muted=False)
    assert await delivery.deliver_due() == 0  # it waits for the first
    gate.set()
    await sending
    await delivery.deliver_due()
    assert [sent["MuteTime"] for sent in cloud.bodies("forbid_send_msg")] == [4_294_967_295, 0]
    assert states(world) == []


async def test_removal_does_not_wait_for_a_block_that_the_cloud_does_not_take(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    cloud.can_block = True
    cloud.answer("SetUserBlocked", None)
    await end_leases(world, clock)
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
    await delivery.deliver_due()
    await remove_amy(world, clock)
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]
    assert states(world) == []


async def test_late_kick_does_not_end_a_newer_user_sig(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    await end_leases(world, clock)
    cloud.answer("kick", None)
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_kick(connection, account_id=AMY, identifier="amy", at=clock())
    await delivery.deliver_due()
    assert (await world.call("POST", "/v1/user-sig", school.tokens["amy"])).status_code == 200
    clock.advance(minutes=1)
    await delivery.deliver_due()
    assert cloud.named("kick") == [{"UserID": "amy"}]
    assert states(world) == []


async def test_message_of_a_process_that_was_killed_is_delivered_by_another(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    """Between the call and its record: sent again, with the same bytes, and recorded then."""
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED)
    never = cloud.hold("send_group_msg")
    killed = asyncio.create_task(delivery.deliver_due())
    await cloud.arrived.wait()
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    never.set()
    assert await delivery.deliver_due() == 0  # claimed
    clock.advance(seconds=31)
    assert await delivery.deliver_due() == 1
    first, second = cloud.named("send_group_msg")
    assert first == second
    assert states(world) == []


async def test_process_that_was_too_slow_records_nothing(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED)
    gate = cloud.hold("send_group_msg")
    slow = asyncio.create_task(delivery.deliver_due())
    await cloud.arrived.wait()
    world.raw_database.change("UPDATE outbox SET claimed_until = claimed_until + 1000000")
    gate.set()
    await slow
    assert states(world) == [("marker", "waiting", None)]


async def test_two_processes_never_deliver_the_same_message(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    await enqueue_markers(world, clock, *[MarkerType.MEMBER_ENTERED] * 10)
    outcomes = await asyncio.gather(*(delivery.deliver_due() for _ in range(4)))
    while sent := await delivery.deliver_due():
        outcomes.append(sent)
    assert sum(outcomes) == 10
    assert len(cloud.calls) == 10
    assert states(world) == []


async def test_old_messages_of_a_version_without_a_delivery_are_dropped(
    world: World,
    cloud: FakeCloud,
    delivery: OutboxDelivery,
    clock: StoppedClock,
    captured_log: CapturedLog,
) -> None:
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED, MarkerType.CLASS_ENDED)
    world.raw_database.change("UPDATE outbox SET ordering_key = 'upgraded'")
    world.raw_database.change(
        "UPDATE outbox SET created_at = created_at - 301000000 WHERE payload LIKE '%1001%'"
    )
    assert await delivery.deliver_due() == 0
    await delivery.adopt_upgraded()
    await delivery.deliver_due()
    assert marker_types(cloud) == [1002]
    assert states(world) == []
    assert "old messages of an earlier version were dropped" in captured_log.getvalue()


async def test_running_delivery_is_woken_by_the_commit(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, wake_up: WakeUp
) -> None:
    delivery.start()
    try:
        async with world.application.database.transaction() as connection:
            await Outbox(wake=wake_up.wake).enqueue_dismissal(
                connection, classroom_id=LIVE, at=clock()
            )
        await cloud.arrived.wait()
    finally:
        await delivery.stop()
    assert cloud.named("DismissRoom") == [LIVE]
    assert states(world) == []


async def test_process_claims_its_share_of_a_lane_at_a_time(
    world: World, cloud: FakeCloud, clock: StoppedClock, wake_up: WakeUp
) -> None:
    """What its budget has no room for is left to the others."""
    gate = cloud.hold("DismissRoom")
    async with world.application.database.transaction() as connection:
        for classroom_id in (LIVE, CREATED, ENDED):
            await Outbox(wake=wake_up.wake).enqueue_dismissal(
                connection, classroom_id=classroom_id, at=clock()
            )
    delivery = delivery_of(world, cloud, wake_up, clock, share=lambda: 0.1)
    delivery.start()
    try:
        await cloud.arrived.wait()
        claimed = "SELECT count(*) FROM outbox WHERE claimed_until IS NOT NULL"
        assert world.raw_database.query(claimed) == [(2,)]
    finally:
        gate.set()
        await delivery.stop()
    await delivery.deliver_due()
    assert set(cloud.named("DismissRoom")) == {LIVE, CREATED, ENDED}
    assert len(cloud.named("DismissRoom")) == 3


async def test_call_that_hangs_keeps_no_other_lane_waiting(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, wake_up: WakeUp
) -> None:
    gate = cloud.hold("send_group_msg")
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED)
    delivery.start()
    try:
        await cloud.arrived.wait()
        cloud.arrived.clear()
        async with world.application.database.transaction() as connection:
            await Outbox(wake=wake_up.wake).enqueue_dismissal(
                connection, classroom_id=LIVE, at=clock()
            )
        await cloud.arrived.wait()
        assert cloud.calls[-1] == ("DismissRoom", LIVE)
        gate.set()
    finally:
        await delivery.stop()
    assert states(world) == []


async def test_kicked_member_is_removed_from_the_room_and_the_replay_group(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    entered = await world.call("POST", f"/v1/classrooms/{LIVE}/entry", school.tokens["amy"])
    assert entered.status_code == 200
    path = f"/v1/classrooms/{LIVE}/members/amy/kick"
    assert (await world.call("POST", path, school.tokens["tom"])).status_code == 204
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]
    assert cloud.named("delete_group_member") == [
        {"GroupId": "1_replay", "Silence": 1, "MemberToDel_Account": ["amy"]}
    ]
    assert cloud.named("kick") == []
    assert states(world) == [("removal", "repeating", None)]
    ((left,),) = world.raw_database.query("SELECT repeat_until - created_at FROM outbox")
    assert 298_000_000 < left <= 302_000_000  # her PrivateMapKey's


async def test_member_who_was_taken_off_the_roster_is_removed(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    path = f"/v1/classrooms/{LIVE}/members/amy"
    assert (await world.call("DELETE", path, school.tokens["tom"])).status_code == 204
    await delivery.deliver_due()
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]


@pytest.mark.parametrize("change", ["disabled", "deleted", "password"])
async def test_account_that_lost_its_sessions_is_out_everywhere(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School, change: str
) -> None:
    root, path = school.tokens["root"], "/v1/admin/accounts/amy"
    if change == "disabled":
        answer = await world.call("PATCH", path, root, {"disabled": True})
    elif change == "deleted":
        answer = await world.call("DELETE", path, root)
    else:
        answer = await world.call("POST", f"{path}/password", root)
    assert answer.is_success, answer.text
    await delivery.deliver_due()
    assert cloud.named("kick") == [{"UserID": "amy"}]
    assert cloud.named("RemoveUser") == [(LIVE, ("amy",))]  # the only class she entered and is live


async def test_ended_class_is_dismissed_and_its_chat_group_destroyed(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    answer = await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])
    assert answer.status_code == 200
    await delivery.deliver_due()
    assert cloud.named("DismissRoom") == [LIVE]
    assert cloud.named("destroy_group") == [{"GroupId": "1"}]
    assert marker_types(cloud) == [1002]
    for _ in range(8):
        clock.advance(days=1)
        await delivery.deliver_due()
    assert cloud.named("destroy_group") == [{"GroupId": "1"}, {"GroupId": "1_replay"}]
    assert states(world) == []


async def test_group_that_an_old_client_made_is_not_destroyed(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    theirs = {"GroupInfo": [{"GroupId": "1", "Owner_Account": "tom"}]}
    cloud.answer("get_group_info", CloudAnswer(Treatment.DONE, "", theirs))
    await world.call("POST", f"/v1/classrooms/{LIVE}/end", school.tokens["tom"])
    await delivery.deliver_due()
    assert cloud.named("destroy_group") == []


async def test_first_entry_makes_the_groups_and_adds_who_writes_on_the_board(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock, school: School
) -> None:
    for name in ("tom", "stan", "amy"):
        path = f"/v1/classrooms/{LIVE}/entry"
        assert (await world.call("POST", path, school.tokens[name])).status_code == 200
    cloud.refuse("add_group_member", "im_10019", Treatment.IMPORT)
    await delivery.deliver_due()
    created = [
        (sent["GroupId"], sent["Type"], sent["Name"], sent["Owner_Account"])
        for sent in cloud.bodies("create_group")
    ]
    assert sorted(created) == [
        ("1", "AVChatRoom", "数学", "administrator"),
        ("1_replay", "Private", "数学", "administrator"),
    ]
    assert cloud.named("account_import") == [{"UserID": "tom"}, {"UserID": "stan"}]
    added = {"MemberList": [{"Member_Account": "tom"}, {"Member_Account": "stan"}]}
    assert cloud.named("add_group_member") == [{"GroupId": "1_replay", "Silence": 1, **added}] * 2
    assert marker_types(cloud) == [1003] * 3
    assert states(world) == []


async def test_entry_into_a_live_class_by_the_api_has_a_marker(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, school: School
) -> None:
    path = f"/v1/classrooms/{LIVE}/entry"
    assert (await world.call("POST", path, school.tokens["amy"])).status_code == 200
    await delivery.deliver_due()
    assert marker_types(cloud) == [1003]


async def test_group_of_somebody_else_is_set_aside_and_ours_is_done(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    owners = {"1": "mallory", "1_replay": cloud.admin_identifier}
    listed = [{"GroupId": each, "Owner_Account": owner} for each, owner in owners.items()]
    cloud.refuse("create_group", "im_10021", Treatment.FINAL, times=2)
    answer = CloudAnswer(Treatment.DONE, "", {"GroupInfo": listed})
    cloud.answer("get_group_info", answer, answer)
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_groups(connection, classroom_id=LIVE, at=clock())
    await delivery.deliver_due()
    assert states(world) == [("group", "failed", "im_10021")]


async def test_services_that_the_settings_do_not_name_get_nothing(
    world: World, clock: StoppedClock
) -> None:
    outbox = Outbox(CloudServices(im=False, rtc=False))
    async with world.application.database.transaction() as connection:
        await outbox.enqueue_groups(connection, classroom_id=LIVE, at=clock())
        await outbox.enqueue_dismissal(connection, classroom_id=LIVE, at=clock())
        await outbox.enqueue_kick(connection, account_id=AMY, identifier="amy", at=clock())
        await outbox.enqueue_removal(
            connection,
            classroom_id=LIVE,
            account_id=AMY,
            identifier="amy",
            at=clock(),
            until=clock(),
        )
    assert states(world) == []


async def test_chat_group_that_the_plan_refuses_waits_and_holds_up_no_marker(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    """It is made as soon as another class has ended."""
    cloud.refuse("create_group", "im_10036", Treatment.ALARM)
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_groups(connection, classroom_id=LIVE, at=clock())
    world.raw_database.change("DELETE FROM outbox WHERE payload LIKE '%replay%'")
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED)
    await delivery.deliver_due()
    assert marker_types(cloud) == [1001]
    assert states(world) == [("group", "waiting", "im_10036")]
    cloud.refuse("create_group", "im_10036", Treatment.ALARM, times=20)
    for _ in range(20):
        clock.advance(seconds=60)
        await delivery.deliver_due()
    assert states(world) == [("group", "waiting", "im_10036")]
    clock.advance(seconds=60)
    await delivery.deliver_due()
    assert states(world) == []
    assert [sent["GroupId"] for sent in cloud.bodies("create_group")][-1] == str(LIVE)


async def test_attempt_is_over_before_its_claim(
    world: World, cloud: FakeCloud, wake_up: WakeUp, clock: StoppedClock
) -> None:
    cloud.hold("send_group_msg")
    await enqueue_markers(world, clock, MarkerType.CLASS_STARTED)
    delivery = delivery_of(world, cloud, wake_up, clock, attempt_seconds=0.01)
    assert await delivery.deliver_due() == 1
    assert states(world) == [("marker", "waiting", "no_answer")]


async def test_mutes_of_a_class_are_one_call_for_all_and_one_for_those_who_are_unmuted(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    cloud.refuse("forbid_send_msg", "im_10019", Treatment.IMPORT)
    async with world.application.database.transaction() as connection:
        for muted, people in ((True, {AMY: "amy", 6: "stan"}), (False, {4: "anna"})):
            await Outbox().enqueue_chat_mutes(
                connection, classroom_id=LIVE, people=people, at=clock(), muted=muted
            )
    await delivery.deliver_due()
    sent = [(each["Members_Account"], each["MuteTime"]) for each in cloud.bodies("forbid_send_msg")]
    assert sent == [
        (["amy", "stan"], 4_294_967_295),
        (["amy", "stan"], 4_294_967_295),
        (["anna"], 0),
    ]
    assert cloud.named("account_import") == [{"UserID": "amy"}, {"UserID": "stan"}]
    assert states(world) == []


async def test_one_name_that_cannot_be_muted_does_not_keep_the_others_from_it(
    world: World, cloud: FakeCloud, delivery: OutboxDelivery, clock: StoppedClock
) -> None:
    async with world.application.database.transaction() as connection:
        await Outbox().enqueue_chat_mutes(
            connection, classroom_id=LIVE, people={AMY: "amy", 6: "stan"}, at=clock(), muted=True
        )
    refusal = CloudAnswer(Treatment.FINAL, "im_10004")
    cloud.answer("forbid_send_msg", refusal, refusal, CloudAnswer(Treatment.DONE))
    await delivery.deliver_due()
    assert [sent["Members_Account"] for sent in cloud.bodies("forbid_send_msg")] == [
        ["amy", "stan"],
        ["amy"],
        ["stan"],
    ]
    assert states(world) == [("chat_mute", "failed", "im_10004")]
