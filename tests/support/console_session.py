"""The console's page as a client of the API: its cookie, and its proof."""

from dataclasses import dataclass
from http.cookies import SimpleCookie

import httpx
from tests.support.harness import ADDRESS, World
from tests.support.one_time_codes import code_at
from tests.support.school import PASSWORD

COOKIE = "__Host-classgate"
PROOF = {"x-classgate-console": "1"}


def token_of(answer: httpx.Response) -> str:
    """The value of the session's cookie."""
    return SimpleCookie(answer.headers["set-cookie"])[COOKIE].value


def with_cookie(token: str, **headers: str) -> dict[str, str]:
    return PROOF | {"cookie": f"other=1; {COOKIE}={token}"} | headers


async def log_in(
    world: World,
    identifier: str,
    code: str | None = None,
    *,
    password: str = PASSWORD,
    address: str = ADDRESS,
    **headers: str,
) -> httpx.Response:
    """The answer to a log-in at the console."""
    body = {"identifier": identifier, "password": password} | ({"code": code} if code else {})
    return await world.call(
        "POST", "/v1/console/session", body=body, headers=PROOF | headers, address=address
    )


@dataclass
class ConsolePage:
    """A page of the console with somebody's session."""

    world: World
    token: str

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        address: str = ADDRESS,
        **headers: str,
    ) -> httpx.Response:
        sent = with_cookie(self.token, **headers)
        return await self.world.call(method, path, body=body, headers=sent, address=address)

    async def confirm(
        self, password: str = PASSWORD, code: str | None = None, address: str = ADDRESS
    ) -> httpx.Response:
        """Type the password again."""
        body = {"password": password} | ({"code": code} if code else {})
        return await self.call("POST", "/v1/console/session/confirm", body, address=address)

    async def set_up_second_factor(self) -> str:
        """The secret of a new second factor, confirmed with the code of now."""
        started = await self.call("POST", "/v1/console/second-factor")
        assert started.status_code == 201, started.text
        secret: str = started.json()["secret"]
        body = {"code": code_at(secret, self.world.clock.unix)}
        confirmed = await self.call("PUT", "/v1/console/second-factor", body)
        assert confirmed.status_code == 204, confirmed.text
        return secret


async def open_page(
    world: World, identifier: str, code: str | None = None, address: str = ADDRESS
) -> ConsolePage:
    """Somebody's page, after a log-in that succeeds."""
    answer = await log_in(world, identifier, code, address=address)
    assert answer.status_code == 201, answer.text
    return ConsolePage(world, token_of(answer))
