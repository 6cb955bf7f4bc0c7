"""What users of COS stumble over again and again: each is reproduced, and its cause comes first."""

import json
import time
import unicodedata
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from tests.support.pasted_requests import Sent, as_curl, as_fetch, as_har
from tests.support.sdk_requests import (
    BUCKET,
    CALLS,
    HOST,
    SECRET_KEY,
    client,
    sent_by,
)
from tests.support.storage_cases import (
    TEMPORARY_ID,
    TOKEN,
    cos_error,
    first,
    storage_context,
)

from classgate.explain.explanation import explain
from classgate.explain.models import ExplainContext, Kind


def temporary(call: str = "put") -> Sent:
    return sent_by(CALLS[call], client(TEMPORARY_ID, "k" * 44, TOKEN))


# ── 3 and 4: refused by the policy, or signed for something else ─────────────────────────────────


def test_every_refusal_of_a_policy_is_one_code_and_the_needed_action_is_named() -> None:
    text = as_har(temporary("part"), 403, cos_error("AccessDenied", "Access Denied."))
    explanation = explain(text, storage_context())
    assert first(explanation) == ("policy", "missing_action")
    assert "name/cos:UploadPart" in explanation.causes[0].evidence


def test_form_is_signed_as_the_root_not_as_its_key() -> None:
    for key, expected in (("classes/7/a.pdf", ("signature", "wrong_path")), ("/", (None, ""))):
        signature = client().get_auth("POST", BUCKET, key, 600, SignHost=True)
        command = (
            f"curl https://{HOST}/ -F key=classes/7/a.pdf -F 'Signature={signature}' -F file=@a.pdf"
        )
        explanation = explain(command, storage_context())
        causes = explanation.causes
        assert (explanation.first_failure, causes[0].code if causes else "") == expected


def test_signature_made_for_one_method_does_not_fit_the_other_requests() -> None:
    signature = client().get_auth("PUT", BUCKET, "classes/7/a.mp4", 600)
    sent = Sent("POST", f"https://{HOST}/classes/7/a.mp4?uploads=", {"Authorization": signature})
    assert first(explain(as_fetch(sent), storage_context())) == ("signature", "wrong_method")


# ── 5 and 6: the key dies, clocks differ ────────────────────────────────────────────────────────


def test_temporary_key_dies_during_an_upload() -> None:
    text = as_har(
        temporary("part"), 403, cos_error("ExpiredToken", "The provided token has expired.")
    )
    explanation = explain(text, storage_context())
    assert first(explanation) == ("token", "expired")
    assert "temporary key" in explanation.causes[0].evidence


@pytest.mark.parametrize("left", [-60, 600])
def test_answer_of_sts_is_judged_and_not_repeated(left: int) -> None:
    end = int(time.time()) + left
    secret, token = "tmpsecretkeytmpsecretkey", "tokentokentokentokentoken"
    answer = {
        "Response": {"Credentials": {"Token": token, "TmpSecretId": TEMPORARY_ID,
                                     "TmpSecretKey": secret}, "ExpiredTime": end, "RequestId": "r"}
    }  # fmt: skip
    given = {"tmpSecretId": TEMPORARY_ID, "tmpSecretKey": secret, "sessionToken": token}
    sdk = {"credentials": given, "startTime": end - 1800, "expiredTime": end}
    for pasted in (answer, sdk):
        explanation = explain(json.dumps(pasted), storage_context())
        assert explanation.kind is Kind.TEMPORARY_CREDENTIALS
        assert explanation.valid is (left > 0)
        assert explanation.causes[0].code == ("expired" if left < 0 else "key_exposed")
        shown = json.dumps(explanation.to_json())
        assert secret not in shown
        assert token not in shown


