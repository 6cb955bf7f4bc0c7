"""Classes: making, listing and changing them, their roster, and who may enter when."""

import asyncio
from typing import Any

import pytest
from tests.support.harness import Opener, World, problem
from tests.support.running_emulator import Emulator
from tests.support.school import CREATED, LIVE, OPEN, PASSWORD, School
from tests.support.school_settings import SDK_APP_ID, SDK_SECRET_KEY

from classgate.signing.keys import SdkSecretKey
from classgate.signing.private_map_key import verify_private_map_key

MINUTE = 60
YEAR_9999 = 253402300799


async def make(world: World, school: School, **body: Any) -> int:
    """A class of tom's, with anna as assistant and amy as student."""
    members = [
        {"identifier": "anna", "role": "assistant"},
        {"identifier": "amy", "role": "student"},
    ]
    body = {"title": "物理", "members": members, **body}
    answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
    assert answer.status_code == 201, answer.text
    number = answer.json()["classroom_id"]
    assert isinstance(number, int)
    return number


async def enter(world: World, school: School, number: int, who: str) -> tuple[int, dict[str, Any]]:
    answer = await world.call("POST", f"/v1/classrooms/{number}/entry", school.tokens[who])
    return answer.status_code, answer.json()


# ── making ──────────────────────────────────────────────────────────────────────────────────────


async def test_class_is_answered_whole(world: World, school: School) -> None:
    now = world.clock.unix
    body = {
        "title": "  数学  ",
        "cover_url": "https://school.example/cover.png",
        "starts_at": now + 3600,
        "ends_at": now + 7200,
    }
    answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
    assert answer.status_code == 201
    assert answer.json() == {
        "classroom_id": OPEN + 1,
        "room_id": OPEN + 1,
        "title": "数学",
        "cover_url": "https://school.example/cover.png",
        "state": "created",
        "host": "tom",
        "open": False,
        "starts_at": now + 3600,
        "ends_at": now + 7200,
        "started_at": None,
        "ended_at": None,
        "created_at": now,
    }


async def test_unknown_and_repeated_members_are_listed_all_at_once(
    world: World, school: School
) -> None:
    names = ["amy", "nobody1", "AMY", "tom", "nobody2"]
    body = {"title": "x", "members": [{"identifier": n, "role": "student"} for n in names]}
    answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == [
        f"members[{index}].identifier" for index in (1, 2, 3, 4)
    ]
    listed = (await world.call("GET", "/v1/classrooms", school.tokens["tom"])).json()
    assert len(listed["items"]) == OPEN


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("title", {"title": ""}),
        ("title", {"title": " "}),
        ("title", {"title": "a" * 129}),
        ("title", {"title": "two\nlines"}),
        ("title", {"title": "turned \u202egpj.exe"}),
        ("cover_url", {"cover_url": "javascript:alert(1)"}),
        ("cover_url", {"cover_url": "file:///etc/passwd"}),
        ("cover_url", {"cover_url": "//school.example/cover.png"}),
        ("cover_url", {"cover_url": "http://[bad"}),
        ("cover_url", {"cover_url": "https://school.example/" + "a" * 500}),
        ("ends_at", {"starts_at": 2000000000, "ends_at": 2000000000}),
        ("ends_at", {"ends_at": 1000}),
        ("ends_at", {"ends_at": YEAR_9999}),
        ("starts_at", {"starts_at": -1}),
        ("starts_at", {"starts_at": 10**18}),
        ("members", {"members": [{"identifier": "amy", "role": "host"}]}),
    ],
)
async def test_bad_field_of_a_class_is_named(
    world: World, school: School, field: str, change: dict[str, Any]
) -> None:
    body = {"title": "x", **change}
    answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], body)
    found = problem(answer, 400, "invalid_request")
    assert field in found["errors"][0]["field"]


async def test_room_numbers_are_not_used_again(world: World, school: School) -> None:
    number = await make(world, school)
    world.raw_database.change("DELETE FROM memberships WHERE classroom_id = ?", number)
    world.raw_database.change("DELETE FROM classrooms WHERE classroom_id = ?", number)
    assert await make(world, school) == number + 1


