"""The older form of STS: Tencent's own COS STS SDKs, and the cloud SDK with HmacSHA256."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from qcloud_cos.cos_exception import CosServiceError
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sts.v20180813.models import GetFederationTokenRequest
from tencentcloud.sts.v20180813.sts_client import StsClient
from tests.support.contract_cloud import APP_ID, BUCKET, REGION, SECRET_ID, SECRET_KEY, SHORT_BUCKET
from tests.support.cos_policies import UPLOAD, policy, statement
from tests.support.running_emulator import Emulator

KEY = "classes/1/up1/lesson.pdf"
POLICY = policy(statement(KEY))


def signed(host: str, secret_key: str = SECRET_KEY, **changed: str) -> dict[str, str]:
    """The fields as the public document says they are signed; nothing here is the code's own."""
    fields = {
        "Action": "GetFederationToken", "Version": "2018-08-13", "Region": REGION,
        "SecretId": SECRET_ID, "Timestamp": str(int(time.time())), "Nonce": "123456",
        "Name": "cos-sts-python", "DurationSeconds": "1800", "Policy": quote(POLICY),
    } | changed  # fmt: skip
    fields = {name: value for name, value in fields.items() if value}
    source = f"POST{host}/?" + "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    method = hashlib.sha256 if fields.get("SignatureMethod") == "HmacSHA256" else hashlib.sha1
    digest = hmac.new(secret_key.encode(), source.encode(), method).digest()
    return fields | {"Signature": base64.b64encode(digest).decode()}


def send(emulator: Emulator, fields: dict[str, str]) -> dict[str, Any]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = emulator.call("POST", "/", urlencode(fields).encode(), headers)
    assert answer.status == 200
    found = answer.json["Response"]
    assert isinstance(found, dict)
    return found


def code(answer: dict[str, Any]) -> str:
    return str(answer["Error"]["Code"]) if "Error" in answer else "granted"


def can_upload(emulator: Emulator, keys: dict[str, str], key: str = KEY) -> bool:
    client = emulator.cos_client(keys["TmpSecretId"], keys["TmpSecretKey"], keys["Token"])
    try:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    except CosServiceError as error:
        if error.get_error_code() != "AccessDenied":
            raise
        return False
    return True


@pytest.mark.parametrize("method", ["", "HmacSHA1", "HmacSHA256"])
def test_signed_form_is_given_keys_for_its_policy(emulator: Emulator, method: str) -> None:
    answer = send(emulator, signed(emulator.address, SignatureMethod=method))
    assert can_upload(emulator, answer["Credentials"])
    assert not can_upload(emulator, answer["Credentials"], KEY + "2")
    assert abs(answer["ExpiredTime"] - time.time() - 1800) < 60


def test_production_host_may_be_what_was_signed(emulator: Emulator) -> None:
    assert code(send(emulator, signed("sts.tencentcloudapi.com"))) == "granted"
    assert code(send(emulator, signed("example.com"))) == "AuthFailure.SignatureFailure"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"secret_key": "x" * 32}, "AuthFailure.SignatureFailure"),
        ({"SecretId": "AKIDnobody"}, "AuthFailure.SecretIdNotFound"),
        ({"SecretId": ""}, "AuthFailure.SignatureFailure"),
        ({"Nonce": ""}, "AuthFailure.SignatureFailure"),
        ({"Timestamp": "1"}, "AuthFailure.SignatureExpire"),
        ({"Action": "AssumeRole"}, "InvalidAction"),
        ({"Version": "2017-01-01"}, "NoSuchVersion"),
        ({"Name": ""}, "InvalidParameter.ParamError"),
        ({"DurationSeconds": "x"}, "InvalidParameter.ParamError"),
        ({"DurationSeconds": "129601"}, "InvalidParameter.OverTimeError"),
        ({"Policy": "%7B"}, "InvalidParameter.StrategyFormatError"),
    ],
)
def test_form_that_is_not_right_is_refused(
    emulator: Emulator, changed: dict[str, str], expected: str
) -> None:
    assert code(send(emulator, signed(emulator.address, **changed))) == expected


