"""Signed parameters, upload forms and VOD signatures, for all inputs."""

import json
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from classgate.errors import InvalidSigningKey, SigningError, VerificationFailed
from classgate.signing import cloud_api_v1, cos_post_policy, sts_form, vod_upload
from classgate.signing.cloud_api_v1 import CallSignature, ParameterCall
from classgate.signing.cos_post_policy import PostForm
from classgate.signing.cos_request import KeyTime

BOUNDED = settings(max_examples=150, deadline=None, database=None)

SECRET_ID = "AKIDtestSecretId"
SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
ISSUED_AT = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY_TIME = KeyTime(ISSUED_AT, ISSUED_AT + HOUR)
BUCKET = "courseware-1250000000"
HOST = "sts.tencentcloudapi.com"

texts = st.text(st.characters(codec="utf-8"), max_size=30)
# Few letters, so that what separates fields comes up often.
awkward = st.text(st.sampled_from("a&=%+@_. 课"), max_size=12)
any_text = texts | awkward
names = st.text(st.sampled_from("abcNonce_.&="), min_size=1, max_size=6)
parameters = st.dictionaries(names, any_text, max_size=4)


def flipped(data: st.DataObject, text: str) -> str:
    """The text with one byte changed."""
    changed = bytearray(text, "utf-8")
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    return changed.decode("latin-1")


# ── the older signatures of the cloud API ───────────────────────────────────────────────────────


def sign_call(own: dict[str, str], method: str, *, dotted: bool) -> ParameterCall:
    verb: Literal["GET", "POST"] = "GET" if method == "GET" else "POST"
    sent = cloud_api_v1.sign_parameters(
        ParameterCall(HOST, own, verb, dotted_names=dotted),
        secret_id=SECRET_ID,
        secret_key=SECRET_KEY,
        issued_at=ISSUED_AT,
        nonce=7,
    )
    return ParameterCall(HOST, sent, verb, dotted_names=dotted)


def verify_call(call: ParameterCall) -> CallSignature:
    if cloud_api_v1.read_call_signature(call.parameters).secret_id != SECRET_ID:
        raise VerificationFailed("access_key", "no such SecretId")
    return cloud_api_v1.verify_call(call, secret_key=SECRET_KEY, at=ISSUED_AT)


@BOUNDED
@given(parameters, st.sampled_from(["GET", "POST"]), st.booleans())
def test_a_call_verifies_with_its_own_parameters_or_was_refused(
    own: dict[str, str], method: str, dotted: bool
) -> None:
    try:
        call = sign_call(own, method, dotted=dotted)
    except SigningError:
        return
    read = verify_call(call)
    assert (read.secret_id, read.issued_at, read.nonce) == (SECRET_ID, ISSUED_AT, 7)
    added = {"SecretId", "Timestamp", "Nonce", "Signature"}
    assert {name: value for name, value in call.parameters.items() if name not in added} == own


@settings(BOUNDED, max_examples=400)
@given(parameters, parameters, st.booleans())
def test_no_other_parameters_have_the_text_of_a_call(
    own: dict[str, str], other: dict[str, str], dotted: bool
) -> None:
    assume(own != other)
    try:
        one, two = (sign_call(each, "POST", dotted=dotted) for each in (own, other))
    except SigningError:
        return
    same = cloud_api_v1.source_string(one) == cloud_api_v1.source_string(two)
    dots = [{name.replace("_", "."): own[name] for name in own} for own in (own, other)]
    assert not same or (dotted and dots[0] == dots[1])


@settings(BOUNDED, max_examples=300)
@given(st.dictionaries(st.sampled_from("abcd"), any_text, min_size=2, max_size=4))
def test_a_moved_border_between_parameters_is_refused(own: dict[str, str]) -> None:
    try:
        call = sign_call(own, "POST", dotted=False)
    except SigningError:
        return
    # The last of them is pasted to the one before it, as the signed text has them anyway.
    *_, before, last = sorted(own)
    merged = {name: value for name, value in call.parameters.items() if name != last}
    merged[before] = f"{own[before]}&{last}={own[last]}"
    moved = ParameterCall(HOST, merged)
    assert cloud_api_v1.source_string(moved) == cloud_api_v1.source_string(call)
    with pytest.raises(VerificationFailed):
        verify_call(moved)


@settings(BOUNDED, max_examples=300)
@given(st.data())
def test_a_flipped_byte_of_a_signed_body_is_refused_or_changes_nothing(data: st.DataObject) -> None:
    call = sign_call({"Name": "课 a", "Policy": "%7B%7D", "a": ""}, "POST", dotted=False)
    body = bytearray(sts_form.encode_form(call.parameters))
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        fields = sts_form.parse_form(bytes(body))
        verify_call(ParameterCall(HOST, fields))
    except VerificationFailed:
        return
    assert fields == call.parameters


@BOUNDED
@given(st.dictionaries(any_text, any_text, min_size=1, max_size=5))
def test_a_body_is_read_as_the_fields_that_it_was(fields: dict[str, str]) -> None:
    assert sts_form.parse_form(sts_form.encode_form(fields)) == fields


# ── upload forms ────────────────────────────────────────────────────────────────────────────────

field_names = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True).filter(
    lambda name: name not in {"file", "policy", "bucket"} and not name.startswith("q-")
)
bound_fields = st.dictionaries(field_names, any_text, max_size=4)


def policy_text(bound: dict[str, str], operator: str) -> str:
    conditions: list[object] = [
        {"q-sign-algorithm": "sha1"},
        {"q-ak": SECRET_ID},
        {"q-sign-time": KEY_TIME.to_wire()},
        {"bucket": BUCKET},
        ["content-length-range", 1, 10],
        *([operator, f"${name}", value] for name, value in bound.items()),
    ]
    return json.dumps({"expiration": "2024-05-17T09:30:00.000Z", "conditions": conditions})


