"""The comparison of answers with their description, which every call of the tests goes through."""

import pytest
from tests.support.harness import World, problem
from tests.support.school import LIVE, School

ME = {"identifier": "amy", "role": "student", "display_name": "Amy"}


async def test_answer_that_differs_is_found(world: World) -> None:
    find = world.description.find_fault
    assert find("GET", "/v1/me", 200, ME) is None
    assert "display_name" in (find("GET", "/v1/me", 200, {**ME, "display_name": None}) or "")
    assert "role" in (find("GET", "/v1/me", 200, {**ME, "role": "host"}) or "")
    assert "identifier" in (find("GET", "/v1/me", 200, {"role": "admin"}) or "")
    assert find("GET", "/v1/me", 418, ME) == "GET /v1/me answers 418, which is not described"
    assert find("GET", f"/v1/classrooms/{LIVE}", 200, ME) is not None
    assert find("GET", "/v1/unknown", 404, {}) is None


async def test_renewals_of_each_kind_agree(world: World, school: School) -> None:
    path = f"/v1/leases/{school.leases[LIVE, 'amy']}/renew"
    renewed = (await world.call("POST", path, school.tokens["amy"])).json()
    assert world.description.find_fault("POST", path, 200, renewed) is None
    without = {name: value for name, value in renewed.items() if name != "lease_id"}
    assert world.description.find_fault("POST", path, 200, without) is not None


async def test_options_names_every_method_of_a_path(world: World) -> None:
    async with world.client() as client:
        answer = await client.options(f"/v1/classrooms/{LIVE}")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, PATCH, POST"
        answer = await client.options("/v1/admin/accounts/amy")
        assert answer.headers["allow"] == "DELETE, OPTIONS, PATCH, POST"
        answer = await client.options("/v1/sessions")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/sessions", "GET, HEAD, OPTIONS, POST"),
        ("/v1/me", "GET, HEAD, OPTIONS"),
        ("/v1/admin/accounts/amy", "DELETE, OPTIONS, PATCH, POST"),
        ("/docs", "GET, HEAD, OPTIONS"),
    ],
)
async def test_refused_method_is_answered_with_every_method(
    world: World, path: str, allowed: str
) -> None:
    answer = await world.call("PUT", path)
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed
