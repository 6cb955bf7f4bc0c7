"""Heartbeats, leaving, who was there and who is, through the API."""

from typing import Any

import httpx
import pytest
from tests.support.harness import Opener, World, problem
from tests.support.presence_driver import PresenceDriver
from tests.support.school import CREATED, ENDED, LIVE, OPEN, PASSWORD, School

CLASS = f"/v1/classrooms/{LIVE}"


async def send_heartbeat(
    world: World, token: str | None, classroom: int | str = LIVE
) -> httpx.Response:
    return await world.call("POST", f"/v1/classrooms/{classroom}/heartbeat", token)


async def attendance(
    world: World, token: str, query: str = "", classroom: int = LIVE
) -> dict[str, Any]:
    answer = await world.call("GET", f"/v1/classrooms/{classroom}/attendance{query}", token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def online(world: World, token: str, query: str) -> list[tuple[str, bool]]:
    answer = await world.call("GET", f"{CLASS}/members{query}", token)
    assert answer.status_code == 200, answer.text
    return [(each["identifier"], each["online"]) for each in answer.json()["items"]]


# ── heartbeats ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("identifier", "role", "on_stage", "privilege_map"),
    [
        ("tom", "host", False, 255),
        ("anna", "assistant", False, 254),
        ("amy", "student", False, 170),
        ("stan", "student", True, 190),
    ],
)
async def test_heartbeat_tells_how_one_stands(
    world: World,
    school: School,
    identifier: str,
    role: str,
    on_stage: bool,
    privilege_map: int,
) -> None:
    answer = await send_heartbeat(world, school.tokens[identifier])
    assert answer.status_code == 200
    assert answer.json() == {
        "present": True,
        "state": "live",
        "role": role,
        "on_stage": on_stage,
        "privilege_map": privilege_map,
    }


async def test_heartbeat_tells_of_a_new_role_at_once(world: World, school: School) -> None:
    body = {"role": "student", "on_stage": True}
    await world.call("PUT", f"{CLASS}/members/amy", school.tokens["tom"], body)
    answer = (await send_heartbeat(world, school.tokens["amy"])).json()
    assert (answer["present"], answer["on_stage"]) == (True, True)


async def test_heartbeat_tells_that_the_class_has_ended(world: World, school: School) -> None:
    await world.call("POST", f"{CLASS}/end", school.tokens["tom"])
    for identifier in ("tom", "amy"):
        answer = (await send_heartbeat(world, school.tokens[identifier])).json()
        assert (answer["present"], answer["state"]) == (False, "ended")


async def test_heartbeat_of_one_who_did_not_enter_brings_nobody_in(
    world: World, school: School
) -> None:
    answer = (await send_heartbeat(world, school.tokens["amy"], OPEN)).json()
    assert answer == {
        "present": False,
        "state": "live",
        "role": "student",
        "on_stage": False,
        "privilege_map": 170,
    }
    answer = (await send_heartbeat(world, school.tokens["sam"], OPEN)).json()
    assert answer == {
        "present": False,
        "state": "live",
        "role": None,
        "on_stage": False,
        "privilege_map": 0,
    }
    assert (
        world.raw_database.query(
            "SELECT 1 FROM memberships JOIN accounts"
            " ON accounts.account_id = memberships.account_id WHERE identifier = 'sam'"
        )
        == []
    )


@pytest.mark.parametrize("classroom", ["9999", "0", "x", "1e3", "99999999999999999999"])
async def test_heartbeat_to_no_class_is_not_found(
    world: World, school: School, classroom: str
) -> None:
    problem(await send_heartbeat(world, school.tokens["amy"], classroom), 404, "not_found")


async def test_heartbeat_takes_no_body_and_no_identifier(world: World, school: School) -> None:
    """It is always about the token's owner."""
    answer = await world.call(
        "POST", f"{CLASS}/heartbeat?identifier=tom", school.tokens["amy"], {"identifier": "tom"}
    )
    assert answer.status_code == 200
    assert answer.json()["role"] == "student"


async def test_heartbeat_of_an_ended_session_is_refused(world: World, school: School) -> None:
    amy = school.tokens["amy"]
    await world.call("DELETE", "/v1/sessions/current", amy)
    problem(await send_heartbeat(world, amy), 401, "not_authenticated")
    problem(await send_heartbeat(world, None), 401, "not_authenticated")


async def test_heartbeats_record_nothing_in_the_audit(world: World, school: School) -> None:
    before = world.raw_database.events()
    for _ in range(5):
        await send_heartbeat(world, school.tokens["amy"])
    await world.application.classrooms.presence_tracker.tick()
    assert world.raw_database.events() == before


# ── leaving ─────────────────────────────────────────────────────────────────────────────────────


