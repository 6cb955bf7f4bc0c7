"""What the legacy API signs of the cloud, and what it does not; used at the emulator as clients."""

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from tests.support.harness import Opener
from tests.support.legacy_client import LegacyClient, legacy_client
from tests.support.running_emulator import Emulator, fetch
from tests.support.school import LIVE
from tests.support.school_settings import APP_ID, BUCKET, REGION, SECRET_ID, SECRET_KEY
from tests.support.video_signatures import (
    HOST,
    PATH,
    PLAYABLE,
    expected_sign,
    query,
    read_upload_sign,
)

SHORT_BUCKET = BUCKET.removesuffix(f"-{APP_ID}")
UPLOAD_FOLDERS = ("u" + "0" * 24, "l" + "f" * 24)


@pytest.fixture
async def client(open_with: Opener) -> AsyncIterator[LegacyClient]:
    async with legacy_client(open_with) as opened:
        yield opened


def fields_of(sign: str) -> dict[str, str]:
    """The fields of a storage signature, whose MAC must be our key's."""
    data = base64.b64decode(sign, validate=True)
    digest, text = data[:20], data[20:]
    assert digest == hmac.new(SECRET_KEY.encode(), text, hashlib.sha1).digest()
    return dict(parse_qsl(text.decode(), keep_blank_values=True, strict_parsing=True))


def call_of(emulator: Emulator, sign: str, path: str, body: bytes, kind: str) -> int:
    url = f"http://{emulator.address}/files/v2/{APP_ID}/{SHORT_BUCKET}{quote(path)}"
    headers = {"Authorization": sign, "Content-Type": kind}
    return fetch("POST", url, body, headers).status


