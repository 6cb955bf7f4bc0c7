"""Each refusal names the check that failed, in one header for all services."""

import base64
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from tests.support.contract_cloud import APP_ID, SDK_APP_ID, SECRET_ID, SECRET_KEY
from tests.support.cos_policies import policy, statement
from tests.support.cos_signing import authorization
from tests.support.im_rest import OFFICIAL, query
from tests.support.json_api_signatures import prefixed, reusable, single_use
from tests.support.post_forms import KEY, post, signed
from tests.support.private_map_keys import make_private_map_key
from tests.support.running_emulator import Answer, Emulator
from tests.support.sts_client import federation_token
from tests.support.trtc_client import enter
from TLSSigAPIv2 import TLSSigAPIv2

HEADER = "x-emulator-failed-check"
WRONG_KEY = "w" * 32
STALE = "1500000000;1500000600"


def check_of(answer: Answer) -> str | None:
    return answer.headers.get(HEADER)


# ── COS, XML API ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({}, None),
        ({"secret_id": "AKIDnobody"}, "key_id"),
        ({"times": STALE}, "time"),
        ({"times": "4000000000;4000000600"}, "time"),
        ({"method": "GET"}, "signature"),
        ({"secret_key": WRONG_KEY}, "signature"),
    ],
)
def test_signature_of_the_xml_api(
    emulator: Emulator, changed: dict[str, Any], check: str | None
) -> None:
    text = authorization(**{"method": "PUT", "path": "/a"} | changed)
    answer = emulator.call("PUT", "/a", b"x", {"Authorization": text})
    assert check_of(answer) == check
    assert (answer.status == 200) == (check is None)


def test_missing_unreadable_or_incomplete_credentials(emulator: Emulator) -> None:
    good = {"Authorization": authorization("PUT", "/a")}
    assert check_of(emulator.call("PUT", "/a", b"x")) == "anonymous"
    cut = {"Authorization": "q-sign-algorithm=sha1"}
    assert check_of(emulator.call("PUT", "/a", b"x", cut)) == "format"
    token = {"x-cos-security-token": "another"}
    assert check_of(emulator.call("PUT", "/a", b"x", good | token)) == "token"


def test_policy_of_a_temporary_key_is_a_check(emulator: Emulator) -> None:
    granted = federation_token(emulator, policy(statement("classes/1/*")))
    text = authorization(
        "PUT", "/classes/2/a", secret_id=granted.secret_id, secret_key=granted.secret_key
    )
    headers = {"Authorization": text, "x-cos-security-token": granted.token}
    assert check_of(emulator.call("PUT", "/classes/2/a", b"x", headers)) == "policy"


def test_refusal_of_a_head_names_the_check_though_it_has_no_body(emulator: Emulator) -> None:
    answer = emulator.call("HEAD", "/a", headers={"Authorization": authorization("GET", "/a")})
    assert (answer.body, check_of(answer)) == (b"", "signature")


def test_error_that_is_no_failed_check_names_none(emulator: Emulator) -> None:
    answer = emulator.call("GET", "/a", headers={"Authorization": authorization("GET", "/a")})
    assert (answer.status, check_of(answer)) == (404, None)
    emulator.fail_next("cos", "GetObject", "expired")
    answer = emulator.call("GET", "/a", headers={"Authorization": authorization("GET", "/a")})
    assert (answer.status, check_of(answer)) == (403, None)


def test_page_of_another_origin_can_read_the_header(emulator: Emulator) -> None:
    answer = emulator.call("GET", "/a", headers={"Origin": "https://school.example"})
    assert check_of(answer) == "anonymous"
    assert HEADER in answer.headers["access-control-expose-headers"].split(", ")


def test_preflight_against_the_rule_fails_cors(emulator: Emulator) -> None:
    asked = {"Origin": "https://school.example", "Access-Control-Request-Method": "PATCH"}
    assert check_of(emulator.call("OPTIONS", "/a", headers=asked)) == "cors"


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"q-signature": "0" * 40}, "signature"),
        ({"q-ak": "AKIDnobody"}, "key_id"),
        ({"q-signature": "x"}, "format"),
        ({}, "policy"),
    ],
)
def test_form(emulator: Emulator, changed: Mapping[str, str], check: str) -> None:
    fields = signed({"key": "another" if check == "policy" else KEY})
    assert check_of(post(emulator, fields | dict(changed))) == check