def moved(sent: Sent, seconds: int) -> str:
    """The page's clock is off: by it the request was sent now, by the server's earlier or later."""
    now = datetime.now(UTC)
    date = (now + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    code, message = (
        ("RequestTimeTooSkewed", "") if seconds < 0 else ("AccessDenied", "Request has expired")
    )
    return as_har(sent, 403, cos_error(code, message), {"Date": date}, now.isoformat())


@pytest.mark.parametrize("seconds", [-7200, 86_400])
def test_clock_of_the_client_is_off(seconds: int) -> None:
    explanation = explain(moved(temporary(), seconds), storage_context())
    assert first(explanation) == ("time", "clock_skew")
    assert ("ahead" if seconds < 0 else "behind") in explanation.causes[0].evidence


def test_expired_request_is_expired_by_the_clock_here() -> None:
    later = datetime.now(UTC) + timedelta(days=2)
    text = as_curl(sent_by(CALLS["get"]))
    explanation = explain(text, ExplainContext(now=later))
    assert first(explanation) == ("time", "expired")


# ── 7: names beyond ASCII ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name", ["课件.pdf", "a b.pdf", "(1)!.pdf", "é.pdf", "a&b=c.pdf", "100%.pdf"]
)
def test_escaped_name_was_signed(name: str) -> None:
    signature = client().get_auth("PUT", BUCKET, quote(name, safe=""), 600)
    sent = Sent("PUT", f"https://{HOST}/{quote(name, safe='')}", {"Authorization": signature}, "x")
    explanation = explain(as_curl(sent), storage_context())
    assert first(explanation) == ("signature", "percent_encoded_path")
    assert f"< /{name}" in explanation.comparison
    assert f"> /{quote(name, safe='')}" in explanation.comparison


def test_name_was_signed_in_another_unicode_form() -> None:
    composed, apart = unicodedata.normalize("NFC", "é.pdf"), unicodedata.normalize("NFD", "é.pdf")
    signature = client().get_auth("PUT", BUCKET, composed, 600)
    sent = Sent("PUT", f"https://{HOST}/{quote(apart)}", {"Authorization": signature}, "x")
    explanation = explain(as_curl(sent), storage_context())
    assert first(explanation) == ("signature", "wrong_path")
    assert "Unicode" in explanation.causes[0].evidence


def test_two_spaces_of_a_signed_header_become_one() -> None:
    headers = {"content-disposition": "attachment;  filename*=UTF-8''a"}
    signature = client().get_auth("PUT", BUCKET, "a", 600, Headers=headers)
    given = {"Authorization": signature, "content-disposition": "attachment; filename*=UTF-8''a"}
    explanation = explain(as_curl(Sent("PUT", f"https://{HOST}/a", given, "x")), storage_context())
    assert first(explanation) == ("signature", "header_changed")


def test_bucket_in_strict_signature_mode() -> None:
    signature = client().get_auth("PUT", BUCKET, "a", 600)
    given = {"Authorization": signature, "Content-Type": "image/png", "Host": HOST}
    sent = Sent("PUT", f"https://{HOST}/a", given, "x")
    explanation = explain(as_har(sent, 403, cos_error("SignatureDoesNotMatch")), storage_context())
    assert first(explanation) == ("signature", "unsigned_header")
    assert "strict" in explanation.causes[0].evidence
    assert [each.code for each in explanation.causes] == ["unsigned_header", "wrong_key"]


def test_answer_of_the_cloud_that_is_public() -> None:
    """From Molunerfinn/PicGo issue 638: the client signed and sent a space, and was refused."""
    name = "imagesresume-zh en_页面_1.png"
    host = "o2-1258123310.cos.ap-beijing.myqcloud.com"
    body = cos_error(
        "SignatureDoesNotMatch", "The Signature you specified is invalid.",
        StringToSign="sha1\n1615113257;1615199657\nc7503b92a8581b3f3f68c8f7f64a8917b03a1a95\n",
        FormatString=f"put\n/{name}\n\nhost={host}\n",
    )  # fmt: skip
    text = (
        f"q-sign-algorithm=sha1&q-ak={'AKID' + 'x' * 32}&q-sign-time=1615113257;1615199657"
        "&q-key-time=1615113257;1615199657&q-header-list=host&q-url-param-list=&q-signature="
        + "0"
        * 40
    )
    sent = Sent("PUT", f"https://{host}/{quote(name)}", {"Authorization": text, "Host": host}, "x")
    explanation = explain(as_har(sent, 403, body), storage_context())
    assert explanation.first_failure == "signature"
    # The StringToSign that is computed here is that of the cloud.
    assert list(explanation.comparison).count("  =") == 2