def upload(emulator: Emulator, sign: str, path: str) -> bool:
    """Whether an old client could upload there."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="op"\r\n\r\nupload\r\n'
        b'--b\r\nContent-Disposition: form-data; name="insertOnly"\r\n\r\n0\r\n'
        b'--b\r\nContent-Disposition: form-data; name="filecontent"; filename="a"\r\n\r\n'
        b"content\r\n--b--\r\n"
    )
    return call_of(emulator, sign, path, body, "multipart/form-data; boundary=b") == 200


def delete(emulator: Emulator, sign: str, path: str) -> bool:
    return call_of(emulator, sign, path, b'{"op":"delete"}', "application/json") == 200


def listing(emulator: Emulator, sign: str, path: str) -> int:
    url = f"http://{emulator.address}/files/v2/{APP_ID}/{SHORT_BUCKET}{quote(path)}?op=list&num=10"
    return fetch("GET", url, None, {"Authorization": sign}).status


async def sign_of(client: LegacyClient, who: str, kind: int, path: str | None = None) -> str:
    given = {} if path is None else {"file_path": path}
    sign = (await client.data("cos/get_sign", who, type=kind, **given))["sign"]
    assert isinstance(sign, str)
    return sign


async def refused(client: LegacyClient, who: str, kind: int, path: str, **more: Any) -> bool:
    answer = await client.call("cos/get_sign", who, type=kind, file_path=path, **more)
    return answer.keys() == {"errorCode", "errorInfo"} and answer["errorCode"] == 10101


# ── storage ─────────────────────────────────────────────────────────────────────────────────────


async def test_reusable_without_a_path_is_for_one_s_own_folder(
    client: LegacyClient, emulator: Emulator
) -> None:
    for who in ("sue", "tess"):
        sign = await sign_of(client, who, 0)
        assert upload(emulator, sign, f"/users/{who}/a.png")
        assert upload(emulator, sign, f"/users/{who}/课件/b (1).pdf")
        for path in ("/a.png", "/users/stu/a.png", f"/users/{who}2/a.png", f"/classes/{LIVE}/a"):
            assert not upload(emulator, sign, path), path
        assert not delete(emulator, sign, f"/users/{who}/a.png")
        assert listing(emulator, sign, "/") != 200


async def test_reusable_lasts_minutes(client: LegacyClient, emulator: Emulator) -> None:
    sign = await sign_of(client, "sue", 0)
    now, fields = client.world.clock.unix, fields_of(sign)
    assert (fields["a"], fields["k"], fields["b"]) == (APP_ID, SECRET_ID, SHORT_BUCKET)
    assert fields["f"] == f"/{APP_ID}/{SHORT_BUCKET}/users/sue/"
    assert now <= int(fields["t"]) <= now
    assert 60 <= int(fields["e"]) - now <= 3600
    client.world.clock.advance(seconds=int(fields["e"]) - now + 1)
    assert not upload(emulator, sign, "/users/sue/a.png")


async def test_reusable_with_a_path_is_for_that_file(
    client: LegacyClient, emulator: Emulator
) -> None:
    sign = await sign_of(client, "sue", 0, "users/sue/a.png")
    assert fields_of(sign)["f"] == f"/{APP_ID}/{SHORT_BUCKET}/users/sue/a.png"
    assert upload(emulator, sign, "/users/sue/a.png")
    assert upload(emulator, sign, "/users/sue/a.png")
    assert not upload(emulator, sign, "/users/sue/b.png")


async def test_single_use_works_once(client: LegacyClient, emulator: Emulator) -> None:
    assert upload(emulator, await sign_of(client, "sue", 0), "/users/sue/a.png")
    sign = await sign_of(client, "sue", 1, "/users/sue/a.png")
    fields = fields_of(sign)
    assert fields["e"] == "0"
    assert fields["f"] == f"/{APP_ID}/{SHORT_BUCKET}/users/sue/a.png"
    assert not delete(emulator, sign, "/users/sue/b.png")
    assert delete(emulator, sign, "/users/sue/a.png")
    assert upload(emulator, await sign_of(client, "sue", 0), "/users/sue/a.png")
    assert not delete(emulator, sign, "/users/sue/a.png")


async def test_each_signature_is_another(client: LegacyClient) -> None:
    signs = {await sign_of(client, "sue", 1, "/users/sue/a") for _ in range(5)}
    assert len(signs) == 5


async def test_class_folder_is_the_host_s_until_the_end(
    client: LegacyClient, emulator: Emulator
) -> None:
    number = await client.make_class("tess", 0)
    path = f"/classes/{number}/a.pdf"
    assert upload(emulator, await sign_of(client, "tess", 0, path), path)
    await client.data("live/startcourse", "tess", roomnum=number)
    assert delete(emulator, await sign_of(client, "tess", 1, path), path)
    await client.data("live/reportmemid", "sue", roomnum=number, operate=0)
    for who in ("sue", "stu", "ted"):  # a member, a stranger, another teacher
        assert await refused(client, who, 0, path)
        assert await refused(client, who, 1, path)
    await client.data("live/exitroom", "tess", roomnum=number)
    for kind in (0, 1):
        assert await refused(client, "tess", kind, path)


async def test_nobody_signs_for_another_s_file(client: LegacyClient) -> None:
    number = await client.make_class("tess", 1)
    paths = [
        "/users/tess/a", "/users/Sue/a", "/users/sue", "/users/sue/", "/users//a", "/users/",
        "/a", "a", "", "/", f"/classes/{LIVE}/a", "/classes/0/a", "/classes/99999999999999999999/a",
        f"/classes/{number}", f"/classes/0{number}/a", "/classes//a", "/Users/sue/a",
    ]  # fmt: skip
    for path in paths:
        assert await refused(client, "sue", 1, path), path
        if path:
            assert await refused(client, "sue", 0, path), path
    for folder in UPLOAD_FOLDERS:  # announced at the API, and not to be overwritten from here
        assert await refused(client, "tess", 1, f"/classes/{number}/{folder}/a.pdf")


AWKWARD_PATHS = (
    "/users/sue/../tess/a", "/users/sue/..", "/users/sue/./a", "/users/sue//a", "//users/sue/a",
    "/users/sue/a&b", "/users/sue/a&f=/x", "/users/sue/a=b", "/users/sue/a&e=0", "/users/sue/a\0",
    "/users/sue/a\nb", "/users/sue/%2e%2e/tess/a", "/users/sue/..%2ftess/a", "/users/sue/a?b",
    "/users/sue/a#b", "/users/sue/..\\tess\\a", "/users/sue/\u202egpj.exe",
    "/users/sue/" + "x" * 5000, "/users/tess/../sue/a", "http://evil.test/users/sue/a",
)  # fmt: skip


async def test_no_path_leaves_its_folder_or_its_field(client: LegacyClient) -> None:
    for path in AWKWARD_PATHS:
        for kind in (0, 1):
            assert await refused(client, "sue", kind, path), path


OTHER_BUCKETS = (
    "", "other", f"other-{APP_ID}", BUCKET.upper(), BUCKET + "&e=0", "a&b=c", "courseware=", " ",
    "../x",
)  # fmt: skip


async def test_no_bucket_but_the_school_s(client: LegacyClient) -> None:
    for bucket in OTHER_BUCKETS:
        for kind in (0, 1):
            assert await refused(client, "tess", kind, "/users/tess/a", bucket=bucket)


async def test_answer_names_bucket_region_and_preview(open_with: Opener) -> None:
    async with legacy_client(open_with) as client:
        for given, bucket in ((None, SHORT_BUCKET), (BUCKET, BUCKET)):
            data = await client.data("cos/get_sign", "sue", type=0, bucket=given)
            # The signature says the short name in any case: the app id stands beside it.
            assert fields_of(data.pop("sign"))["b"] == SHORT_BUCKET
            assert data == {"bucket": bucket, "region": REGION, "preview_tag": ""}
    async with open_with(
        legacy={"enabled": True, "cos_region": "gz", "preview_tag": "pre~view"}
    ) as world:
        again = LegacyClient(world)
        await again.log_in("sue")
        data = await again.data("cos/get_sign", "sue", type=0)
        assert fields_of(data.pop("sign"))["b"] == SHORT_BUCKET
        assert data == {"bucket": SHORT_BUCKET, "region": "gz", "preview_tag": "pre~view"}


async def test_raw_file_id_is_the_bare_path_of_reusable_ones(open_with: Opener) -> None:
    async with legacy_client(open_with, raw_fileid=True) as client:
        reusable = await sign_of(client, "sue", 0, "/users/sue/a")
        assert fields_of(reusable)["f"] == "/users/sue/a"
        assert fields_of(await sign_of(client, "sue", 0))["f"] == "/users/sue/"
        single = await sign_of(client, "sue", 1, "/users/sue/a")
        assert fields_of(single)["f"] == f"/{APP_ID}/{SHORT_BUCKET}/users/sue/a"


async def test_nothing_is_signed_that_is_not_recorded(client: LegacyClient) -> None:
    given = client.world.raw_database.given()
    await sign_of(client, "sue", 0)
    await sign_of(client, "sue", 1, "/users/sue/a")
    await client.data("vod/get_client_sign", "tess")
    await client.data("vod/get_sign", "tess", **question(client))
    await client.world.settle()
    assert client.world.raw_database.given() == given + 4
    client.world.raw_database.refuse_records("NEW.event != 'checkpoint'")
    for call in (
        client.call("cos/get_sign", "sue", type=0),
        client.call("cos/get_sign", "sue", type=1, file_path="/users/sue/a"),
        client.call("vod/get_client_sign", "tess"),
        client.call("vod/get_sign", "tess", **question(client)),
        client.call("account/login", id="sue", pwd="1000"),
    ):
        answer = await call
        assert answer["errorCode"] == 90000
        assert "data" not in answer
    await client.world.settle()
    client.world.raw_database.take_records()


# ── video service ───────────────────────────────────────────────────────────────────────────────


def question(client: LegacyClient, **changed: Any) -> dict[str, Any]:
    params = query(client.world, **changed.pop("params", {}))
    return {"method": "GET", "host": HOST, "path": PATH, "params": params, **changed}


async def test_query_is_signed_as_the_service_reads_it(client: LegacyClient) -> None:
    for algorithm, name in (("sha1", "HmacSHA1"), ("sha256", "HmacSHA256")):
        asked = question(client, params={"SignatureMethod": name, "file_Ids.1": "x"})
        data = await client.data("vod/get_sign", "tess", **asked)
        assert data == {
            "sign": expected_sign("GET", asked["params"], algorithm),
            "SecretId": SECRET_ID,
            "SignatureMethod": name,
        }


async def test_algorithm_that_is_null_is_not_there(client: LegacyClient) -> None:
    asked = question(client, params={"SignatureMethod": None})
    data = await client.data("vod/get_sign", "tess", **asked)
    assert data["SignatureMethod"] == "HmacSHA1"
    del asked["params"]["SignatureMethod"]
    assert data["sign"] == expected_sign("GET", asked["params"])


async def test_no_call_is_signed_but_a_teacher_s_question_to_the_video_service(
    client: LegacyClient,
) -> None:
    now = client.world.clock.unix
    tried: list[tuple[str, dict[str, Any]]] = [
        ("sue", {}),
        ("tess", {"host": "cvm.api.qcloud.com"}),
        ("tess", {"host": HOST + "/x?"}),
        ("tess", {"host": HOST.upper()}),
        ("tess", {"path": "/v3/index.php"}),
        ("tess", {"path": PATH + "?Action=DeleteVodFile&"}),
        ("tess", {"params": {"Action": "DeleteVodFile"}}),
        ("tess", {"params": {"Action": "ModifyVodInfo"}}),
        ("tess", {"params": {"Timestamp": now - 301}}),
        ("tess", {"params": {"Timestamp": now + 301}}),
        ("tess", {"params": {"Timestamp": None}}),
        ("tess", {"params": {"Nonce": None}}),
    ]
    for who, changed in tried:
        answer = await client.call("vod/get_sign", who, **question(client, **changed))
        assert answer["errorCode"] == 10101, changed
        assert "data" not in answer


TWO_IN_ONE: tuple[dict[str, Any], ...] = (
    {"a": "1&Action=DeleteVodFile"}, {"a=1&Action": "x"}, {"action": "DeleteVodFile"},
    {"Timestamp": "x"}, {"a": {"b": 1}}, {"a": None}, {"a": "\n"},
    {"Token": "x"}, {"a_b": "1", "a.b": "2"}, {"secretid": "x"},
)  # fmt: skip


async def test_no_parameter_brings_another(client: LegacyClient) -> None:
    for params in TWO_IN_ONE:
        answer = await client.call("vod/get_sign", "tess", **question(client, params=params))
        assert answer["errorCode"] == 10003, params
        assert "data" not in answer


async def test_key_is_the_school_s_whatever_the_client_says(client: LegacyClient) -> None:
    asked = question(client, params={"SecretId": "AKIDofsomebodyelse"})
    data = await client.data("vod/get_sign", "tess", **asked)
    assert data["SecretId"] == SECRET_ID
    assert data["sign"] == expected_sign("GET", asked["params"])


async def test_upload_of_a_video_is_signed_for_an_hour_and_once(client: LegacyClient) -> None:
    assert await client.code("vod/get_client_sign", "sue") == 10101
    data = await client.data("vod/get_client_sign", "tess")
    fields, now = read_upload_sign(data["sign"]), client.world.clock.unix
    assert data["SecretId"] == fields["secretId"] == SECRET_ID
    assert fields["currentTimeStamp"] == str(now)
    assert 0 < int(fields["expireTime"]) - now <= 3600
    assert fields["oneTimeValid"] == "1"
    assert {"random"} <= fields.keys()


async def test_question_is_forwarded_and_answered(client: LegacyClient) -> None:
    asked = question(client, params={"fileId": PLAYABLE})
    data = await client.data("vod/cmd_proxy", "tess", **asked)
    assert (data["code"], data["message"]) == (0, "")
    assert len(data) > 2
    answer = await client.call("vod/cmd_proxy", "sue", **asked)
    assert answer["errorCode"] == 10101
    assert "data" not in answer


async def test_path_of_a_forwarded_question_is_read_and_not_used(client: LegacyClient) -> None:
    asked = question(client, path="/nowhere", params={"fileId": PLAYABLE})
    assert (await client.data("vod/cmd_proxy", "tess", **asked))["code"] == 0


async def test_what_the_video_service_refuses_is_reported_in_data(client: LegacyClient) -> None:
    asked = question(client, params={"fileId": "1"})
    answer = await client.call("vod/cmd_proxy", "tess", **asked)
    assert answer["errorCode"] == 90000
    assert answer["data"].keys() == {"code", "message"}
    assert isinstance(answer["data"]["code"], int)
    assert answer["data"]["code"] != 0
    assert isinstance(answer["data"]["message"], str)


async def test_hung_video_service_hangs_nobody(client: LegacyClient, emulator: Emulator) -> None:
    emulator.fail_next("vod", "GetVideoInfo", "unavailable", 9)
    answer = await client.call("vod/cmd_proxy", "tess", **question(client))
    assert answer["errorCode"] == 90000
    assert answer["data"].keys() == {"code", "message"}


async def test_only_listed_actions_are_signed_and_forwarded(open_with: Opener) -> None:
    async with legacy_client(open_with, vod_actions=["DescribeVodInfo"]) as client:
        for command in ("vod/get_sign", "vod/cmd_proxy"):
            assert await client.code(command, "tess", **question(client)) == 10101
