"""A session of the console: a cookie that works from the console's own page only."""

from http.cookies import SimpleCookie

import httpx
import pytest
from tests.support.console_session import COOKIE, PROOF, log_in, token_of, with_cookie
from tests.support.harness import Opener, World, problem
from tests.support.school import LIVE, School

ORIGIN = "http://classgate.test"


async def sign_in(world: World, identifier: str = "tom", **headers: str) -> httpx.Response:
    return await log_in(world, identifier, **headers)


async def test_cookie_is_for_this_host_for_no_script_and_for_no_other_site(
    world: World, school: School
) -> None:
    answer = await sign_in(world)
    assert answer.status_code == 201
    assert answer.json()["account"]["identifier"] == "tom"
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert (cookie["httponly"], cookie["secure"]) == (True, True)
    assert cookie["samesite"].lower() == "strict"
    lifetime = answer.json()["expires_at"] - int(world.clock().timestamp())
    assert int(cookie["max-age"]) == lifetime
    assert cookie.value not in answer.text


async def test_no_user_sig_is_issued_for_it(world: World, school: School) -> None:
    leases = world.raw_database.query("SELECT count(*) FROM leases")
    await sign_in(world)
    assert world.raw_database.query("SELECT count(*) FROM leases") == leases
    assert world.raw_database.events()[-1] == "session_opened"


async def test_page_makes_every_call_with_the_cookie(world: World, school: School) -> None:
    sent = with_cookie(token_of(await sign_in(world)), origin=ORIGIN)
    me = await world.call("GET", "/v1/me", headers=sent)
    assert me.json()["identifier"] == "tom"
    ended = await world.call("POST", f"/v1/classrooms/{LIVE}/end", headers=sent)
    assert ended.json()["state"] == "ended"
    (session,) = [
        each
        for each in (await world.call("GET", "/v1/sessions", headers=sent)).json()["items"]
        if each["current"]
    ]
    assert session["channel"] == "console"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-classgate-console": ""},
        {"x-classgate-console": "0"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{ORIGIN}.evil.example"},
        {"origin": f"{ORIGIN}:8443"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
async def test_another_page_cannot_use_the_cookie(
    world: World, school: School, headers: dict[str, str]
) -> None:
    token = token_of(await sign_in(world))
    answer = await world.call("GET", "/v1/me", headers=with_cookie(token, **headers))
    problem(answer, 403, "permission_denied", "not_from_console")
    answer = await sign_in(world, **headers)
    problem(answer, 403, "permission_denied", "not_from_console")
    assert "set-cookie" not in answer.headers


async def test_cors_never_allows_the_cookie(open_with: Opener, school: School) -> None:
    page = "https://school.example"
    async with open_with(http={"cors_origins": [page]}) as world:
        asked = {
            "origin": page,
            "access-control-request-method": "GET",
            "access-control-request-headers": "x-classgate-console",
        }
        preflight = await world.call("OPTIONS", "/v1/me", headers=asked)
        assert "access-control-allow-credentials" not in preflight.headers
        token = token_of(await sign_in(world))
        answer = await world.call("GET", "/v1/me", headers=with_cookie(token, origin=page))
        problem(answer, 403, "permission_denied", "not_from_console")


async def test_token_of_the_cookie_is_no_bearer_token_nor_the_other_way_round(
    world: World, school: School
) -> None:
    token = token_of(await sign_in(world))
    problem(await world.call("GET", "/v1/me", token), 401, "not_authenticated", "session_ended")
    answer = await world.call("GET", "/v1/me", headers=with_cookie(school.tokens["tom"]))
    problem(answer, 401, "not_authenticated", "session_ended")


async def test_bearer_token_goes_before_the_cookie(world: World, school: School) -> None:
    sent = with_cookie(token_of(await sign_in(world, "amy")))
    answer = await world.call("GET", "/v1/me", school.tokens["tom"], headers=sent)
    assert answer.json()["identifier"] == "tom"


@pytest.mark.parametrize("cookie", [f"{COOKIE}=", f"{COOKIE}=x", COOKIE, f'{COOKIE}="', "{}=1;;"])
async def test_cookie_of_no_session_is_nobodys(world: World, school: School, cookie: str) -> None:
    sent = PROOF | {"cookie": cookie}
    answer = await world.call("GET", "/v1/me", headers=sent)
    problem(answer, 401, "not_authenticated")
    state = await world.call("GET", "/v1/console/session", headers=sent)
    assert (state.status_code, state.json()) == (200, {"session": None, "emulator_url": None})


async def test_page_asks_who_is_logged_in(world: World, school: School) -> None:
    opened = await sign_in(world)
    state = await world.call("GET", "/v1/console/session", headers=with_cookie(token_of(opened)))
    assert state.json() == {"session": opened.json(), "emulator_url": None}


async def test_logging_out_ends_the_session_and_removes_the_cookie(
    world: World, school: School
) -> None:
    sent = with_cookie(token_of(await sign_in(world)))
    answer = await world.call("DELETE", "/v1/console/session", headers=sent)
    assert answer.status_code == 204
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", "/")
    again = await world.call("GET", "/v1/me", headers=sent)
    problem(again, 401, "not_authenticated", "session_ended")


async def test_wrong_passwords_are_slowed_down_as_everywhere(world: World, school: School) -> None:
    body = {"identifier": "tom", "password": "wrong"}
    statuses = []
    for _ in range(30):
        answer = await world.call("POST", "/v1/console/session", body=body, headers=PROOF)
        statuses.append(answer.status_code)
    assert statuses[0] == 401
    assert statuses[-1] == 429
