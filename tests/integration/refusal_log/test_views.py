"""Who sees which refusals: admins all, the staff of a class those at it, others none."""

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import World, problem
from tests.support.refusals import kept, listed, number_of
from tests.support.school import CREATED, ENDED, LIVE, PASSWORD, School

CLASS_FIELDS = {
    "identifier",
    "reason",
    "rule",
    "count",
    "first_at",
    "last_at",
    "request_id",
}
TYPED = "zqtyped-as-identifier"


async def enter(world: World, token: str | None, classroom: int) -> None:
    answer = await world.call("POST", f"/v1/classrooms/{classroom}/entry", token)
    assert answer.status_code >= 400


async def several(world: World, school: School) -> None:
    """Refusals of four people, one minute after the other."""
    await enter(world, school.tokens["kim"], LIVE)
    world.clock.advance(minutes=1)
    await enter(world, school.tokens["sam"], LIVE)
    world.clock.advance(minutes=1)
    await enter(world, school.tokens["amy"], ENDED)
    world.clock.advance(minutes=1)
    await enter(world, None, LIVE)
    await world.application.refusals.flush()


async def test_admin_sees_all_the_newest_first(world: World, school: School) -> None:
    await several(world, school)
    rows = await listed(world, school)
    assert [(each["identifier"], each["reason"]) for each in rows] == [
        (None, "token_missing"),
        ("amy", "class_ended"),
        ("sam", "classroom_not_found"),
        ("kim", "kicked"),
    ]


@pytest.mark.parametrize(
    ("filters", "reasons"),
    [
        ({"identifier": "KIM"}, ["kicked"]),
        ({"identifier": "tom"}, []),
        ({"classroom": LIVE}, ["token_missing", "classroom_not_found", "kicked"]),
        ({"identifier": "sam", "classroom": LIVE}, ["classroom_not_found"]),
        ({"identifier": "sam", "classroom": ENDED}, []),
        ({"identifier": "nobody"}, []),
        ({"limit": 2}, ["token_missing", "class_ended"]),
        ({"request_id": "none"}, []),
    ],
)
async def test_admin_filters(
    world: World, school: School, filters: dict[str, object], reasons: list[str]
) -> None:
    await several(world, school)
    assert [each["reason"] for each in await listed(world, school, **filters)] == reasons


@pytest.mark.parametrize("whose", [{}, {"identifier": "amy"}, {"classroom": ENDED}])
async def test_since_counts_from_the_last_refusal_of_a_row(
    world: World, school: School, whose: dict[str, object]
) -> None:
    await enter(world, school.tokens["amy"], ENDED)
    begin = world.clock.unix
    world.clock.advance(seconds=1)
    await enter(world, school.tokens["amy"], ENDED)
    later = world.clock.unix
    rows = await listed(world, school, since=later, **whose)
    # They are of one minute, unless the clock stood at its end.
    assert [each["last_at"] for each in rows] == [later]
    assert await listed(world, school, since=later + 1, **whose) == []
    assert len(await listed(world, school, since=begin, **whose)) == len(
        await kept(world, "refusal_id")
    )


async def test_pages_go_on_where_they_ended(world: World, school: School) -> None:
    await several(world, school)
    found, cursor = [], ""
    while True:
        path = f"/v1/admin/refusals?limit=1{cursor}"
        page = (await world.call("GET", path, school.tokens["root"])).json()
        found += [each["reason"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == ["token_missing", "class_ended", "classroom_not_found", "kicked"]
    path = "/v1/admin/refusals?cursor=elsewhere"
    problem(await world.call("GET", path, school.tokens["root"]), 400, "invalid_request")


async def test_request_is_found_only_where_the_other_filters_fit(
    world: World, school: School
) -> None:
    await several(world, school)
    (row,) = await listed(world, school, identifier="kim")
    request_id = row["request_id"]
    assert await listed(world, school, request_id=request_id, identifier="kim") == [row]
    assert await listed(world, school, request_id=request_id, identifier="sam") == []
    assert await listed(world, school, request_id=request_id, classroom=ENDED) == []
    late = world.clock.unix + 1
    assert await listed(world, school, request_id=request_id, since=late) == []


@pytest.mark.parametrize("who", ["tom", "anna", "root"])
async def test_staff_sees_who_was_refused_at_its_class(
    world: World, school: School, who: str
) -> None:
    await several(world, school)
    answer = await world.call("GET", f"/v1/classrooms/{LIVE}/refusals", school.tokens[who])
    items = answer.json()["items"]
    assert [(each["identifier"], each["reason"]) for each in items] == [
        ("sam", "classroom_not_found"),
        ("kim", "kicked"),
    ]
    assert all(set(each) == CLASS_FIELDS for each in items)  # no address


async def test_causes_of_the_account_are_one_word_for_the_staff(
    world: World, school: School
) -> None:
    world.clock.advance(days=400)
    await enter(world, school.tokens["amy"], LIVE)
    token = await world.log_in("tom", PASSWORD)
    await world.application.refusals.flush()
    answer = await world.call("GET", f"/v1/classrooms/{LIVE}/refusals", token)
    (row,) = answer.json()["items"]
    assert (row["identifier"], row["reason"]) == ("amy", "account_unusable")


async def test_pages_of_a_class(world: World, school: School) -> None:
    await several(world, school)
    path = f"/v1/classrooms/{LIVE}/refusals?limit=1"
    first = (await world.call("GET", path, school.tokens["tom"])).json()
    path = f"{path}&cursor={first['next_cursor']}"
    second = (await world.call("GET", path, school.tokens["tom"])).json()
    assert [each["identifier"] for each in first["items"] + second["items"]] == ["sam", "kim"]
    assert second["next_cursor"] is None
    path = f"/v1/classrooms/{LIVE}/refusals?since={world.clock.unix}"
    assert (await world.call("GET", path, school.tokens["tom"])).json()["items"] == []


async def test_unknown_name_is_found_by_its_digest_and_is_written_nowhere(
    world: World, school: School, captured_log: CapturedLog
) -> None:
    """People type their password where the name belongs."""
    for identifier in (TYPED, f"{TYPED} with blanks", TYPED.upper()):
        body = {"identifier": identifier, "password": "x"}
        answer = await world.call("POST", "/v1/sessions", body=body)
        problem(answer, 401 if " " not in identifier else 400, answer.json()["code"])
    (row,) = await listed(world, school, identifier=TYPED)
    assert (row["reason"], row["count"]) == ("wrong_credentials", 2)
    assert row["identifier"] is None
    (row,) = await listed(world, school, identifier=f"{TYPED}%20with%20blanks")
    assert row["reason"] == "identifier_invalid"
    await world.settle()
    stored = world.raw_database.stored_bytes().lower()
    assert TYPED.encode() not in stored
    assert TYPED not in captured_log.getvalue().lower()


async def test_asking_is_not_in_the_audit(world: World, school: School) -> None:
    """A console asks every few seconds: what is read is no grant and changes nothing."""
    before = world.raw_database.events()
    await listed(world, school)
    await world.call("GET", f"/v1/classrooms/{LIVE}/refusals", school.tokens["tom"])
    assert world.raw_database.events() == before


async def test_number_of_a_deleted_account_stays(world: World, school: School) -> None:
    number = await number_of(world, "amy")
    await enter(world, school.tokens["amy"], CREATED)
    await world.call("DELETE", "/v1/admin/accounts/amy", school.tokens["root"])
    (row,) = await listed(world, school, classroom=CREATED)
    assert (row["account_id"], row["identifier"]) == (number, None)
