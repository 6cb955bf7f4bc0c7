"""What the older signatures of the cloud API let in and give out."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from classgate.errors import SigningError, VerificationFailed
from classgate.signing.cloud_api_v1 import (
    API_2_PATH,
    ParameterCall,
    SignatureMethod,
    issue_signature,
    read_call_signature,
    sign_parameters,
    source_string,
    verify_call,
)

SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
ISSUED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
HOST = "sts.tencentcloudapi.com"
SIGNING = {"SecretId": "AKIDtest", "Timestamp": "1700000000", "Nonce": "7"}


def by_hand(text: str, digest: str = "sha1") -> str:
    return base64.b64encode(hmac.digest(SECRET_KEY.encode(), text.encode(), digest)).decode()


def call(
    parameters: dict[str, str], *, dotted: bool = False, method: str = "POST"
) -> ParameterCall:
    verb: Literal["GET", "POST"] = "GET" if method == "GET" else "POST"
    return ParameterCall(HOST, parameters, verb, API_2_PATH if dotted else "/", dotted)


def signed(parameters: dict[str, str]) -> dict[str, str]:
    """Parameters with a signature over them, made by hand."""
    joined = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    digest = "sha256" if parameters.get("SignatureMethod") == "HmacSHA256" else "sha1"
    return {**parameters, "Signature": by_hand(f"POST{HOST}/?{joined}", digest)}


def reason_of(parameters: dict[str, str], at: datetime = ISSUED_AT) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify_call(call(parameters), secret_key=SECRET_KEY, at=at)
    return refusal.value.failed_check


def test_parameters_are_signed_in_the_order_of_their_names_and_unencoded() -> None:
    parameters = {**SIGNING, "a": "课 &b", "Z": "%2F", "Signature": "not signed"}
    assert source_string(call(parameters)) == (
        f"POST{HOST}/?Nonce=7&SecretId=AKIDtest&Timestamp=1700000000&Z=%2F&a=课 &b"
    )


def test_api_2_signs_dots_for_underscores_but_not_in_a_name_that_begins_with_one() -> None:
    parameters = {"video_name_0": "x", "_own_name": "y", "video0": "z"}
    # Sorted before the dots: by its dot the first would stand before video0.
    assert source_string(call(parameters, dotted=True)) == (
        f"POST{HOST}/v2/index.php?_own_name=y&video0=z&video.name.0=x"
    )
    assert source_string(call({"video_name": "x"})) == f"POST{HOST}/?video_name=x"


def test_api_2_leaves_out_what_php_would_post_as_a_file() -> None:
    parameters = {"a": "@/tmp/x", "b": "c"}
    assert source_string(call(parameters, dotted=True)) == f"POST{HOST}/v2/index.php?b=c"
    assert source_string(call(parameters, dotted=True, method="GET")).endswith("?a=@/tmp/x&b=c")
    assert source_string(call(parameters)).endswith("?a=@/tmp/x&b=c")
    with pytest.raises(SigningError):
        issue_signature(call({**SIGNING, **parameters}, dotted=True), secret_key=SECRET_KEY)


@pytest.mark.parametrize("method", [None, "HmacSHA1", "HmacSHA256"])
def test_a_call_gets_all_its_parameters(method: SignatureMethod | None) -> None:
    sent = sign_parameters(
        call({"Action": "GetFederationToken"}),
        secret_id="AKIDtest",
        secret_key=SECRET_KEY,
        issued_at=ISSUED_AT,
        nonce=7,
        method=method,
        session_token="a+b/c==",
    )
    named = {} if method is None else {"SignatureMethod": method}
    own = {"Action": "GetFederationToken", "Token": "a+b/c=="}
    assert sent == signed({**SIGNING, **named, **own})
    read = verify_call(call(sent), secret_key=SECRET_KEY, at=ISSUED_AT)
    assert read == read_call_signature(sent)
    assert (read.secret_id, read.issued_at, read.nonce) == ("AKIDtest", ISSUED_AT, 7)
    assert read.method == (method or "HmacSHA1")


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_call_is_good_for_five_minutes_either_way(seconds: int) -> None:
    at = ISSUED_AT + timedelta(seconds=seconds)
    assert verify_call(call(signed(SIGNING)), secret_key=SECRET_KEY, at=at).nonce == 7
    beyond = at + timedelta(seconds=seconds // 300)
    assert reason_of(signed(SIGNING), beyond) == "expired"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (SIGNING, "format"),
        ({**SIGNING, "Signature": "AAAA"}, "format"),
        ({**SIGNING, "Signature": base64.b64encode(bytes(20)).decode()}, "signature"),
        ({**SIGNING, "Signature": base64.b64encode(bytes(32)).decode()}, "format"),
        (signed(SIGNING) | {"Action": "More"}, "signature"),
        (signed(SIGNING) | {"Nonce": "8"}, "signature"),
        (signed(SIGNING) | {"SignatureMethod": "HmacSHA256"}, "format"),
        (signed({**SIGNING, "SignatureMethod": "HmacMD5"}), "format"),
        (signed({**SIGNING, "SecretId": ""}), "format"),
        (signed({**SIGNING, "SecretId": "a b"}), "format"),
        (signed({**SIGNING, "Timestamp": "yesterday"}), "format"),
        (signed({**SIGNING, "Timestamp": "-1"}), "format"),
        (signed({**SIGNING, "Nonce": ""}), "format"),
        (signed({**SIGNING, "Nonce": "18446744073709551616"}), "format"),
        (signed({**SIGNING, "a b": ""}), "format"),
        (signed(SIGNING) | {"half": "\ud800"}, "format"),
    ],
)
def test_a_call_is_refused_for(parameters: dict[str, str], reason: str) -> None:
    assert reason_of(parameters) == reason


def test_two_parameters_cannot_be_read_as_one() -> None:
    sent = signed({**SIGNING, "Name": "a", "Other": "b"})
    one = {name: value for name, value in sent.items() if name not in {"Name", "Nonce", "Other"}}
    one["Name"] = "a&Nonce=7&Other=b"
    assert source_string(call(one)) == source_string(call(sent))
    assert reason_of({**one, "Nonce": "7"}) == "format"
    assert reason_of(one) == "format"


@pytest.mark.parametrize(
    "parameters",
    [
        {"Name": "a&Policy=b"},
        {"Name": "a&b&c=d"},
        {"Name=a&Other": "b"},
        {"": "a"},
        {"a\n": "b"},
        {"Nonce": "7"},
        {"Signature": "x"},
        {"Name": "\ud800"},
    ],
)
def test_no_parameter_brings_another(parameters: dict[str, str]) -> None:
    with pytest.raises(SigningError):
        sign_parameters(
            call(parameters),
            secret_id="AKIDtest",
            secret_key=SECRET_KEY,
            issued_at=ISSUED_AT,
            nonce=7,
        )


def test_an_ampersand_that_begins_nothing_is_signed() -> None:
    parameters = {**SIGNING, "Name": "a=b&c"}
    assert (
        issue_signature(call(parameters), secret_key=SECRET_KEY) == signed(parameters)["Signature"]
    )


@pytest.mark.parametrize(
    ("host", "path", "parameters"),
    [
        ("sts.example/x", "/", SIGNING),
        ("", "/", SIGNING),
        (HOST, "x", SIGNING),
        (HOST, "/?a=b", SIGNING),
        (HOST, "/", {}),
        (HOST, "/", {**SIGNING, "SecretId": "a&b"}),
        (HOST, "/", {**SIGNING, "Nonce": "-1"}),
    ],
)
def test_a_call_that_is_not_plain_is_not_signed(
    host: str, path: str, parameters: dict[str, str]
) -> None:
    with pytest.raises(SigningError):
        issue_signature(ParameterCall(host, parameters, path=path), secret_key=SECRET_KEY)


def test_api_2_does_not_sign_two_names_as_one() -> None:
    parameters = {**SIGNING, "a_b": "1", "a.b": "2"}
    with pytest.raises(SigningError):
        issue_signature(call(parameters, dotted=True), secret_key=SECRET_KEY)
    assert issue_signature(call(parameters), secret_key=SECRET_KEY)


def test_the_digest_is_that_of_the_method() -> None:
    text = f"POST{HOST}/?Nonce=7&SecretId=AKIDtest&SignatureMethod=HmacSHA256&Timestamp=1700000000"
    expected = hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
    parameters = {**SIGNING, "SignatureMethod": "HmacSHA256"}
    issued = issue_signature(call(parameters), secret_key=SECRET_KEY)
    assert base64.b64decode(issued) == expected
