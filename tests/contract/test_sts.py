"""GetFederationToken, called by the official cloud SDK."""

import json
import time
from urllib.parse import quote

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tests.support.contract_cloud import APP_ID
from tests.support.cos_policies import policy, statement
from tests.support.running_emulator import Emulator
from tests.support.sts_client import federation_token, grant_for

ONE_KEY = policy(statement("classes/1/a.pdf"))


def refused_code(emulator: Emulator, policy_text: str = ONE_KEY, **changed: object) -> str:
    with pytest.raises(TencentCloudSDKException) as refusal:
        federation_token(emulator, policy_text, **changed)  # type: ignore[arg-type]
    return str(refusal.value.get_code())


def test_official_sdk_is_given_temporary_credentials(emulator: Emulator) -> None:
    granted = grant_for(emulator, "classes/1/a.pdf", seconds=900)
    assert granted.secret_id.startswith("AKID")
    assert len(granted.token) > 100
    assert abs(granted.expires_at - (time.time() + 900)) < 5
    assert granted.expiration == time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(granted.expires_at)
    )


def test_lifetime_is_half_an_hour_unless_asked(emulator: Emulator) -> None:
    granted = federation_token(emulator, ONE_KEY, seconds=None)
    assert abs(granted.expires_at - (time.time() + 1800)) < 5


def test_every_grant_is_another_key(emulator: Emulator) -> None:
    first, second = grant_for(emulator, "a"), grant_for(emulator, "a")
    assert first.secret_id != second.secret_id
    assert first.secret_key != second.secret_key
    assert first.token != second.token


def test_wrong_secret_key_is_a_signature_failure(emulator: Emulator) -> None:
    assert refused_code(emulator, secret_key="x" * 32) == "AuthFailure.SignatureFailure"


def test_unknown_secret_id_is_not_found(emulator: Emulator) -> None:
    code = refused_code(emulator, secret_id="AKIDnobody")
    assert code == "AuthFailure.SecretIdNotFound"


@pytest.mark.parametrize("offset", [301 + 5, -301 - 5])
def test_request_from_another_time_is_refused(emulator: Emulator, offset: int) -> None:
    emulator.set_clock(offset)
    assert refused_code(emulator) == "AuthFailure.SignatureExpire"


def test_request_within_300_seconds_is_accepted(emulator: Emulator) -> None:
    emulator.set_clock(290)
    grant_for(emulator, "a")


def test_lifetime_has_bounds(emulator: Emulator) -> None:
    federation_token(emulator, ONE_KEY, seconds=129_600)
    assert refused_code(emulator, seconds=129_601) == "InvalidParameter.OverTimeError"
    assert refused_code(emulator, seconds=0) == "InvalidParameter.ParamError"


@pytest.mark.parametrize("name", ["", "Tom Lee", "老师", "a" * 65])
def test_caller_name_follows_the_rule(emulator: Emulator, name: str) -> None:
    assert refused_code(emulator, name=name) == "InvalidParameter.ParamError"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version":"2.0"}', '{"version":"2.0","statement":[{}]}', "[" * 5000],
    ids=["empty", "cut", "a list", "no statement", "empty statement", "deep"],
)
def test_policy_that_cannot_be_read_is_refused(emulator: Emulator, text: str) -> None:
    assert refused_code(emulator, text).startswith("InvalidParameter.")


def test_policy_must_be_percent_encoded(emulator: Emulator) -> None:
    assert refused_code(emulator, encode=False) == "InvalidParameter.StrategyFormatError"


def test_policy_encoded_twice_is_refused(emulator: Emulator) -> None:
    code = refused_code(emulator, quote(ONE_KEY, safe=""))
    assert code == "InvalidParameter.StrategyFormatError"


def test_policy_with_a_principal_is_refused(emulator: Emulator) -> None:
    text = policy(statement("a") | {"principal": {"qcs": ["*"]}})
    assert refused_code(emulator, text) == "InvalidParameter.StrategyFormatError"


def test_policy_for_another_account_is_refused(emulator: Emulator) -> None:
    text = ONE_KEY.replace(APP_ID, "1259999999")
    assert refused_code(emulator, text) == "InvalidParameter.GrantOtherResource"


def test_temporary_key_cannot_ask_for_another(emulator: Emulator) -> None:
    granted = grant_for(emulator, "a")
    code = refused_code(
        emulator, secret_id=granted.secret_id, secret_key=granted.secret_key, token=granted.token
    )
    assert code == "InvalidParameter.AccessKeyNotSupport"


def test_unsigned_call_is_refused_in_the_clouds_shape(emulator: Emulator) -> None:
    answer = emulator.call("POST", "/", b"{}", {"X-TC-Action": "GetFederationToken"})
    assert answer.status == 200
    assert answer.json["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert answer.json["Response"]["RequestId"]


@pytest.mark.parametrize(
    "body", [b"\xff", b"{", b"[1]", b"[" * 100_000, b'{"Name":"\\ud800"}', b"\0"]
)
def test_body_that_cannot_be_read_is_no_server_error(emulator: Emulator, body: bytes) -> None:
    answer = emulator.call("POST", "/", body, {"X-TC-Action": "GetFederationToken"})
    assert answer.status == 200
    assert "Code" in json.loads(answer.body)["Response"]["Error"]
