"""Hundreds of credentials made by other libraries, each broken in one known way."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from tests.support.pasted_requests import FORMS, Sent, as_har
from tests.support.sdk_requests import (
    APP_ID,
    BUCKET,
    CALLS,
    HOST,
    REGION,
    SECRET_ID,
    SECRET_KEY,
    UPLOAD_ID,
    client,
    sent_by,
)

from classgate.explain.explanation import explain
from classgate.explain.models import CloudKey, ExplainContext, Explanation

PREVIOUS_ID = "AKIDpreviouspreviousprevious00000002"
PREVIOUS_KEY = "previoussecretkeyprevioussecretk"
TEMPORARY_ID = "AKID" + "t" * 60
NOW = timedelta()
A_DAY = timedelta(days=1)


def context(moved: timedelta = NOW) -> ExplainContext:
    return ExplainContext(
        now=datetime.now(UTC) + moved,
        cloud_keys=(
            CloudKey(name="cloud.secret_key", secret_id=SECRET_ID, secret_key=SECRET_KEY),
            CloudKey(
                name="cloud.previous_secret_key", secret_id=PREVIOUS_ID, secret_key=PREVIOUS_KEY
            ),
        ),
        cloud_app_id=APP_ID,
        bucket=BUCKET,
        region=REGION,
    )


@dataclass(frozen=True)
class Case:
    """A pasted text, and the check and the cause that must come first."""

    name: str
    text: str
    check: str
    cause: str
    moved: timedelta = NOW


# ── requests of cos-python-sdk-v5 ───────────────────────────────────────────────────────────────


def in_all_forms(name: str, sent: Sent, check: str, cause: str) -> Iterator[Case]:
    for form, write in FORMS.items():
        text = as_har(sent, status=0) if form == "har" else write(sent)
        yield Case(f"{name}, {form}", text, check, cause)


def wrong_secrets() -> Iterator[Case]:
    for secret, cause in (
        ("w" * 32, "wrong_key"),
        (PREVIOUS_KEY, "previous_key"),
        (f"{SECRET_KEY}\n", "white_space_around_key"),
        (f" {SECRET_KEY}", "white_space_around_key"),
        (f"{SECRET_KEY}\u200b", "invisible_character"),
        (f"\ufeff{SECRET_KEY}", "invisible_character"),
        (f'"{SECRET_KEY}"', "quotes_around_key"),
        (SECRET_KEY[:-1], "key_cut"),
        (SECRET_KEY.upper(), "key_case_changed"),
        (SECRET_ID, "wrong_key"),
    ):
        for call in ("put", "get", "part"):
            sent = sent_by(CALLS[call], client(secret_key=secret))
            yield from in_all_forms(f"{cause} {secret!r} {call}", sent, "signature", cause)


def signed(method: str = "PUT", key: str = "a b.pdf", **given: object) -> str:
    made = client().get_auth(method, BUCKET, key, 600, **given)
    assert isinstance(made, str)
    return made


def put(authorization: str, path: str = "/a%20b.pdf", **headers: str) -> Sent:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {"Authorization": authorization, "Host": HOST, **named}
    return Sent("PUT", f"https://{HOST}{path}", given, "x")


def wrongly_signed() -> Iterator[Case]:
    lists = re.compile(r"q-header-list=[^&]*")
    parameters = {"partNumber": "1", "uploadId": UPLOAD_ID}
    query = f"/a%20b.pdf?partNumber=1&uploadId={UPLOAD_ID}"
    content_type = {"content-type": "application/pdf"}
    cases: list[tuple[str, Sent, str]] = [
        (f"signed for {method}", put(signed(method)), "wrong_method")
        for method in ("GET", "POST", "HEAD", "DELETE")
    ]
    cases += [
        ("escapes", put(signed(key="a%20b.pdf")), "percent_encoded_path"),
        ("escapes of slashes", put(signed(key="a%2Fb"), "/a/b"), "percent_encoded_path"),
        ("Chinese", put(signed(key=quote("课件")), quote("/课件")), "percent_encoded_path"),
        ("two slashes", put(signed(key="//a b.pdf")), "wrong_path"),
        ("the root", put(signed(key="/")), "wrong_path"),
        ("lower case", put(signed(key="ab.pdf"), "/AB.pdf"), "wrong_path"),
        ("the bucket", put(signed(key=f"{BUCKET}/a b.pdf")), "wrong_path"),
        ("plus", put(signed(key="a b.pdf"), "/a+b.pdf"), "plus_became_space"),
        ("sent twice", put(signed(key="a b.pdf"), "/a%2520b.pdf"), "encoded_twice"),
        *(
            (f"port {port}", put(signed(Headers={"host": f"{HOST}:{port}"})), "host_port_signed")
            for port in (80, 443, 8080)
        ),
        *(
            (f"host {host}", put(signed(Headers={"host": host})), "wrong_host")
            for host in (
                f"cos.{REGION}.myqcloud.com",
                f"{BUCKET}.cos.accelerate.myqcloud.com",
                f"{BUCKET}.cos-internal.{REGION}.myqcloud.com",
                f"examplebucket.cos.{REGION}.myqcloud.com",
                f"{BUCKET}.file.myqcloud.com",
            )
        ),
        (
            "named, not signed",
            put(lists.sub("q-header-list=content-type;host", signed()), content_type="text/plain"),
            "unsigned_header",
        ),
        (
            "host named, not signed",
            put(lists.sub("q-header-list=host", signed(SignHost=False))),
            "unsigned_header",
        ),
        (
            "signed, not named",
            put(
                lists.sub("q-header-list=host", signed(Headers=dict(content_type))),
                content_type="application/pdf",
            ),
            "unsigned_header",
        ),
        *(
            (
                f"type sent as {sent}",
                put(signed(Headers=dict(content_type)), content_type=sent),
                "header_changed",
            )
            for sent in ("application/pdf; charset=utf-8", "text/plain;charset=UTF-8", "image/png")
        ),
        (
            "two spaces",
            put(
                signed(Headers={"content-disposition": "attachment;  filename=a"}),
                content_disposition="attachment; filename=a",
            ),
            "header_changed",
        ),
        (
            "header not sent",
            put(signed(Headers={"x-cos-acl": "private"})),
            "header_changed",
        ),
        (
            "parameters named, not signed",
            put(
                re.sub("q-url-param-list=", "q-url-param-list=partnumber;uploadid", signed()), query
            ),
            "unsigned_parameter",
        ),
        (
            "parameters signed, not named",
            put(
                re.sub("q-url-param-list=[^&]*", "q-url-param-list=", signed(Params=parameters)),
                query,
            ),
            "unsigned_parameter",
        ),
        (
            "one parameter signed",
            put(
                re.sub(
                    "q-url-param-list=[^&]*",
                    "q-url-param-list=partnumber;uploadid",
                    signed(Params={"uploadId": UPLOAD_ID}),
                ),
                query,
            ),
            "unsigned_parameter",
        ),
        ("parameter not sent", put(signed(Params={"uploads": ""})), "unsigned_parameter"),
    ]
    for name, sent, cause in cases:
        yield from in_all_forms(name, sent, "signature", cause)


def malformed() -> Iterator[Case]:
    good = signed()
    for name, text, check, cause in (
        ("cut", good[:-9], "format", "truncated"),
        ("cut more", good[: good.index("&q-header-list")], "format", "truncated"),
        ("semicolons", good.replace(";", "%3B"), "format", "semicolon_encoded"),
        ("all encoded", quote(good, safe=""), "format", "percent_encoded"),
        ("scheme", f"Bearer {good}", "format", "leading_text"),
        ("more text", f"{good} x", "format", "trailing_text"),
        ("key id cut", good.replace(SECRET_ID, SECRET_ID[:-4]), "key_id", "unknown_key_id"),
        ("key id case", good.replace(SECRET_ID, SECRET_ID.upper()), "key_id", "unknown_key_id"),
        ("no token", good.replace(SECRET_ID, TEMPORARY_ID), "token", "session_token_missing"),
        (
            "milliseconds",
            re.sub(r"([0-9]{10});([0-9]{10})", r"\g<1>000;\g<2>000", good),
            "format",
            "time_in_milliseconds",
        ),
    ):
        yield from in_all_forms(name, put(text), check, cause)


def at_another_time() -> Iterator[Case]:
    for call in ("put", "list", "abort"):
        for case in in_all_forms(call, sent_by(CALLS[call]), "time", "expired"):
            yield Case(f"{case.name}, late", case.text, "time", "expired", A_DAY)
            yield Case(f"{case.name}, early", case.text, "time", "clock_skew", -A_DAY)


# ── URLs of cos-python-sdk-v5 ───────────────────────────────────────────────────────────────────


def url(
    method: str = "GET", key: str = "a b.pdf", secret_key: str = SECRET_KEY, **given: object
) -> str:
    made = client(secret_key=secret_key).get_presigned_url(BUCKET, key, method, 600, **given)
    assert isinstance(made, str)
    return made


def presigned() -> Iterator[Case]:
    good = url()
    for name, text, check, cause in (
        ("cut", good[:-60], "format", "truncated"),
        ("cut in the signature", _cut_signature(good), "format", "truncated"),
        ("encoded twice", good.replace("%3B", "%253B"), "format", "encoded_twice"),
        ("another key", url(secret_key="w" * 32), "signature", "wrong_key"),
        ("line end", url(secret_key=f"{SECRET_KEY}\n"), "signature", "white_space_around_key"),
        ("previous", url(secret_key=PREVIOUS_KEY), "signature", "previous_key"),
        (
            "escapes",
            url(key="a%20b.pdf").replace("a%2520b", "a%20b"),
            "signature",
            "percent_encoded_path",
        ),
        ("port", url(Headers={"host": f"{HOST}:443"}), "signature", "host_port_signed"),
        ("custom domain", good.replace(HOST, "files.school.example"), "signature", "wrong_host"),
        ("lower case", url(key="ab").replace("/ab?", "/AB?"), "signature", "wrong_path"),
        (
            "without the token",
            good.replace(SECRET_ID, TEMPORARY_ID),
            "token",
            "session_token_missing",
        ),
    ):
        yield Case(f"url, {name}", text, check, cause)
    for method in ("GET", "PUT"):
        yield Case(f"url {method}, late", url(method), "time", "expired", A_DAY)
        yield Case(f"url {method}, early", url(method), "time", "clock_skew", -A_DAY)


def _cut_signature(text: str) -> str:
    return re.sub(r"(q-signature=[0-9a-f]{30})[0-9a-f]{10}", r"\1", text)


def all_cases() -> list[Case]:
    makers: tuple[Callable[[], Iterator[Case]], ...] = (
        wrong_secrets, wrongly_signed, malformed, at_another_time, presigned,
    )  # fmt: skip
    return [case for make in makers for case in make()]


# ── the questions ───────────────────────────────────────────────────────────────────────────────


def said(explanation: Explanation) -> tuple[str | None, str]:
    causes = explanation.causes
    return explanation.first_failure, causes[0].code if causes else ""


@pytest.fixture(scope="module")
def explained() -> list[tuple[Case, Explanation]]:
    return [(case, explain(case.text, context(case.moved))) for case in all_cases()]


def test_right_check_and_cause_come_first_in_95_of_100(
    explained: list[tuple[Case, Explanation]],
) -> None:
    wrong = {
        case.name: said(explanation)
        for case, explanation in explained
        if said(explanation) != (case.check, case.cause)
    }
    assert len(explained) > 250
    assert len(wrong) <= len(explained) * 0.05, wrong


def test_broken_credential_is_never_called_valid(
    explained: list[tuple[Case, Explanation]],
) -> None:
    assert [case.name for case, explanation in explained if explanation.valid] == []


def test_nothing_secret_is_shown(explained: list[tuple[Case, Explanation]]) -> None:
    """No key, no signing key, no pasted signature, and not the one that would be right."""
    for case, explanation in explained:
        shown = json.dumps(explanation.to_json(), ensure_ascii=False)
        assert not re.search(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])", _without_digest(shown)), (
            case.name
        )
        assert SECRET_KEY not in shown
        assert PREVIOUS_KEY not in shown


def _without_digest(shown: str) -> str:
    """The answer without the digest of the FormatString, which stands in the StringToSign."""
    return re.sub(r'"[<> ] [0-9a-f]{40}"', "", re.sub(r'"  [0-9a-f]{40}"', "", shown))


def valid_texts() -> Iterator[str]:
    for call in CALLS.values():
        for sent in (sent_by(call), sent_by(call, client(PREVIOUS_ID, PREVIOUS_KEY))):
            for form, write in FORMS.items():
                yield as_har(sent, status=0) if form == "har" else write(sent)
    for method in ("GET", "PUT", "HEAD", "DELETE"):
        yield url(method)
        yield url(method, "classes/7/课件 (1).pdf")
        yield url(method, SignHost=False)
        yield url(method, Params={"response-content-disposition": "attachment; filename=a b"})


def test_valid_credential_is_never_called_wrong() -> None:
    for text in valid_texts():
        explanation = explain(text, context())
        assert (explanation.valid, explanation.first_failure) == (True, None), text
        assert list(explanation.causes) == []


def test_without_the_key_nothing_is_claimed() -> None:
    nothing = ExplainContext(now=datetime.now(UTC))
    for text in valid_texts():
        explanation = explain(text, nothing)
        assert (explanation.valid, explanation.first_failure) == (None, None), text
        assert [each.code for each in explanation.causes] == ["key_not_configured"]