async def test_who_leaves_is_there_no_longer_and_may_come_again(
    world: World, school: School
) -> None:
    amy, lease = school.tokens["amy"], school.leases[LIVE, "amy"]
    for _ in range(2):  # leaving twice is fine
        answer = await world.call("POST", f"{CLASS}/leave", amy)
        assert (answer.status_code, answer.content) == (204, b"")
    assert ("amy", True) not in await online(world, amy, "")
    problem(await world.call("POST", f"/v1/leases/{lease}/renew", amy), 409, "conflict")
    assert not (await send_heartbeat(world, amy)).json()["present"]
    assert (await world.call("POST", f"{CLASS}/entry", amy)).status_code == 200
    assert (await send_heartbeat(world, amy)).json()["present"]


async def test_leaving_ends_the_entry_and_no_other_lease(world: World, school: School) -> None:
    anna = school.tokens["anna"]
    signature = (await world.call("POST", "/v1/user-sig", anna)).json()
    await world.call("POST", f"{CLASS}/leave", anna)
    assert world.raw_database.lease_state(school.leases[LIVE, "anna"]) == "ended"
    assert world.raw_database.lease_state(school.upload_leases[LIVE, "anna"]) == "active"
    assert world.raw_database.lease_state(signature["lease_id"]) == "active"
    assert world.raw_database.lease_state(school.leases[LIVE, "amy"]) == "active"


async def test_who_logged_in_anew_leaves_once_the_session_that_entered_is_over(
    open_with: Opener, school: School
) -> None:
    async with open_with(accounts={"idle_lifetime": 600}) as world:
        old = await world.log_in("amy", PASSWORD)
        lease = (await world.call("POST", f"{CLASS}/entry", old)).json()["lease_id"]
        world.clock.advance(seconds=599)
        new = await world.log_in("amy", PASSWORD)
        assert (await world.call("POST", f"{CLASS}/leave", new)).status_code == 204
        assert world.raw_database.lease_state(lease) == "active"  # it could still be another device
        world.clock.advance(seconds=1)
        assert (await world.call("POST", f"{CLASS}/leave", new)).status_code == 204
        assert world.raw_database.lease_state(lease) == "ended"
        assert "amy" not in PresenceDriver(world).present(LIVE)


