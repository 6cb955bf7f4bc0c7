"""Vulnerabilities that were found in the legacy API by attacking it: each stays fixed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener, problem
from tests.support.legacy_client import IM_TOKEN, LegacyClient, legacy_client
from tests.support.presence_driver import PresenceDriver
from tests.support.school import PASSWORD as SCHOOL_PASSWORD
from tests.support.school_settings import SDK_APP_ID

from classgate.accounts.models import AccountRole, NewAccount
from classgate.accounts.passwords import normalize
from classgate.errors import IdentifierReserved, ImportRefused

# Marks that stand on one letter: the time to normalise them grows with the square of their number,
# up to seconds for what a body can hold. So nothing so long is normalised.
SLOW_TEXT = "a" + "\u0345" * 2500 + "\u0334" * 2500


@pytest.fixture
async def client(open_with: Opener) -> AsyncIterator[LegacyClient]:
    async with legacy_client(open_with) as opened:
        yield opened


async def test_texts_that_take_long_to_normalise_are_refused_by_their_length(
    client: LegacyClient,
) -> None:
    number = await client.make_class("tess")
    file = {"type": 0, "file_name": "a", "url": f"https://x.test/{SLOW_TEXT}"}
    calls: list[tuple[str, str | None, dict[str, Any], int]] = [
        ("account/login", None, {"id": "nobody", "pwd": SLOW_TEXT}, 10006),
        ("account/login", None, {"id": "tess", "pwd": SLOW_TEXT}, 10006),
        ("account/regist", None, {"id": "newone", "pwd": SLOW_TEXT, "role": 0}, 10003),
        ("live/create", "tess", {"title": SLOW_TEXT}, 10003),
        ("live/create", "tess", {"title": "x", "cover": f"https://x.test/{SLOW_TEXT}"}, 10003),
        ("live/reportbind", "sue", {"operate": 0, "bind_file": file}, 10003),
        ("live/reportbind", "tess", {"operate": 1, "bind_file": file, "roomnum": number}, 10105),
    ]
    token = await client.world.log_in("tom", SCHOOL_PASSWORD)
    for command, who, fields, code in calls:
        assert await client.code(command, who, **fields) == code, command
    for body in ({"title": SLOW_TEXT}, {"title": "x", "cover_url": f"https://x/{SLOW_TEXT}"}):
        problem(
            await client.world.call("POST", "/v1/classrooms", token, body), 400, "invalid_request"
        )
    with pytest.raises(ValueError, match="no password"):
        normalize(SLOW_TEXT)  # whoever forgets to look at the length first


async def test_nobody_is_the_administrator_of_im(open_with: Opener) -> None:
    people = {"tess": 1}
    async with legacy_client(open_with, people) as client:
        for name in ("administrator", "Administrator"):
            answer = await client.call("account/regist", id=name, pwd="1000", role=0)
            assert answer["errorCode"] == 10004
        application = client.world.application
        new = NewAccount("administrator", "a sentence that is long", AccountRole.STUDENT)
        with pytest.raises(IdentifierReserved):
            await application.accounts.administration.add(None, new)
        rows = b"identifier,password,role,display_name\nadministrator,a long sentence,student,\n"
        with pytest.raises(ImportRefused, match="1 faults"):
            await application.accounts.account_import.import_accounts(rows)
        table = b"uid,pwd,role\nadministrator,MTAwMAo=,0\n"
        with pytest.raises(ImportRefused, match="1 faults"):
            await application.legacy.account_import.import_table(table)


async def test_another_name_can_be_the_administrator_of_im(open_with: Opener) -> None:
    async with open_with(
        im={"admin_identifier": "Boss"}, accounts={"registration": "open"}
    ) as world:
        body = {"identifier": "bosS", "password": "a sentence that is long"}
        problem(await world.call("POST", "/v1/accounts", body=body), 409, "conflict")
        body["identifier"] = "administrator"
        assert (await world.call("POST", "/v1/accounts", body=body)).status_code == 201


@pytest.mark.parametrize("name", ["u", "l", "u0", "l0123456789abcdef", "u" + "0" * 24])
async def test_no_path_is_signed_that_an_upload_of_the_api_begins_with(
    client: LegacyClient, name: str
) -> None:
    """The cloud takes a reusable signature for everything that begins with its path."""
    number = await client.make_class("tess")
    for kind in (0, 1):
        path = f"/classes/{number}/{name}"
        assert await client.code("cos/get_sign", "tess", type=kind, file_path=path) == 10101
    for path in (f"/classes/{number}/{name}x.pdf", f"/classes/{number}/unit/{name}"):
        if name != "u" + "0" * 24 or "unit" in path:
            assert await client.code("cos/get_sign", "tess", type=0, file_path=path) == 0, path


async def test_a_kicked_member_sees_a_closed_class_in_no_list(client: LegacyClient) -> None:
    world = client.world
    tess = await world.log_in("tess", "1000")
    body = {"title": "closed", "members": [{"identifier": "sue", "role": "student"}]}
    made = await world.call("POST", "/v1/classrooms", tess, body)
    number = made.json()["classroom_id"]
    page = {"index": 0, "size": 50, "roomnum": number}
    assert (await client.data("live/roomlist", "sue", **page))["total"] == 1
    kick = await world.call("POST", f"/v1/classrooms/{number}/members/sue/kick", tess)
    assert kick.status_code == 204
    assert await client.data("live/roomlist", "sue", **page) == {"total": 0, "rooms": []}
    sue = await world.log_in("sue", "1000")
    listed = (await world.call("GET", "/v1/classrooms?limit=100", sue)).json()["items"]
    assert number not in [each["classroom_id"] for each in listed]


@pytest.mark.parametrize("name", ["evil\u202egpj.exe", "a\x1b[31m", "\ufeff", "a\nb", "a\0"])
async def test_a_bound_file_cannot_show_as_another(client: LegacyClient, name: str) -> None:
    file = {"type": 0, "file_name": name, "url": "https://x.test/a"}
    assert await client.code("live/reportbind", "tess", operate=0, bind_file=file) == 10003


async def test_leaving_by_one_device_leaves_the_other_where_it_is(client: LegacyClient) -> None:
    world, number = client.world, await client.make_class("tess", 1)
    await client.data("live/reportmemid", "sue", roomnum=number, operate=0)
    elsewhere = await world.log_in("sue", "1000")
    leave = f"/v1/classrooms/{number}/leave"
    assert (await world.call("POST", leave, elsewhere)).status_code == 204
    driver = PresenceDriver(world)
    assert driver.present(number) == ["sue", "tess"]
    await client.log_in("sue", "1000")  # ends the session that had entered
    assert (await world.call("POST", leave, elsewhere)).status_code == 204
    assert driver.present(number) == ["tess"]


async def test_a_host_who_left_keeps_no_class_alive(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    await client.data("live/reportmemid", "tess", roomnum=number, operate=1)
    driver = PresenceDriver(client.world)
    await driver.tick()
    for _ in range(62):
        assert await client.code("live/heartbeat", "tess", roomnum=number) == 0
        await driver.run(5)
    assert driver.state(number) == "ended"


async def test_a_class_from_before_presences_lives_on_by_its_host(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    world = client.world
    await world.settle()
    world.raw_database.change("DELETE FROM presences")
    driver = PresenceDriver(world)
    await driver.tick()
    for _ in range(62):
        assert await client.code("live/heartbeat", "tess", roomnum=number) == 0
        await driver.run(5)
    assert driver.state(number) == "live"


async def test_why_an_old_client_was_refused_is_in_the_log(
    client: LegacyClient, captured_log: CapturedLog
) -> None:
    captured_log.clear()
    await client.code("live/create", "sue", title="x")
    await client.code("live/create", "tess", title=7)
    await client.send("live/heartbeat", {"appid": SDK_APP_ID, "timeStamp": 1, "token": "cgl_no"})
    text = captured_log.getvalue()
    assert text.count("legacy request refused") == 3
    for part in ('"code": 10101, "reason": "teacher_only"', '"fields": ["title"]', "10009"):
        assert part in text, part


async def test_a_callback_that_is_too_large_is_answered_in_its_own_envelope(
    client: LegacyClient,
) -> None:
    large = b'{"x": "' + b"a" * 70_000 + b'"}'
    answer = await client.post("/index.php?svc=live&cmd=reccall", large)
    assert answer.json() == {"code": 0}
    answer = await client.post("/index.php?svc=live&cmd=idxfileendcall", large)
    assert answer.json()["ErrorCode"] == 10003
    assert IM_TOKEN not in answer.text


async def test_a_body_that_is_far_too_large_is_read_on_so_that_its_sender_hears_the_answer(
    client: LegacyClient,
) -> None:
    taken = 0

    async def pieces(size: int) -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(0, size, 65_536):
            taken += 65_536
            yield b" " * 65_536

    for size, read in ((1_048_576, 1_048_576), (8_388_608, 2_097_152 + 65_536)):
        taken = 0
        answer = await client.post("/index.php?svc=live&cmd=create", pieces(size))
        assert answer.json()["errorCode"] == 10003
        assert taken == read


@pytest.mark.parametrize(
    "path", ["/", "/?", "/?cmd=login", "/index.php", "/a/b/?svc=x", "/a/index.php"]
)
async def test_no_command_is_an_unknown_command(client: LegacyClient, path: str) -> None:
    answer = await client.post(path, b"{}")
    assert answer.status_code == 200
    assert answer.json()["errorCode"] == 10001


async def test_folders_that_name_no_command_are_not_of_the_legacy_api(client: LegacyClient) -> None:
    assert (await client.world.call("POST", "/a/b/")).status_code == 404
    page = await client.world.call("GET", "/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_times_the_wrong_way_round_find_no_bound_files(client: LegacyClient) -> None:
    file = {"type": 0, "file_name": "a", "url": "https://cos.test/a"}
    assert await client.code("live/reportbind", "sue", operate=0, bind_file=file) == 0
    runtime = {"from_time": 9, "to_time": 5, "index": 0, "size": 50}
    assert await client.data("live/querybind", "sue", **runtime) == {"total": 0, "bind_files": []}
    assert await client.code("live/roomlist", "sue", **runtime) == 10003
    for time in (5, -1, -(2**63), 253_402_300_799, 2**63 - 1):
        same = {**runtime, "from_time": time, "to_time": time}
        assert await client.data("live/roomlist", "sue", **same) == {"total": 0, "rooms": []}


async def test_bound_addresses_come_back_as_they_were_given(client: LegacyClient) -> None:
    decomposed = "https://cos.test/e\u0301.pdf"
    for number, url in enumerate((decomposed, "http://cos.test/Lesson 1.pdf", "HTTPS://cos.test")):
        file = {"type": 0, "file_name": f"{number}", "url": url}
        assert await client.code("live/reportbind", "sue", operate=0, bind_file=file) == 0
        data = await client.data("live/querybind", "sue", index=0, size=1)
        assert data["bind_files"][0]["url"] == url
    for url in ("http://cos test/a", "http:// /a", "http://cos.test/\ta"):
        file = {"type": 0, "file_name": "a", "url": url}
        assert await client.code("live/reportbind", "sue", operate=0, bind_file=file) == 10003


async def test_a_callback_with_faulty_fields_is_refused_before_its_sender_is_verified(
    client: LegacyClient,
) -> None:
    good = {"SrcRequest": '{"GroupId":"1"}', "ErrorCode": 1, "ErrorInfo": ""}
    for name in good:
        without = {**good, name: None}
        assert (await client.send("live/idxfileendcall", without))["ErrorCode"] == 10003
    assert (await client.send("live/idxfileendcall", good))["ErrorCode"] == 10101
