"""Each IM group has a budget of its own."""

import pytest
from tests.support.passing_time import Time

from classgate.cloud.call_rate import CallRate
from classgate.cloud.group_rate import MAX_GROUPS, GroupRate
from classgate.cloud.resilient_client import Runtime


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def group_rate(time: Time) -> GroupRate:
    return GroupRate(CallRate(per_second=10, burst=2), Runtime(time.monotonic, time.sleep))


async def send(group_rate: GroupRate, group: str) -> None:
    async with group_rate.slot(group, 6.0):
        pass


async def test_messages_of_one_group_are_slowed(time: Time, group_rate: GroupRate) -> None:
    for _ in range(4):
        await send(group_rate, "1_replay")
    assert time.slept == [0.1, 0.1]


async def test_groups_do_not_slow_each_other(time: Time, group_rate: GroupRate) -> None:
    for number in range(20):
        await send(group_rate, str(number))
    assert time.slept == []


async def test_groups_without_a_recent_message_are_forgotten(
    time: Time, group_rate: GroupRate
) -> None:
    for _ in range(2):
        await send(group_rate, "1_replay")
    for number in range(MAX_GROUPS):
        await send(group_rate, str(number))
    await send(group_rate, "1_replay")
    assert time.slept == []


async def test_other_processes_send_to_the_same_groups(time: Time) -> None:
    runtime = Runtime(time.monotonic, time.sleep)
    group_rate = GroupRate(CallRate(per_second=10, burst=2), runtime, lambda: 0.5)
    for _ in range(3):
        await send(group_rate, "1_replay")
    assert time.slept == [0.2, 0.2]
