"""Upload forms, signed here from the public document, each broken in one way."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.support.sdk_requests import BUCKET, HOST, SECRET_ID, SECRET_KEY
from tests.support.storage_cases import first, storage_context

from classgate.explain.explanation import explain
from classgate.explain.models import ExplainContext, Explanation, Kind

START = 1_795_900_000
KEY_TIME = f"{START};{START + 600}"
CONTEXT = replace(storage_context(), now=datetime.fromtimestamp(START + 60, UTC))
Fields = dict[str, str]


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324


def mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha1).hexdigest()


def policy(*conditions: Any, **changed: Any) -> str:
    required = {"q-sign-algorithm": "sha1", "q-ak": SECRET_ID, "q-sign-time": KEY_TIME} | changed
    listed = [{name: value} for name, value in required.items() if value is not None]
    document = {"expiration": "2026-11-29T00:00:00.000Z", "conditions": [*listed, *conditions]}
    return json.dumps(document, ensure_ascii=False)


def form(text: str | None = None, *, secret: str = SECRET_KEY, **changed: str) -> Fields:
    text = text or policy({"bucket": BUCKET}, ["starts-with", "$key", "classes/7/"])
    key = mac(secret.encode(), KEY_TIME).encode()
    fields = {
        "key": "classes/7/a.pdf", "policy": base64.b64encode(text.encode()).decode(),
        "q-sign-algorithm": "sha1", "q-ak": SECRET_ID, "q-key-time": KEY_TIME,
        "q-signature": mac(key, sha1(text)),
    }  # fmt: skip
    return fields | {name.replace("_", "-"): value for name, value in changed.items()}


def pasted_forms(fields: Fields) -> list[str]:
    options = " ".join(f"-F '{name}={value}'" for name, value in fields.items())
    return [
        json.dumps(fields),
        json.dumps({"url": f"https://{HOST}/", "fields": fields}),
        urlencode(fields).replace("%3D", "=").replace("%3B", ";").replace("%2F", "/"),
        f"curl https://{HOST}/ {options} -F file=@a.pdf",
    ]


def told(text: str, context: ExplainContext = CONTEXT) -> Explanation:
    explanation = explain(text, context)
    assert explanation.kind is Kind.POST_POLICY
    return explanation


@pytest.mark.parametrize("text", pasted_forms(form()))
def test_good_form_is_valid(text: str) -> None:
    explanation = told(text)
    assert (explanation.valid, list(explanation.causes)) == (True, [])


@pytest.mark.parametrize("text", [policy(), base64.b64encode(policy().encode()).decode()])
def test_policy_alone_is_checked_as_far_as_it_goes(text: str) -> None:
    explanation = told(text)
    assert explanation.valid is True
    assert [each.name for each in explanation.checks] == ["format", "names", "key_id", "time"]


def hashed_base64() -> Fields:
    fields = form()
    key = mac(SECRET_KEY.encode(), KEY_TIME).encode()
    return fields | {"q-signature": mac(key, sha1(fields["policy"]))}


def raw_key() -> Fields:
    fields = form()
    key = hmac.digest(SECRET_KEY.encode(), KEY_TIME.encode(), "sha1")
    return fields | {"q-signature": mac(key, sha1(base64.b64decode(fields["policy"]).decode()))}


def respelt() -> Fields:
    fields = form()
    document = json.loads(base64.b64decode(fields["policy"]))
    text = json.dumps(document, separators=(",", ":"))
    return fields | {"policy": base64.b64encode(text.encode()).decode()}


def key_time_named() -> Fields:
    return form(policy(**{"q-sign-time": None, "q-key-time": KEY_TIME}))


@pytest.mark.parametrize(
    ("make", "check", "cause"),
    [
        (lambda: form(secret="w" * 32), "signature", "wrong_key"),
        (lambda: form(secret=f"{SECRET_KEY}\n"), "signature", "white_space_around_key"),
        (lambda: form(q_signature="abc"), "signature", "truncated"),
        (hashed_base64, "signature", "signed_text_differs"),
        (raw_key, "signature", "raw_sign_key"),
        (respelt, "signature", "altered"),
        (lambda: form(key="classes/8/a.pdf"), "policy", "form_violates_policy"),
        (lambda: form(policy({"bucket": "another-1250000000"})), "policy", "form_violates_policy"),
        (lambda: form(policy({"x-cos-acl": "private"})), "policy", "form_violates_policy"),
        (key_time_named, "names", "sign_time_missing"),
        (lambda: form(policy(**{"q-ak": None})), "names", "sign_time_missing"),
        (lambda: form(policy(**{"q-sign-time": "1;2"})), "names", "times_differ"),
        (lambda: form(policy() + "}"), "format", "wrong_policy_form"),
        (lambda: form('{"expiration": 1, "conditions": {}}'), "format", "wrong_policy_form"),
        (lambda: form(policy().replace("2026-11-29T", "2026-11-01T")), "time", "expired"),
        (lambda: form(policy().replace(".000Z", "")), "time", "wrong_policy_form"),
    ],
)  # fmt: skip
def test_broken_form(make: Callable[[], Fields], check: str, cause: str) -> None:
    for text in pasted_forms(make()):
        assert first(told(text)) == (check, cause)


@pytest.mark.parametrize(("seconds", "cause"), [(700, "expired"), (-60, "clock_skew")])
def test_form_at_another_time(seconds: int, cause: str) -> None:
    at = replace(CONTEXT, now=datetime.fromtimestamp(START + seconds, UTC))
    assert first(told(json.dumps(form()), at)) == ("time", cause)


def test_neither_the_policy_nor_its_signature_is_repeated() -> None:
    for fields in (form(), form(secret="w" * 32)):
        shown = json.dumps(told(json.dumps(fields)).to_json())
        assert fields["q-signature"] not in shown
        assert form()["q-signature"] not in shown
        assert fields["policy"] not in shown
