"""The delivery as it is wired, with the emulator's IM and TRTC behind it."""

import asyncio
from typing import Any

from tests.support.harness import StoppedClock, World
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, School


async def control(emulator: Emulator, path: str, **values: object) -> Any:
    return (await asyncio.to_thread(emulator.control, path, **values)).json


async def listed(emulator: Emulator, path: str) -> list[dict[str, Any]]:
    answer = await asyncio.to_thread(emulator.call, "GET", path)
    assert answer.status == 200
    items: list[dict[str, Any]] = answer.json["items"]
    return items


async def people(emulator: Emulator) -> set[str]:
    """Who is in the room of the live class."""
    rooms = await listed(emulator, "/_emulator/rooms")
    return {
        user["identifier"] for room in rooms if room["room_id"] == LIVE for user in room["users"]
    }


async def entry_of(world: World, school: School, name: str) -> dict[str, Any]:
    path = f"/v1/classrooms/{LIVE}/entry"
    answer = await world.call("POST", path, school.tokens[name])
    assert answer.status_code == 200, answer.text
    entry: dict[str, Any] = answer.json()
    return entry


async def go_in(emulator: Emulator, entry: dict[str, Any]) -> None:
    answer = await control(
        emulator,
        "/_emulator/enter-room",
        sdk_app_id=entry["sdk_app_id"],
        identifier=entry["identifier"],
        user_sig=entry["user_sig"],
        private_map_key=entry["private_map_key"],
        room_id=entry["room_id"],
    )
    assert answer["code"] == 0, answer


async def test_kicked_member_is_out_and_out_again_with_the_old_key(
    world: World, emulator: Emulator, clock: StoppedClock, school: School
) -> None:
    tom, amy = await entry_of(world, school, "tom"), await entry_of(world, school, "amy")
    await go_in(emulator, tom)
    await go_in(emulator, amy)
    kick = f"/v1/classrooms/{LIVE}/members/amy/kick"
    assert (await world.call("POST", kick, school.tokens["tom"])).status_code == 204
    await world.application.delivery.deliver_due()
    assert await people(emulator) == {"tom"}
    await go_in(emulator, amy)
    assert await people(emulator) == {"tom", "amy"}
    clock.advance(seconds=5)
    await world.application.delivery.deliver_due()
    assert await people(emulator) == {"tom"}


async def test_everything_of_a_class_is_accepted_by_the_emulator(
    world: World, emulator: Emulator, clock: StoppedClock, school: School
) -> None:
    await entry_of(world, school, "amy")
    await go_in(emulator, await entry_of(world, school, "tom"))
    tom = school.tokens["tom"]
    await world.call("POST", f"/v1/classrooms/{LIVE}/members/amy/kick", tom)
    await world.application.delivery.deliver_due()
    assert (await world.call("POST", f"/v1/classrooms/{LIVE}/end", tom)).status_code == 200
    for _ in range(20):
        await world.application.delivery.deliver_due()
        clock.advance(seconds=30)
    assert await people(emulator) == set()
    left = world.raw_database.query("SELECT kind, last_error FROM outbox")
    # The replay group stays for seven days.
    assert left == [("group_end", None)]
    calls = await listed(emulator, "/_emulator/calls?service=im")
    done = [(each["action"], each["parameters"]["GroupId"]) for each in calls if each["code"] == 0
            and "GroupId" in each["parameters"]]  # fmt: skip
    groups = [each for each in done if each[0] in ("create_group", "destroy_group")]
    assert sorted(groups[:2]) == [("create_group", "1"), ("create_group", "1_replay")]
    assert groups[2:] == [("destroy_group", "1")]
    assert done.count(("send_group_msg", "1_replay")) == 3  # two entered, ended


async def test_disabled_account_is_kicked_from_im(
    world: World, emulator: Emulator, school: School
) -> None:
    path = "/v1/admin/accounts/amy"
    answer = await world.call("PATCH", path, school.tokens["root"], {"disabled": True})
    assert answer.status_code == 200
    await world.application.delivery.deliver_due()
    calls = await listed(emulator, "/_emulator/calls?service=im")
    assert ("kick", {"UserID": "amy"}) in [(each["action"], each["parameters"]) for each in calls]
    assert world.raw_database.query("SELECT * FROM outbox WHERE last_error IS NOT NULL") == []
