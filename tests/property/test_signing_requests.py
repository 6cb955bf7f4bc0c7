"""Signed requests of COS and of the cloud API, for all inputs."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classgate.errors import SigningError, VerificationFailed
from classgate.signing import cloud_api, cos_json_request, cos_presigned, cos_request
from classgate.signing.cos_request import CosRequest, KeyTime

BOUNDED = settings(max_examples=150, deadline=None, database=None)

SECRET_ID = "AKIDtestSecretId"
SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
ISSUED_AT = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY_TIME = KeyTime(ISSUED_AT, ISSUED_AT + HOUR)
HOST = "courseware-1250000000.cos.ap-guangzhou.myqcloud.com"

# What an HTTP server can hand on: any text, but no half characters.
texts = st.text(st.characters(codec="utf-8"), max_size=30)
paths = texts.map(lambda text: f"/{text}")
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(
    lambda name: name.lower() not in cos_request.PARAMETER_NAMES
)
parameters = st.lists(st.tuples(names, texts), max_size=4, unique_by=lambda pair: pair[0].lower())
headers = st.lists(
    st.tuples(st.from_regex(r"x-cos-[a-z0-9-]{1,10}", fullmatch=True), texts),
    max_size=3,
    unique_by=lambda pair: pair[0],
)
# Few letters, so that what separates fields, segments and encodings comes up often.
file_names = st.text(max_size=40) | st.text(st.sampled_from("ab&=f/%2e.\n\x00 课"), max_size=12)
methods = st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE"])


def sign(request: CosRequest) -> str:
    return cos_request.issue_authorization(
        request, secret_id=SECRET_ID, secret_key=SECRET_KEY, key_time=KEY_TIME
    )


def verify(request: CosRequest, text: str) -> cos_request.Authorization:
    """As a store does it: first the key of the SecretId."""
    if cos_request.read_authorization(text).secret_id != SECRET_ID:
        raise VerificationFailed("access_key", "no such SecretId")
    return cos_request.verify_authorization(request, text, secret_key=SECRET_KEY, at=ISSUED_AT)


@BOUNDED
@given(methods, paths, parameters, headers)
def test_a_signed_request_verifies_or_was_refused(
    method: str, path: str, own: list[tuple[str, str]], sent: list[tuple[str, str]]
) -> None:
    request = CosRequest(method, path, own, [*sent, ("Host", HOST)])
    try:
        text = sign(request)
    except SigningError:
        assert any(ord(character) < 32 or ord(character) == 127 for character in path)
        return
    read = verify(request, text)
    assert read.header_list == tuple(sorted({"host", *(name for name, _ in sent)}))
    assert len(read.url_param_list) == len({name.lower() for name, _ in own})


@BOUNDED
@given(parameters, headers, st.data())
def test_nothing_that_was_signed_may_differ(
    own: list[tuple[str, str]], sent: list[tuple[str, str]], data: st.DataObject
) -> None:
    request = CosRequest("PUT", "/classes/1/a.pdf", own, [*sent, ("host", HOST)])
    text = sign(request)
    changed = data.draw(
        st.sampled_from(
            [
                CosRequest("GET", request.path, request.parameters, request.headers),
                CosRequest("PUT", "/classes/1/b.pdf", request.parameters, request.headers),
                CosRequest("PUT", request.path, request.parameters, sent),
                *(
                    CosRequest("PUT", request.path, [*own[:i], *own[i + 1 :]], request.headers)
                    for i in range(len(own))
                ),
                *(
                    CosRequest(
                        "PUT",
                        request.path,
                        own,
                        [*sent[:i], (sent[i][0], f"{sent[i][1]}x"), *sent[i + 1 :], ("host", HOST)],
                    )
                    for i in range(len(sent))
                ),
            ]
        )
    )
    with pytest.raises(VerificationFailed) as refusal:
        verify(changed, text)
    assert refusal.value.failed_check == "signature"


@settings(BOUNDED, max_examples=400)
@given(st.data())
def test_a_flipped_byte_of_an_authorization_is_refused_or_changes_nothing(
    data: st.DataObject,
) -> None:
    request = CosRequest(
        "PUT", "/a b", [("partNumber", "1"), ("uploadId", "x/y")], [("host", HOST)]
    )
    text = bytearray(sign(request), "ascii")
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = verify(request, text.decode("latin-1"))
    except VerificationFailed:
        return
    assert read == cos_request.read_authorization(sign(request))


@BOUNDED
@given(methods, paths, parameters, st.none() | texts)
def test_a_presigned_url_holds_its_query_and_no_more(
    method: str, path: str, own: list[tuple[str, str]], session_token: str | None
) -> None:
    request = CosRequest(method, path, own)
    try:
        url = cos_presigned.issue_presigned_url(
            "https",
            HOST,
            request,
            secret_id=SECRET_ID,
            secret_key=SECRET_KEY,
            key_time=KEY_TIME,
            session_token=session_token,
        )
    except SigningError:
        return
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    token = [] if session_token is None else [("x-cos-security-token", session_token)]
    assert query[7:] == [*own, *token]
    assert [name for name, _ in query[:7]] == list(cos_request.PARAMETER_NAMES)
    assert (parts.netloc, unquote(parts.path)) == (HOST, path)
    assert ";" not in url
    received = CosRequest(method, path, query, [("host", HOST)])
    cos_presigned.verify_presigned(received, secret_key=SECRET_KEY, at=ISSUED_AT + HOUR)
    elsewhere = CosRequest(method, path, query, [("host", f"other-{HOST}")])
    with pytest.raises(VerificationFailed):
        cos_presigned.verify_presigned(elsewhere, secret_key=SECRET_KEY, at=ISSUED_AT)


@BOUNDED
@given(file_names, st.booleans())
def test_no_path_adds_a_field_to_a_json_api_signature(path: str, single_use: bool) -> None:
    try:
        checked = cos_json_request.require_object_path(path)
        token = json_api_signature(
            cos_json_request.object_file_id("1250000000", "courseware", checked), single_use
        )
    except SigningError:
        return
    fields = parse_qsl(base64.b64decode(token)[20:].decode(), keep_blank_values=True)
    assert [name for name, _ in fields] == list("abketrf")
    assert dict(fields) == {
        "a": "1250000000",
        "b": "courseware",
        "k": SECRET_ID,
        "e": "0" if single_use else "1715938200",
        "t": "1715934600",
        "r": "7",
        "f": f"/1250000000/courseware{checked}",
    }
    assert checked == (path if path.startswith("/") else f"/{path}")
    assert {"", ".", ".."}.isdisjoint(checked.split("/")[1:])


def json_api_signature(file_id: str, single_use: bool) -> str:
    if single_use:
        return cos_json_request.issue_single_use(
            cloud_app_id="1250000000",
            bucket_name="courseware",
            secret_id=SECRET_ID,
            secret_key=SECRET_KEY,
            file_id=file_id,
            issued_at=ISSUED_AT,
            nonce=7,
        )
    return cos_json_request.issue_reusable(
        cloud_app_id="1250000000",
        bucket_name="courseware",
        secret_id=SECRET_ID,
        secret_key=SECRET_KEY,
        issued_at=ISSUED_AT,
        expires_at=ISSUED_AT + HOUR,
        nonce=7,
        file_id=file_id,
    )


@BOUNDED
@given(file_names, st.booleans())
def test_no_raw_file_id_adds_a_field_either(file_id: str, single_use: bool) -> None:
    named = f"/1250000000/courseware/{file_id}"
    try:
        token = json_api_signature(named, single_use)
    except SigningError:
        return
    text = base64.b64decode(token)[20:].decode()
    assert text.split("&")[-1] == f"f={named}"
    assert text.count("&") == 6


@BOUNDED
@given(file_names, file_names, st.booleans())
def test_a_json_api_signature_names_only_its_object(
    one: str,
    other: str,
    single_use: bool,
) -> None:
    try:
        path = cos_json_request.require_object_path(one)
        token = json_api_signature(
            cos_json_request.object_file_id("1250000000", "courseware", path), single_use
        )
    except SigningError:
        return
    signature = cos_json_request.read_json_api_signature(token)
    assert signature.single_use is single_use
    assert cos_json_request.allows_object(signature, path)
    for named in (other, f"/1250000000/courseware{path}", path.removeprefix("/")):
        slashed = named if named.startswith("/") else f"/{named}"
        assert cos_json_request.allows_object(signature, named) == (path == slashed)


@settings(BOUNDED, max_examples=300)
@given(st.data(), st.booleans())
def test_a_flipped_byte_of_a_json_api_signature_is_refused(
    data: st.DataObject,
    single_use: bool,
) -> None:
    token = bytearray(json_api_signature("/1250000000/courseware/a.pdf", single_use), "ascii")
    token[data.draw(st.integers(0, len(token) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VerificationFailed):
        cos_json_request.verify_json_api_signature(
            token.decode("latin-1"),
            secret_id=SECRET_ID,
            secret_key=SECRET_KEY,
            cloud_app_id="1250000000",
            bucket_name="courseware",
            at=ISSUED_AT,
        )


def cloud_call(payload: bytes, query: str = "") -> tuple[cloud_api.CloudApiRequest, dict[str, str]]:
    request = cloud_api.CloudApiRequest(
        host="sts.tencentcloudapi.com",
        service="sts",
        action="GetFederationToken",
        version="2018-08-13",
        region="ap-guangzhou",
        payload=payload,
        query=query,
    )
    headers = cloud_api.sign_headers(
        request, secret_id=SECRET_ID, secret_key=SECRET_KEY, issued_at=ISSUED_AT
    )
    return request, headers


def verify_call(
    request: cloud_api.CloudApiRequest,
    headers: dict[str, str],
    *,
    payload: bytes,
    at: datetime = ISSUED_AT,
) -> cloud_api.CloudApiCredential:
    if cloud_api.read_credential(headers["Authorization"]).secret_id != SECRET_ID:
        raise VerificationFailed("access_key", "no such SecretId")
    return cloud_api.verify_authorization(
        method=request.method,
        query=request.query,
        headers=headers,
        payload=payload,
        authorization=headers["Authorization"],
        timestamp=headers["X-TC-Timestamp"],
        service=request.service,
        secret_key=SECRET_KEY,
        at=at,
    )


@BOUNDED
@given(st.binary(max_size=60), st.binary(max_size=60), st.integers(-900, 900))
def test_a_cloud_call_is_good_for_its_body_and_five_minutes(
    payload: bytes, other: bytes, seconds: int
) -> None:
    request, sent = cloud_call(payload)
    at = ISSUED_AT + timedelta(seconds=seconds)
    reason = None
    try:
        verify_call(request, sent, payload=other, at=at)
    except VerificationFailed as refusal:
        reason = refusal.failed_check
    if payload != other:
        assert reason == "signature"
    else:
        assert reason == (None if abs(seconds) <= 300 else "expired")


@settings(BOUNDED, max_examples=300)
@given(st.data())
def test_a_flipped_byte_of_a_cloud_authorization_is_refused_or_changes_nothing(
    data: st.DataObject,
) -> None:
    request, sent = cloud_call(b"{}")
    before = cloud_api.read_credential(sent["Authorization"])
    text = bytearray(sent["Authorization"], "ascii")
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = verify_call(
            request, {**sent, "Authorization": text.decode("latin-1")}, payload=b"{}"
        )
    except VerificationFailed:
        return
    assert read == before
