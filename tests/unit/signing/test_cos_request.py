"""What the COS XML API signature covers, in a header and in a URL."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from classgate.errors import InvalidSigningKey, SigningError, VerificationFailed
from classgate.signing.cos_presigned import (
    is_presigned,
    issue_presigned_url,
    read_presigned,
    verify_presigned,
)
from classgate.signing.cos_request import (
    CosRequest,
    KeyTime,
    issue_authorization,
    read_authorization,
    verify_authorization,
)

SECRET_KEY = "aXkMePfS8ICnBFb734hPKWNngAtVOFGE"
START = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
END = START + timedelta(minutes=10)
HOST = "courseware-1250000000.cos.ap-guangzhou.myqcloud.com"
REQUEST = CosRequest(
    "GET", "/a/课 1.pdf", [("Prefix", "a/")], [("Host", HOST), ("Range", "bytes=0-3")]
)


def issue(request: CosRequest = REQUEST, **changes: str) -> str:
    return issue_authorization(
        request,
        secret_id=changes.get("secret_id", "AKIDtest"),
        secret_key=SECRET_KEY,
        key_time=KeyTime(START, END),
    )


def reason_of(text: str, request: CosRequest = REQUEST, at: datetime = START) -> str:
    with pytest.raises(VerificationFailed) as refusal:
        verify_authorization(request, text, secret_key=SECRET_KEY, at=at)
    return refusal.value.failed_check


def test_both_ends_of_the_time_are_included() -> None:
    for at in (START, END):
        verify_authorization(REQUEST, issue(), secret_key=SECRET_KEY, at=at)
    assert reason_of(issue(), at=START - timedelta(seconds=1)) == "not_yet_valid"
    assert reason_of(issue(), at=END + timedelta(seconds=1)) == "expired"


def test_the_key_time_bounds_too_when_it_differs_from_the_sign_time() -> None:
    text = issue_authorization(
        REQUEST,
        secret_id="AKIDtest",
        secret_key=SECRET_KEY,
        key_time=KeyTime(START, START + timedelta(minutes=1)),
        sign_time=KeyTime(START, END),
    )
    assert reason_of(text, at=END) == "expired"


def test_names_of_headers_and_parameters_count_in_any_case() -> None:
    received = replace(
        REQUEST, parameters=[("prefix", "a/")], headers=[("host", HOST), ("RANGE", "bytes=0-3")]
    )
    verify_authorization(received, issue(), secret_key=SECRET_KEY, at=START)


def test_what_is_not_named_does_not_count() -> None:
    received = replace(
        REQUEST,
        parameters=[*REQUEST.parameters, ("x-cos-security-token", "t")],
        headers=[*REQUEST.headers, ("X-Cos-Security-Token", "t"), ("Accept", "*/*")],
    )
    verify_authorization(received, issue(), secret_key=SECRET_KEY, at=START)


def test_a_second_value_of_a_signed_header_counts() -> None:
    doubled = replace(REQUEST, headers=[*REQUEST.headers, ("Host", "other")])
    assert reason_of(issue(), doubled) == "signature"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("q-sign-algorithm=sha1", "q-sign-algorithm=sha256"),
        ("q-sign-algorithm=sha1", "q-sign-algorithm=sha1&q-sign-algorithm=sha1"),
        ("q-ak=AKIDtest", "q-ak="),
        ("q-ak=AKIDtest&", ""),
        ("q-ak=", "x=1&q-ak="),
        ("q-sign-time=1700000000;1700000600", "q-sign-time=1700000000"),
        ("q-sign-time=1700000000;", "q-sign-time=;"),
        ("q-sign-time=1700000000;1700000600", "q-sign-time=1700000600;1700000000"),
        ("q-sign-time=1700000000", "q-sign-time=01700000000"),
        ("q-sign-time=1700000000", "q-sign-time=١700000000"),
        ("q-key-time=1700000000", "q-key-time=9999999999"),
        ("q-header-list=host;range", "q-header-list=host;range;host"),
        ("q-header-list=host;range", "q-header-list=host;;range"),
        ("q-url-param-list=prefix", "q-url-param-list=prefix;课"),
        ("q-signature=", "q-signature=A"),
    ],
)
def test_a_malformed_authorization_is_refused(old: str, new: str) -> None:
    assert old in issue()
    assert reason_of(issue().replace(old, new)) == "format"


def test_an_authorization_without_a_bound_is_refused() -> None:
    assert reason_of("&" * 20_000) == "format"
    assert reason_of("") == "format"


def test_a_request_that_is_not_utf_8_is_refused_not_broken() -> None:
    assert reason_of(issue(), replace(REQUEST, path="/\udcff")) == "format"
    assert reason_of(issue(), replace(REQUEST, headers=[("\udcff", "")])) == "format"


@pytest.mark.parametrize("path", ["a", "", "/a\nb", "/a\0", "/\ud800"])
def test_a_path_with_a_second_reading_is_not_signed(path: str) -> None:
    with pytest.raises(SigningError):
        issue(replace(REQUEST, path=path))


@pytest.mark.parametrize("secret_id", ["", "AKID&q-ak=other", "AKID test"])
def test_a_secret_id_brings_no_field_of_its_own(secret_id: str) -> None:
    with pytest.raises(InvalidSigningKey):
        issue(secret_id=secret_id)


def test_a_time_that_ends_before_it_starts_is_not_signed() -> None:
    with pytest.raises(SigningError):
        KeyTime(END, START).to_wire()


def download_url(session_token: str | None = None) -> str:
    disposition = "attachment; filename*=UTF-8''%E8%AF%BE.pdf"
    return issue_presigned_url(
        "https",
        HOST,
        CosRequest("GET", "/classes/1/a b.pdf", [("response-content-disposition", disposition)]),
        secret_id="AKIDtest",
        secret_key=SECRET_KEY,
        key_time=KeyTime(START, END),
        session_token=session_token,
    )


def received(url: str, method: str = "GET") -> CosRequest:
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return CosRequest(method, "/classes/1/a b.pdf", query, [("host", HOST)])


def test_a_download_url_is_for_any_plain_http_client() -> None:
    url = download_url()
    assert url.startswith(
        f"https://{HOST}/classes/1/a%20b.pdf?q-sign-algorithm=sha1&q-ak=AKIDtest&"
    )
    assert "q-sign-time=1700000000%3B1700000600" in url
    assert url.endswith(
        "&response-content-disposition=attachment%3B%20filename%2A%3DUTF-8%27%27%25E8%25AF%25BE.pdf"
    )
    read = verify_presigned(received(url), secret_key=SECRET_KEY, at=END)
    assert read.url_param_list == ("response-content-disposition",)
    assert read.header_list == ("host",)


def test_a_download_url_is_good_for_its_method_and_parameters_only() -> None:
    request = received(download_url())
    bare = replace(request, parameters=list(request.parameters)[:7])
    inline = replace(
        request, parameters=[*bare.parameters, ("response-content-disposition", "inline")]
    )
    for wrong in (received(download_url(), "PUT"), bare, inline):
        with pytest.raises(VerificationFailed) as refusal:
            verify_presigned(wrong, secret_key=SECRET_KEY, at=START)
        assert refusal.value.failed_check == "signature"


def test_a_session_token_in_a_url_is_signed() -> None:
    request = received(download_url("token"))
    verify_presigned(request, secret_key=SECRET_KEY, at=START)
    swapped = [
        (name, "other" if name == "x-cos-security-token" else value)
        for name, value in request.parameters
    ]
    with pytest.raises(VerificationFailed):
        verify_presigned(replace(request, parameters=swapped), secret_key=SECRET_KEY, at=START)


def test_a_query_is_presigned_when_it_carries_any_part_of_a_signature() -> None:
    request = received(download_url())
    assert is_presigned(request)
    assert read_presigned(request).secret_id == "AKIDtest"
    assert not is_presigned(replace(request, parameters=[("prefix", "q-ak")]))
    with pytest.raises(VerificationFailed) as refusal:
        read_presigned(replace(request, parameters=[("q-ak", "AKIDtest")]))
    assert refusal.value.failed_check == "format"


def test_each_key_and_each_period_has_its_own_signature() -> None:
    """Keys derived earlier are kept, and not mixed up."""
    text = f"get\n/a/课 1.pdf\nprefix=a%2F\nhost={HOST}&range=bytes%3D0-3\n"
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    periods = [KeyTime(START, END), KeyTime(START, END + timedelta(seconds=1))]
    for _ in range(2):
        for key in (SECRET_KEY, SECRET_KEY.lower()):
            for period in periods:
                times = f"1700000000;{1_700_000_600 + periods.index(period)}"
                derived = hmac.new(key.encode(), times.encode(), "sha1").hexdigest()
                signed = f"sha1\n{times}\n{digest}\n"
                expected = hmac.new(derived.encode(), signed.encode(), "sha1").hexdigest()
                made = issue_authorization(
                    REQUEST, secret_id="AKIDtest", secret_key=key, key_time=period
                )
                assert made.endswith(f"&q-signature={expected}")


def test_reading_and_writing_an_authorization_agree() -> None:
    assert read_authorization(issue()).to_wire() == issue()