@pytest.mark.parametrize(
    "alter",
    [
        lambda fields: fields | {"DurationSeconds": "7200"},
        lambda fields: fields | {"Policy": fields["Policy"].replace("up1", "up2")},
        lambda fields: fields | {"Extra": "1"},
        lambda fields: {name: value for name, value in fields.items() if name != "Region"},
        lambda fields: fields | {"Signature": ""},
        lambda fields: fields | {"SignatureMethod": "HmacSHA256"},
    ],
)
def test_form_altered_after_signing_is_refused(
    emulator: Emulator, alter: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    altered = alter(signed(emulator.address))
    assert code(send(emulator, altered)) == "AuthFailure.SignatureFailure"


def test_field_that_stands_twice_is_refused(emulator: Emulator) -> None:
    body = urlencode(signed(emulator.address)) + "&DurationSeconds=7200"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = emulator.call("POST", "/", body.encode(), headers).json["Response"]
    assert code(answer) == "AuthFailure.SignatureFailure"


def test_form_is_old_by_the_clock_of_the_cloud(emulator: Emulator) -> None:
    emulator.set_clock(400)
    assert code(send(emulator, signed(emulator.address))) == "AuthFailure.SignatureExpire"


def test_faults_come_to_the_older_form_too(emulator: Emulator) -> None:
    emulator.control(
        "/_emulator/faults", service="sts", operation="GetFederationToken", fault="throttled"
    )
    assert code(send(emulator, signed(emulator.address))) == "RequestLimitExceeded"
    assert code(send(emulator, signed(emulator.address))) == "granted"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"qcs": "*"}, "granted"),
        ({"qcs": ["*"]}, "granted"),
        ({"qcs": ["qcs::cam::uin/1:uin/1"]}, "refused"),
        ("*", "refused"),
    ],
)
def test_only_the_principal_of_the_node_sdk_is_ignored(
    emulator: Emulator, principal: object, expected: str
) -> None:
    text = policy(statement(KEY) | {"principal": principal})
    answer = send(emulator, signed(emulator.address, Policy=quote(text)))
    refused = "InvalidParameter.StrategyFormatError"
    assert code(answer) == (expected if expected == "granted" else refused)


# ── official clients ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["HmacSHA1", "HmacSHA256"])
def test_cloud_sdk_signs_the_older_way(emulator: Emulator, method: str) -> None:
    profile = ClientProfile(
        signMethod=method, httpProfile=HttpProfile(protocol="http", endpoint=emulator.address)
    )
    request = GetFederationTokenRequest()
    request.Name, request.Policy, request.DurationSeconds = "classgate", quote(POLICY), 600
    reply = StsClient(Credential(SECRET_ID, SECRET_KEY), REGION, profile).GetFederationToken(
        request
    )
    assert can_upload(emulator, json.loads(reply.to_json_string())["Credentials"])
    wrong = StsClient(Credential(SECRET_ID, "x" * 32), REGION, profile)
    with pytest.raises(TencentCloudSDKException) as refused:
        wrong.GetFederationToken(request)
    assert refused.value.get_code() == "AuthFailure.SignatureFailure"


def python_sts(emulator: Emulator, **changed: object) -> dict[str, Any]:
    reason = "qcloud-python-sts is not installed"
    sts = pytest.importorskip("sts.sts", reason=reason)
    config = {
        "url": f"http://{emulator.address}/", "domain": emulator.address, "secret_id": SECRET_ID,
        "secret_key": SECRET_KEY, "duration_seconds": 60, "bucket": BUCKET, "region": REGION,
        "allow_prefix": [KEY], "allow_actions": list(UPLOAD),
    } | changed  # fmt: skip
    answer = sts.Sts(config).get_credential()
    assert isinstance(answer, dict)
    return answer


def test_python_sts_sdk_is_given_keys_that_work_and_expire(emulator: Emulator) -> None:
    answer = python_sts(emulator)
    keys = answer["credentials"]
    client = emulator.cos_client(keys["tmpSecretId"], keys["tmpSecretKey"], keys["sessionToken"])
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    assert answer["expiredTime"] - answer["startTime"] == 60
    emulator.set_clock(61)
    with pytest.raises(CosServiceError) as expired:
        client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    assert expired.value.get_error_code() == "ExpiredToken"


def test_python_sts_sdk_with_another_key_or_bucket_is_refused(emulator: Emulator) -> None:
    with pytest.raises(Exception, match=r"AuthFailure\.SignatureFailure"):
        python_sts(emulator, secret_key="x" * 32)
    with pytest.raises(Exception, match=r"InvalidParameter\.GrantOtherResource"):
        python_sts(emulator, bucket=f"{SHORT_BUCKET}-{int(APP_ID) + 1}")
