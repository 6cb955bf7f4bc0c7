"""Requests and presigned URLs of cos-python-sdk-v5 with what people paste around them."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from tests.support.pasted_requests import FORMS, as_har
from tests.support.sdk_requests import (
    APP_ID,
    BUCKET,
    CALLS,
    HOST,
    REGION,
    SECRET_ID,
    SECRET_KEY,
    client,
    sent_by,
)

from classgate.explain.explanation import explain
from classgate.explain.models import CloudKey, ExplainContext, Explanation, Kind

KEY = "课件/a 1.pdf"
OTHER_KEY = "w" * 32


def explained(text: str) -> Explanation:
    key = CloudKey(name="cloud.secret_key", secret_id=SECRET_ID, secret_key=SECRET_KEY)
    return explain(
        text,
        ExplainContext(
            now=datetime.now(UTC),
            cloud_keys=(key,),
            cloud_app_id=APP_ID,
            bucket=BUCKET,
            region=REGION,
        ),
    )


AROUND: dict[str, Callable[[str], str]] = {
    "a prompt": lambda text: f"root@web:~# {text}",
    "a prompt of PowerShell": lambda text: f"PS C:\\Users\\li> {text}",
    "a fence": lambda text: f"```bash\n{text}\n```",
    "a sentence before it": lambda text: f"请帮忙看：\n{text}",
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("form", ["curl", "cmd", "fetch"])
def test_a_command_is_found_in_what_surrounds_it(form: str, around: str) -> None:
    write = FORMS[form]
    assert explained(AROUND[around](write(sent_by(CALLS["put"])))).valid is True
    wrong = explained(AROUND[around](write(sent_by(CALLS["put"], client(secret_key=OTHER_KEY)))))
    assert wrong.causes[0].code == "wrong_key"


def test_typeset_quotes_around_the_words_of_a_command_are_quotes() -> None:
    authorization = client().get_auth("PUT", BUCKET, KEY, 600)
    command = f"curl -X PUT “https://{HOST}/{quote(KEY)}” -H “Authorization: {authorization}” -T f"
    assert explained(command).valid is True


def test_a_har_with_a_byte_order_mark_is_read() -> None:
    text = as_har(sent_by(CALLS["put"], client(secret_key=OTHER_KEY)))
    assert explained(f"\ufeff{text}").causes[0].code == "wrong_key"


REFUSED = "HTTP/1.1 403 Forbidden\nServer: tencent-cos\n\n<Error><Code>AccessDenied</Code></Error>"


def raw(method: str, secret: str = SECRET_KEY, sign: str = "") -> str:
    authorization = client(secret_key=secret).get_auth("PUT", BUCKET, KEY, 600)
    lines = f"{method} /{quote(KEY)} HTTP/1.1\nHost: {HOST}\nAuthorization: {authorization}\n"
    return "".join(f"{sign}{line}\n" for line in [*lines.splitlines(), ""])


@pytest.mark.parametrize("sign", ["", "> "])
def test_a_request_as_it_is_sent_is_read(sign: str) -> None:
    assert explained(raw("PUT", sign=sign)).valid is True
    assert explained(raw("PUT", OTHER_KEY, sign)).causes[0].code == "wrong_key"
    assert explained(raw("DELETE", sign=sign)).causes[0].code == "wrong_method"


def test_what_curl_prints_of_the_answer_belongs_to_the_request() -> None:
    answer = "".join(f"< {line}\n" for line in REFUSED.splitlines())
    found = explained(f"*   Trying 1.2.3.4:443...\n{raw('PUT', sign='> ')}{answer}")
    # Nothing is wrong with the signature, so that the policy is.
    assert (found.first_failure, found.causes[0].code) == ("policy", "missing_action")


LINKS: dict[str, Callable[[str], str]] = {
    "a sentence": lambda url: f"下载链接：{url}，打不开",
    "a full stop": lambda url: f"See {url}.",
    "Markdown": lambda url: f"[file]({url})",
    "a code span": lambda url: f"`{url}`",
    "typeset quotes": lambda url: f"“{url}”",
    "JSON of Go": lambda url: '"' + url.replace("&", "\\u0026").replace("=", "\\u003d") + '"',
    "JSON of PHP": lambda url: '{"url":"' + url.replace("/", "\\/") + '"}',
    "JSON in JSON": lambda url: '{"data":"{\\"url\\":\\"' + url + '\\"}"}',
    "HTML": lambda url: f'<a href="{url.replace("&", "&amp;")}">',
}


@pytest.mark.parametrize("around", LINKS)
def test_a_presigned_url_ends_where_its_signature_ends(around: str) -> None:
    url = client().get_presigned_url(BUCKET, KEY, "GET", Expired=600)
    found = explained(LINKS[around](url))
    assert (found.valid, found.causes) == (True, [])
    wrong = client(secret_key=OTHER_KEY).get_presigned_url(BUCKET, KEY, "GET", Expired=600)
    assert explained(LINKS[around](wrong)).causes[0].code == "wrong_key"


@pytest.mark.parametrize("around", ["签名是{}，不行", "“{}”", "map[Authorization:[{}]]"])
def test_an_authorization_ends_where_its_signature_ends(around: str) -> None:
    authorization = client().get_auth("PUT", BUCKET, KEY, 600)
    found = explained(around.format(authorization))
    assert (found.kind, found.first_failure) == (Kind.COS_V5, None)


def test_the_host_of_the_configured_bucket_may_have_been_signed() -> None:
    url = client().get_presigned_url(BUCKET, KEY, "GET", Expired=600)
    found = explained(url.replace(BUCKET, "archive-1250000000"))
    assert (found.first_failure, found.causes[0].code) == ("signature", "wrong_host")


def test_an_invisible_character_in_a_signature_is_named() -> None:
    url = client().get_presigned_url(BUCKET, KEY, "GET", Expired=600)
    assert explained(f"{url[:-9]}\u200b{url[-9:]}").causes[0].code == "invisible_character"
