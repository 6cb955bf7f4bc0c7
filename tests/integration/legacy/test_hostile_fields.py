"""Whatever stands in a field of the old protocol, nothing breaks: no answer is a server error."""

from copy import deepcopy
from typing import Any

from tests.support.harness import Opener
from tests.support.legacy_client import PATH_SECRET, LegacyClient, legacy_client
from tests.support.school_settings import SDK_APP_ID
from tests.support.video_signatures import HOST, PATH, query

HOSTILE: list[Any] = [
    "\0", "a\0b", "\uffff", "\U0010ffff", "\u202e", "%00", "' OR 1=1 --", "x" * 10_000, "é" * 600,
    "1" * 400, "-1", "１２", 2**31, 2**63 - 1, -(2**63), 2**64, 10**400, 1e308, -0.0, True,
    [[[[]]]], {"a": {"b": ["c"]}}, ["\0"], {"\0": "\0"},
]  # fmt: skip


def good_bodies(client: LegacyClient, number: int) -> dict[str, dict[str, Any]]:
    """A body of each command that is not refused for its form."""
    tess = {"appid": SDK_APP_ID, "timeStamp": 1, "token": client.tokens["tess"]}
    page = {"index": 0, "size": 10}
    file = {"type": 0, "file_name": "a", "url": "https://f.test/a"}
    asked = {"method": "GET", "host": HOST, "path": PATH, "params": query(client.world)}
    numbers = ("start_time", "end_time", "media_start_time", "file_size", "duration")
    return {
        "account/regist": {"appid": SDK_APP_ID, "timeStamp": 1, "id": "n", "pwd": "x", "role": 0},
        "account/login": {"appid": SDK_APP_ID, "timeStamp": 1, "id": "sue", "pwd": "x"},
        "account/logout": {"appid": SDK_APP_ID, "timeStamp": 1, "token": "x"},
        "live/create": {**tess, "title": "x", "cover": ""},
        "live/startcourse": {**tess, "roomnum": number},
        "live/exitroom": {**tess, "roomnum": number},
        "live/heartbeat": {**tess, "roomnum": number},
        "live/reportmemid": {**tess, "roomnum": number, "operate": 0},
        "live/roomidlist": {**tess, "roomnum": number, **page},
        "live/roomlist": {
            **tess, "roomnum": number, "from_time": 0, "to_time": 0, "host_uid": "", "state": 0,
            **page,
        },
        "live/reportbind": {**tess, "roomnum": number, "operate": 0, "bind_file": file},
        "live/querybind": {**tess, "roomnum": number, "from_time": 0, "to_time": 0, **page},
        "live/makereplayidx": {"appid": SDK_APP_ID, "token": tess["token"], "roomnum": number},
        "live/reccall": {
            "event_type": 100, "stream_id": "s", **dict.fromkeys(numbers, 1), "video_id": "v",
            "video_url": "https://v.test/", "stream_param": f"groupid={number}&userid=dGVzcw==",
        },
        "live/idxfileendcall": {
            "SrcRequest": f'{{"GroupId": "{number}"}}', "ErrorCode": 0, "ErrorInfo": "",
            "ReplayIndex": {"FileUrl": "https://v.test/", "CreateTime": 1},
        },
        "cos/get_sign": {**tess, "type": 0, "bucket": "courseware", "file_path": "/users/tess/a"},
        "vod/get_sign": {**tess, **asked},
        "vod/get_client_sign": tess,
    }  # fmt: skip


async def test_no_field_breaks_a_command(open_with: Opener) -> None:
    broken = []
    async with legacy_client(open_with) as client:
        number = await client.make_class("tess", 1)
        for command, good in good_bodies(client, number).items():
            for name in good:
                for value in HOSTILE:
                    answer = await client.send(
                        command, {**good, name: value}, f"/{PATH_SECRET}/index.php"
                    )
                    if 90000 in answer.values():
                        broken.append((command, name, value))
    assert broken == []


async def test_no_member_of_an_object_breaks_a_command(open_with: Opener) -> None:
    broken = []
    async with legacy_client(open_with) as client:
        number = await client.make_class("tess", 2)
        bodies = good_bodies(client, number)
        inside = [
            ("live/reportbind", "bind_file"),
            ("live/idxfileendcall", "ReplayIndex"),
            ("vod/get_sign", "params"),
        ]
        for command, name in inside:
            for member in bodies[command][name]:
                for value in HOSTILE:
                    body = deepcopy(bodies[command])
                    body[name][member] = value
                    answer = await client.send(command, body, f"/{PATH_SECRET}/index.php")
                    if 90000 in answer.values():
                        broken.append((command, member, value))
    assert broken == []
