"""The settings of the console: whether it is there, and from where admins use it."""

import pytest
from tests.support.console_session import ConsolePage, log_in, open_page
from tests.support.harness import Opener, problem
from tests.support.school import PASSWORD, School

INSIDE, OUTSIDE, PROXY = "198.51.100.7", "203.0.113.5", "192.0.2.1"
OFFICE = {"admin_networks": ["198.51.100.0/24", "2001:db8::/32"], "second_factor": "optional"}


@pytest.mark.parametrize("address", [INSIDE, "2001:db8::7", f"::ffff:{INSIDE}"])
async def test_admin_uses_it_from_the_network(
    open_with: Opener, school: School, address: str
) -> None:
    async with open_with(console=OFFICE) as world:
        page = await open_page(world, "root", address=address)
        assert (await page.call("GET", "/v1/admin/audit", address=address)).status_code == 200


@pytest.mark.parametrize("address", [OUTSIDE, "2001:db9::7", "unknown"])
async def test_admin_does_not_from_outside(open_with: Opener, school: School, address: str) -> None:
    async with open_with(console=OFFICE) as world:
        answer = await log_in(world, "root", address=address)
        problem(answer, 403, "permission_denied", "admin_network")
        assert "set-cookie" not in answer.headers
        page = await open_page(world, "root", address=INSIDE)
        for path in ("/v1/me", "/v1/admin/audit", "/v1/console/session"):
            answer = await page.call("GET", path, address=address)
            problem(answer, 403, "permission_denied", "admin_network")


async def test_wrong_password_is_all_that_a_stranger_sees(
    open_with: Opener, school: School
) -> None:
    """Whether an account is an admin's is nobody's business."""
    async with open_with(console=OFFICE) as world:
        answer = await log_in(world, "root", password="not the password", address=OUTSIDE)
        problem(answer, 401, "not_authenticated", "wrong_credentials")


async def test_others_and_clients_of_the_api_come_from_everywhere(
    open_with: Opener, school: School
) -> None:
    async with open_with(console=OFFICE) as world:
        page = await open_page(world, "tom", address=OUTSIDE)
        assert (await page.call("GET", "/v1/classrooms", address=OUTSIDE)).status_code == 200
        token = await world.log_in("root", PASSWORD, OUTSIDE)
        answer = await world.call("GET", "/v1/admin/audit", token, address=OUTSIDE)
        assert answer.status_code == 200


async def test_forwarded_address_counts_from_a_trusted_proxy_only(
    open_with: Opener, school: School
) -> None:
    forged = {"x-forwarded-for": INSIDE}
    async with open_with(console=OFFICE, http={"trusted_proxies": [PROXY]}) as world:
        page = await open_page(world, "root", address=INSIDE)
        for address, header, status in [
            (PROXY, INSIDE, 200),
            (PROXY, f"{INSIDE}, {OUTSIDE}", 403),  # the left one is what a client wrote
            (PROXY, OUTSIDE, 403),
            (OUTSIDE, INSIDE, 403),  # no proxy of ours
            (PROXY, "unknown", 403),
        ]:
            answer = await page.call(
                "GET", "/v1/admin/audit", address=address, **{"x-forwarded-for": header}
            )
            assert answer.status_code == status, (address, header)
        answer = await log_in(world, "root", address=OUTSIDE, **forged)
        problem(answer, 403, "permission_denied", "admin_network")


async def test_without_a_console_a_cookie_is_no_session(open_with: Opener, school: School) -> None:
    async with open_with() as world:
        page = await open_page(world, "tom")
    async with open_with(console={"enabled": False}) as world:
        page = ConsolePage(world, page.token)
        problem(await page.call("GET", "/v1/me"), 401, "not_authenticated", "token_missing")
        problem(await page.confirm(), 401, "not_authenticated", "token_missing")
        problem(await log_in(world, "tom"), 404, "not_found", "route_not_found")
        answer = await page.call("GET", "/v1/console/session")
        problem(answer, 404, "not_found", "route_not_found")
        assert (await world.call("GET", "/v1/me", school.tokens["tom"])).status_code == 200
