"""The video service of the emulator, asked as the public documents say and as old programs did."""

import base64
import hashlib
import hmac
import itertools
import json
import time
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from tests.support.contract_cloud import SECRET_ID, SECRET_KEY
from tests.support.running_emulator import Emulator
from tests.support.sts_client import grant_for

HOST = "vod.api.qcloud.com"
PATH = "/v2/index.php"
PLAYABLE, TRANSCODING = "7447398154966722001", "7447398154966722002"
_nonces = itertools.count(1)


def signed(
    method: str, host: str = HOST, secret_key: str = SECRET_KEY, **changed: str
) -> dict[str, str]:
    """The parameters as the public document says they are signed; nothing here is the code's own.

    Two underscores in a name stand for its dot.
    """
    values = {
        "Action": "DescribeVodInfo", "SecretId": SECRET_ID, "Region": "gz",
        "Timestamp": str(int(time.time())), "Nonce": str(next(_nonces)),
    } | {name.replace("__", "."): value for name, value in changed.items()}  # fmt: skip
    values = {name: value for name, value in values.items() if value}
    joined = "&".join(f"{name.replace('_', '.')}={values[name]}" for name in sorted(values))
    algorithm = hashlib.sha256 if values.get("SignatureMethod") == "HmacSHA256" else hashlib.sha1
    source = f"{method}{host}{PATH}?{joined}".encode()
    digest = hmac.new(secret_key.encode(), source, algorithm).digest()
    return values | {"Signature": base64.b64encode(digest).decode()}


def send(emulator: Emulator, method: str, values: dict[str, str]) -> Any:
    if method == "GET":
        answer = emulator.call("GET", f"{PATH}?{urlencode(values)}")
    else:
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = emulator.call(method, PATH, urlencode(values, quote_via=quote).encode(), form)
    assert answer.status == 200
    return answer.json


def ask(emulator: Emulator, method: str = "GET", **changed: str) -> Any:
    return send(emulator, method, signed(method, **changed))


def code_of(emulator: Emulator, method: str = "GET", **changed: str) -> int:
    code = ask(emulator, method, **changed)["code"]
    assert isinstance(code, int)
    return code


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("algorithm", ["", "HmacSHA1", "HmacSHA256"])
def test_signed_query_is_answered(emulator: Emulator, method: str, algorithm: str) -> None:
    answer = ask(emulator, method, SignatureMethod=algorithm)
    assert (answer["code"], answer["message"], answer["totalCount"]) == (0, "", 2)
    assert [video["fileId"] for video in answer["fileSet"]] == [TRANSCODING, PLAYABLE]


def test_host_that_was_asked_may_be_the_signed_one(emulator: Emulator) -> None:
    assert code_of(emulator, host=emulator.address) == 0
    assert code_of(emulator, host="cvm.api.qcloud.com") == 4100


def test_underscores_are_signed_as_dots(emulator: Emulator) -> None:
    assert code_of(emulator, some_name="1") == 0


def test_list_is_narrowed_by_id_and_by_status(emulator: Emulator) -> None:
    (one,) = ask(emulator, fileIds__1=PLAYABLE)["fileSet"]
    assert (one["fileName"], one["status"], one["duration"]) == ("函数 第一课", "2", "147")
    assert one["createTime"] == "2026-03-02 08:30:00"
    (other,) = ask(emulator, status="4")["fileSet"]
    assert other["fileId"] == TRANSCODING
    assert ask(emulator, pageNo="2")["fileSet"] == []