# ── listing ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("who", "numbers"),
    [
        ("tom", [4, 3, 2, 1]),
        ("amy", [4, 3, 2, 1]),
        ("root", [4, 3, 2, 1]),
        ("sam", [4]),
        ("tina", [4]),
        ("rob", [4]),
    ],
)
async def test_one_sees_own_classes_and_open_ones(
    world: World, school: School, who: str, numbers: list[int]
) -> None:
    listed = (await world.call("GET", "/v1/classrooms", school.tokens[who])).json()
    assert [each["classroom_id"] for each in listed["items"]] == numbers


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("state=live", [4, 1]),
        ("state=created", [2]),
        ("state=replayable", []),
        ("host=TOM", [4, 3, 2, 1]),
        ("host=tina", []),
        ("from=0&to=1", []),
        ("from=1", [4, 3, 2, 1]),
        ("state=ended&host=tom", [3]),
    ],
)
async def test_list_is_filtered(
    world: World, school: School, query: str, numbers: list[int]
) -> None:
    listed = await world.call("GET", f"/v1/classrooms?{query}", school.tokens["tom"])
    assert [each["classroom_id"] for each in listed.json()["items"]] == numbers


async def test_pages_show_everything_once(world: World, school: School) -> None:
    seen, cursor = [], ""
    for _ in range(4):
        path = f"/v1/classrooms?limit=1{cursor}"
        page = (await world.call("GET", path, school.tokens["amy"])).json()
        seen += [each["classroom_id"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [4, 3, 2, 1]
    assert page["next_cursor"] is None


async def test_roster_is_paged_by_name(world: World, school: School) -> None:
    path = f"/v1/classrooms/{LIVE}/members?limit=3"
    page = (await world.call("GET", path, school.tokens["amy"])).json()
    assert [each["identifier"] for each in page["items"]] == ["amy", "anna", "kim"]
    path += f"&cursor={page['next_cursor']}"
    page = (await world.call("GET", path, school.tokens["amy"])).json()
    assert [(each["identifier"], each["role"], each["on_stage"]) for each in page["items"]] == [
        ("stan", "student", True),
        ("tom", "host", False),
    ]
    assert page["next_cursor"] is None


async def test_one_class_shows_ones_own_place(world: World, school: School) -> None:
    places = {}
    for who in ("tom", "stan", "root"):
        answer = await world.call("GET", f"/v1/classrooms/{LIVE}", school.tokens[who])
        places[who] = answer.json()["me"]
    muted = {"chat": False, "audio": False, "video": False}
    assert places == {
        "tom": {"role": "host", "on_stage": False, "kicked": False, "muted": muted},
        "stan": {"role": "student", "on_stage": True, "kicked": False, "muted": muted},
        "root": None,
    }


@pytest.mark.parametrize("number", ["0", "-1", "01", "1.0", "x", "99", "9999999999", "1e3", "%00"])
async def test_class_that_is_none_is_not_found(world: World, school: School, number: str) -> None:
    answer = await world.call("GET", f"/v1/classrooms/{number}", school.tokens["root"])
    problem(answer, 404, "not_found")


# ── changing ────────────────────────────────────────────────────────────────────────────────────


async def test_only_what_is_named_changes(world: World, school: School) -> None:
    number = await make(world, school, cover_url="https://a.example/", ends_at=4000000000)
    path, tom = f"/v1/classrooms/{number}", school.tokens["tom"]
    before = (await world.call("GET", path, tom)).json()
    after = (await world.call("PATCH", path, tom, {"cover_url": None, "open": True})).json()
    assert after == {
        **{name: value for name, value in before.items() if name != "me"},
        "cover_url": None,
        "open": True,
    }


@pytest.mark.parametrize(
    "body", [{"title": None}, {"open": None}, {"state": "live"}, {"host": "x"}]
)
async def test_what_cannot_be_changed_is_refused(
    world: World, school: School, body: dict[str, Any]
) -> None:
    answer = await world.call("PATCH", f"/v1/classrooms/{LIVE}", school.tokens["tom"], body)
    problem(answer, 400, "invalid_request")


async def test_end_is_not_moved_before_the_start(world: World, school: School) -> None:
    number = await make(world, school, starts_at=3000000000, ends_at=3000003600)
    path, tom = f"/v1/classrooms/{number}", school.tokens["tom"]
    answer = await world.call("PATCH", path, tom, {"starts_at": 3000003600})
    problem(answer, 400, "invalid_request")


# ── starting and ending ─────────────────────────────────────────────────────────────────────────


async def test_of_many_who_start_a_class_one_succeeds(world: World, school: School) -> None:
    path = f"/v1/classrooms/{CREATED}/start"
    calls = [world.call("POST", path, school.tokens["tom"]) for _ in range(10)]
    answers = await asyncio.gather(*calls)
    assert sorted(each.status_code for each in answers) == [200, *[409] * 9]
    # Once for each of the three classes started while the school was made, and once now.
    assert world.raw_database.events().count("classroom_started") == 3 + 1


async def test_of_many_who_end_a_class_one_succeeds(world: World, school: School) -> None:
    path = f"/v1/classrooms/{LIVE}/end"
    calls = [world.call("POST", path, school.tokens[who]) for who in ("tom", "root") * 5]
    answers = await asyncio.gather(*calls)
    assert sorted(each.status_code for each in answers) == [200, *[409] * 9]
    assert world.raw_database.events().count("classroom_ended") == 1 + 1


async def test_class_is_not_started_twice_nor_after_its_time(world: World, school: School) -> None:
    tom = school.tokens["tom"]
    problem(await world.call("POST", f"/v1/classrooms/{LIVE}/start", tom), 409, "conflict")
    problem(await world.call("POST", f"/v1/classrooms/{CREATED}/end", tom), 409, "conflict")
    number = await make(world, school, ends_at=world.clock.unix + 60)
    world.clock.advance(seconds=60)
    problem(await world.call("POST", f"/v1/classrooms/{number}/start", tom), 409, "conflict")


async def test_class_is_started_no_earlier_than_its_host_may_enter(
    world: World, school: School
) -> None:
    tom = school.tokens["tom"]
    starts_at = world.clock.unix + 365 * 86400
    world.clock.advance(microseconds=-world.clock().microsecond)
    number = await make(world, school, starts_at=starts_at)
    path = f"/v1/classrooms/{number}"
    for passed in (0, 365 * 86400 - 30 * MINUTE - 1):
        world.clock.advance(seconds=passed)
        # A session does not live that long.
        token = tom if passed == 0 else await world.log_in("tom", PASSWORD)
        answer = await world.call("POST", f"{path}/start", token)
        refused = problem(answer, 409, "conflict", "class_not_started")
        assert refused["opens_at"] == starts_at - 30 * MINUTE
        entry = await world.call("POST", f"{path}/entry", token)
        assert (
            problem(entry, 409, "conflict", "class_not_started")["opens_at"] == refused["opens_at"]
        )
        read = (await world.call("GET", path, token)).json()
        assert (read["state"], read["started_at"]) == ("created", None)
    assert world.raw_database.events().count("classroom_started") == 3  # while the school was made
    world.clock.advance(seconds=1)
    assert (await world.call("POST", f"{path}/start", token)).json()["state"] == "live"


async def test_host_who_wants_to_teach_earlier_moves_the_start_first(
    world: World, school: School
) -> None:
    tom = school.tokens["tom"]
    number = await make(world, school, starts_at=world.clock.unix + 86400)
    path = f"/v1/classrooms/{number}"
    problem(await world.call("POST", f"{path}/start", tom), 409, "conflict")
    moved = {"starts_at": world.clock.unix + 60}
    assert (await world.call("PATCH", path, tom, moved)).status_code == 200
    assert (await world.call("POST", f"{path}/start", tom)).status_code == 200


async def test_start_of_a_class_that_is_live_is_history(world: World, school: School) -> None:
    """Moving it puts nobody out; the end is what decides."""
    tom, path = school.tokens["tom"], f"/v1/classrooms/{LIVE}"
    later = {"starts_at": world.clock.unix + 86400}
    assert (await world.call("PATCH", path, tom, later)).json()["state"] == "live"
    assert (await enter(world, school, LIVE, "amy"))[0] == 200
    past = {"ends_at": world.clock.unix}
    problem(await world.call("PATCH", path, tom, past), 400, "invalid_request")


async def test_start_window_is_the_hosts_of_the_settings(open_with: Opener, school: School) -> None:
    async with open_with(classrooms={"staff_opens_before": 60}) as world:
        number = await make(world, school, starts_at=world.clock.unix + 120)
        path, tom = f"/v1/classrooms/{number}/start", school.tokens["tom"]
        problem(await world.call("POST", path, tom), 409, "conflict")
        world.clock.advance(seconds=60)
        assert (await world.call("POST", path, tom)).status_code == 200


async def test_of_many_who_start_too_early_nobody_does(world: World, school: School) -> None:
    number = await make(world, school, starts_at=world.clock.unix + 86400)
    path = f"/v1/classrooms/{number}/start"
    calls = [world.call("POST", path, school.tokens["tom"]) for _ in range(6)]
    assert {each.status_code for each in await asyncio.gather(*calls)} == {409}


# ── the roster ──────────────────────────────────────────────────────────────────────────────────


async def test_many_put_the_same_member_and_there_is_one(world: World, school: School) -> None:
    path = f"/v1/classrooms/{LIVE}/members/sam"
    tokens = [school.tokens[who] for who in ("tom", "anna", "root")] * 4
    calls = [world.call("PUT", path, token, {"role": "student"}) for token in tokens]
    assert {each.status_code for each in await asyncio.gather(*calls)} == {200}
    ((count,),) = world.raw_database.query(
        "SELECT count(*) FROM memberships JOIN accounts USING (account_id)"
        " WHERE classroom_id = ? AND identifier = 'sam'",
        LIVE,
    )
    assert count == 1


async def test_many_enter_an_open_class_at_once_and_each_is_on_the_roster_once(
    world: World, school: School
) -> None:
    calls = [enter(world, school, OPEN, who) for who in ("sam", "tina") * 5]
    assert {status for status, _ in await asyncio.gather(*calls)} == {200}
    ((count,),) = world.raw_database.query(
        "SELECT count(*) FROM memberships WHERE classroom_id = ?", OPEN
    )
    assert count == 7


async def test_kicked_member_does_not_come_back_into_an_open_class(
    world: World, school: School
) -> None:
    assert (await enter(world, school, OPEN, "kim"))[0] == 403
    path = f"/v1/classrooms/{OPEN}/members/kim"
    await world.call("PUT", path, school.tokens["tom"], {"role": "student"})
    assert (await enter(world, school, OPEN, "kim"))[0] == 200


async def test_kick_takes_off_the_stage(world: World, school: School) -> None:
    path, tom = f"/v1/classrooms/{LIVE}/members/stan", school.tokens["tom"]
    await world.call("POST", f"{path}/kick", tom)
    listed = (await world.call("GET", f"/v1/classrooms/{LIVE}/members", tom)).json()["items"]
    (stan,) = [each for each in listed if each["identifier"] == "stan"]
    assert (stan["kicked"], stan["on_stage"]) == (True, False)


@pytest.mark.parametrize("method", ["DELETE", "POST"])
@pytest.mark.parametrize("identifier", ["sam", "nobody", "no such name", "a" * 500, "%00"])
async def test_who_is_not_on_the_roster_is_not_found(
    world: World, school: School, method: str, identifier: str
) -> None:
    path = f"/v1/classrooms/{LIVE}/members/{identifier}"
    path += "/kick" if method == "POST" else ""
    problem(await world.call(method, path, school.tokens["tom"]), 404, "not_found")


# ── entering ────────────────────────────────────────────────────────────────────────────────────


async def test_entry_credentials_are_answered_whole(world: World, school: School) -> None:
    status, entry_credentials = await enter(world, school, LIVE, "amy")
    now = world.clock.unix
    assert status == 200
    assert {"user_sig", "private_map_key", "lease_id"} < set(entry_credentials)
    for secret in ("user_sig", "private_map_key", "lease_id"):
        assert entry_credentials.pop(secret)
    assert entry_credentials == {
        "sdk_app_id": SDK_APP_ID,
        "identifier": "amy",
        "private_map_key_expires_at": now + 300,
        "room_id": LIVE,
        "role": "student",
        "privilege_map": 170,
        "groups": {"chat": "1", "replay": "1_replay"},
        "issued_at": now,
        "expires_at": now + 86400,
        "refresh_after": now + 240,
        "server_time": now,
    }


@pytest.mark.parametrize(
    ("who", "role", "privileges"),
    [
        ("tom", "host", 255),
        ("anna", "assistant", 254),
        ("amy", "student", 170),
        ("stan", "student", 190),
    ],
)
async def test_privileges_are_those_of_the_role(
    world: World, school: School, emulator: Emulator, who: str, role: str, privileges: int
) -> None:
    _, entry_credentials = await enter(world, school, LIVE, who)
    assert (entry_credentials["role"], entry_credentials["privilege_map"]) == (role, privileges)
    inside = verify_private_map_key(
        entry_credentials["private_map_key"],
        SdkSecretKey(SDK_SECRET_KEY),
        sdk_app_id=SDK_APP_ID,
        identifier=who,
        at=world.clock(),
    )
    assert (inside.room_id, int(inside.privileges), inside.identifier) == (LIVE, privileges, who)
    world.clock.advance(seconds=300)
    reported = emulator.control(
        "/_emulator/enter-room",
        sdk_app_id=SDK_APP_ID,
        identifier=who,
        user_sig=entry_credentials["user_sig"],
        private_map_key=entry_credentials["private_map_key"],
        room_id=LIVE,
    )
    assert b'"code":0' not in reported.body.replace(b" ", b"")


@pytest.mark.parametrize(("who", "before"), [("tom", 30), ("anna", 30), ("amy", 10)])
async def test_class_opens_for_each_role_so_many_minutes_before(
    world: World, school: School, who: str, before: int
) -> None:
    starts_at = world.clock.unix + 3600
    world.clock.advance(microseconds=-world.clock().microsecond)
    number = await make(world, school, starts_at=starts_at, ends_at=starts_at + 3600)
    given = world.raw_database.given()
    world.clock.advance(seconds=3600 - before * MINUTE - 1)
    status, answer = await enter(world, school, number, who)
    assert (status, answer["code"], answer["reason"]) == (409, "conflict", "class_not_started")
    assert answer["opens_at"] == starts_at - before * MINUTE
    assert world.raw_database.given() == given
    world.clock.advance(seconds=1)
    status, answer = await enter(world, school, number, who)
    assert status == 200
    # Good until the class is over, and half an hour more.
    assert answer["expires_at"] == starts_at + 3600 + 30 * MINUTE


async def test_students_may_enter_early_when_the_class_is_live(
    world: World, school: School
) -> None:
    number = await make(world, school, starts_at=world.clock.unix + 25 * MINUTE)
    assert (await enter(world, school, number, "amy"))[0] == 409
    await world.call("POST", f"/v1/classrooms/{number}/start", school.tokens["tom"])
    assert (await enter(world, school, number, "amy"))[0] == 200


async def test_without_a_plan_students_wait_for_the_start(world: World, school: School) -> None:
    status, answer = await enter(world, school, CREATED, "amy")
    assert (status, answer["reason"]) == (409, "class_not_started")
    assert "opens_at" not in answer
    assert (await enter(world, school, CREATED, "tom"))[0] == 200
    assert (await enter(world, school, CREATED, "anna"))[0] == 200
    await world.call("POST", f"/v1/classrooms/{CREATED}/start", school.tokens["tom"])
    assert (await enter(world, school, CREATED, "amy"))[0] == 200


@pytest.mark.parametrize("who", ["tom", "anna", "amy"])
async def test_nobody_enters_after_the_planned_end(world: World, school: School, who: str) -> None:
    number = await make(world, school, starts_at=world.clock.unix, ends_at=world.clock.unix + 60)
    world.clock.advance(seconds=60)
    status, answer = await enter(world, school, number, who)
    assert (status, answer["code"], answer["reason"]) == (409, "conflict", "class_ended")
    assert "opens_at" not in answer


async def test_live_class_runs_over_by_half_an_hour(world: World, school: School) -> None:
    number = await make(world, school, ends_at=world.clock.unix + 60)
    await world.call("POST", f"/v1/classrooms/{number}/start", school.tokens["tom"])
    world.clock.advance(seconds=60 + 30 * MINUTE - 1)
    assert (await enter(world, school, number, "amy"))[0] == 200
    world.clock.advance(seconds=1)
    assert (await enter(world, school, number, "amy"))[0] == 409


async def test_windows_are_those_of_the_settings(open_with: Opener, school: School) -> None:
    windows = {"students_open_before": 0, "staff_opens_before": 60, "private_map_key_lifetime": 30}
    async with open_with(classrooms=windows) as world:
        number = await make(world, school, starts_at=world.clock.unix + 60)
        assert (await enter(world, school, number, "tom"))[0] == 200
        assert (await enter(world, school, number, "amy"))[0] == 409
        world.clock.advance(seconds=60)
        _, entry_credentials = await enter(world, school, number, "amy")
        assert (
            entry_credentials["private_map_key_expires_at"] == entry_credentials["issued_at"] + 30
        )


@pytest.mark.parametrize("ends_at", [4102444800, 32503680000])
async def test_class_may_be_planned_far_ahead(world: World, school: School, ends_at: int) -> None:
    number = await make(world, school, starts_at=world.clock.unix, ends_at=ends_at)
    answer = await world.call("POST", f"/v1/classrooms/{number}/start", school.tokens["tom"])
    assert answer.status_code == 200
    assert (await enter(world, school, number, "amy"))[0] == 200


async def test_user_sig_of_entry_credentials_lives_a_day_at_most(
    world: World, school: School
) -> None:
    number = await make(world, school, ends_at=world.clock.unix + 30 * 86400)
    _, entry_credentials = await enter(world, school, number, "tom")
    assert entry_credentials["expires_at"] == entry_credentials["issued_at"] + 86400
