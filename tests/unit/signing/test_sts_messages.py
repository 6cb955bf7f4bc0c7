"""What is said to STS and by it."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from classgate.errors import InvalidRequest, SigningError, VerificationFailed
from classgate.signing.cos_policy import Policy, Statement
from classgate.signing.sts_messages import (
    StsError,
    TemporaryCredentials,
    federation_token_payload,
    federation_token_reply,
    read_federation_token_fields,
    read_federation_token_payload,
    read_federation_token_reply,
)

POLICY = Policy((Statement("allow", ("name/cos:PutObject",), ("qcs::cos:x:uid/1:b-1/a%b",)),))
LIFETIME = timedelta(seconds=900)


def test_the_policy_is_percent_encoded_within_the_json() -> None:
    payload = federation_token_payload(POLICY, lifetime=LIFETIME, name="classgate")
    sent = json.loads(payload)
    assert (sent["Name"], sent["DurationSeconds"]) == ("classgate", 900)
    assert "{" not in sent["Policy"]
    assert json.loads(unquote(sent["Policy"])) == json.loads(POLICY.to_wire())
    read = read_federation_token_payload(payload)
    assert (read.name, read.policy, read.lifetime) == ("classgate", POLICY, LIFETIME)


@pytest.mark.parametrize("name", ["", "two words", "cos-sts", "名", "a" * 129])
def test_a_name_has_only_letters(name: str) -> None:
    with pytest.raises(SigningError):
        federation_token_payload(POLICY, lifetime=LIFETIME, name=name)


def test_a_form_is_read_with_its_numbers_as_text() -> None:
    fields: dict[str, object] = {"Name": "cos-sts-python", "Policy": POLICY.to_wire()}
    assert read_federation_token_fields(fields).lifetime == timedelta(seconds=1800)
    fields["DurationSeconds"] = "7200"
    assert read_federation_token_fields(fields).lifetime == timedelta(seconds=7200)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Name", 7),
        ("Policy", {}),
        ("Policy", "%7B"),
        ("DurationSeconds", "-1"),
        ("DurationSeconds", True),
        ("DurationSeconds", 1.5),
        ("DurationSeconds", "٣"),
        ("DurationSeconds", 10**12),
    ],
)
def test_a_body_of_the_wrong_form_is_refused(name: str, value: object) -> None:
    fields: dict[str, object] = {"Name": "a", "Policy": POLICY.to_wire(), "DurationSeconds": 900}
    with pytest.raises(InvalidRequest):
        read_federation_token_fields({**fields, name: value})


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"Name":"a","Name":"b"}', b"[" * 100_000])
def test_a_body_that_is_not_one_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_federation_token_payload(body)


CREDENTIALS = TemporaryCredentials(
    secret_id="AKIDtmp",
    secret_key="tmpkey",
    session_token="tmptoken",
    starts_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
    expires_at=datetime(2023, 11, 14, 22, 28, 20, tzinfo=UTC),
    request_id="r1",
)


def test_an_answer_is_read_as_it_was_written() -> None:
    body = federation_token_reply(CREDENTIALS)
    assert read_federation_token_reply(body, lifetime=LIFETIME) == CREDENTIALS


def test_the_cloud_s_own_no_is_handed_on() -> None:
    body = b'{"Response":{"Error":{"Code":"UnauthorizedOperation","Message":"m"},"RequestId":"r"}}'
    answer = read_federation_token_reply(body, lifetime=LIFETIME)
    assert answer == StsError("UnauthorizedOperation", "m", "r")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"Response":{}}',
        b'{"Response":{"Credentials":{"Token":"secretToken"},"ExpiredTime":1}}',
        b'{"Response":{"Credentials":{"Token":"secretToken","TmpSecretId":"a","TmpSecretKey":"b"}}}',
        b'{"Response":{"Credentials":{"Token":"secretToken","TmpSecretId":"a","TmpSecretKey":"b"},'
        b'"ExpiredTime":-1}}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_an_answer_that_cannot_be_read_shows_nothing_of_itself(body: bytes) -> None:
    with pytest.raises(VerificationFailed) as refusal:
        read_federation_token_reply(body, lifetime=LIFETIME)
    assert refusal.value.failed_check == "format"
    assert "secretToken" not in str(refusal.value)


def test_repr_does_not_show_the_credentials() -> None:
    for secret in ("AKIDtmp", "tmpkey", "tmptoken"):
        assert secret not in repr(CREDENTIALS)