def test_length_was_counted_in_characters() -> None:
    body = "课件"
    signature = client().get_auth("PUT", BUCKET, "a", 600, Headers={"content-length": "2"})
    given = {"Authorization": signature, "Content-Length": "6", "Host": HOST}
    sent = Sent("PUT", f"https://{HOST}/a", given, body)
    explanation = explain(as_har(sent, status=0), storage_context())
    assert first(explanation) == ("signature", "header_changed")


# ── 8: CORS and ETag ────────────────────────────────────────────────────────────────────────────

ORIGIN = {"Origin": "https://school.example"}


def from_page(call: str = "part") -> Sent:
    sent = sent_by(CALLS[call])
    return sent.changed(headers={**sent.headers, **ORIGIN})


def test_preflight_is_refused() -> None:
    sent = Sent("OPTIONS", f"https://{HOST}/a",
                {**ORIGIN, "Access-Control-Request-Method": "PUT"})  # fmt: skip
    body = cos_error("AccessForbidden", "CORSResponse: This CORS request is not allowed.")
    explanation = explain(as_har(sent, 403, body), storage_context())
    assert first(explanation) == ("cors", "cors_rule_missing")
    assert "AllowedOrigin https://school.example" in explanation.causes[0].evidence
    assert "ExposeHeader ETag" in explanation.causes[0].evidence


@pytest.mark.parametrize(
    ("exposed", "expected"),
    [("", ("cors", "etag_not_exposed")), ("x-cos-request-id", ("cors", "etag_not_exposed")),
     ("ETag, Date", (None, ""))],
)  # fmt: skip
def test_page_cannot_read_the_etag(exposed: str, expected: tuple[str | None, str]) -> None:
    answered = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed}
    explanation = explain(as_har(from_page(), 200, "", answered), storage_context())
    causes = explanation.causes
    assert (explanation.first_failure, causes[0].code if causes else "") == expected


# ── 9 and 12: keys in clients, and secrets with something around them ───────────────────────────


@pytest.mark.parametrize(
    "code",
    [
        "new COS({ SecretId: 'AKIDexampleexample00', SecretKey: 'abcdefghijklmnopqrstuvwx' })",
        "secret_id = AKIDexampleexample00\nsecret_key = abcdefghijklmnopqrstuvwx",
        "export SECRET_ID=AKIDexampleexample00 SECRET_KEY=abcdefghijklmnopqrstuvwx",
    ],
)
def test_key_in_a_client_is_exposed(code: str) -> None:
    explanation = explain(code, storage_context())
    assert explanation.causes[0].code == "key_exposed"
    assert "abcdefghijklmnopqrstuvwx" not in json.dumps(explanation.to_json())


@pytest.mark.parametrize(
    ("secret", "cause"),
    [
        (f" {SECRET_KEY}", "white_space_around_key"),
        (f"{SECRET_KEY}\n", "white_space_around_key"),
        (f"{SECRET_KEY}\r\n", "white_space_around_key"),
        (f"{SECRET_KEY}\t", "white_space_around_key"),
        (f"{SECRET_KEY}\u200b", "invisible_character"),
        (f"\ufeff{SECRET_KEY}", "invisible_character"),
        (f"{SECRET_KEY}\u00a0", "invisible_character"),
    ],
)
def test_something_stands_around_the_secret(secret: str, cause: str) -> None:
    sent = sent_by(CALLS["get"], client(secret_key=secret))
    assert first(explain(as_curl(sent), storage_context())) == ("signature", cause)
