"""The legacy API beside the HTTP API: the same people and classes, seen from both sides."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener, problem
from tests.support.legacy_client import PASSWORD, PATH_SECRET, LegacyClient, legacy_client
from tests.support.running_emulator import Emulator
from tests.support.school import PASSWORD as SCHOOL_PASSWORD
from tests.support.school_settings import AUDIT_KEY, SDK_APP_ID, SDK_SECRET_KEY, SECRET_KEY
from tests.support.video_signatures import HOST, PATH, query

PAGE: dict[str, Any] = {"index": 0, "size": 50}


@pytest.fixture
async def client(open_with: Opener) -> AsyncIterator[LegacyClient]:
    async with legacy_client(open_with) as opened:
        yield opened


async def api(client: LegacyClient, who: str, method: str, path: str, body: object = None) -> Any:
    """A call of the API that must go well, by somebody who logs in there for it."""
    password = PASSWORD if who in client.tokens else SCHOOL_PASSWORD
    token = await client.world.log_in(who, password)
    answer = await client.world.call(method, path, token, body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def members(client: LegacyClient, who: str, number: int) -> dict[str, str]:
    found = await api(client, who, "GET", f"/v1/classrooms/{number}/members")
    return {each["identifier"]: each["role"] for each in found["items"]}


# ── classes ─────────────────────────────────────────────────────────────────────────────────────


async def test_class_with_a_roster_takes_in_an_old_client_that_is_on_it(
    client: LegacyClient,
) -> None:
    roster = [{"identifier": "sue", "role": "student"}]
    body = {"title": "物理", "cover_url": "https://c.test/x", "members": roster}
    number = (await api(client, "tess", "POST", "/v1/classrooms", body))["classroom_id"]
    assert await client.code("live/reportmemid", "sue", roomnum=number, operate=0) == 10102
    assert await client.code("live/startcourse", "tess", roomnum=number) == 0
    assert await client.code("live/reportmemid", "sue", roomnum=number, operate=0) == 0
    for command, fields in [("reportmemid", {"operate": 0}), ("heartbeat", {})]:
        assert await client.code(f"live/{command}", "stu", roomnum=number, **fields) == 10100
    listed = await client.data("live/roomidlist", "sue", roomnum=number, **PAGE)
    assert listed["idlist"] == [{"id": "tess", "role": 1}, {"id": "sue", "role": 0}]
    (room,) = (await client.data("live/roomlist", "sue", roomnum=number, **PAGE))["rooms"]
    assert (room["title"], room["cover"], room["memsize"]) == ("物理", "https://c.test/x", 2)
    assert (await client.data("live/roomlist", "stu", roomnum=number, **PAGE))["total"] == 0
    attendance = await api(client, "tess", "GET", f"/v1/classrooms/{number}/attendance")
    assert [each["identifier"] for each in attendance["items"]] == ["tess", "sue"]
    assert await client.code("live/exitroom", "tess", roomnum=number) == 0
    found = await api(client, "sue", "GET", f"/v1/classrooms/{number}")
    assert found["state"] == "ended"


async def test_assistant_of_a_class_is_one_here_too(client: LegacyClient) -> None:
    roster = [{"identifier": "ted", "role": "assistant"}]
    body = {"title": "x", "members": roster}
    number = (await api(client, "tess", "POST", "/v1/classrooms", body))["classroom_id"]
    path = f"/classes/{number}/a.pdf"
    assert await client.code("cos/get_sign", "ted", type=0, file_path=path) == 0
    assert await client.code("live/startcourse", "ted", roomnum=number) == 10101


async def test_class_of_the_legacy_api_takes_in_people_of_the_api(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    entry_credentials = await api(client, "amy", "POST", f"/v1/classrooms/{number}/entry")
    assert (entry_credentials["room_id"], entry_credentials["role"]) == (number, "student")
    assert await members(client, "tess", number) == {"tess": "host", "amy": "student"}
    listed = await client.data("live/roomidlist", "tess", roomnum=number, **PAGE)
    assert listed["idlist"] == [{"id": "tess", "role": 1}, {"id": "amy", "role": 0}]
    found = await api(client, "amy", "GET", f"/v1/classrooms/{number}")
    assert (found["state"], found["open"], found["host"]) == ("live", True, "tess")


async def test_class_without_a_title_is_shown_at_the_api(client: LegacyClient) -> None:
    number = (await client.data("live/create", "tess", title=""))["roomnum"]
    assert (await api(client, "amy", "GET", f"/v1/classrooms/{number}"))["title"] == ""
    assert await api(client, "tess", "GET", "/v1/classrooms?host=tess")


async def test_kick_at_the_api_is_felt_here(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    await client.data("live/reportmemid", "sue", roomnum=number, operate=0)
    await api(client, "tess", "POST", f"/v1/classrooms/{number}/members/sue/kick")
    listed = await client.data("live/roomidlist", "tess", roomnum=number, **PAGE)
    assert listed["idlist"] == [{"id": "tess", "role": 1}]
    for command, fields in [
        ("live/reportmemid", {"operate": 0}),
        ("live/heartbeat", {}),
        ("live/roomidlist", PAGE),
    ]:
        assert await client.code(command, "sue", roomnum=number, **fields) == 10101
    bound = await client.data("live/querybind", "sue", roomnum=number, **PAGE)
    assert bound["total"] == 0
    lifted = {"role": "student"}
    await api(client, "tess", "PUT", f"/v1/classrooms/{number}/members/sue", lifted)
    assert await client.code("live/reportmemid", "sue", roomnum=number, operate=0) == 0


async def test_one_who_wins_through_either_api_is_the_only_one(client: LegacyClient) -> None:
    number = await client.make_class("tess", 0)
    token = await client.world.log_in("tess", PASSWORD)
    here, there = await asyncio.gather(
        client.code("live/startcourse", "tess", roomnum=number),
        client.world.call("POST", f"/v1/classrooms/{number}/start", token),
    )
    assert (here, there.status_code) in {(0, 409), (10102, 200)}


async def test_logging_in_again_in_mid_lesson_loses_nobody_s_place(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    await client.data("live/reportmemid", "sue", roomnum=number, operate=0)
    tracker = client.world.application.classrooms.presence_tracker
    for who in ("tess", "sue"):
        await client.log_in(who)
    for _ in range(40):
        for who in ("tess", "sue"):
            assert await client.code("live/heartbeat", who, roomnum=number) == 0
        await tracker.tick()
        client.world.clock.advance(seconds=10)
    listed = await client.data("live/roomidlist", "tess", roomnum=number, **PAGE)
    assert {each["id"] for each in listed["idlist"]} == {"tess", "sue"}
    assert await client.code("live/exitroom", "tess", roomnum=number) == 0


# ── tokens and sessions ─────────────────────────────────────────────────────────────────────────


async def test_token_of_one_channel_is_not_valid_in_the_other(client: LegacyClient) -> None:
    of_the_api = await client.world.log_in("sue", PASSWORD)
    assert await client.code("live/roomlist", token=of_the_api, **PAGE) == 10009
    assert await client.code("account/logout", token=of_the_api) == 10008
    answer = await client.world.call("GET", "/v1/me", client.tokens["sue"])
    problem(answer, 401, "not_authenticated")
    assert (await client.world.call("GET", "/v1/me", of_the_api)).is_success


async def test_log_in_here_ends_no_session_of_the_api(client: LegacyClient) -> None:
    of_the_api = await client.world.log_in("sue", PASSWORD)
    old = client.tokens["sue"]
    await client.log_in("sue")
    assert await client.code("live/roomlist", token=old, **PAGE) == 10009
    assert (await client.world.call("GET", "/v1/me", of_the_api)).is_success


async def test_session_of_the_legacy_api_is_listed_and_ended_at_the_api(
    client: LegacyClient,
) -> None:
    token = await client.world.log_in("sue", PASSWORD)
    listed = (await client.world.call("GET", "/v1/sessions", token)).json()["items"]
    assert len(listed) == 2
    (other,) = [each["session_id"] for each in listed if not each["current"]]
    ended = await client.world.call("DELETE", f"/v1/sessions/{other}", token)
    assert ended.status_code == 204
    assert await client.code("live/roomlist", "sue", **PAGE) == 10009
    assert await client.code("account/logout", "sue") == 10008


async def test_new_password_at_the_api_ends_the_session_here(client: LegacyClient) -> None:
    new = "another sentence that is long"
    body = {"current_password": PASSWORD, "new_password": new}
    await api(client, "sue", "PUT", "/v1/me/password", body)
    assert await client.code("live/roomlist", "sue", **PAGE) == 10009
    assert await client.code("account/login", id="sue", pwd=PASSWORD) == 10006
    await client.log_in("sue", new)


async def test_student_who_is_no_teacher_any_more_is_one_here_at_once(client: LegacyClient) -> None:
    await api(client, "root", "PATCH", "/v1/admin/accounts/ted", {"role": "student"})
    code = await client.code("live/create", "ted", title="x")
    assert code in {10009, 10101}
    await client.log_in("ted")
    assert await client.code("live/create", "ted", title="x") == 10101
    assert await client.code("vod/get_client_sign", "ted") == 10101


async def test_name_of_a_deleted_account_is_held_here_too(client: LegacyClient) -> None:
    await api(client, "root", "DELETE", "/v1/admin/accounts/stu")
    assert await client.code("live/roomlist", "stu", **PAGE) == 10009
    assert await client.code("account/login", id="stu", pwd=PASSWORD) == 10006
    assert await client.code("account/regist", id="Stu", pwd="x", role=0) == 10004
    client.world.clock.advance(days=2)
    assert await client.code("account/regist", id="Stu", pwd="x", role=0) == 0


# ── what is written down ────────────────────────────────────────────────────────────────────────


async def test_everything_given_is_in_the_audit(client: LegacyClient) -> None:
    def rows() -> list[tuple[str, ...]]:
        return client.world.raw_database.query(
            "SELECT event, details, request_id FROM audit_rows ORDER BY at, seq"
        )

    before = len(rows())
    number = await client.make_class("tess", 0)
    await client.data("live/startcourse", "tess", roomnum=number)
    await client.log_in("sue")
    await client.data("cos/get_sign", "sue", type=0)
    await client.data("cos/get_sign", "sue", type=1, file_path="/users/sue/a/sue.pdf")
    await client.data("cos/get_sign", "tess", type=1, file_path=f"/classes/{number}/a")
    await client.data("account/logout", "sue")
    await client.register("new", 0)
    await client.data("live/exitroom", "tess", roomnum=number)
    await client.show_index(number)
    found = [row[0] for row in rows()[before:]]
    wanted = {
        "classroom_created": 1,
        "classroom_started": 1,
        "classroom_ended": 1,
        "user_sig_issued": 2,
        "cos_signature_issued": 3,
        "account_created": 1,
        "replay_indexed": 1,
    }
    assert {event: found.count(event) for event in wanted} == wanted
    details = [json.loads(row[1]) for row in rows()[before:] if row[0] == "cos_signature_issued"]
    ((of_sue,),) = client.world.raw_database.query(
        "SELECT account_id FROM accounts WHERE identifier = 'sue'"
    )
    assert [(each["resource"], each["type"]) for each in details] == [
        (f"users/~{of_sue}/", "reusable"),
        (f"users/~{of_sue}/a/sue.pdf", "single_use"),
        (f"classes/{number}/a", "single_use"),
    ]
    # Whoever is deleted leaves a number; a file's own name is the client's doing.
    for text in client.world.raw_database.texts():
        assert not re.search(r"\b(sue|tess|new)\b(?!\.pdf)", text), text
    assert all(row[2] for row in rows()[before:])


# ── the canary ──────────────────────────────────────────────────────────────────────────────────

MARKED = "zqpassword marked"
WRONG = "zqwrong marked"


async def _tell_everything(client: LegacyClient, emulator: Emulator) -> set[str]:
    """Good calls and bad ones with marked secrets; what was given."""
    given: set[str] = set()

    def note(answer: dict[str, Any]) -> None:
        data = answer.get("data") or {}
        given.update(data[name] for name in ("token", "userSig", "sign") if name in data)

    await client.register("new", 1, MARKED)
    given |= {client.tokens["new"], client.user_sigs["new"]}
    fields = {"id": "new", "pwd": MARKED}
    note(await client.call("account/login", **fields))
    await client.log_in("new", MARKED)
    number = await client.make_class("new", 1)
    params = query(client.world)
    asked = {"method": "GET", "host": HOST, "path": PATH, "params": params}
    good: list[tuple[str, dict[str, Any]]] = [
        ("cos/get_sign", {"type": 0}),
        ("cos/get_sign", {"type": 1, "file_path": f"/classes/{number}/a"}),
        ("vod/get_sign", asked),
        ("vod/get_client_sign", {}),
        ("vod/cmd_proxy", asked),
    ]
    for command, more in good:
        note(await client.call(command, "new", **more))
    wrong: list[dict[str, Any]] = [
        {"id": "new", "pwd": WRONG},
        {"id": WRONG, "pwd": "x"},
        {"id": WRONG.replace(" ", ""), "pwd": "x"},
        {"id": "new", "pwd": [WRONG]},
        {"id": {"a": WRONG}, "pwd": WRONG},
        {"id": "new", "pwd": WRONG + "\0"},
    ]
    for bad in wrong:
        await client.call("account/login", **bad)
        await client.call("account/regist", role=0, **bad)
    token = client.tokens["new"]
    await client.call("live/roomlist", token=token + "x", **PAGE)
    await client.call("live/roomlist", token=[token], **PAGE)
    await client.call("live/create", "new", title=5)
    await client.call("live/create", "new", appid=token, title=5)
    await client.post(f"/index.php?svc=live&cmd={token}", b"{}")
    await client.post(f"/index.php?svc=live&cmd=roomlist&token={token}", b"{" + token.encode())
    await client.show_index(number)
    await client.show_index(number, url=f"javascript:{WRONG}")
    emulator.fail_next("vod", "GetVideoInfo", "unavailable", 9)
    await client.call("vod/cmd_proxy", "new", **asked)
    world = client.world
    await world.settle()
    world.raw_database.refuse_records("NEW.event != 'checkpoint'")
    await client.call("account/login", **fields)
    await client.call("cos/get_sign", "new", type=0)
    await world.settle()
    world.raw_database.take_records()
    world.raw_database.change("ALTER TABLE sessions RENAME TO elsewhere")
    await client.call("account/login", **fields)
    await client.call("live/roomlist", "new", **PAGE)
    await world.settle()
    world.raw_database.change("ALTER TABLE elsewhere RENAME TO sessions")
    await client.call("account/logout", "new")
    return given | {token}


async def test_nothing_secret_is_written_anywhere(
    client: LegacyClient, emulator: Emulator, captured_log: CapturedLog
) -> None:
    given = await _tell_everything(client, emulator)
    await client.world.application.audit.checkpoint()
    async with client.world.operations() as operations:
        metrics = (await operations.get("/metrics")).text
    marked = {"zqpassword", "zqwrong", SDK_SECRET_KEY, SECRET_KEY, AUDIT_KEY, PATH_SECRET}
    assert len(given) >= 8
    written = {
        "log": captured_log.getvalue(),
        "metrics": metrics,
        "audit": "\n".join(client.world.raw_database.texts()),
    }
    assert "unexpected error" in written["log"]
    assert "legacy account/login" in metrics
    found = [
        (place, secret)
        for place, text in written.items()
        for secret in {half for each in given | marked for half in _pieces(each)}
        if secret in text
    ]
    assert found == []


def _pieces(secret: str) -> set[str]:
    half = len(secret) // 2
    return {secret} if len(secret) < 30 else {secret, secret[:half], secret[half:]}


async def test_metrics_of_the_legacy_api_name_commands_and_nothing_else(
    client: LegacyClient,
) -> None:
    for cmd in ("login", "zqcommand", "LOGIN"):
        await client.post(f"/zqprefix/index.php?svc=account&cmd={cmd}", b"{}")
    async with client.world.operations() as operations:
        text = (await operations.get("/metrics")).text
    assert 'route="legacy account/login"' in text
    assert "zq" not in text
    assert str(SDK_APP_ID) not in text


# ── what operators see ──────────────────────────────────────────────────────────────────────────


async def test_answers_are_counted_by_their_codes(client: LegacyClient) -> None:
    """All are HTTP 200, so that the requests alone would not tell what goes wrong."""

    async def counted(route: str, code: int) -> float:
        async with client.world.operations() as operations:
            text = (await operations.get("/metrics")).text
        wanted = f'classgate_legacy_answers_total{{code="{code}",route="{route}"}} '
        lines = [line for line in text.splitlines() if line.startswith(wanted)]
        return float(lines[0].removeprefix(wanted)) if lines else 0

    cases: list[tuple[str, str, int, dict[str, Any]]] = [
        ("live/create", "legacy live/create", 10101, {"title": "x"}),
        ("live/nonsense", "unknown", 10001, {}),
        ("live/reccall", "legacy live/reccall", 10101, {"event_type": 100}),
    ]
    for command, route, code, fields in cases:
        before = await counted(route, code)
        await client.call(command, "sue", **fields)
        assert await counted(route, code) == before + 1


async def test_front_page_is_beside_the_legacy_api(client: LegacyClient) -> None:
    """A browser gets the page; what old clients send to `/` is theirs as before."""
    async with client.world.client() as browser:
        page = await browser.get("/", headers={"accept": "text/html"})
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        for method, path in (("GET", "/?svc=live&cmd=x"), ("POST", "/"), ("POST", "/?svc=a&cmd=b")):
            answer = await browser.request(method, path, headers={"accept": "text/html"})
            assert (answer.status_code, answer.json()["errorCode"]) == (200, 10001), path
