"""The older call to STS: what stands in its form."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from classgate.errors import InvalidRequest, SigningError, VerificationFailed
from classgate.signing.cloud_api_v1 import ParameterCall, verify_call
from classgate.signing.cos_policy import Policy, Statement
from classgate.signing.sts_form import (
    HOST,
    AssumeRoleRequest,
    encode_form,
    issue_assume_role_form,
    issue_federation_token_form,
    parse_form,
    read_assume_role_fields,
)
from classgate.signing.sts_messages import FederationTokenRequest, read_federation_token_fields

POLICY = Policy((Statement("allow", ("name/cos:PutObject",), ("qcs::cos:x:uid/1:b-1/a%b&c=d",)),))
LIFETIME = timedelta(seconds=900)
SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
ISSUED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
SIGNING: dict[str, Any] = {
    "region": "ap-guangzhou",
    "secret_id": "AKIDtest",
    "secret_key": SECRET_KEY,
    "issued_at": ISSUED_AT,
    "nonce": 7,
}
REQUEST = FederationTokenRequest("cos-sts-python", POLICY, LIFETIME)
ROLE = AssumeRoleRequest("qcs::cam::uin/1:roleName/teacher", "lesson@7", POLICY, LIFETIME)


def test_the_policy_is_percent_encoded_inside_the_form_that_encodes_it_again() -> None:
    body = encode_form(issue_federation_token_form(REQUEST, **SIGNING))
    fields = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert "{" not in fields["Policy"]
    assert json.loads(unquote(fields["Policy"])) == json.loads(POLICY.to_wire())
    assert fields | {"Policy": "", "Signature": ""} == {
        "Action": "GetFederationToken",
        "Version": "2018-08-13",
        "Region": "ap-guangzhou",
        "DurationSeconds": "900",
        "Name": "cos-sts-python",
        "SecretId": "AKIDtest",
        "Timestamp": "1700000000",
        "Nonce": "7",
        "Policy": "",
        "Signature": "",
    }


def test_a_form_is_read_as_the_request_that_it_was() -> None:
    fields = parse_form(encode_form(issue_federation_token_form(REQUEST, **SIGNING)))
    verify_call(ParameterCall(HOST, fields), secret_key=SECRET_KEY, at=ISSUED_AT)
    assert read_federation_token_fields(dict(fields)) == REQUEST


@pytest.mark.parametrize("policy", [POLICY, None])
def test_a_role_is_asked_for_with_a_policy_or_without(policy: Policy | None) -> None:
    request = replace(ROLE, policy=policy)
    fields = parse_form(encode_form(issue_assume_role_form(request, **SIGNING)))
    verify_call(ParameterCall(HOST, fields), secret_key=SECRET_KEY, at=ISSUED_AT)
    assert (fields["Action"], "Policy" in fields) == ("AssumeRole", policy is not None)
    assert read_assume_role_fields(fields) == request


@pytest.mark.parametrize("name", ["", "two words", "a&Policy=b", "名", "a" * 129])
def test_a_name_has_only_letters_and_hyphens(name: str) -> None:
    with pytest.raises(SigningError):
        issue_federation_token_form(replace(REQUEST, name=name), **SIGNING)
    with pytest.raises(SigningError):
        issue_assume_role_form(replace(ROLE, session_name=name and f" {name}"), **SIGNING)


@pytest.mark.parametrize(
    "role_arn", ["", "teacher", "qcs::cam::uin/x:roleName/a", "qcs::cam::uin/1:roleName/a&b=c"]
)
def test_a_role_is_named_in_full(role_arn: str) -> None:
    with pytest.raises(SigningError):
        issue_assume_role_form(replace(ROLE, role_arn=role_arn), **SIGNING)


@pytest.mark.parametrize(
    "changed",
    [
        {"RoleArn": "teacher"},
        {"RoleSessionName": ""},
        {"DurationSeconds": "-1"},
        {"DurationSeconds": "1.5"},
        {"DurationSeconds": "٣"},
        {"Policy": "%7B"},
        {"Policy": ""},
    ],
)
def test_an_assume_role_call_that_cannot_be_read_is_refused(changed: dict[str, str]) -> None:
    fields = issue_assume_role_form(ROLE, **SIGNING)
    with pytest.raises(InvalidRequest):
        read_assume_role_fields({**fields, **changed})


def test_a_role_lasts_half_an_hour_unless_it_says_otherwise() -> None:
    fields = issue_assume_role_form(ROLE, **SIGNING)
    del fields["DurationSeconds"]
    assert read_assume_role_fields(fields).lifetime == timedelta(seconds=1800)


@pytest.mark.parametrize(
    "body",
    [
        b"Action",
        b"a=1&&b=2",
        b"a=1&a=1",
        b"a=1&%61=2",
        b"a=%ff",
        b"a=\xff",
        "a=课".encode(),
        b"&".join(b"a%d=" % number for number in range(65)),
    ],
)
def test_a_body_that_is_no_form_is_refused(body: bytes) -> None:
    with pytest.raises(VerificationFailed) as refusal:
        parse_form(body)
    assert refusal.value.failed_check == "format"
