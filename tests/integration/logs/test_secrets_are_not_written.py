"""Nothing secret is written anywhere: a story with marked secrets, and a search of all it left.

Searched are the log, the bodies of all refusals, the metrics, and every column of the audit.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.support.captured_log import CapturedLog
from tests.support.cloud_proxy import cloud_proxy_before
from tests.support.harness import Opener, World
from tests.support.running_emulator import Emulator
from tests.support.school import LIVE, PASSWORD, PDF, School
from tests.support.school_settings import AUDIT_KEY, SDK_SECRET_KEY, SECRET_KEY

NEW_PASSWORD = "marked: a new password zqnew"
WRONG_PASSWORD = "marked: a wrong password zqwrong"
TOO_SHORT = "a zqs"
EVERY_TRY = 3  # of one call to the cloud


@dataclass
class Story:
    """Tells the story, and remembers what it was given and what it was refused."""

    world: World
    secrets: set[str] = field(default_factory=set)
    refusals: list[str] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, token: str | None = None, body: object = None
    ) -> Any:
        return self.note(await self.world.call(method, path, token, body))

    def note(self, answer: httpx.Response) -> Any:
        if not answer.content:
            return None
        if answer.is_success:
            self._remember(answer.json())
            return answer.json()
        self.refusals.append(f"{answer.headers} {answer.text}")
        return None

    def _remember(self, given: Any) -> None:
        if isinstance(given, dict):
            for name, value in given.items():
                if name in SECRET_MEMBERS and isinstance(value, str):
                    self.secrets.add(value)
                else:
                    self._remember(value)
        elif isinstance(given, list):
            for each in given:
                self._remember(each)


SECRET_MEMBERS = {
    "access_token",
    "user_sig",
    "private_map_key",
    "sign",
    "tmpSecretId",
    "tmpSecretKey",
    "sessionToken",
    "download_url",
    "invitation",
}


async def _good_things(story: Story, school: School) -> None:
    tom, amy = school.tokens["tom"], school.tokens["amy"]
    body = {"identifier": "amy", "password": PASSWORD}
    mine = (await story.ask("POST", "/v1/sessions", None, body))["access_token"]
    grant = await story.ask("POST", "/v1/user-sig", amy)
    await story.ask("POST", f"/v1/leases/{grant['lease_id']}/renew", amy)
    await story.ask("POST", f"/v1/classrooms/{LIVE}/entry", amy)
    await story.ask("POST", f"/v1/leases/{school.leases[LIVE, 'amy']}/renew", amy)
    await story.ask("POST", f"/v1/classrooms/{LIVE}/upload-credentials", tom)
    upload = await story.ask("POST", f"/v1/classrooms/{LIVE}/uploads", tom, PDF)
    await story.ask("POST", f"/v1/uploads/{upload['upload_id']}/credentials", tom)
    for kind in (0, 1):
        signature = {"type": kind, "file_path": f"/classes/{LIVE}/direct/a"}
        await story.ask("POST", "/v1/cos/signature", tom, signature)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    await story.ask("PUT", "/v1/me/password", mine, body)
    accounts = [{"identifier": "new", "password": NEW_PASSWORD, "role": "student"}]
    await story.ask("POST", "/v1/admin/accounts", school.tokens["root"], {"accounts": accounts})
    invitation = await story.ask(
        "POST", "/v1/admin/invitations", school.tokens["root"], {"role": "teacher"}
    )
    token = invitation["invitation"]
    for identifier in ("new", "newest"):  # it is closed here, and says so without the token
        body = {"identifier": identifier, "password": NEW_PASSWORD, "invitation": token}
        await story.ask("POST", "/v1/accounts", None, body)


async def _refusals(story: Story, school: School, emulator: Emulator) -> None:
    tom, stan = school.tokens["tom"], school.tokens["stan"]
    for identifier, password in [
        ("stan", WRONG_PASSWORD),
        ("nobody", WRONG_PASSWORD),
        (WRONG_PASSWORD, "x"),  # people type it there
        ("stan", NEW_PASSWORD + "\x00"),
    ]:
        body: dict[str, Any] = {"identifier": identifier, "password": password}
        await story.ask("POST", "/v1/sessions", None, body)
    for new in (TOO_SHORT, "stan has a password zqlong" * 10, "password123"):
        body = {"current_password": PASSWORD, "new_password": new}
        await story.ask("PUT", "/v1/me/password", stan, body)
    await story.ask("GET", "/v1/me", stan + "x")
    await story.ask("GET", f"/v1/me?access_token={stan}", None)
    await story.ask("POST", f"/v1/leases/{stan}/renew", stan)
    await story.ask("GET", f"/v1/{stan}", None)
    await story.ask("POST", f"/v1/classrooms/{LIVE}/uploads", stan, PDF)
    for fault in ("unavailable", "throttled", "skewed_clock", "expired"):
        emulator.fail_next("sts", "GetFederationToken", fault, EVERY_TRY)
        await story.ask("POST", f"/v1/classrooms/{LIVE}/uploads", tom, PDF)
        emulator.reset()
        story.world.clock.advance(seconds=11)  # until STS is asked again
    emulator.fail_next("cos", "HeadObject", "unavailable", EVERY_TRY)
    upload = f"/v1/uploads/{school.uploads[LIVE, 'tom']}/complete"
    await story.ask("POST", upload, tom)
    await story.ask("POST", upload, tom)
    accounts = [{"identifier": "stan", "password": TOO_SHORT, "role": "student"}]
    await story.ask("POST", "/v1/admin/accounts", school.tokens["root"], {"accounts": accounts})


async def _accidents(story: Story, school: School) -> None:
    """What nobody foresees: the record cannot be written, tables are gone."""
    world, amy = story.world, school.tokens["stan"]
    await world.settle()
    world.raw_database.refuse_records("NEW.event != 'checkpoint'")
    body = {"identifier": "stan", "password": PASSWORD}
    await story.ask("POST", "/v1/sessions", None, body)
    await story.ask("POST", "/v1/user-sig", amy)
    await story.ask("POST", f"/v1/classrooms/{LIVE}/entry", amy)
    await world.settle()
    world.raw_database.change("ALTER TABLE sessions RENAME TO elsewhere")
    await story.ask("POST", "/v1/sessions", None, body)
    await story.ask("GET", "/v1/me", amy)
    await world.settle()
    world.raw_database.change("ALTER TABLE elsewhere RENAME TO sessions")
    world.raw_database.take_records()


def _pieces(secret: str) -> set[str]:
    """The secret, and each half of a long one: half a key is bad enough."""
    half = len(secret) // 2
    return {secret} if len(secret) < 30 else {secret, secret[:half], secret[half:]}


async def test_no_secret_is_logged_refused_counted_or_recorded(
    open_with: Opener, school: School, emulator: Emulator, captured_log: CapturedLog
) -> None:
    async with (
        cloud_proxy_before(emulator) as proxy,
        open_with(cloud={"sts_endpoint": proxy.address}) as world,
    ):
        story = Story(world)
        await _good_things(story, school)
        await _refusals(story, school, emulator)
        proxy.answer_with(
            b'{"Response": {"Credentials": "zqkeys marked keys", "ExpiredTime": "x"}}'
        )
        await story.ask("POST", f"/v1/classrooms/{LIVE}/uploads", school.tokens["tom"], PDF)
        await _accidents(story, school)
        await world.application.audit.checkpoint()
        async with world.operations() as operations:
            metrics = (await operations.get("/metrics")).text
    given = {*story.secrets, *school.tokens.values()}
    assert len(given) >= 20
    marked = {
        SDK_SECRET_KEY,
        SECRET_KEY,
        AUDIT_KEY,
        PASSWORD,
        NEW_PASSWORD,
        WRONG_PASSWORD,
        TOO_SHORT,
        "zqnew",
        "zqwrong",
        "zqs",
        "zqlong",
        "zqkeys",
    }
    written = {
        "log": captured_log.getvalue(),
        "refusals": "\n".join(story.refusals),
        "metrics": metrics,
        "audit": "\n".join(world.raw_database.texts()),
    }
    assert "unexpected error" in written["log"]
    assert "database refused" in written["log"]
    assert len(story.refusals) > 20
    found = [
        (place, secret)
        for place, text in written.items()
        for whole in given | marked
        for secret in _pieces(whole)
        if len(secret) >= 3 and secret in text
    ]
    assert found == []


async def test_no_secret_stands_in_the_database(world: World, school: School) -> None:
    """But for what it must know: a hash of each password, a digest of each token."""
    story = Story(world)
    await _good_things(story, school)
    await world.settle()
    stored = world.raw_database.stored_bytes()
    for secret in {*story.secrets, PASSWORD, NEW_PASSWORD, SDK_SECRET_KEY, SECRET_KEY, AUDIT_KEY}:
        assert secret.encode() not in stored


async def test_metrics_name_routes_and_not_who_or_what(world: World, school: School) -> None:
    for path in (f"/v1/classrooms/{LIVE}", "/v1/classrooms/777000777", "/nope/amy", "/v1/sessions"):
        await world.call("GET", path, school.tokens["amy"])
    await world.call("BREW" * 50, "/v1/sessions")
    async with world.operations() as operations:
        text = (await operations.get("/metrics")).text
    assert 'route="/v1/classrooms/{classroom_id}"' in text
    assert 'route="unknown"' in text
    assert 'method="other"' in text
    for word in ("777000777", "amy", "BREW"):
        assert word not in text


async def test_operations_say_alive_and_ready(world: World) -> None:
    async with world.operations() as operations:
        assert (await operations.get("/healthz")).text == "ok\n"
        assert (await operations.get("/readyz")).json() == {"ready": True}
        assert (await operations.get("/v1/me")).status_code == 404


async def test_request_log_has_the_route_and_no_query(
    world: World, school: School, captured_log: CapturedLog
) -> None:
    answer = await world.call("GET", "/v1/classrooms?host=very-secret-name", school.tokens["amy"])
    assert answer.headers["x-request-id"] in captured_log.getvalue()
    assert "very-secret-name" not in captured_log.getvalue()


@pytest.mark.parametrize("form", ["json", "text"])
def test_settings_do_not_show_their_secrets(template: School, open_with: Opener, form: str) -> None:
    """In no form that a careless line of code could log."""

    async def look() -> str:
        async with open_with() as world:
            settings = world.settings
            return settings.model_dump_json() if form == "json" else f"{settings!r} {settings}"

    shown = asyncio.run(look())
    for secret in (SDK_SECRET_KEY, SECRET_KEY, AUDIT_KEY):
        assert secret not in shown


def test_search_finds_what_is_logged(captured_log: CapturedLog) -> None:
    """The test above would see a secret that a library logs."""
    logging.getLogger("some.library").warning("here is %s", "marked zqone")
    try:
        int("marked zqtwo")
    except ValueError:
        logging.getLogger("some.library").exception("it failed")
    assert "zqone" in captured_log.getvalue()
    assert "zqtwo" in captured_log.getvalue()
