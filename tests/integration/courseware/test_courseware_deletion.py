"""Deleting courseware: out of the list at once, out of the store when the store can be reached."""

import asyncio
import json

import httpx
import pytest
from tests.support.harness import World, problem
from tests.support.running_emulator import Emulator, fetch
from tests.support.school import LIVE, OPEN, School
from tests.support.uploads import complete, open_upload, put, upload_whole


async def delete(world: World, token: str, courseware_id: str) -> httpx.Response:
    return await world.call("DELETE", f"/v1/courseware/{courseware_id}", token)


async def listed(world: World, token: str) -> list[str]:
    answer = await world.call("GET", f"/v1/classrooms/{LIVE}/courseware", token)
    return [item["id"] for item in answer.json()["items"]]


def state(world: World, courseware_id: str) -> str:
    ((found,),) = world.raw_database.query(
        "SELECT state FROM uploads WHERE upload_id = ?", courseware_id
    )
    assert isinstance(found, str)
    return found


async def test_deleted_file_leaves_the_list_and_the_store(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    kept = await upload_whole(world, emulator, tom, "kept.pdf")
    gone = await upload_whole(world, emulator, tom, "gone.pdf")
    assert (await delete(world, school.tokens["anna"], gone["id"])).status_code == 204
    assert await listed(world, school.tokens["amy"]) == [kept["id"]]
    assert fetch("GET", gone["download_url"]).status == 404
    assert fetch("GET", kept["download_url"]).status == 200
    assert state(world, gone["id"]) == "deleted"


async def test_deleting_again_answers_the_same_and_is_recorded_once(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    file = await upload_whole(world, emulator, tom, "a.pdf")
    answers = await asyncio.gather(*(delete(world, tom, file["id"]) for _ in range(5)))
    answers.append(await delete(world, tom, file["id"]))
    assert {each.status_code for each in answers} == {204}
    for event in ("courseware_removed", "courseware_deleted"):
        assert world.raw_database.events().count(event) == 1


async def test_deletion_is_recorded_with_who_did_it(
    world: World, school: School, emulator: Emulator
) -> None:
    file = await upload_whole(world, emulator, school.tokens["tom"], "a.pdf")
    await delete(world, school.tokens["anna"], file["id"])
    path = f"/v1/admin/audit?classroom_id={LIVE}&limit=2"
    items = (await world.call("GET", path, school.tokens["root"])).json()["items"]
    found = {item["event"]: item for item in items}
    assert set(found) == {"courseware_removed", "courseware_deleted"}
    removed = found["courseware_removed"]
    assert (removed["identifier"], removed["actor"]) == ("tom", "anna")
    assert removed["details"] == {"object_key": f"classes/{LIVE}/{file['id']}/a.pdf", "size": 5}
    assert found["courseware_deleted"]["actor"] is None


@pytest.mark.parametrize("fault", ["unavailable", "throttled"])
async def test_file_is_gone_for_everybody_though_the_store_cannot_be_reached(
    world: World, school: School, emulator: Emulator, fault: str
) -> None:
    tom = school.tokens["tom"]
    file = await upload_whole(world, emulator, tom, "a.pdf")
    emulator.fail_next("cos", "DeleteObject", fault, times=100)
    assert (await delete(world, tom, file["id"])).status_code == 204
    assert await listed(world, tom) == []
    assert state(world, file["id"]) == "removed"
    assert fetch("GET", file["download_url"]).status == 200  # given before, and still there
    problem(await complete(world, tom, file["id"]), 409, "conflict")


async def test_deleting_again_deletes_what_the_store_still_has(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    file = await upload_whole(world, emulator, tom, "a.pdf")
    emulator.fail_next("cos", "DeleteObject", "unavailable", times=3)
    await delete(world, tom, file["id"])
    world.clock.advance(minutes=5)
    assert (await delete(world, tom, file["id"])).status_code == 204
    assert state(world, file["id"]) == "deleted"


async def test_object_that_is_gone_already_counts_as_deleted(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    file = await upload_whole(world, emulator, tom, "a.pdf")
    emulator.reset()
    assert (await delete(world, tom, file["id"])).status_code == 204
    assert state(world, file["id"]) == "deleted"


async def test_what_never_became_courseware_is_not_found(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    still_open, given_up = await open_upload(world, tom), await open_upload(world, tom)
    await world.call("DELETE", f"/v1/uploads/{given_up['upload_id']}", tom)
    for name in (still_open["upload_id"], given_up["upload_id"], "u" + "0" * 24, "nothing", "1"):
        problem(await delete(world, tom, name), 404, "not_found")
    assert state(world, still_open["upload_id"]) == "open"


async def test_strangers_learn_nothing_of_a_file_that_is_there(
    world: World, school: School, emulator: Emulator
) -> None:
    file = await upload_whole(world, emulator, school.tokens["tom"], "a.pdf")
    seen = set()
    for name in (file["id"], "u" + "0" * 24):
        found = problem(await delete(world, school.tokens["sam"], name), 404, "not_found")
        seen.add(found["detail"])
    assert len(seen) == 1


async def test_visitor_of_an_open_class_deletes_nothing(
    world: World, school: School, emulator: Emulator
) -> None:
    tom = school.tokens["tom"]
    grant = (
        await world.call(
            "POST",
            f"/v1/classrooms/{OPEN}/uploads",
            tom,
            {"file_name": "a.pdf", "size": 5, "content_type": "application/pdf"},
        )
    ).json()
    assert put(emulator, grant, grant["object_key"]) == 200
    assert (await complete(world, tom, grant["upload_id"])).status_code == 200
    answer = await delete(world, school.tokens["sam"], grant["upload_id"])
    problem(answer, 403, "permission_denied")
    assert state(world, grant["upload_id"]) == "complete"


async def test_files_of_another_class_are_not_ones_own_to_delete(
    world: World, school: School, emulator: Emulator
) -> None:
    """Host of one class, nobody in the other."""
    made = await world.call("POST", "/v1/classrooms", school.tokens["tina"], {"title": "x"})
    assert made.status_code == 201
    file = await upload_whole(world, emulator, school.tokens["tom"], "a.pdf")
    problem(await delete(world, school.tokens["tina"], file["id"]), 404, "not_found")


async def test_audit_of_a_deletion_holds_together(
    world: World, school: School, emulator: Emulator
) -> None:
    file = await upload_whole(world, emulator, school.tokens["tom"], "a.pdf")
    await delete(world, school.tokens["tom"], file["id"])
    assert (await world.application.audit.verify()).faults == ()
    rows = world.raw_database.query(
        "SELECT details FROM audit_rows WHERE event = 'courseware_deleted'"
    )
    assert [json.loads(details)["size"] for (details,) in rows] == [5]
