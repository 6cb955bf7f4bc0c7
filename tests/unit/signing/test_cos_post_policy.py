"""What the signature of an upload form lets in, and what its policy allows."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from classgate.errors import InvalidSigningKey, SigningError, VerificationFailed
from classgate.signing.cos_post_policy import (
    PostPolicy,
    issue_post_form,
    read_post_form,
    verify_post_form,
)
from classgate.signing.cos_request import KeyTime

SECRET_ID = "AKIDtest"
SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
ISSUED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIMES = "1700000000;1700003600"
BUCKET = "courseware-1250000000"

SIGNED_BY: list[Any] = [
    {"q-sign-algorithm": "sha1"},
    {"q-ak": SECRET_ID},
    {"q-sign-time": TIMES},
]


def policy_text(*conditions: Any, expiration: str = "2023-11-14T23:13:20Z") -> str:
    return json.dumps({"expiration": expiration, "conditions": [*SIGNED_BY, *conditions]})


def signed(text: str, *, times: str = TIMES, secret_id: str = SECRET_ID) -> dict[str, str]:
    """A form over any policy, made by hand."""
    key = hmac.new(SECRET_KEY.encode(), times.encode(), hashlib.sha1).hexdigest()
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return {
        "policy": base64.b64encode(text.encode()).decode(),
        "q-sign-algorithm": "sha1",
        "q-ak": secret_id,
        "q-key-time": times,
        "q-signature": hmac.new(key.encode(), digest.encode(), hashlib.sha1).hexdigest(),
    }


def issue(text: str) -> dict[str, str]:
    return issue_post_form(
        text,
        secret_id=SECRET_ID,
        secret_key=SECRET_KEY,
        key_time=KeyTime(ISSUED_AT, ISSUED_AT + HOUR),
    )


def reason_of(fields: dict[str, str], at: datetime = ISSUED_AT) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify_post_form(fields, secret_key=SECRET_KEY, at=at)
    return refusal.value.failed_check


def test_an_issued_form_is_the_one_made_by_hand() -> None:
    text = policy_text({"bucket": BUCKET}, ["starts-with", "$key", "课件/"])
    assert issue(text) == signed(text)


def test_a_form_is_good_from_its_first_second_to_its_last() -> None:
    fields = signed(policy_text())
    for at in (ISSUED_AT, ISSUED_AT + HOUR):
        assert verify_post_form(fields, secret_key=SECRET_KEY, at=at) == read_post_form(fields)
    assert reason_of(fields, ISSUED_AT - timedelta(seconds=1)) == "not_yet_valid"
    assert reason_of(fields, ISSUED_AT + HOUR + timedelta(seconds=1)) == "expired"


def test_a_policy_may_expire_before_its_signature() -> None:
    fields = signed(policy_text(expiration="2023-11-14T22:30:00.500Z"))
    last = datetime(2023, 11, 14, 22, 30, 0, 500_000, tzinfo=UTC)
    assert verify_post_form(fields, secret_key=SECRET_KEY, at=last).policy.expires_at == last
    assert reason_of(fields, last + timedelta(milliseconds=1)) == "expired"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"q-signature": "0" * 40}, "signature"),
        ({"q-signature": "F" * 40}, "format"),
        ({"q-sign-algorithm": "sha256"}, "format"),
        ({"q-key-time": "1700000000;1700003601"}, "signature"),
        ({"q-key-time": "1700000000"}, "format"),
        ({"q-ak": "AKIDother"}, "access_key"),
        ({"policy": base64.b64encode(policy_text().encode()).decode().rstrip("=")}, "format"),
        ({"policy": base64.b64encode(b"[]").decode()}, "format"),
        ({"policy": "A" * 32_772}, "format"),
        ({"Q-AK": SECRET_ID}, "format"),
    ],
)
def test_a_form_is_refused_for(changed: dict[str, str], reason: str) -> None:
    # The expiration has an odd length on purpose, so that its base64 has padding to lose.
    assert reason_of({**signed(policy_text(expiration="2023-11-14T23:13:20.00Z")), **changed}) == (
        reason
    )


@pytest.mark.parametrize("name", ["policy", "q-sign-algorithm", "q-ak", "q-key-time"])
def test_a_form_without_its_signature_is_refused(name: str) -> None:
    fields = signed(policy_text())
    del fields[name]
    assert reason_of(fields) == "format"


def test_a_policy_for_another_time_is_refused_although_its_key_signed_it() -> None:
    fields = signed(policy_text(), times="1700000000;1700009999")
    assert reason_of(fields) == "access_key"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"expiration": "2023-11-14T23:13:20Z"}',
        json.dumps({"expiration": "2023-11-14T23:13:20Z", "conditions": []}),
        json.dumps({"expiration": "2023-11-14T23:13:20Z", "conditions": SIGNED_BY[:2]}),
        json.dumps({"expiration": "2023-11-14T23:13:20Z", "conditions": {}}),
        json.dumps({"expiration": "x", "conditions": SIGNED_BY}),
        json.dumps({"conditions": SIGNED_BY}),
        json.dumps({"expiration": "2023-11-14T23:13:20Z", "conditions": SIGNED_BY, "more": 1}),
        policy_text(expiration="2023-11-14T23:13:20+08:00"),
        policy_text(expiration="2023-02-30T00:00:00Z"),
        policy_text(expiration="2023-11-14"),
        policy_text(expiration="２０２３-11-14T23:13:20Z"),
        policy_text({"q-ak": SECRET_ID}),
        policy_text({}),
        policy_text({"key": "a", "acl": "private"}),
        policy_text({"key": 7}),
        policy_text({"": "a"}),
        policy_text("key"),
        policy_text(["eq", "key", "a"]),
        policy_text(["eq", "$key"]),
        policy_text(["eq", "$", "a"]),
        policy_text(["ends-with", "$key", ".pdf"]),
        policy_text({"file": "a"}),
        policy_text(["starts-with", "$policy", ""]),
        policy_text({"q-signature": "0"}),
        policy_text(["content-length-range", 1]),
        policy_text(["content-length-range", 2, 1]),
        policy_text(["content-length-range", -1, 1]),
        policy_text(["content-length-range", "0", "1"]),
        policy_text(["content-length-range", 0, True]),
        policy_text(["content-length-range", 0, 1.5]),
        policy_text({"key": "a" * 16_384}),
        policy_text().replace('"sha1"', '"sha1", "q-sign-algorithm": "sha1"'),
        policy_text().replace('{"q-ak": "AKIDtest"}', '["starts-with", "$q-ak", "AKIDtest"]'),
    ],
)
def test_a_policy_that_is_not_understood_is_neither_signed_nor_accepted(text: str) -> None:
    assert reason_of(signed(text)) == "format"
    with pytest.raises(SigningError):
        issue(text)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(SECRET_ID, "AKIDother"), ("sha1", "md5"), (TIMES, "1700000000;1700003601")],
)
def test_a_policy_that_names_another_signer_is_not_signed(ours: str, theirs: str) -> None:
    with pytest.raises(SigningError):
        issue(policy_text().replace(ours, theirs))


def test_a_secret_id_brings_no_field() -> None:
    with pytest.raises(InvalidSigningKey):
        issue_post_form(
            policy_text().replace(SECRET_ID, "a&q-ak=b"),
            secret_id="a&q-ak=b",
            secret_key=SECRET_KEY,
            key_time=KeyTime(ISSUED_AT, ISSUED_AT + HOUR),
        )


CONDITIONS: list[Any] = [
    {"bucket": BUCKET},
    ["starts-with", "$key", "classes/7/"],
    ["eq", "$Content-Type", "application/pdf"],
    {"$success_action_status": "200"},
    ["content-length-range", 1, 1024],
]
UPLOAD = {
    "key": "classes/7/a.pdf",
    "content-type": "application/pdf",
    "success_action_status": "200",
}


def unmet(
    changed: dict[str, str] | None = None,
    *,
    without: str = "",
    bucket: str = BUCKET,
    size: int = 1024,
) -> str | None:
    sent = signed(policy_text(*CONDITIONS)) | UPLOAD
    fields = {name: value for name, value in sent.items() if name != without} | (changed or {})
    policy = read_post_form(sent).policy
    return policy.find_unmet(fields, bucket=bucket, content_length=size)


def test_a_form_that_keeps_to_its_policy_is_allowed_with_fields_of_its_own() -> None:
    assert unmet() is None
    assert unmet({"acl": "private"}, size=1) is None


def test_a_form_is_refused_by_the_condition_that_it_is_against() -> None:
    assert unmet({"key": "classes/8/a.pdf"}) == "key"
    assert unmet(without="key") == "key"
    assert unmet({"success_action_status": "201"}) == "success_action_status"
    assert unmet(without="success_action_status") == "success_action_status"
    assert unmet({"content-type": "application/pdf2"}) == "content-type"
    assert unmet({"q-key-time": "1700000000;1700003601"}) == "q-sign-time"
    assert unmet({"q-ak": "AKIDother"}) == "q-ak"
    assert unmet(size=0) == "content-length-range"
    assert unmet(size=1025) == "content-length-range"


def test_the_bucket_is_the_one_that_was_addressed_whatever_the_form_says() -> None:
    other = "other-1250000000"
    assert unmet(bucket=other) == "bucket"
    fields = {**UPLOAD, **signed(policy_text(*CONDITIONS)), "bucket": BUCKET}
    policy = read_post_form(fields).policy
    assert policy.find_unmet(fields, bucket=other, content_length=1) == "bucket"


def test_names_that_differ_only_in_case_cannot_hide_each_other() -> None:
    with pytest.raises(VerificationFailed):
        unmet({"Key": "classes/8/a.pdf"})


def test_a_value_beginning_so_is_not_a_value_equal_to() -> None:
    policy = PostPolicy.from_wire(policy_text({"key": "a"}).encode())
    fields = signed(policy_text({"key": "a"}))
    assert policy.find_unmet({**fields, "key": "ab"}, bucket=BUCKET, content_length=1) == "key"
    assert policy.find_unmet({**fields, "key": "a"}, bucket=BUCKET, content_length=1) is None
