"""Calls of fetch as browsers and people write them. Nothing of them is run."""

import pytest
from tests.support.pasted_requests import Sent, as_fetch

from classgate.explain.requests.fetch_call import read_fetch
from classgate.explain.requests.js_literals import MAX_LEVELS, LiteralReader, NotLiteral

URL = "https://b-1250000000.cos.ap-guangzhou.myqcloud.com/a%20b?x=1"


def test_what_a_browser_copied_is_read_unchanged() -> None:
    sent = Sent("PUT", URL, {"Authorization": "q-ak=1", "x-cos-meta-a": 'it\'s "课" 😀\n'}, "b\\d")
    request = read_fetch(as_fetch(sent))
    assert request is not None
    assert (request.method, request.body, request.url.query) == ("PUT", "b\\d", "x=1")
    assert dict(request.headers) == {name.lower(): text for name, text in sent.headers.items()}


@pytest.mark.parametrize(
    "code",
    [
        f"await fetch('{URL}', {{method: 'put', headers: {{authorization: 'x',}},}});",
        f'const answer = await fetch(`{URL}`, {{ // a comment\n "method": "PUT", /* more */\n'
        ' headers: [["Authorization", "x"]], body: null, signal: undefined })',
        f'fetch("{URL}", {{"method":"PUT","headers":{{"authorization":"x"}},"n":-1.5}})',
    ],
)
def test_code_that_people_write(code: str) -> None:
    request = read_fetch(code)
    assert request is not None
    assert (request.method, request.headers) == ("PUT", (("authorization", "x"),))


def test_url_alone_is_a_get() -> None:
    request = read_fetch(f'fetch("{URL}")')
    assert request is not None
    assert (request.method, request.headers, request.body) == ("GET", (), None)


@pytest.mark.parametrize(
    "code",
    ["fetch(", "fetch(url)", 'fetch("', "fetch({})", f'fetch("{URL}", {{a: b()}})', "fetch(7)",
     f'fetch("{URL}", {{' + '"a":{' * 100, "fetch(/*", f'fetch("{URL}", [1 2])'],
)  # fmt: skip
def test_what_is_no_literal_is_none(code: str) -> None:
    assert read_fetch(code) is None


def test_depth_is_bounded() -> None:
    assert LiteralReader("[" * MAX_LEVELS + "]" * MAX_LEVELS).value() is not None
    with pytest.raises(NotLiteral):
        LiteralReader("[" * 100_000).value()
