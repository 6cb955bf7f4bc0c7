"""Signatures are found in longer texts, and requests with something else than a v5 signature."""

import html
import json
from urllib.parse import quote

import pytest
from tests.support.pasted_requests import Sent, as_curl, as_har
from tests.support.sdk_requests import APP_ID, BUCKET, HOST, client
from tests.support.storage_cases import TEMPORARY_ID, cos_error, first, storage_context

from classgate.explain.explanation import explain
from classgate.explain.models import Kind

A_DAY = 86_400  # the tests run long after these are signed
URL = client().get_presigned_url(BUCKET, "a b.pdf", "GET", A_DAY)
AUTHORIZATION = client().get_auth("PUT", BUCKET, "a b.pdf", A_DAY)
IN_QUERY = quote(client().get_auth("GET", BUCKET, "a b.pdf", A_DAY), safe="")


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f'"{URL}"',
        f"<{URL}>",
        f"2026-11-29 INFO url={URL} done",
        f"https://school.example/ and {URL}",
        json.dumps({"url": URL}).replace("&", "\\u0026"),
        html.escape(URL),
        URL.removeprefix("https://"),
        URL.replace(HOST, HOST.upper()),
        URL.replace(HOST, f"{HOST}:443"),
        f"{URL}#page=2",
        f"{URL}&response-content-type=text%2Fplain",
        f"https://{HOST}/a%20b.pdf?sign={IN_QUERY}",
    ],
)
def test_url_is_found_and_valid(text: str) -> None:
    explanation = explain(text, storage_context())
    assert (explanation.kind, explanation.valid) == (Kind.PRESIGNED_URL, True)
    assert explanation.content["method"] == "GET"


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE"])
def test_method_of_a_url_is_found_by_its_signature(method: str) -> None:
    explanation = explain(client().get_presigned_url(BUCKET, "a", method, 600), storage_context())
    assert (explanation.valid, explanation.content["method"]) == (True, method)


def test_url_that_line_ends_broke_apart() -> None:
    explanation = explain(f"{URL[:120]}\n{URL[120:]}", storage_context())
    assert first(explanation) == ("format", "line_break_inside")


@pytest.mark.parametrize(
    "text",
    [
        AUTHORIZATION,
        f"Authorization: {AUTHORIZATION}",
        f"2026-11-29 DEBUG Authorization: {AUTHORIZATION}, Host: x",
        json.dumps({"Authorization": AUTHORIZATION, "other": 1}),
    ],
)
def test_authorization_alone_is_checked_as_far_as_it_goes(text: str) -> None:
    explanation = explain(text, storage_context())
    assert (explanation.kind, explanation.valid) == (Kind.COS_V5, None)
    assert {each.name: each.ok for each in explanation.checks} == {
        "format": True, "key_id": True, "time": True, "signature": None,
    }  # fmt: skip
    assert [each.code for each in explanation.causes] == ["incomplete_paste"]


@pytest.mark.parametrize(
    ("authorization", "path", "expected"),
    [
        ("AWS4-HMAC-SHA256 Credential=x", "/a", ("format", "wrong_signature_version")),
        ("AKIDsomething:base64", "/a", ("format", "wrong_signature_version")),
        (AUTHORIZATION, f"/files/v2/{APP_ID}/x/a", ("format", "wrong_signature_version")),
    ],
)
def test_signature_of_another_api(authorization: str, path: str, expected: tuple[str, str]) -> None:
    sent = Sent("PUT", f"https://{HOST}{path}", {"Authorization": authorization}, "x")
    explanation = explain(as_curl(sent), storage_context())
    assert first(explanation) == expected
    assert "AKIDsomething" not in json.dumps(explanation.to_json())


def test_request_without_a_signature() -> None:
    explanation = explain(as_har(Sent("GET", f"https://{HOST}/a"), 403), storage_context())
    assert first(explanation) == ("anonymous", "not_signed")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_refusal_that_is_not_about_the_credential(method: str) -> None:
    headers = {"Authorization": client().get_auth(method, BUCKET, "a", 600), "Host": HOST}
    sent = Sent(method, f"https://{HOST}/a", headers)
    missing = explain(as_har(sent, 404, cos_error("NoSuchKey")), storage_context())
    assert (missing.valid, missing.causes[0].code) == (True, "not_found")
    silent = explain(as_har(sent, 403), storage_context())
    assert (silent.valid, silent.causes[0].code) == (None, "missing_action")


def test_token_whose_plus_became_a_space() -> None:
    url = client(TEMPORARY_ID, "k" * 44).get_presigned_url(
        BUCKET, "a", "GET", 600, Params={"x-cos-security-token": "abc def"}
    )
    explanation = explain(url, storage_context())
    assert explanation.valid is None
    assert explanation.causes[0].code == "plus_became_space"
    assert "abc def" not in json.dumps(explanation.to_json())


@pytest.mark.parametrize(
    "text", ["curl https://school.example/v4/x?usersig=abc", "fetch('https://a.b')"]
)
def test_requests_to_others_are_not_explained_here(text: str) -> None:
    assert explain(text, storage_context()).kind is not Kind.COS_V5
