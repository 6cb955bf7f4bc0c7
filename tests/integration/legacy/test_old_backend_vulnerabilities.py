"""The holes of the old backend, each tried as somebody would who knows them: identity and classes.

Those of the cloud's signatures are in `test_legacy_signatures`.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.captured_log import CapturedLog
from tests.support.harness import Opener
from tests.support.legacy_client import (
    IM_TOKEN,
    LIVE_KEY,
    OPEN_LEGACY_API,
    PASSWORD,
    PATH_SECRET,
    LegacyClient,
    legacy_client,
)
from tests.support.running_emulator import Emulator
from tests.support.school import PASSWORD as SCHOOL_PASSWORD
from tests.support.school_settings import SDK_APP_ID

PAGE: dict[str, Any] = {"index": 0, "size": 50}


@pytest.fixture
async def client(open_with: Opener) -> AsyncIterator[LegacyClient]:
    async with legacy_client(open_with) as opened:
        yield opened


async def room_of(client: LegacyClient, number: int) -> Any:
    (room,) = (await client.data("live/roomlist", "stu", roomnum=number, **PAGE))["rooms"]
    return room


async def present_in(client: LegacyClient, number: int) -> list[str]:
    found = await client.data("live/roomidlist", "tess", roomnum=number, **PAGE)
    return [each["id"] for each in found["idlist"]]


def markers(client: LegacyClient, number: int) -> list[dict[str, Any]]:
    """What waits to be written into the IM group of a class."""
    rows = client.world.raw_database.query(
        "SELECT payload FROM outbox WHERE kind = 'marker' AND classroom_id = ? ORDER BY message_id",
        number,
    )
    return [json.loads(row[0]) for row in rows]


# ── identity ────────────────────────────────────────────────────────────────────────────────────


async def test_token_cannot_be_computed(client: LegacyClient) -> None:
    last = client.world.clock.unix
    for tail in ("0", str(last), str(last - 1)):
        guess = base64.b64encode(f"tess{tail}".encode()).decode()
        assert await client.code("live/roomlist", token=guess, **PAGE) == 10009
    tokens = {await client.log_in("tess") for _ in range(5)}
    assert len(tokens) == 5
    for token in tokens:
        assert token.isascii()
        assert len(token) <= 50
        assert not token.startswith("0")
    (first, second, *_) = tokens
    assert len(first) >= 26  # of 64 characters each: over 128 bits even behind a fixed beginning
    assert sum(a != b for a, b in zip(first, second, strict=True)) > 20


async def test_only_a_digest_of_the_token_is_stored(client: LegacyClient) -> None:
    await client.world.settle()
    stored = client.world.raw_database.stored_bytes()
    for token in client.tokens.values():
        assert token.encode() not in stored
        assert base64.b64encode(token.encode()) not in stored


async def test_token_is_compared_to_the_last_bit(client: LegacyClient) -> None:
    token = client.tokens["tess"]
    for other in (
        token.swapcase(),
        token + " ",
        " " + token,
        token[:-1],
        token + "\0",
        token + "=",
    ):
        assert await client.code("live/roomlist", token=other, **PAGE) == 10009
        assert await client.code("account/logout", token=other) == 10008
    assert await client.code("live/roomlist", "tess", **PAGE) == 0


async def test_new_log_in_replaces_the_old_one(client: LegacyClient) -> None:
    old, new = client.tokens["tess"], await client.log_in("tess")
    assert await client.code("live/roomlist", token=old, **PAGE) == 10009
    assert await client.code("account/logout", token=old) == 10008
    assert await client.code("live/roomlist", token=new, **PAGE) == 0


async def test_session_slides_and_has_an_end(client: LegacyClient) -> None:
    """One that is used each day lives as long as the old one; one that is not, a day."""
    for _ in range(8):
        client.world.clock.advance(hours=20)
        assert await client.code("live/roomlist", "tess", **PAGE) == 0
    assert await client.code("live/roomlist", "sue", **PAGE) == 10009
    client.world.clock.advance(hours=9)  # seven days and an hour
    assert await client.code("live/roomlist", "tess", **PAGE) == 10009


async def test_user_sig_is_short_lived_and_new_at_each_log_in(
    client: LegacyClient, emulator: Emulator
) -> None:
    signed = client.user_sigs["sue"]
    assert 100 <= len(signed) <= 512
    assert emulator.log_in(SDK_APP_ID, "sue", signed) == 0
    assert emulator.log_in(SDK_APP_ID, "tess", signed) != 0
    client.world.clock.advance(days=7, seconds=1)
    assert emulator.log_in(SDK_APP_ID, "sue", signed) != 0
    await client.log_in("sue")
    assert client.user_sigs["sue"] != signed
    assert emulator.log_in(SDK_APP_ID, "sue", client.user_sigs["sue"]) == 0


async def test_passwords_are_texts_and_not_numbers(client: LegacyClient) -> None:
    for other in (
        "1e3",
        "1000.0",
        "01000",
        "+1000",
        " 1000",
        "1000 ",
        "0x3e8",
        "1000\0",
        "MTAwMA==",
    ):
        assert await client.code("account/login", id="sue", pwd=other) == 10006
    client.address = "198.51.100.8"
    assert await client.code("account/login", id="sue", pwd=PASSWORD) == 0


async def test_password_is_kept_whole_whatever_is_in_it(client: LegacyClient) -> None:
    awkward = ["* $HOME `id` \"'&;|\\", "密码 🙂 " * 10, "x" * 37, "y" * 1024, "a  b", " a ", "\\0"]
    for number, password in enumerate(awkward):
        await client.register(f"odd-{number}", 0, password)
        for other in (password[:36] if len(password) > 36 else password + "x", password.upper()):
            if other != password:
                assert await client.code("account/login", id=f"odd-{number}", pwd=other) == 10006
    await client.world.settle()
    stored = client.world.raw_database.stored_bytes()
    for password in awkward[:3]:
        assert password.encode() not in stored
        assert base64.b64encode(password.encode()) not in stored


async def test_log_in_does_not_tell_whether_an_account_exists(client: LegacyClient) -> None:
    wrong = await client.call("account/login", id="tess", pwd="wrong")
    unknown = await client.call("account/login", id="nobody", pwd="wrong")
    assert wrong == unknown
    assert wrong["errorCode"] == 10006


async def test_guessing_is_slowed_down_and_locks_out_nobody_else(client: LegacyClient) -> None:
    known, client.address = client.address, "203.0.113.9"
    for _ in range(10):
        assert await client.code("account/login", id="tess", pwd="wrong") == 10006
    # Even the right one, which a guesser is not answered in this pace.
    assert await client.code("account/login", id="tess", pwd=PASSWORD) == 10006
    client.address = known
    assert await client.code("account/login", id="tess", pwd=PASSWORD) == 0
    client.address = "203.0.113.9"
    client.world.clock.advance(minutes=2)
    assert await client.code("account/login", id="tess", pwd=PASSWORD) == 0


async def test_unknown_host_is_reported_inside_the_school_only(client: LegacyClient) -> None:
    assert await client.code("live/roomlist", "sue", host_uid="nobody", **PAGE) == 10005
    assert await client.code("live/roomlist", host_uid="nobody", token="x", **PAGE) == 10009


async def test_nobody_becomes_a_teacher_unless_the_school_says_so(open_with: Opener) -> None:
    async with legacy_client(open_with, {}, teacher_registration="closed") as client:
        assert await client.code("account/regist", id="eve", pwd="x", role=1) == 10101
        assert await client.code("account/login", id="eve", pwd="x") == 10006
        assert await client.code("account/regist", id="eve", pwd="x", role=0) == 0


async def test_no_appid_but_the_school_s_own(client: LegacyClient) -> None:
    for app_id in (SDK_APP_ID + 1, 1, 2**63 - 1, -SDK_APP_ID):
        answer = await client.call("account/login", id="tess", pwd=PASSWORD, appid=app_id)
        assert answer["errorCode"] == 10003
        assert "data" not in answer
        assert await client.code("live/roomlist", "tess", appid=app_id, **PAGE) == 10003


async def test_two_ids_that_look_alike_are_not_both_given(client: LegacyClient) -> None:
    for other in ("Tess", "TESS", "tesS"):
        assert await client.code("account/regist", id=other, pwd="x", role=0) == 10004
    for other in ("tess ", " tess", "téss", "tess\u200b", "ｔｅｓｓ"):
        assert await client.code("account/regist", id=other, pwd="x", role=0) == 10003


ODD_IDS = (
    'bob","TLS.identifier":"tess', "a'b", 'a"b', "a b", "a\nb", "a\0b", "<b>", "a&b", "x" * 33,
)  # fmt: skip


async def test_odd_ids_are_refused(client: LegacyClient) -> None:
    for identifier in ODD_IDS:
        assert await client.code("account/regist", id=identifier, pwd="x", role=0) == 10003
        answer = await client.call("account/login", id=identifier, pwd="x")
        assert answer["errorCode"] == 10006
        assert "data" not in answer


async def test_administrator_does_not_come_in_by_this_door(client: LegacyClient) -> None:
    answer = await client.call("account/login", id="root", pwd=SCHOOL_PASSWORD)
    assert answer["errorCode"] == 10101
    assert "data" not in answer


# ── classes ─────────────────────────────────────────────────────────────────────────────────────


async def test_only_the_cloud_makes_a_class_replayable(client: LegacyClient) -> None:
    ended = await client.make_class("tess", 2)
    body = {
        "SrcRequest": json.dumps({"GroupId": str(ended)}),
        "ErrorCode": 0,
        "ErrorInfo": "",
        "ReplayIndex": {"FileUrl": "https://evil.test/", "CreateTime": 1},
    }
    proofs = ("", "/wrong", "/4d1f27c3a9b0e85d66f2b7a", f"/{IM_TOKEN}")
    for path in proofs:
        answer = await client.send("live/idxfileendcall", body, f"{path}/index.php")
        assert answer["ActionStatus"] == "OK"
        assert answer["ErrorCode"] == 10101
    for who in ("tess", "sue"):  # whose tokens prove nothing here
        answer = await client.send("live/idxfileendcall", {**body, "token": client.tokens[who]})
        assert answer["ErrorCode"] == 10101
    assert (await room_of(client, ended))["state"] == 2
    assert (await room_of(client, ended))["replay_idx_url"] == ""


async def test_im_signature_proves_the_index_callback_for_a_minute(client: LegacyClient) -> None:
    ended, now = await client.make_class("tess", 2), client.world.clock.unix
    body = {
        "SrcRequest": json.dumps({"GroupId": str(ended)}),
        "ErrorCode": 0,
        "ErrorInfo": "",
        "ReplayIndex": {"FileUrl": "https://v.test/", "CreateTime": 1},
    }

    async def say(at: int, token: str = IM_TOKEN) -> object:
        sign = hashlib.sha256(f"{token}{at}".encode()).hexdigest()
        query = f"svc=live&cmd=idxfileendcall&RequestTime={at}&Sign={sign}"
        answer = await client.post(f"/index.php?{query}", json.dumps(body).encode())
        return answer.json()["ErrorCode"]

    assert await say(now, "another token") == 10101
    assert await say(now - 61) == 10101
    assert await say(now + 61) == 10101
    assert await say(now) == 0
    assert (await room_of(client, ended))["state"] == 3


async def test_only_the_cloud_adds_recordings(client: LegacyClient) -> None:
    live, now = await client.make_class("tess", 1), client.world.clock.unix
    userid = base64.b64encode(b"tess").decode()
    body: dict[str, Any] = {
        "event_type": 100,
        "stream_id": "s",
        **dict.fromkeys(("start_time", "end_time", "media_start_time", "file_size", "duration"), 1),
        "video_id": "v1",
        "video_url": "https://v.test/1",
        "stream_param": f"groupid={live}&userid={userid}",
    }

    def recordings() -> int:
        return len(client.world.raw_database.query("SELECT * FROM recordings"))

    def signed(until: int, key: str = LIVE_KEY) -> dict[str, Any]:
        sign = hashlib.md5(f"{key}{until}".encode(), usedforsecurity=False).hexdigest()
        return {**body, "t": until, "sign": sign}

    for forged in (body, signed(now - 1), signed(now + 60, "x"), {**body, "t": now + 60}):
        assert await client.send("live/reccall", forged) == {"code": 0}
    assert recordings() == 0
    assert [each["type"] for each in markers(client, live)] == [1001]
    for _ in range(2):  # what comes twice is one
        assert await client.send("live/reccall", signed(now + 60)) == {"code": 0}
    assert recordings() == 1
    *_, marker = markers(client, live)
    assert (marker["type"], marker["timestamp"]) == (1004, now)


async def test_callbacks_keep_their_envelopes_whatever_happens(client: LegacyClient) -> None:
    ended = await client.make_class("tess", 2)
    await client.world.settle()
    client.world.raw_database.change("ALTER TABLE replays RENAME TO elsewhere")
    client.world.raw_database.change("ALTER TABLE recordings RENAME TO elsewhere_too")
    answer = await client.show_index(ended)
    assert answer.keys() == {"ActionStatus", "ErrorCode", "ErrorInfo"}
    assert (answer["ActionStatus"], answer["ErrorCode"]) == ("OK", 90000)
    body: dict[str, Any] = {
        "event_type": 100,
        "stream_id": "s",
        **dict.fromkeys(("start_time", "end_time", "media_start_time", "file_size", "duration"), 1),
        "video_id": "v1",
        "video_url": "https://v.test/1",
        "stream_param": f"groupid={ended}&userid={base64.b64encode(b'tess').decode()}",
    }
    assert await client.send("live/reccall", body, f"/{PATH_SECRET}/index.php") == {"code": 0}


async def test_without_a_key_no_callback_is_believed(open_with: Opener) -> None:
    async with open_with(legacy=OPEN_LEGACY_API) as world:
        client = LegacyClient(world)
        await client.register("tess", 1)
        ended = await client.make_class("tess", 2)
        empty = hashlib.sha256(str(world.clock.unix).encode()).hexdigest()
        for query in ("", f"&RequestTime={world.clock.unix}&Sign={empty}"):
            answer = await client.post(
                f"/None/index.php?svc=live&cmd=idxfileendcall{query}",
                json.dumps(
                    {
                        "SrcRequest": json.dumps({"GroupId": str(ended)}),
                        "ErrorCode": -1,
                        "ErrorInfo": "",
                    }
                ).encode(),
            )
            assert answer.json()["ErrorCode"] == 10101


async def test_replay_is_asked_for_by_the_host_once_and_not_too_early(client: LegacyClient) -> None:
    ended = await client.make_class("tess", 2)
    asked = {"appid": SDK_APP_ID, "roomnum": ended}

    async def ask(who: str | None) -> object:
        body = asked if who is None else {**asked, "token": client.tokens[who]}
        return (await client.send("live/makereplayidx", body))["errorCode"]

    assert await ask("tess") == 10102
    assert (await room_of(client, ended))["can_trigger_replay_idx"] == 0
    client.world.clock.advance(seconds=301)
    assert (await room_of(client, ended))["can_trigger_replay_idx"] == 1
    assert [await ask(who) for who in (None, "sue", "ted")] == [10101, 10101, 10101]
    assert await ask("tess") == 0
    assert await ask("tess") == 10102
    room = await room_of(client, ended)
    assert (room["state"], room["can_trigger_replay_idx"]) == (2, 0)
    assert room["trigger_replay_idx_time"] == client.world.clock.unix
    requested = "SELECT * FROM outbox WHERE kind = 'replay_request' AND classroom_id = ?"
    assert len(client.world.raw_database.query(requested, ended)) == 1


@pytest.mark.parametrize(
    ("state", "command", "marker"), [(0, "live/startcourse", 1001), (1, "live/exitroom", 1002)]
)
async def test_of_eight_at_once_one_wins(
    client: LegacyClient, state: int, command: str, marker: int
) -> None:
    number = await client.make_class("tess", state)
    calls = [client.code(command, "tess", roomnum=number) for _ in range(8)]
    assert sorted(await asyncio.gather(*calls)) == [0, *[10102] * 7]
    assert [each["type"] for each in markers(client, number)].count(marker) == 1


async def test_of_eight_who_bind_at_once_one_wins(client: LegacyClient) -> None:
    file = {"type": 0, "file_name": "a", "url": "https://f.test/a"}
    calls = [client.code("live/reportbind", "tess", operate=0, bind_file=file) for _ in range(8)]
    assert sorted(await asyncio.gather(*calls)) == [0, *[10104] * 7]


async def test_of_eight_who_register_at_once_one_wins(client: LegacyClient) -> None:
    calls = [
        client.code("account/regist", id=name, pwd="x", role=0)
        for name in ("new", "New", "NEW", "new", "nEw", "neW", "new", "NEw")
    ]
    assert sorted(await asyncio.gather(*calls)) == [0, *[10004] * 7]


async def test_class_begins_and_ends_although_im_is_down(
    open_with: Opener, emulator: Emulator
) -> None:
    """Nothing is asked of IM while a client waits: there is nothing at its address here."""
    async with legacy_client(open_with) as client:
        number = await client.make_class("tess", 1)
        assert await client.code("live/reportmemid", "sue", roomnum=number, operate=0) == 0
        assert await client.code("live/exitroom", "tess", roomnum=number, timeStamp=99) == 0
        found = [(each["type"], each["timestamp"]) for each in markers(client, number)]
        assert found == [(1001, 1234567), (1003, 1234567), (1002, 99)]


async def test_who_enters_is_there_and_marked_or_neither(client: LegacyClient) -> None:
    number = await client.make_class("tess", 0)
    assert await client.code("live/reportmemid", "sue", roomnum=number, operate=0) == 10102
    assert await client.code("live/startcourse", "tess", roomnum=number) == 0
    assert await present_in(client, number) == ["tess"]
    for clock in (5, 6):  # a device that was started again has another clock
        assert (
            await client.code("live/reportmemid", "sue", roomnum=number, operate=0, timeStamp=clock)
            == 0
        )
    assert await present_in(client, number) == ["tess", "sue"]
    entered = [each["timestamp"] for each in markers(client, number) if each["type"] == 1003]
    assert entered == [5, 6]


async def test_live_class_that_everybody_left_lets_people_in(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    assert await client.code("live/reportmemid", "tess", roomnum=number, operate=1) == 0
    assert await present_in(client, number) == []
    for who in ("sue", "tess"):
        assert await client.code("live/reportmemid", who, roomnum=number, operate=0) == 0
    assert await present_in(client, number) == ["sue", "tess"]


async def test_class_that_was_ended_by_the_host_timeout_can_be_replayed(
    client: LegacyClient,
) -> None:
    number = await client.make_class("tess", 1)
    assert await client.code("live/reportmemid", "sue", roomnum=number, operate=0) == 0
    tracker, clock = client.world.application.classrooms.presence_tracker, client.world.clock
    for second in range(0, 330, 5):
        await tracker.tick()
        clock.advance(seconds=5)
        if second == 130:
            assert await present_in(client, number) == ["tess"]  # the host is exempt
    room = await room_of(client, number)
    assert (room["state"], room["memsize"]) == (2, 0)
    assert markers(client, number)[-1]["type"] == 1002
    clock.advance(seconds=301)
    assert (await room_of(client, number))["can_trigger_replay_idx"] == 1
    body = {"appid": SDK_APP_ID, "roomnum": number, "token": client.tokens["tess"]}
    assert (await client.send("live/makereplayidx", body))["errorCode"] == 0


async def test_heartbeats_keep_people_in_and_the_class_alive(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    assert await client.code("live/reportmemid", "sue", roomnum=number, operate=0) == 0
    tracker, clock = client.world.application.classrooms.presence_tracker, client.world.clock
    for _ in range(0, 400, 10):
        for who in ("tess", "sue"):
            assert await client.code("live/heartbeat", who, roomnum=number) == 0
        await tracker.tick()
        clock.advance(seconds=10)
    assert (await room_of(client, number))["state"] == 1
    assert await present_in(client, number) == ["tess", "sue"]


async def test_failed_index_is_no_replay(client: LegacyClient) -> None:
    ended = await client.make_class("tess", 2)
    assert (await client.show_index(ended, code=-3))["ErrorCode"] == 0
    room = await room_of(client, ended)
    assert (room["state"], room["replay_idx_url"]) == (2, "")
    assert room["replay_idx_created_result"] == -3
    assert (await client.show_index(ended))["ErrorCode"] == 0
    assert (await client.show_index(ended, code=-3))["ErrorCode"] == 0  # late, and of no weight
    room = await room_of(client, ended)
    assert (room["state"], room["replay_idx_url"]) == (3, "https://v.test/i")


async def test_heartbeat_of_a_stranger_does_nothing(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    assert await client.code("live/heartbeat", "stu", roomnum=number) == 0
    assert await present_in(client, number) == ["tess"]
    assert await client.code("live/reportmemid", "stu", roomnum=number, operate=1) == 10107


async def test_class_that_is_not_for_everybody_is_not_there_for_others(
    client: LegacyClient,
) -> None:
    hidden = 1  # tom's, made at the API with a roster
    assert await client.code("live/heartbeat", "sue", roomnum=hidden) == 10100
    assert await client.code("live/reportmemid", "sue", roomnum=hidden, operate=0) == 10100
    assert await client.code("live/startcourse", "tess", roomnum=hidden) == 10100
    assert await client.code("live/exitroom", "tess", roomnum=hidden) == 10100
    found = await client.data("live/roomidlist", "sue", roomnum=hidden, **PAGE)
    assert found == {"total": 0, "idlist": []}
    found = await client.data("live/roomlist", "sue", roomnum=hidden, **PAGE)
    assert found == {"total": 0, "rooms": []}


async def test_roster_is_for_those_in_the_class(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    assert await client.code("live/roomidlist", "stu", roomnum=number, **PAGE) == 10101
    assert await client.code("live/reportmemid", "stu", roomnum=number, operate=0) == 0
    assert await client.code("live/roomidlist", "stu", roomnum=number, **PAGE) == 0


async def test_members_read_the_files_of_their_class(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    file = {"type": 0, "file_name": "a", "url": "https://f.test/a"}
    await client.data("live/reportbind", "tess", roomnum=number, operate=0, bind_file=file)
    await client.data("live/reportmemid", "sue", roomnum=number, operate=0)
    totals = {
        who: (await client.data("live/querybind", who, roomnum=number, **PAGE))["total"]
        for who in ("tess", "sue", "stu")
    }
    assert totals == {"tess": 1, "sue": 1, "stu": 0}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//http://",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "file:///x",
    ],
)
async def test_addresses_are_of_the_web(client: LegacyClient, url: str) -> None:
    for cover in (url, f" {url}"):
        assert await client.code("live/create", "tess", title="x", cover=cover) == 10003
    file = {"type": 0, "file_name": "a", "url": url}
    assert await client.code("live/reportbind", "tess", operate=0, bind_file=file) == 10003
    ended = await client.make_class("tess", 2)
    assert (await client.show_index(ended, url=url))["ErrorCode"] == 10003
    assert (await room_of(client, ended))["state"] == 2


@pytest.mark.parametrize(
    "title",
    [
        '<script>alert("1")</script> & \\ / 课',
        "",
        " ",
        " 数学\n第一课\t",
        "\x07\u202e\ufeff🎓",
        "é" * 128,
    ],
)
async def test_title_comes_back_as_it_was_given(client: LegacyClient, title: str) -> None:
    number = (await client.data("live/create", "tess", title=title))["roomnum"]
    assert (await room_of(client, number))["title"] == title


@pytest.mark.parametrize(("title", "code"), [("a\0", 10003), ("\ud800", 10002)])
async def test_title_that_no_database_keeps_is_refused(
    client: LegacyClient, title: str, code: int
) -> None:
    assert await client.code("live/create", "tess", title=title) == code


@pytest.mark.parametrize(
    "cover",
    [
        "",
        "c",
        "/covers/数学 1.png?x=1:2",
        "covers/a.png",
        "//c.test/a",
        "HTTP://c.test/a",
        "c" * 128,
    ],
)
async def test_cover_may_be_a_part_of_an_address(client: LegacyClient, cover: str) -> None:
    """It runs nowhere, and is no reason to keep a lesson from being made."""
    number = (await client.data("live/create", "tess", title="x", cover=cover))["roomnum"]
    assert (await room_of(client, number))["cover"] == cover
    shown = await client.world.call(
        "GET", f"/v1/classrooms/{number}", await client.world.log_in("tom", SCHOOL_PASSWORD)
    )
    assert shown.json()["cover_url"] == (cover or None)


async def test_what_is_too_long_is_refused_and_not_cut(client: LegacyClient) -> None:
    assert await client.code("account/regist", id="x" * 51, pwd="x", role=0) == 10003
    assert await client.code("account/regist", id="new", pwd="x" * 1025, role=0) == 10003
    assert await client.code("live/create", "tess", title="x" * 129) == 10003
    assert await client.code("live/create", "tess", title="", cover="https://" + "x" * 121) == 10003
    for name, url in (("x" * 257, "https://f.test/"), ("x", "https://f.test/" + "x" * 1024)):
        file = {"type": 0, "file_name": name, "url": url}
        assert await client.code("live/reportbind", "tess", operate=0, bind_file=file) == 10003
    assert await client.code("live/create", "tess", title="x" * 70_000) == 10003


async def test_nothing_but_the_endpoint_is_served(
    client: LegacyClient, captured_log: CapturedLog
) -> None:
    async with client.world.client() as browser:
        for path in (
            "/log/",
            "/log/x.log",
            "/config.php",
            "/index.php.bak",
            "/index.php/x",
            "/.git/",
        ):
            answer = await browser.get(path)
            assert answer.status_code == 404, path
    for secret in (*client.tokens.values(), *client.user_sigs.values()):
        assert secret not in captured_log.getvalue()