def sign_form(text: str) -> dict[str, str]:
    return cos_post_policy.issue_post_form(
        text, secret_id=SECRET_ID, secret_key=SECRET_KEY, key_time=KEY_TIME
    )


def verify_form(fields: dict[str, str]) -> PostForm:
    if cos_post_policy.read_post_form(fields).secret_id != SECRET_ID:
        raise VerificationFailed("access_key", "no such SecretId")
    return cos_post_policy.verify_post_form(fields, secret_key=SECRET_KEY, at=ISSUED_AT)


@BOUNDED
@given(bound_fields, st.sampled_from(["eq", "starts-with"]))
def test_a_form_verifies_and_keeps_to_its_policy(bound: dict[str, str], operator: str) -> None:
    fields = {**bound, **sign_form(policy_text(bound, operator))}
    policy = verify_form(fields).policy
    assert policy.find_unmet(fields, bucket=BUCKET, content_length=10) is None
    assert policy.find_unmet(fields, bucket=BUCKET, content_length=11) == "content-length-range"
    assert policy.find_unmet(fields, bucket="other-1250000000", content_length=1) == "bucket"


@BOUNDED
@given(
    st.dictionaries(field_names, any_text, min_size=1, max_size=4),
    any_text,
    st.sampled_from(["eq", "starts-with"]),
    st.data(),
)
def test_a_form_may_not_differ_from_its_policy(
    bound: dict[str, str], other: str, operator: str, data: st.DataObject
) -> None:
    fields = {**bound, **sign_form(policy_text(bound, operator))}
    policy = verify_form(fields).policy
    name = data.draw(st.sampled_from(sorted(bound)))
    allowed = other == bound[name] if operator == "eq" else other.startswith(bound[name])
    unmet = policy.find_unmet({**fields, name: other}, bucket=BUCKET, content_length=1)
    assert unmet == (None if allowed else name)
    del fields[name]
    assert policy.find_unmet(fields, bucket=BUCKET, content_length=1) == name


@settings(BOUNDED, max_examples=400)
@given(st.data(), st.sampled_from(cos_post_policy.SIGNATURE_FIELDS))
def test_a_flipped_byte_of_a_form_is_refused(data: st.DataObject, name: str) -> None:
    fields = sign_form(policy_text({"key": "课件/a.pdf"}, "eq"))
    with pytest.raises(VerificationFailed):
        verify_form({**fields, name: flipped(data, fields[name])})


@BOUNDED
@given(any_text)
def test_a_secret_id_is_one_field_or_refused(secret_id: str) -> None:
    text = policy_text({}, "eq").replace(json.dumps(SECRET_ID), json.dumps(secret_id))
    try:
        fields = cos_post_policy.issue_post_form(
            text, secret_id=secret_id, secret_key=SECRET_KEY, key_time=KEY_TIME
        )
    except InvalidSigningKey:
        return
    assert secret_id.isascii()
    assert (tuple(fields), fields["q-ak"]) == (cos_post_policy.SIGNATURE_FIELDS, secret_id)


# ── uploads to VOD ──────────────────────────────────────────────────────────────────────────────

option_names = st.from_regex(r"[a-z][A-Za-z0-9]{0,10}", fullmatch=True)


def vod_signature(
    options: tuple[tuple[str, str], ...] = (), lifetime: timedelta = HOUR, nonce: int = 7
) -> str:
    return vod_upload.issue_upload_signature(
        secret_id=SECRET_ID,
        secret_key=SECRET_KEY,
        issued_at=ISSUED_AT,
        lifetime=lifetime,
        nonce=nonce,
        options=options,
    )


@BOUNDED
@given(
    st.lists(st.tuples(option_names, any_text), max_size=4),
    st.integers(1, 90 * 86_400),
    st.integers(0, 2**32 - 1),
)
def test_a_vod_signature_says_what_was_asked_for_or_was_refused(
    options: list[tuple[str, str]], seconds: int, nonce: int
) -> None:
    lifetime = timedelta(seconds=seconds)
    taken = [name for name, _ in options]
    try:
        token = vod_signature(tuple(options), lifetime, nonce)
    except SigningError:
        assert len(set(taken)) != len(taken) or not {"random"}.isdisjoint(taken)
        return
    at = ISSUED_AT + lifetime
    read = vod_upload.verify_upload_signature(
        token, secret_id=SECRET_ID, secret_key=SECRET_KEY, at=at
    )
    assert read == vod_upload.UploadSignature(SECRET_ID, ISSUED_AT, at, nonce, tuple(options))


@settings(BOUNDED, max_examples=300)
@given(st.data())
def test_a_flipped_byte_of_a_vod_signature_is_refused(data: st.DataObject) -> None:
    token = flipped(data, vod_signature((("procedure", "课 a"),)))
    with pytest.raises(VerificationFailed):
        vod_upload.verify_upload_signature(
            token, secret_id=SECRET_ID, secret_key=SECRET_KEY, at=ISSUED_AT
        )


@settings(BOUNDED, max_examples=300)
@given(texts | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_what_a_stranger_sends_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(VerificationFailed):
        vod_upload.read_upload_signature(text)
    with pytest.raises(VerificationFailed):
        cos_post_policy.PostPolicy.from_wire(text.encode(errors="surrogatepass"))
    with pytest.raises(VerificationFailed):
        cloud_api_v1.read_call_signature({"SecretId": SECRET_ID, "Signature": text})