def test_form_of_yesterday(emulator: Emulator) -> None:
    fields = signed({"key": KEY})
    emulator.set_clock(86_400)
    assert check_of(post(emulator, fields)) == "time"


# ── COS, JSON API ───────────────────────────────────────────────────────────────────────────────


def stat(emulator: Emulator, signature: str, method: str = "GET") -> Answer:
    path = f"/files/v2/{APP_ID}/courseware/a?op=stat"
    return emulator.call(method, path, headers={"Authorization": signature})


def test_call_of_the_json_api(emulator: Emulator) -> None:
    cases = {
        "": "format",
        single_use(prefixed("/a"), secret_id="AKIDnobody"): "key_id",
        single_use(prefixed("/a"), secret_key=WRONG_KEY): "signature",
        single_use(prefixed("/a"), app_id="1250000009"): "app_id",
        single_use(prefixed("/a"), bucket="another"): "bucket",
        single_use(prefixed("/b")): "object",
        reusable(seconds=-5): "time",
        reusable(): None,
    }
    assert {text: check_of(stat(emulator, text)) for text in cases} == cases


def test_used_signature_and_delete_with_a_reusable_one(emulator: Emulator) -> None:
    emulator.cos_client().put_object(Bucket=emulator.settings.bucket, Key="a", Body=b"x")
    once = single_use(prefixed("/a"))
    assert check_of(stat(emulator, once)) is None
    assert check_of(stat(emulator, once)) == "single_use"
    answer = emulator.call(
        "POST", f"/files/v2/{APP_ID}/courseware/a", b'{"op":"delete"}',
        {"Authorization": reusable(), "Content-Type": "application/json"},
    )  # fmt: skip
    assert check_of(answer) == "single_use"


# ── STS, TRTC, video ────────────────────────────────────────────────────────────────────────────


def cloud_call(emulator: Emulator, service: str, version: str, credential: str) -> Answer:
    """A call whose TC3 signature cannot match."""
    now = int(time.time())
    scope = time.strftime("%Y-%m-%d", time.gmtime(now)) + f"/{service}/tc3_request"
    return emulator.call(
        "POST", "/", b"{}",
        {
            "Authorization": f"TC3-HMAC-SHA256 Credential={credential}/{scope}, "
            f"SignedHeaders=content-type;host, Signature={'0' * 64}",
            "Content-Type": "application/json", "X-TC-Action": "Any", "X-TC-Version": version,
            "X-TC-Timestamp": str(now), "X-TC-Region": "ap-guangzhou",
        },
    )  # fmt: skip


@pytest.mark.parametrize(("service", "version"), [("sts", "2018-08-13"), ("trtc", "2019-07-22")])
def test_call_of_the_cloud_api(emulator: Emulator, service: str, version: str) -> None:
    assert check_of(cloud_call(emulator, service, version, SECRET_ID)) == "signature"
    assert check_of(cloud_call(emulator, service, version, "AKIDnobody")) == "key_id"


def test_older_form_of_sts_and_the_video_service(emulator: Emulator) -> None:
    fields = {
        "Action": "GetFederationToken", "Version": "2018-08-13", "SecretId": SECRET_ID,
        "Timestamp": str(int(time.time())), "Nonce": "77",
        "Signature": base64.b64encode(bytes(20)).decode(),
    }  # fmt: skip
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = emulator.call("POST", "/", urlencode(fields).encode(), form)
    assert check_of(answer) == "signature"
    video = emulator.call("GET", f"/v2/index.php?{urlencode(fields)}")
    assert check_of(video) == "signature"
    fields["SecretId"] = "AKIDnobody"
    assert check_of(emulator.call("GET", f"/v2/index.php?{urlencode(fields)}")) == "key_id"


def signed_sts_call(emulator: Emulator, policy_text: str) -> Answer:
    """GetFederationToken in the older form, signed as its document says."""
    fields = {
        "Action": "GetFederationToken", "Version": "2018-08-13", "SecretId": SECRET_ID,
        "Timestamp": str(int(time.time())), "Nonce": "78", "Name": "classgate",
        "Policy": quote(policy_text, safe=""),
    }  # fmt: skip
    text = f"POST{emulator.address}/?" + "&".join(
        f"{each}={fields[each]}" for each in sorted(fields)
    )
    digest = hmac.digest(SECRET_KEY.encode(), text.encode(), "sha1")
    fields["Signature"] = base64.b64encode(digest).decode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return emulator.call("POST", "/", urlencode(fields).encode(), form)


