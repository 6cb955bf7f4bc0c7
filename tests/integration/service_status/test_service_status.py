"""`GET /v1/admin/status`: how the service does, in numbers that all processes share."""

from typing import Any

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.school import ENDED, LIVE, PASSWORD, School

import classgate
from classgate.errors import CloudUnavailable
from classgate.migrations.revisions import newest_revision

MINUTE = 60


async def status(world: World, token: str) -> dict[str, Any]:
    world.clock.advance(seconds=2)  # answers that are younger are given again
    answer = await world.call("GET", "/v1/admin/status", token)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def enter(world: World, token: str, classroom_id: int = LIVE) -> dict[str, Any]:
    answer = await world.call("POST", f"/v1/classrooms/{classroom_id}/entry", token)
    return dict(answer.json())


def grants(answer: dict[str, Any]) -> dict[tuple[str, str], list[int]]:
    return {
        (each["kind"], each["outcome"]): each["per_minute"] for each in answer["grants"]["series"]
    }


async def quiet(world: World) -> str:
    """Until nothing of the school's making is of the last hour; the admin's new token."""
    world.clock.advance(days=1)
    world.clock.advance(seconds=MINUTE - world.clock.unix % MINUTE)
    return await world.log_in("root", PASSWORD)


async def test_grants_of_the_last_hour_are_counted_by_minute(world: World, school: School) -> None:
    del school
    root = await quiet(world)
    amy = await world.log_in("amy", PASSWORD)
    before = grants(await status(world, root)).get(("entry", "issued"), [0] * MINUTE)
    assert before == [0] * MINUTE
    lease = (await enter(world, amy))["lease_id"]
    await enter(world, amy)
    world.clock.advance(seconds=10 * MINUTE)
    assert (await world.call("POST", f"/v1/leases/{lease}/renew", amy)).status_code == 200
    answer = await status(world, root)
    found = grants(answer)
    assert found["entry", "issued"] == [*[0] * 49, 2, *[0] * 10]
    assert found["entry", "renewed"] == [*[0] * 59, 1]
    assert answer["grants"]["since"] == world.clock.unix // MINUTE * MINUTE - 59 * MINUTE
    assert answer["grants"]["complete"] is True
    world.clock.advance(seconds=55 * MINUTE)
    assert ("entry", "issued") not in grants(await status(world, root))


async def test_refusals_of_the_last_hour_are_counted_by_reason(
    world: World, school: School
) -> None:
    del school
    root = await quiet(world)
    amy, sam = await world.log_in("amy", PASSWORD), await world.log_in("sam", PASSWORD)
    for token, classroom_id in ((amy, ENDED), (amy, ENDED), (sam, LIVE)):
        await enter(world, token, classroom_id)
    await world.application.refusals.flush()
    refusals = (await status(world, root))["refusals"]
    assert refusals["reasons"] == [
        {"reason": "class_ended", "count": 2},
        {"reason": "classroom_not_found", "count": 1},
    ]
    assert refusals["per_minute"] == [*[0] * 59, 3]


async def test_another_process_counts_the_same(
    world: World, school: School, open_with: Opener
) -> None:
    del school
    root = await quiet(world)
    amy = await world.log_in("amy", PASSWORD)
    await enter(world, amy)
    async with open_with() as other:
        there = await other.call("GET", "/v1/admin/status", root)
        assert grants(there.json())["entry", "issued"][-1] == 1


async def test_waiting_messages_are_counted_by_lane(world: World, school: School) -> None:
    before = {
        each["lane"]: each
        for each in (await status(world, school.tokens["root"]))["waiting"]["outbox"]
    }
    kick = f"/v1/classrooms/{LIVE}/members/amy/kick"
    assert (await world.call("POST", kick, school.tokens["tom"])).status_code < 300
    await world.settle()
    world.raw_database.change("UPDATE outbox SET state = 'failed' WHERE kind = 'removal'")
    lanes = {
        each["lane"]: each
        for each in (await status(world, school.tokens["root"]))["waiting"]["outbox"]
    }
    assert set(lanes) == {"rooms", "accounts", "groups"}
    assert lanes["rooms"]["set_aside"] > 0
    assert lanes["groups"]["waiting"] >= before["groups"]["due"] > 0
    assert lanes["groups"]["oldest_due_at"] <= world.clock.unix


async def test_uploads_that_are_over_are_counted_until_they_are_clean(
    world: World, school: School
) -> None:
    upload = school.uploads[LIVE, "tom"]
    root = school.tokens["root"]
    before = (await status(world, root))["waiting"]["clean_ups"]
    gone = await world.call("DELETE", f"/v1/uploads/{upload}", school.tokens["tom"])
    assert gone.status_code < 300
    world.clock.advance(days=1)
    root = await world.log_in("root", PASSWORD)
    assert (await status(world, root))["waiting"]["clean_ups"] > before


async def test_failed_calls_to_the_cloud_are_counted_by_outcome(
    world: World, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, path = school.tokens["root"], f"/v1/classrooms/{LIVE}/upload-credentials"

    async def fail(*_arguments: object, **_words: object) -> None:
        raise CloudUnavailable("STS")

    def failed(answer: dict[str, Any]) -> int:
        (sts,) = [each for each in answer["process"]["cloud"] if each["service"] == "sts"]
        assert sts["calls"] >= sum(sts["failed"].values())
        return int(sts["failed"].get("unavailable", 0))

    before = failed(await status(world, root))
    monkeypatch.setattr(world.application.http, "send", fail)
    assert (await world.call("POST", path, school.tokens["tom"])).status_code == 503
    after = await status(world, root)
    assert failed(after) == before + 1
    assert grants(after)["upload", "failed"][-2:] in ([0, 1], [1, 0])


async def test_database_is_described(world: World, school: School) -> None:
    database = (await status(world, school.tokens["root"]))["database"]
    is_file = school.database.startswith("sqlite")
    assert database["kind"] == ("sqlite" if is_file else "postgresql")
    assert database["revision"] == newest_revision()
    assert database["size"] > 100_000
    assert (database["log_size"] is not None) == is_file
    assert database["round_trip_ms"] >= 0


async def test_serving_processes_are_listed(world: World, school: School) -> None:
    root = school.tokens["root"]
    assert (await status(world, root))["processes"] == []  # nobody serves yet
    await world.application.processes.beat()
    (process,) = (await status(world, root))["processes"]
    assert process["answered"] is True
    assert process["version"] == classgate.__version__
    assert process["host"]


async def test_reading_is_not_recorded(world: World, school: School) -> None:
    await world.settle()
    before = world.raw_database.events()
    await status(world, school.tokens["root"])
    await world.settle()
    assert world.raw_database.events() == before


async def test_damaged_database_is_said_to_be_unavailable(world: World, school: School) -> None:
    await world.settle()
    world.raw_database.change("ALTER TABLE outbox RENAME TO taken_away")
    answer = await world.call("GET", "/v1/admin/status", school.tokens["root"])
    problem(answer, 503, "service_unavailable")
