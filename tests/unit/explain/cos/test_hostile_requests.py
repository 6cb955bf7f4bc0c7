"""Whatever is pasted as a request, a signature or a policy: a clear answer and bounded work."""

import base64
import hmac
import json
from typing import Any

import pytest
from tests.support.pasted_requests import Sent, as_curl, as_fetch, as_har
from tests.support.sdk_requests import BUCKET, HOST, client
from tests.support.storage_cases import storage_context

from classgate.explain.cos.signature_search import MAX_ATTEMPTS
from classgate.explain.explanation import explain
from classgate.explain.pasted_text import MAX_REQUEST_CHARACTERS, MAX_TEXT_CHARACTERS

LONG, LONGER = MAX_TEXT_CHARACTERS, MAX_REQUEST_CHARACTERS
GOOD = client().get_auth("PUT", BUCKET, "a", 86_400)
NAMES = [f"h{number}" for number in range(180)]
MANY = Sent(
    "PUT",
    f"https://{HOST}/{'%E8%AF%BE%20' * 200}?" + "&".join(f"p{number}=v" for number in range(150)),
    {
        "Authorization": GOOD.replace("q-header-list=", f"q-header-list={';'.join(NAMES)};"),
        **dict.fromkeys(NAMES, "a b c " * 30),
    },
    "x" * 1000,
)


def har_of(sent: Sent, count: int) -> str:
    entry = json.loads(as_har(sent))["log"]["entries"][1]
    return json.dumps({"log": {"entries": [entry] * count}})[:LONGER]


TEXTS = {
    "many headers": as_curl(MANY),
    "many headers in HAR": har_of(MANY, 12),
    "many headers in fetch": as_fetch(MANY),
    "many requests": har_of(Sent("GET", f"https://{HOST}/a", {"Authorization": GOOD}), 1200),
    "a HAR that is cut": as_har(MANY)[:-5],
    "deep HAR": '{"log":{"entries":' + "[" * (LONGER - 50),
    "HAR of braces": '{"log" "entries"' + "{" * (LONGER - 50),
    "quotes": "curl " + "'a'" * 300_000,
    "words": "curl " + "a " * 500_000,
    "backslashes": "curl " + "\\" * (LONGER - 10),
    "carets": 'curl ^"' + "^" * (LONGER - 10),
    "escapes": "curl $'" + "\\u" * 500_000,
    "brackets": "fetch(" + "[" * (LONGER - 10),
    "comments": "fetch(" + "/*" * 500_000,
    "an open quote": f"curl https://{HOST}/a -H 'Authorization: "
    + "q-sign-algorithm=sha1&" * 40_000,
    "headers after it": f"curl https://{HOST}/a\nHTTP/1.1 403 x\n" + "a: b\n" * 100_000,
    "errors after it": f"curl https://{HOST}/a\n" + "<Error>" * 100_000,
    "a long answer": f"curl https://{HOST}/a -H 'Authorization: {GOOD}'\n"
    "<Error><FormatString>" + "&amp;" * 150_000,
    "lone surrogates": f"curl https://{HOST}/\ud800 -H 'Authorization: {GOOD}' -H 'x: \udfff'",
    "values again and again": "q-sign-algorithm=sha1&" * 2900,
    "a long value": "q-sign-algorithm=sha1&q-ak=" + "a" * 60_000,
    "percent signs": "q-sign-algorithm%3Dsha1" + "%25" * 20_000,
    "many URLs": ("https://x/?q-sign-algorithm=sha1 " * 2000)[:LONG],
    "a long URL": f"https://{HOST}/?q-sign-algorithm=sha1&" + "q-ak=" * 12_000,
    "deep policy": '{"statement":' + "[" * (LONG - 100),
    "an encoded policy": "%7B" * 20_000 + '"statement"',
    "a long policy": '{"version":"2.0","statement":['
    + ",".join(['{"effect":"allow","action":"a","resource":"b"}'] * 1200) + "]}",
    "a long v4 signature": base64.b64encode(b"x" * 20 + b"a=1&k=2&e=" + b"z" * 40_000).decode(),
    "a long form": "policy=" + "a=b&" * 10_000 + "q-signature=",
    "secret names": "secretkey = " * 5000 + "AKIDabcdefghijklm",
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_has_a_clear_answer_with_bounded_work(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work is counted, not timed."""
    computed, digest = [0], hmac.digest

    def counted(*arguments: Any) -> bytes:
        computed[0] += 1
        return digest(*arguments)

    monkeypatch.setattr(hmac, "digest", counted)
    explanation = explain(TEXTS[name], storage_context())
    assert explanation.valid is not True
    assert explanation.causes
    assert (
        len(json.dumps(explanation.to_json(), ensure_ascii=False).encode("utf-8", "replace"))
        < 40_000
    )
    # A key for each attempt at most.
    assert computed[0] <= 2 * MAX_ATTEMPTS
