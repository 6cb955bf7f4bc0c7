"""What a page in a browser may do: origins that were named, and no others."""

import pytest
from tests.support.harness import Opener, World
from tests.support.school import School

ORIGIN = "https://school.example"


async def test_named_origin_may_call_and_read_what_it_needs(
    open_with: Opener, school: School
) -> None:
    async with open_with(http={"cors_origins": [ORIGIN]}) as world:
        asked = {
            "origin": ORIGIN,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        preflight = await world.call("OPTIONS", "/v1/sessions", headers=asked)
        assert preflight.status_code in {200, 204}
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        answer = await world.call("GET", "/v1/me", school.tokens["amy"], headers={"origin": ORIGIN})
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert "retry-after" in exposed
        assert "x-request-id" in exposed
        assert "access-control-allow-credentials" not in answer.headers


async def test_named_origin_may_read_refusals(open_with: Opener) -> None:
    async with open_with(http={"cors_origins": [ORIGIN]}) as world:
        answer = await world.call("GET", "/v1/me", headers={"origin": ORIGIN})
        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{ORIGIN}.evil.example"])
async def test_other_origins_may_not(open_with: Opener, origin: str) -> None:
    async with open_with(http={"cors_origins": [ORIGIN]}) as world:
        answer = await world.call("GET", "/v1/me", headers={"origin": origin})
        assert answer.headers.get("access-control-allow-origin") in {None, ORIGIN}


async def test_without_a_setting_no_origin_may(world: World) -> None:
    answer = await world.call("GET", "/v1/me", headers={"origin": ORIGIN})
    assert not [name for name in answer.headers if name.startswith("access-control")]
