"""Signatures of the JSON API, made here from the public document, each broken in one way."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from tests.support.pasted_requests import Sent, as_curl
from tests.support.sdk_requests import APP_ID, BUCKET, HOST, SECRET_ID, SECRET_KEY
from tests.support.storage_cases import first, storage_context

from classgate.explain.explanation import explain
from classgate.explain.models import CloudKey, ExplainContext, Explanation, Kind

ISSUED = 1_795_900_000
ORDERS = ("abketrf", "akertfb", "aketrfb", "abktefr")
CONTEXT = replace(storage_context(), now=datetime.fromtimestamp(ISSUED + 60, UTC))


def text_of(order: str = "abketrf", **changed: str) -> str:
    values = {
        "a": APP_ID, "b": "examplebucket", "k": SECRET_ID, "e": str(ISSUED + 600),
        "t": str(ISSUED), "r": "12345", "f": "",
    } | changed  # fmt: skip
    return "&".join(f"{name}={values[name]}" for name in order)


def signed(text: str, secret: str = SECRET_KEY, algorithm: str = "sha1") -> str:
    digest = hmac.new(secret.encode(), text.encode(), algorithm).digest()
    return base64.b64encode(digest + text.encode()).decode()


ONCE = {"e": "0", "f": f"/{APP_ID}/examplebucket/classes/7/a.pdf"}
GOOD = signed(text_of())
PLUS = next(s for r in range(999) if " " not in (s := signed(text_of(r=str(r)))) and "+" in s)


def told(text: str, context: ExplainContext = CONTEXT) -> Explanation:
    explanation = explain(text, context)
    assert explanation.kind is Kind.COS_V4
    return explanation


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("changed", [{}, ONCE, {"f": "/classes/7/"}])
def test_good_signature_is_valid_in_any_order(order: str, changed: dict[str, str]) -> None:
    text = signed(text_of(order, **changed))
    for pasted in (
        text,
        f"Authorization: {text}",
        f"https://x.example/?sign={quote(text, safe='')}",
    ):
        explanation = told(pasted)
        assert (explanation.valid, list(explanation.causes)) == (True, [])
        assert explanation.content["single_use"] is (changed == ONCE)


@pytest.mark.parametrize(
    ("text", "check", "cause"),
    [
        (PLUS.replace("+", " "), "format", "plus_became_space"),
        (GOOD[:-12], "format", "truncated"),
        (f"{GOOD[:60]}\n{GOOD[60:]}", "format", "line_break_inside"),
        (f"{GOOD};more", "format", "trailing_text"),
        (PLUS.replace("+", "-").replace("/", "_"), "format", "base64url_alphabet"),
        (signed(text_of(), algorithm="sha256"), "format", "wrong_hash"),
        (signed(text_of(a="1250000009")), "app_id", "wrong_app_id"),
        (signed(text_of(b=BUCKET)), "bucket", "wrong_resource"),
        (signed(text_of(e=str(ISSUED - 5))), "time", "expired"),
        (signed(text_of(e="600")), "time", "expired"),
        (signed(text_of(e=f"{ISSUED + 600}000")), "time", "time_in_milliseconds"),
        (signed(text_of(e="0")), "time", "incomplete"),
        (signed(text_of(), "w" * 32), "signature", "wrong_key"),
        (signed(text_of(), f"{SECRET_KEY}\n"), "signature", "white_space_around_key"),
        (signed(text_of(), f"{SECRET_KEY}\u200b"), "signature", "invisible_character"),
        (signed(text_of(), "previous" * 4), "signature", "previous_key"),
    ],
)
def test_broken_signature(text: str, check: str, cause: str) -> None:
    previous = CloudKey(
        name="cloud.previous_secret_key", secret_id="AKIDprevious", secret_key="previous" * 4
    )
    context = replace(CONTEXT, cloud_keys=(*CONTEXT.cloud_keys, previous))
    assert first(told(text, context)) == (check, cause)


def test_digest_in_hex_is_named() -> None:
    text = text_of()
    digest = hmac.new(SECRET_KEY.encode(), text.encode(), hashlib.sha1).hexdigest()
    pasted = base64.b64encode(f"{digest}{text}".encode()).decode()
    assert first(told(pasted)) == ("format", "signature_in_hex")


def test_fields_were_changed_after_signing() -> None:
    digest = base64.b64decode(GOOD)[:20]
    changed = base64.b64encode(digest + text_of(r="9").encode()).decode()
    explanation = told(changed)
    assert explanation.first_failure == "signature"
    assert "altered" in [each.code for each in explanation.causes]


def test_file_id_was_signed_decoded_and_sent_encoded() -> None:
    encoded = quote(f"/{APP_ID}/examplebucket/课 件.pdf", safe="/")
    digest = base64.b64decode(signed(text_of(f=f"/{APP_ID}/examplebucket/课 件.pdf")))[:20]
    pasted = base64.b64encode(digest + text_of(f=encoded).encode()).decode()
    assert first(told(pasted)) == ("signature", "signed_text_differs")


def test_signature_of_the_json_api_is_sent_to_the_xml_api() -> None:
    sent = Sent("PUT", f"https://{HOST}/a", {"Authorization": GOOD})
    assert first(told(as_curl(sent))) == ("format", "wrong_signature_version")


def test_signature_for_another_file() -> None:
    url = f"http://gz.file.myqcloud.com/files/v2/{APP_ID}/examplebucket/classes/8/a.pdf"
    sent = Sent("POST", url, {"Authorization": signed(text_of(**ONCE))})
    assert first(told(as_curl(sent))) == ("object", "wrong_path")
    right = sent.changed(url=url.replace("/8/", "/7/"))
    assert told(as_curl(right)).valid is True


def test_without_the_key_nothing_is_claimed() -> None:
    explanation = told(GOOD, ExplainContext(now=CONTEXT.now))
    assert explanation.valid is None
    assert [each.code for each in explanation.causes] == ["key_not_configured"]


@pytest.mark.parametrize("text", ["", "AAAA", base64.b64encode(b"x" * 100).decode(), "a" * 8192])
def test_other_base64_is_no_signature(text: str) -> None:
    assert explain(text, CONTEXT).kind is not Kind.COS_V4