@pytest.mark.parametrize(
    ("text", "check"),
    [
        (policy(statement("a")), None),
        (policy(statement("a")).replace(APP_ID, "1250000009"), "policy"),
        ("{", "policy"),
    ],
)
def test_policy_that_sts_refuses(emulator: Emulator, text: str, check: str | None) -> None:
    assert check_of(signed_sts_call(emulator, text)) == check


# ── IM, login and room ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({"sdkappid": None}, "sdk_app_id"), ({"identifier": None}, "identifier"),
        ({"usersig": None}, "anonymous"), ({"usersig": "x"}, "format"),
        ({"identifier": "amy"}, "identifier"), ({"contenttype": "xml"}, None),
        ({"identifier": "amy", "usersig": OFFICIAL.gen_sig("amy", 3600)}, "admin"),
    ],
)  # fmt: skip
def test_call_of_im(emulator: Emulator, changed: dict[str, object], check: str | None) -> None:
    path = f"/v4/im_open_login_svc/kick?{urlencode(query(**changed))}"
    answer = emulator.call("POST", path, b'{"UserID":"tom"}')
    assert answer.json["ErrorCode"] != 0
    assert check_of(answer) == check


def log_in(
    emulator: Emulator, user_sig: str, identifier: str = "tom", app: int = SDK_APP_ID
) -> str:
    answer = emulator.control(
        "/_emulator/login", sdk_app_id=app, identifier=identifier, user_sig=user_sig
    )
    return check_of(answer) or ""


def test_log_in(emulator: Emulator) -> None:
    good = OFFICIAL.gen_sig("tom", 3600)
    assert log_in(emulator, good) == ""
    assert log_in(emulator, good[:-20]) == "format"
    assert log_in(emulator, good, "amy") == "identifier"
    assert log_in(emulator, good, app=SDK_APP_ID + 1) == "sdk_app_id"
    assert log_in(emulator, TLSSigAPIv2(SDK_APP_ID, "0" * 64).gen_sig("tom", 9)) == "signature"
    emulator.set_clock(3700)
    assert log_in(emulator, good) == "time"


def test_kick_is_a_check(emulator: Emulator) -> None:
    good = OFFICIAL.gen_sig("tom", 3600)
    emulator.call(
        "POST", f"/v4/im_open_login_svc/account_import?{urlencode(query())}", b'{"UserID":"tom"}'
    )
    emulator.call("POST", f"/v4/im_open_login_svc/kick?{urlencode(query())}", b'{"UserID":"tom"}')
    assert log_in(emulator, good) == "kicked"


def enter_room(emulator: Emulator, private_map_key: str) -> str | None:
    answer = emulator.control(
        "/_emulator/enter-room", sdk_app_id=SDK_APP_ID, identifier="tom",
        user_sig=OFFICIAL.gen_sig("tom", 3600), private_map_key=private_map_key, room_id=7,
    )  # fmt: skip
    return check_of(answer)


@pytest.mark.parametrize(
    ("changed", "check"),
    [
        ({}, None), ({"room": 8}, "room"), ({"secret_key": "0" * 64}, "signature"),
        ({"privileges": 1}, "privilege"), ({"name": "amy", "outer": "amy"}, "identifier"),
    ],
)  # fmt: skip
def test_room(emulator: Emulator, changed: dict[str, Any], check: str | None) -> None:
    assert enter_room(emulator, make_private_map_key(**changed)) == check


def test_private_map_key_that_is_malformed_or_has_expired(emulator: Emulator) -> None:
    assert enter_room(emulator, "x") == "format"
    short = make_private_map_key(seconds=60)
    emulator.set_clock(120)
    assert enter_room(emulator, short) == "time"


def test_role_on_stage_needs_the_privilege(emulator: Emulator) -> None:
    assert enter(emulator, "amy", privileges=170) == 0
    answer = emulator.control("/_emulator/switch-role", identifier="amy", room_id=7, role=20)
    assert check_of(answer) == "privilege"
