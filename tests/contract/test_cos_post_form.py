"""POST Object: forms signed here from the public document, sent as a browser sends them."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.contract_cloud import BUCKET
from tests.support.cos_policies import policy, statement
from tests.support.post_forms import CONTENT, KEY, Fields, post, refused, signed, stored
from tests.support.running_emulator import Emulator
from tests.support.sts_client import Granted, federation_token


@pytest.mark.parametrize("file_first", [False, True])
def test_form_uploads_its_file(emulator: Emulator, file_first: bool) -> None:
    fields = signed(["starts-with", "$key", "classes/1/"], ["content-length-range", 1, 100])
    described = {"Content-Type": "application/pdf", "x-cos-meta-class": "1"}
    answer = post(emulator, fields | described, file_first=file_first)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["etag"] == f'"{hashlib.md5(CONTENT).hexdigest()}"'  # noqa: S324
    assert stored(emulator) == CONTENT
    head = emulator.cos_client().head_object(Bucket=BUCKET, Key=KEY)
    assert (head["Content-Type"], head["x-cos-meta-class"]) == ("application/pdf", "1")


@pytest.mark.parametrize(
    ("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("9", 204)]
)
def test_answer_has_the_status_that_the_form_asks_for(
    emulator: Emulator, asked: str, status: int
) -> None:
    answer = post(emulator, signed() | {"success_action_status": asked})
    assert answer.status == status
    assert (f"<Key>{KEY}</Key>".encode() in answer.body) == (status == 201)


def test_name_of_the_file_may_stand_in_the_key(emulator: Emulator) -> None:
    fields = signed(["starts-with", "$key", "classes/1/"], key="classes/1/${filename}")
    assert post(emulator, fields, file_name="C:\\课\\第一课.pdf").status == 204
    assert stored(emulator, "classes/1/第一课.pdf") == CONTENT


def test_browser_is_sent_on_when_the_form_says_where(emulator: Emulator) -> None:
    where = f"http://{emulator.address}/_emulator/nowhere"
    answer = post(emulator, signed() | {"success_action_redirect": where})
    # The client follows the redirect to what is not there.
    assert answer.status == 404
    assert stored(emulator) == CONTENT
    harmless = post(emulator, signed() | {"success_action_redirect": "javascript:alert(1)"})
    assert harmless.status == 204


@pytest.mark.parametrize(
    ("conditions", "changed"),
    [
        ([{"key": "other"}], {}),
        ([["eq", "$key", KEY + "x"]], {}),
        ([["starts-with", "$key", "classes/2/"]], {}),
        ([["starts-with", "$key", "classes/1/$"]], {"key": "classes/1/${filename}"}),
        ([["content-length-range", 1, 5]], {}),
        ([["content-length-range", 7, 100]], {}),
        ([{"x-cos-meta-class": "1"}], {}),
        ([{"x-cos-meta-class": "1"}], {"x-cos-meta-class": "2"}),
        ([["starts-with", "$Content-Type", "image/"]], {"Content-Type": "application/pdf"}),
        ([{"success_action_status": "200"}], {"success_action_status": "201"}),
    ],
)
def test_form_that_does_not_keep_to_its_policy_is_denied(
    emulator: Emulator, conditions: list[Any], changed: Fields
) -> None:
    fields = signed(*conditions) | changed
    assert refused(post(emulator, fields)) == (403, "AccessDenied")
    assert stored(emulator) is None


def without(name: str) -> Callable[[Fields], Fields]:
    return lambda fields: {held: value for held, value in fields.items() if held != name}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without("q-signature"), "AccessDenied"),
        (without("policy"), "AccessDenied"),
        (without("key"), "InvalidArgument"),
        (lambda fields: fields | {"Key": "other"}, "MalformedPOSTRequest"),
        (lambda fields: fields | {"q-ak": "AKIDnobody"}, "InvalidAccessKeyId"),
        (lambda fields: fields | {"q-signature": "0" * 40}, "SignatureDoesNotMatch"),
        (lambda fields: fields | {"key": "k" * 851}, "InvalidURI"),
        (
            lambda fields: fields | {"policy": signed(["starts-with", "$key", ""])["policy"]},
            "SignatureDoesNotMatch",
        ),
        (lambda fields: fields | {"x-cos-security-token": "t"}, "InvalidSecurity"),
    ],
)
def test_form_that_is_not_what_was_signed_is_refused(
    emulator: Emulator, change: Callable[[Fields], Fields], code: str
) -> None:
    answer = post(emulator, change(signed({"key": KEY})))
    assert refused(answer)[1] == code
    assert stored(emulator) is None


def test_form_of_another_key_does_not_match(emulator: Emulator) -> None:
    answer = post(emulator, signed(secret_key="x" * 32))
    assert refused(answer) == (403, "SignatureDoesNotMatch")


def test_form_without_a_file_is_malformed(emulator: Emulator) -> None:
    assert refused(post(emulator, signed(), None)) == (400, "MalformedPOSTRequest")


@pytest.mark.parametrize(("seconds", "policy_seconds"), [(60, 600), (600, 60)])
def test_form_expires_with_its_key_and_with_its_policy(
    emulator: Emulator, seconds: int, policy_seconds: int
) -> None:
    fields = signed(seconds=seconds, policy_seconds=policy_seconds)
    emulator.set_clock(30)
    assert post(emulator, fields).status == 204
    emulator.set_clock(62)
    answer = post(emulator, fields)
    assert refused(answer) == (403, "AccessDenied")
    assert b"Request has expired" in answer.body


# ── temporary keys ──────────────────────────────────────────────────────────────────────────────


def form_of(granted: Granted, key: str = KEY) -> Fields:
    fields = signed(
        {"key": key}, key=key, secret_id=granted.secret_id, secret_key=granted.secret_key
    )
    return fields | {"x-cos-security-token": granted.token}


def test_temporary_keys_sign_forms_within_their_policy(emulator: Emulator) -> None:
    text = policy(statement("classes/1/*", ["name/cos:PostObject"]))
    granted = federation_token(emulator, text, seconds=60)
    assert post(emulator, form_of(granted)).status == 204
    assert refused(post(emulator, form_of(granted, "classes/2/a"))) == (403, "AccessDenied")
    bare = without("x-cos-security-token")(form_of(granted))
    assert refused(post(emulator, bare)) == (403, "InvalidSecurity")
    emulator.set_clock(61)
    assert refused(post(emulator, form_of(granted))) == (403, "ExpiredToken")


def test_keys_that_may_only_put_do_not_post(emulator: Emulator) -> None:
    granted = federation_token(emulator, policy(statement("*", ["name/cos:PutObject"])))
    assert refused(post(emulator, form_of(granted))) == (403, "AccessDenied")