def test_one_video_is_reported_whole_or_in_part(emulator: Emulator) -> None:
    whole = ask(emulator, Action="GetVideoInfo", fileId=PLAYABLE)
    assert whole["basicInfo"]["name"] == "函数 第一课"
    assert whole["transcodeInfo"]["transcodeList"][0]["url"].endswith("/f0.mp4")
    part = ask(emulator, Action="GetVideoInfo", fileId=PLAYABLE, infoFilter__0="metaData")
    assert set(part) == {"code", "message", "metaData"}
    assert "transcodeInfo" not in ask(emulator, Action="GetVideoInfo", fileId=TRANSCODING)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Action": "GetVideoInfo", "fileId": "1"}, 10008),
        ({"fileIds__0": "1"}, 10008),
        ({"Action": "GetVideoInfo"}, 1000),
        ({"pageSize": "9"}, 1000),
        ({"status": "two"}, 1000),
        ({"Action": "DeleteVodFile"}, 4000),
        ({"Action": ""}, 4000),
        ({"secret_key": "x" * 32}, 4100),
        ({"SecretId": "AKIDnobody"}, 4104),
        ({"SecretId": ""}, 4100),
        ({"Nonce": ""}, 4100),
        ({"Timestamp": ""}, 4100),
        ({"SignatureMethod": "HmacMD5"}, 4100),
    ],
)
def test_refusal_has_its_number(emulator: Emulator, changed: dict[str, str], code: int) -> None:
    assert code_of(emulator, **changed) == code


def test_changed_parameter_is_a_wrong_signature(emulator: Emulator) -> None:
    values = signed("GET") | {"Action": "GetVideoInfo", "fileId": PLAYABLE}
    assert send(emulator, "GET", values)["code"] == 4100
    assert send(emulator, "POST", signed("GET"))["code"] == 4100


@pytest.mark.parametrize("offset", [306, -306])
def test_query_from_another_time_is_refused(emulator: Emulator, offset: int) -> None:
    emulator.set_clock(offset)
    assert code_of(emulator) == 4500


@pytest.mark.parametrize("offset", [290, -290])
def test_query_within_300_seconds_is_answered(emulator: Emulator, offset: int) -> None:
    emulator.set_clock(offset)
    assert code_of(emulator) == 0


def test_same_query_is_answered_once(emulator: Emulator) -> None:
    values = signed("GET")
    assert send(emulator, "GET", values)["code"] == 0
    assert send(emulator, "GET", values)["code"] == 4500
    emulator.reset()
    assert send(emulator, "GET", values)["code"] == 0


def test_temporary_key_may_not_ask(emulator: Emulator) -> None:
    granted = grant_for(emulator, "classes/1/a.pdf")
    key = {"secret_key": granted.secret_key, "SecretId": granted.secret_id, "Token": granted.token}
    assert code_of(emulator, **key) == 4101


def test_parameter_that_stands_twice_is_refused(emulator: Emulator) -> None:
    query = urlencode(signed("GET")) + "&Action=GetVideoInfo"
    assert emulator.call("GET", f"{PATH}?{query}").json["code"] == 4000


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
def test_other_methods_are_refused(emulator: Emulator, method: str) -> None:
    answer = emulator.call(method, PATH)
    assert answer.status == 200
    if method != "HEAD":
        assert answer.json["code"] == 4000


@pytest.mark.parametrize("body", [b"", b"a", b"\xff=1", b"=&=", b"a=1&a=2", b"{}"])
def test_form_that_is_none_is_refused(emulator: Emulator, body: bytes) -> None:
    assert emulator.call("POST", PATH, body).json["code"] in {4000, 4100}


@pytest.mark.parametrize(
    ("fault", "code"), [("throttled", 4400), ("skewed_clock", 4500), ("expired", 4105)]
)
def test_ordered_fault_has_its_number(emulator: Emulator, fault: str, code: int) -> None:
    emulator.control("/_emulator/faults", service="vod", operation="DescribeVodInfo", fault=fault)
    assert code_of(emulator, Action="GetVideoInfo", fileId=PLAYABLE) == 0
    assert code_of(emulator) == code
    assert code_of(emulator) == 0


def test_ordered_outage_is_503(emulator: Emulator) -> None:
    emulator.control("/_emulator/faults", service="vod", fault="unavailable")
    assert emulator.call("GET", f"{PATH}?{urlencode(signed('GET'))}").status == 503
    assert code_of(emulator) == 0


def test_answers_are_dated_by_the_clock_of_the_emulator(emulator: Emulator) -> None:
    emulator.set_clock(86_400)
    answer = emulator.call("GET", PATH)
    day = time.strftime("%d %b %Y", time.gmtime(time.time() + 86_400))
    assert day in answer.headers["date"]
    assert json.loads(answer.body)["code"] == 4100
