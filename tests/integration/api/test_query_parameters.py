"""What stands behind the question mark, and the addresses that a library brings along."""

import pytest
from tests.support.harness import World, problem
from tests.support.school import LIVE, School

HUGE = "9" * 30


@pytest.mark.parametrize(
    "query",
    [
        "/v1/classrooms?limit=0",
        "/v1/classrooms?limit=101",
        f"/v1/classrooms?limit={HUGE}",
        "/v1/classrooms?from=-1",
        f"/v1/classrooms?to={HUGE}",
        "/v1/classrooms?state=asleep",
        "/v1/classrooms?cursor=abc",
        f"/v1/classrooms?cursor={HUGE}",
        f"/v1/classrooms?host={'a' * 201}",
        "/v1/classrooms?host=a%00b",
        "/v1/admin/audit?identifier=a%00b",
        f"/v1/classrooms/{LIVE}/members?limit=-1",
        f"/v1/classrooms/{LIVE}/members?cursor=%00",
        f"/v1/classrooms/{LIVE}/members?cursor={'a' * 41}",
        f"/v1/classrooms/{LIVE}/courseware?limit=0",
        f"/v1/classrooms/{LIVE}/courseware?cursor=1-x",
        "/v1/admin/audit?limit=0",
        f"/v1/admin/audit?since={HUGE}",
        f"/v1/admin/audit?classroom_id={HUGE}",
        f"/v1/admin/audit?cursor=1-a-{HUGE}",
    ],
)
async def test_a_query_outside_its_bounds_is_refused(
    world: World, school: School, query: str
) -> None:
    answer = await world.call("GET", query, school.tokens["root"])
    assert problem(answer, 400, "invalid_request")["errors"]


@pytest.mark.parametrize(
    ("query", "field"), [("from=x", "from"), ("to=-1", "to"), ("state=asleep", "state")]
)
async def test_a_fault_is_named_as_it_was_sent(
    world: World, school: School, query: str, field: str
) -> None:
    answer = await world.call("GET", f"/v1/classrooms?{query}", school.tokens["tom"])
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": "a", "title": "b"}',
        b'{"title": "a", "members": [{"identifier": "amy", "identifier": "x", "role": "student"}]}',
    ],
)
async def test_a_member_that_stands_twice_is_refused_and_not_guessed(
    world: World, school: School, body: bytes
) -> None:
    answer = await world.call("POST", "/v1/classrooms", school.tokens["tom"], content=body)
    assert "duplicate" in problem(answer, 400, "invalid_request")["detail"]


async def test_a_faulty_body_is_blamed_for_its_own_field_only(world: World, school: School) -> None:
    answer = await world.call("PATCH", f"/v1/classrooms/{LIVE}", school.tokens["tom"], {"open": 3})
    found = problem(answer, 400, "invalid_request")
    assert [each["field"] for each in found["errors"]] == ["open"]


@pytest.mark.parametrize(
    "number",
    ["0", "-1", "+1", "01", "1.0", "1e3", "a", "٣", "4294967296", "9999999999", "10000000000"],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", "/heartbeat"), ("POST", "/entry")]
)
async def test_what_no_class_has_as_id_is_not_found(
    world: World, school: School, method: str, path: str, number: str
) -> None:
    answer = await world.call(method, f"/v1/classrooms/{number}{path}", school.tokens["tom"])
    problem(answer, 404, "not_found")


@pytest.mark.parametrize("path", ["/schema", "/schema/openapi.json", "/schema/swagger"])
async def test_the_frameworks_own_pages_are_not_served(world: World, path: str) -> None:
    problem(await world.call("GET", path), 404, "not_found")


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/errors"])
async def test_the_pages_for_people_load_nothing(world: World, path: str) -> None:
    page = await world.call("GET", path)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for loading in ("<script", "<link", "<img", "src=", "http://", "https://"):
        assert loading not in page.text
