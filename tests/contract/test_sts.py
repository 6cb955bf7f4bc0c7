"""GetFederationToken, called by the official cloud SDK."""

import json
import time
from urllib.parse import quote

import pytest
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from .policies import policy, statement
from .standin_server import APP_ID, Standin
from .sts_client import federation_token, grant_for

ONE_KEY = policy(statement("classes/1/a.pdf"))


def refused_code(standin: Standin, policy_text: str = ONE_KEY, **changed: object) -> str:
    with pytest.raises(TencentCloudSDKException) as refusal:
        federation_token(standin, policy_text, **changed)  # type: ignore[arg-type]
    return str(refusal.value.get_code())


def test_official_sdk_is_given_temporary_credentials(standin: Standin) -> None:
    granted = grant_for(standin, "classes/1/a.pdf", seconds=900)
    assert granted.secret_id.startswith("AKID")
    assert len(granted.token) > 100
    assert abs(granted.expires_at - (time.time() + 900)) < 5
    assert granted.expiration == time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime(granted.expires_at)
    )


def test_lifetime_is_half_an_hour_unless_asked(standin: Standin) -> None:
    granted = federation_token(standin, ONE_KEY, seconds=None)
    assert abs(granted.expires_at - (time.time() + 1800)) < 5


def test_every_grant_is_another_key(standin: Standin) -> None:
    first, second = grant_for(standin, "a"), grant_for(standin, "a")
    assert first.secret_id != second.secret_id
    assert first.secret_key != second.secret_key
    assert first.token != second.token


def test_wrong_secret_key_is_a_signature_failure(standin: Standin) -> None:
    assert refused_code(standin, secret_key="x" * 32) == "AuthFailure.SignatureFailure"


def test_unknown_secret_id_is_not_found(standin: Standin) -> None:
    code = refused_code(standin, secret_id="AKIDnobody")
    assert code == "AuthFailure.SecretIdNotFound"


@pytest.mark.parametrize("offset", [301 + 5, -301 - 5])
def test_request_from_another_time_is_refused(standin: Standin, offset: int) -> None:
    standin.set_clock(offset)
    assert refused_code(standin) == "AuthFailure.SignatureExpire"


def test_request_within_300_seconds_is_accepted(standin: Standin) -> None:
    standin.set_clock(290)
    grant_for(standin, "a")


def test_lifetime_has_bounds(standin: Standin) -> None:
    federation_token(standin, ONE_KEY, seconds=129_600)
    assert refused_code(standin, seconds=129_601) == "InvalidParameter.OverTimeError"
    assert refused_code(standin, seconds=0) == "InvalidParameter.ParamError"


@pytest.mark.parametrize("name", ["", "Tom Lee", "老师", "a" * 65])
def test_caller_name_follows_the_rule(standin: Standin, name: str) -> None:
    assert refused_code(standin, name=name) == "InvalidParameter.ParamError"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version":"2.0"}', '{"version":"2.0","statement":[{}]}', "[" * 5000],
    ids=["empty", "cut", "a list", "no statement", "empty statement", "deep"],
)
def test_policy_that_cannot_be_read_is_refused(standin: Standin, text: str) -> None:
    assert refused_code(standin, text).startswith("InvalidParameter.")


def test_policy_must_be_percent_encoded(standin: Standin) -> None:
    assert refused_code(standin, encode=False) == "InvalidParameter.StrategyFormatError"


def test_policy_encoded_twice_is_refused(standin: Standin) -> None:
    code = refused_code(standin, quote(ONE_KEY, safe=""))
    assert code == "InvalidParameter.StrategyFormatError"


def test_policy_with_a_principal_is_refused(standin: Standin) -> None:
    text = policy(statement("a") | {"principal": {"qcs": ["*"]}})
    assert refused_code(standin, text) == "InvalidParameter.StrategyFormatError"


def test_policy_for_another_account_is_refused(standin: Standin) -> None:
    text = ONE_KEY.replace(APP_ID, "1259999999")
    assert refused_code(standin, text) == "InvalidParameter.GrantOtherResource"


def test_temporary_key_cannot_ask_for_another(standin: Standin) -> None:
    granted = grant_for(standin, "a")
    code = refused_code(
        standin, secret_id=granted.secret_id, secret_key=granted.secret_key, token=granted.token
    )
    assert code == "InvalidParameter.AccessKeyNotSupport"


def test_unsigned_call_is_refused_in_the_clouds_shape(standin: Standin) -> None:
    answer = standin.call("POST", "/", b"{}", {"X-TC-Action": "GetFederationToken"})
    assert answer.status == 200
    assert answer.json["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"
    assert answer.json["Response"]["RequestId"]


@pytest.mark.parametrize(
    "body", [b"\xff", b"{", b"[1]", b"[" * 100_000, b'{"Name":"\\ud800"}', b"\0"]
)
def test_body_that_cannot_be_read_is_no_server_error(standin: Standin, body: bytes) -> None:
    answer = standin.call("POST", "/", body, {"X-TC-Action": "GetFederationToken"})
    assert answer.status == 200
    assert "Code" in json.loads(answer.body)["Response"]["Error"]