async def test_heartbeats_after_a_timeout_cost_no_transaction_when_the_class_is_over(
    world: World, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, amy = PresenceDriver(world), school.tokens["amy"]
    await driver.tick()
    tom = school.tokens["tom"]
    soon = {"ends_at": world.clock.unix + 60}
    assert (await world.call("PATCH", CLASS, tom, soon)).status_code == 200
    await driver.run_with_heartbeats(60 + 1800, (LIVE, tom), every=60)
    assert "amy" not in driver.present(LIVE)
    begun: list[None] = []
    monkeypatch.setattr(world.application.database, "transaction", lambda: begun.append(None))
    for _ in range(5):
        assert await driver.heartbeat(LIVE, amy) is False
    assert begun == []
    monkeypatch.undo()


async def test_leaving_one_class_leaves_no_other(world: World, school: School) -> None:
    amy = school.tokens["amy"]
    assert (await world.call("POST", f"/v1/classrooms/{OPEN}/entry", amy)).status_code == 200
    await world.call("POST", f"{CLASS}/leave", amy)
    assert (await send_heartbeat(world, amy, OPEN)).json()["present"]


async def test_leaving_without_having_entered_is_a_conflict(world: World, school: School) -> None:
    answer = await world.call("POST", f"/v1/classrooms/{CREATED}/leave", school.tokens["amy"])
    problem(answer, 409, "conflict")


async def test_host_who_leaves_does_not_end_the_class(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    assert (await world.call("POST", f"{CLASS}/leave", tom)).status_code == 204
    assert (await world.call("GET", CLASS, tom)).json()["state"] == "live"
    assert ("tom", False) in await online(world, tom, "")


# ── who was there ───────────────────────────────────────────────────────────────────────────────


async def test_attendance_says_who_from_when_to_when(open_with: Opener, school: School) -> None:
    async with open_with() as world:
        driver, amy, tom = PresenceDriver(world), school.tokens["amy"], school.tokens["tom"]
        began = world.clock.unix
        await world.call("POST", f"/v1/classrooms/{CREATED}/start", tom)
        await driver.tick()
        await driver.run(3)
        await driver.enter(CREATED, amy)
        await driver.run(4)
        await driver.heartbeat(CREATED, amy)
        await driver.run(1)
        await world.call("POST", f"/v1/classrooms/{CREATED}/leave", amy)
        await driver.run(2)
        await driver.enter(CREATED, amy)
        await driver.run(5)
        await world.call("POST", f"/v1/classrooms/{CREATED}/end", tom)
        found = await attendance(world, tom, classroom=CREATED)
    assert found["next_cursor"] is None

    def row(who: str, role: str, times: tuple[int, int, int], because: str) -> dict[str, Any]:
        entered, seen, left = (began + each for each in times)
        return {
            "identifier": who,
            "display_name": who,
            "role": role,
            "entered_at": entered,
            "last_seen_at": seen,
            "left_at": left,
            "leave_reason": because,
            "source": "client",
        }

    assert found["items"] == [
        row("tom", "host", (0, 0, 15), "class_ended"),
        row("amy", "student", (3, 7, 8), "left"),
        row("amy", "student", (10, 10, 15), "class_ended"),
    ]


async def test_attendance_of_those_who_are_there_has_no_end_yet(
    world: World, school: School
) -> None:
    items = (await attendance(world, school.tokens["anna"]))["items"]
    open_ones = {each["identifier"] for each in items if each["left_at"] is None}
    assert open_ones == {"tom", "anna", "amy", "stan"}
    closed = {each["identifier"]: each["leave_reason"] for each in items if each["left_at"]}
    assert closed == {"kim": "kicked", "rob": "removed"}


async def test_attendance_comes_in_pages_without_gap_or_repetition(
    world: World, school: School
) -> None:
    tom = school.tokens["tom"]
    whole = (await attendance(world, tom, "?limit=100"))["items"]
    assert len(whole) == 6
    paged: list[Any] = []
    query = "?limit=4"
    while True:
        page = await attendance(world, tom, query)
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 4
        query = f"?limit=4&cursor={page['next_cursor']}"
    assert paged == whole
    exactly = await attendance(world, tom, "?limit=6")
    assert (len(exactly["items"]), exactly["next_cursor"]) == (6, None)


@pytest.mark.parametrize("query", ["cursor=x", "cursor=-1", "cursor=", "limit=0", "limit=101"])
async def test_attendance_refuses_what_is_no_page(world: World, school: School, query: str) -> None:
    answer = await world.call("GET", f"{CLASS}/attendance?{query}", school.tokens["tom"])
    problem(answer, 400, "invalid_request")


async def test_attendance_is_kept_with_the_class_that_ended(world: World, school: School) -> None:
    items = (await attendance(world, school.tokens["root"], classroom=ENDED))["items"]
    reasons = {each["identifier"]: each["leave_reason"] for each in items}
    assert reasons["amy"] == "class_ended"
    assert (reasons["kim"], reasons["rob"]) == ("kicked", "removed")


async def test_attendance_of_a_deleted_account_stays_without_the_person(
    world: World, school: School
) -> None:
    root = school.tokens["root"]
    assert (await world.call("DELETE", "/v1/admin/accounts/amy", root)).status_code == 204
    items = (await attendance(world, school.tokens["tom"]))["items"]
    (deleted,) = [each for each in items if each["leave_reason"] == "account_deleted"]
    assert "amy" not in str(deleted)
    assert len(items) == 6


async def test_member_who_was_removed_stays_in_the_attendance(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    await world.call("DELETE", f"{CLASS}/members/amy", tom)
    items = (await attendance(world, tom))["items"]
    assert {"amy": "removed"}.items() <= {
        each["identifier"]: each["leave_reason"] for each in items
    }.items()


# ── who is there ────────────────────────────────────────────────────────────────────────────────


async def test_roster_tells_who_is_there(world: World, school: School) -> None:
    amy = school.tokens["amy"]
    everybody = [("amy", True), ("anna", True), ("kim", False), ("stan", True), ("tom", True)]
    assert await online(world, amy, "") == everybody
    assert await online(world, amy, "?online=true") == [each for each in everybody if each[1]]
    assert await online(world, amy, "?online=false") == [("kim", False)]


async def test_pages_of_who_is_there_skip_nobody(world: World, school: School) -> None:
    amy, names, cursor = school.tokens["amy"], [], ""
    while True:
        path = f"{CLASS}/members?online=true&limit=3{cursor}"
        page = (await world.call("GET", path, amy)).json()
        names += [each["identifier"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert names == ["amy", "anna", "stan", "tom"]


async def test_online_is_a_truth_value(world: World, school: School) -> None:
    answer = await world.call("GET", f"{CLASS}/members?online=maybe", school.tokens["amy"])
    problem(answer, 400, "invalid_request")


async def test_timed_out_member_is_shown_offline_and_online_again(
    world: World, school: School
) -> None:
    driver, amy = PresenceDriver(world), school.tokens["amy"]
    await driver.tick()
    await driver.run_with_heartbeats(130, (LIVE, school.tokens["tom"]))
    assert await online(world, amy, "?online=true") == [("tom", True)]
    await send_heartbeat(world, amy)
    assert await online(world, amy, "?online=true") == [("amy", True), ("tom", True)]


async def test_member_changed_by_the_host_is_shown_as_they_are(
    world: World, school: School
) -> None:
    tom = school.tokens["tom"]
    body = {"role": "student"}
    there = await world.call("PUT", f"{CLASS}/members/amy", tom, body)
    assert there.json()["online"] is True
    added = await world.call("PUT", f"{CLASS}/members/sam", tom, body)
    assert added.json()["online"] is False
