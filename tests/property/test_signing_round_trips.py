"""What is issued is read back whole, and one changed byte is refused or changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from classgate.errors import SigningError, VerificationFailed
from classgate.signing import cloud_api, cos_json_request, cos_presigned, sts_form, sts_messages
from classgate.signing.cloud_api_v1 import ParameterCall, verify_call
from classgate.signing.cos_policy import Policy, Statement
from classgate.signing.cos_request import CosRequest, KeyTime
from classgate.signing.keys import EcdsaPrivateKey, SdkSecretKey
from classgate.signing.private_map_key import (
    PrivateMapKeyPayload,
    issue_private_map_key,
    verify_private_map_key,
)
from classgate.signing.user_sig import SigningKey, VerifyingKey

BOUNDED = settings(max_examples=200, deadline=None, database=None)

SECRET_ID = "AKIDtestSecretId"
SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
ISSUED_AT = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY_TIME = KeyTime(ISSUED_AT, ISSUED_AT + HOUR)
HOST = "courseware-1250000000.cos.ap-guangzhou.myqcloud.com"
SDK_APP_ID = 1400000000

texts = st.text(st.characters(codec="utf-8"), max_size=20)
awkward = st.text(st.sampled_from("a&=%+;:/,\n\r 课"), max_size=12)
any_text = texts | awkward
seconds = st.integers(0, 2**32 - 1)
identifiers = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)


def moment(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at)


def changed(data: st.DataObject, text: str) -> str:
    """The text with one byte changed."""
    held = bytearray(text, "ascii")
    held[data.draw(st.integers(0, len(held) - 1))] ^= data.draw(st.integers(1, 255))
    return held.decode("latin-1")


# ── COS JSON API ────────────────────────────────────────────────────────────────────────────────


@BOUNDED
@given(
    st.from_regex(r"[0-9]{1,20}", fullmatch=True),
    st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,10})?", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True),
    seconds,
    st.none() | st.integers(1, 2**31),
    st.integers(0, 9_999_999_999),
    any_text,
    st.permutations("abketrf").map("".join),
)
def test_a_json_api_signature_says_what_was_asked_for_or_was_refused(
    app_id: str, bucket: str, secret_id: str, at: int, lifetime: int | None, nonce: int,
    path: str, order: str,
) -> None:  # fmt: skip
    shared: dict[str, Any] = {
        "cloud_app_id": app_id, "bucket_name": bucket, "secret_id": secret_id,
        "secret_key": SECRET_KEY, "issued_at": moment(at), "nonce": nonce,
        "file_id": f"/{app_id}/{bucket}/{path}", "field_order": order,
    }  # fmt: skip
    try:
        if lifetime is None:
            token, ends = cos_json_request.issue_single_use(**shared), None
        else:
            ends = moment(at) + timedelta(seconds=lifetime)
            token = cos_json_request.issue_reusable(**shared, expires_at=ends)
    except SigningError:
        return
    read = cos_json_request.verify_json_api_signature(
        token, secret_id=secret_id, secret_key=SECRET_KEY, cloud_app_id=app_id,
        bucket_name=bucket, at=ends or moment(2**32 - 1),
    )  # fmt: skip
    assert (read.cloud_app_id, read.bucket_name, read.secret_id) == (app_id, bucket, secret_id)
    assert (read.issued_at, read.expires_at, read.nonce) == (moment(at), ends, nonce)
    assert (read.file_id, read.single_use) == (shared["file_id"], lifetime is None)


# ── presigned URLs ──────────────────────────────────────────────────────────────────────────────


@settings(BOUNDED, max_examples=500)
@given(st.data())
def test_a_changed_byte_of_a_presigned_url_is_refused_or_changes_nothing(
    data: st.DataObject,
) -> None:
    request = CosRequest("GET", "/课件/a b.pdf", [("response-content-type", "a/b; c")])
    url = cos_presigned.issue_presigned_url(
        "https", HOST, request, secret_id=SECRET_ID, secret_key=SECRET_KEY, key_time=KEY_TIME,
        session_token="t",
    )  # fmt: skip
    start = url.index(HOST)
    try:
        parts = urlsplit(url[:start] + changed(data, url[start:]))
    except ValueError:
        return  # a bracket in the host: no address at all
    query = parse_qsl(parts.query, keep_blank_values=True)
    host = parts.netloc.lower()
    received = CosRequest("GET", unquote(parts.path), query, [("host", host)])
    try:
        # As a store does it: first the key of the SecretId, which is not signed itself.
        if cos_presigned.read_presigned(received).secret_id != SECRET_ID:
            return
        read = cos_presigned.verify_presigned(received, secret_key=SECRET_KEY, at=ISSUED_AT)
    except VerificationFailed:
        return
    assert (host, received.path, read.secret_id) == (HOST, request.path, SECRET_ID)
    assert read.key_time == KEY_TIME
    # The names are signed in lower case, so another case of one changes nothing.
    signed = {name.lower(): value for name, value in query if not name.startswith("q-")}
    assert {name: signed[name] for name in read.url_param_list} == {
        "response-content-type": "a/b; c", "x-cos-security-token": "t",
    }  # fmt: skip


# ── cloud API ───────────────────────────────────────────────────────────────────────────────────


@BOUNDED
@given(any_text, any_text, any_text, any_text, st.binary(max_size=30), seconds, st.booleans())
def test_a_cloud_call_verifies_as_it_was_signed_or_was_refused(
    host: str, content_type: str, service: str, query: str, payload: bytes, at: int, unsigned: bool
) -> None:
    request = cloud_api.CloudApiRequest(
        host or "h", service or "sts", "A", "V", "R", payload,
        content_type=content_type, query=query, unsigned_payload=unsigned,
    )  # fmt: skip
    try:
        headers = cloud_api.sign_headers(
            request, secret_id=SECRET_ID, secret_key=SECRET_KEY, issued_at=moment(at)
        )
    except SigningError:
        return
    assert all("\n" not in value and "\r" not in value for value in headers.values())

    def verify(**altered: Any) -> cloud_api.CloudApiCredential:
        given: dict[str, Any] = {
            "method": "POST", "query": query, "headers": headers, "payload": payload,
            "authorization": headers["Authorization"], "timestamp": headers["X-TC-Timestamp"],
            "service": request.service, "secret_key": SECRET_KEY, "at": moment(at),
        }  # fmt: skip
        return cloud_api.verify_authorization(**(given | altered))

    try:
        read = verify()
    except VerificationFailed as refusal:
        # Only a service that no header can name is signed and cannot be read.
        assert refusal.failed_check == "format"  # noqa: PT017
        return
    assert (read.secret_id, read.service) == (SECRET_ID, request.service)
    alterations: tuple[dict[str, Any], ...] = (
        {"query": f"{query}a"}, {"method": "GET"}, {"service": "cvm" + request.service},
        {"timestamp": str(at ^ 1)}, {"headers": headers | {"Host": f"{request.host}a"}},
        {"headers": headers | {"Content-Type": f"{content_type}a"}},
        *([] if unsigned else [{"payload": payload + b"a"}]),
    )  # fmt: skip
    for altered in alterations:
        try:
            verify(**altered)
        except VerificationFailed as refusal:
            assert refusal.failed_check == "signature"  # noqa: PT017
        else:
            raise AssertionError(altered)


key_patterns = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8
)
policies = st.lists(
    st.builds(
        Statement,
        st.sampled_from(["allow", "deny"]),
        st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=2).map(tuple),
        st.lists(key_patterns, min_size=1, max_size=2).map(tuple),
        st.none() | st.dictionaries(texts, st.dictionaries(texts, texts | st.integers(0, 9))),
    ),
    min_size=1,
    max_size=3,
).map(lambda made: Policy(tuple(made)))
lifetimes = st.integers(1, 129_600).map(lambda count: timedelta(seconds=count))


@BOUNDED
@given(policies, lifetimes, st.from_regex(r"[A-Za-z]{1,20}", fullmatch=True))
def test_a_call_for_keys_is_read_as_it_was_written(
    policy: Policy, lifetime: timedelta, name: str
) -> None:
    """Policies with any text in them, through JSON and through both encodings of a form."""
    asked = sts_messages.FederationTokenRequest(name, policy, lifetime)
    assert Policy.from_wire(policy.to_wire()) == policy
    payload = sts_messages.federation_token_payload(policy, lifetime=lifetime, name=name)
    assert sts_messages.read_federation_token_payload(payload) == asked
    signing: dict[str, Any] = {
        "region": "ap-guangzhou", "secret_id": SECRET_ID, "secret_key": SECRET_KEY,
        "issued_at": ISSUED_AT, "nonce": 7,
    }  # fmt: skip
    fields = sts_form.parse_form(
        sts_form.encode_form(sts_form.issue_federation_token_form(asked, **signing))
    )
    verify_call(ParameterCall(sts_form.HOST, fields), secret_key=SECRET_KEY, at=ISSUED_AT)
    assert sts_messages.read_federation_token_fields(dict(fields)) == asked
    role = sts_form.AssumeRoleRequest("qcs::cam::uin/1:roleName/a", name, policy, lifetime)
    fields = sts_form.parse_form(
        sts_form.encode_form(sts_form.issue_assume_role_form(role, **signing))
    )
    verify_call(ParameterCall(sts_form.HOST, fields), secret_key=SECRET_KEY, at=ISSUED_AT)
    assert sts_form.read_assume_role_fields(fields) == role


@BOUNDED
@given(any_text, any_text, any_text, seconds, st.integers(1, 129_600), texts)
def test_keys_are_read_as_sts_wrote_them(
    secret_id: str, secret_key: str, token: str, at: int, lifetime: int, request_id: str
) -> None:
    ends = moment(max(at, lifetime))
    given = sts_messages.TemporaryCredentials(
        secret_id, secret_key, token, ends - timedelta(seconds=lifetime), ends, request_id
    )
    body = sts_messages.federation_token_reply(given)
    read = sts_messages.read_federation_token_reply(body, lifetime=timedelta(seconds=lifetime))
    assert read == given
    refused = sts_messages.StsError(secret_id, token, request_id)
    body = sts_messages.error_reply(refused)
    assert sts_messages.read_federation_token_reply(body, lifetime=HOUR) == refused


# ── PrivateMapKeys ────────────────────────────────────────────────────────────────────────────────

_PEM = ec.derive_private_key(0x1234567, ec.SECP256K1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)
_SECRET = SdkSecretKey("56d229b32cdf556e36afb190876bca5ae6dcd24fcce2fb1789bf0ab0874c8f43")
_PAIRS: list[tuple[SigningKey, VerifyingKey]] = [
    (EcdsaPrivateKey.from_pem(_PEM), EcdsaPrivateKey.from_pem(_PEM).public_key()),
    (_SECRET, _SECRET),
]


@settings(BOUNDED, max_examples=400)
@given(st.sampled_from(_PAIRS), st.sampled_from([42, "room-42"]), st.data())
def test_a_changed_byte_of_a_room_private_map_key_is_refused_or_changes_nothing(
    pair: tuple[SigningKey, VerifyingKey], room_id: int | str, data: st.DataObject
) -> None:
    token = issue_private_map_key(
        pair[0], sdk_app_id=SDK_APP_ID, identifier="amy", room_id=room_id, privileges=42,
        issued_at=ISSUED_AT, lifetime=HOUR,
    )  # fmt: skip
    try:
        read = verify_private_map_key(
            changed(data, token), pair[1], sdk_app_id=SDK_APP_ID, identifier="amy", at=ISSUED_AT
        )
    except VerificationFailed:
        return
    assert read == PrivateMapKeyPayload("amy", SDK_APP_ID, room_id, ISSUED_AT + HOUR, 42)


@BOUNDED
@given(
    st.sampled_from(_PAIRS), identifiers, identifiers, st.integers(1, 2**32 - 1),
    st.integers(1, 2**32 - 1),
)  # fmt: skip
def test_a_room_private_map_key_is_for_one_person_and_application(
    pair: tuple[SigningKey, VerifyingKey], one: str, other: str, app: int, other_app: int
) -> None:
    token = issue_private_map_key(
        pair[0], sdk_app_id=app, identifier=one, room_id=1, privileges=255,
        issued_at=ISSUED_AT, lifetime=HOUR,
    )  # fmt: skip
    for name, number, at in (
        (one, app, ISSUED_AT + HOUR), (other, app, ISSUED_AT), (one, other_app, ISSUED_AT),
        (one, app, ISSUED_AT + HOUR + timedelta(seconds=1)),
    ):  # fmt: skip
        good = (name, number) == (one, app) and at <= ISSUED_AT + HOUR
        try:
            verify_private_map_key(token, pair[1], sdk_app_id=number, identifier=name, at=at)
        except VerificationFailed:
            assert not good
        else:
            assert good
