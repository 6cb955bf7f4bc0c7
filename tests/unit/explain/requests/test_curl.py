"""Curl commands as browsers, shells and people write them."""

import pytest
from tests.support.pasted_requests import Sent, as_curl, as_windows_curl

from classgate.explain.requests.curl import read_curl
from classgate.explain.requests.shell_words import MAX_WORDS, split_words

AWKWARD = Sent(
    "PUT",
    "https://b-1250000000.cos.ap-guangzhou.myqcloud.com/a%20(1)?x=%2F&y=100%25",
    {"Authorization": "q-sign-time=1;2&a=b", "x-cos-meta-a": 'it\'s "课" $HOME `ls` \\n ! ^ %2F'},
    'a\\b "c" d\'e 课 $x',
)


@pytest.mark.parametrize("write", [as_curl, as_windows_curl])
def test_what_a_browser_copied_is_read_unchanged(write: object) -> None:
    assert callable(write)
    request = read_curl(write(AWKWARD))
    assert request is not None
    assert request.method == "PUT"
    assert f"https://{request.url.host}{request.url.path}?{request.url.query}" == AWKWARD.url
    assert request.header("authorization") == AWKWARD.headers["Authorization"]
    assert request.header("x-cos-meta-a") == AWKWARD.headers["x-cos-meta-a"]
    assert request.body == AWKWARD.body


@pytest.mark.parametrize(
    ("command", "method", "headers"),
    [
        ("curl https://a.b/c", "GET", {}),
        ("curl -I https://a.b/c", "HEAD", {}),
        ("curl -sSXDELETE https://a.b/c", "DELETE", {}),
        ("curl --request=POST --url https://a.b/c", "POST", {}),
        ("curl -T file https://a.b/c", "PUT", {}),
        ("curl -o out -k --compressed https://a.b/c", "GET", {}),
        (
            "curl -d a=1 https://a.b/c",
            "POST",
            {"content-type": "application/x-www-form-urlencoded"},
        ),
        (
            "curl -H 'A: 1' -HB:2 -H 'Empty;' -H 'None:' a.b/c",
            "GET",
            {"a": "1", "b": "2", "empty": ""},
        ),
        ("$ curl.exe -A agent https://a.b/c", "GET", {"user-agent": "agent"}),
    ],
)
def test_options(command: str, method: str, headers: dict[str, str]) -> None:
    request = read_curl(command.removeprefix("$ "))
    assert request is not None
    assert (request.method, dict(request.headers), request.url.path) == (method, headers, "/c")


def test_form_without_its_file() -> None:
    request = read_curl("curl https://a.b/ -F key=a -F 'policy=eyJ9' -F file=@a.pdf")
    assert request is not None
    assert (request.method, request.form) == ("POST", (("key", "a"), ("policy", "eyJ9")))


@pytest.mark.parametrize("command", ["curl", "curl -X PUT", "curl ''", "curl '"])
def test_command_without_a_url_is_none(command: str) -> None:
    assert read_curl(command) is None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("a \\\n  b", ["a", "b"]),
        ("a'b'\"c\"d", ["abcd"]),
        ('"a\\"b\\$c\\d"', ['a"b$c\\d']),
        ("$'\\u8bfe\\xe8\\xaf\\xbe\\n\\\\x41\\''", ["课课\n\\x41'"]),
        ("''", [""]),
        ('^"a^&b^%^2F^" ^\n^"c^"', ["a&b%2F", "c"]),
        ("'never closed", ["never closed"]),
        ("a\\", ["a\\"]),
    ],
)  # fmt: skip
def test_words(command: str, words: list[str]) -> None:
    assert split_words(command) == words


def test_number_of_words_is_bounded() -> None:
    assert len(split_words("a " * 100_000)) == MAX_WORDS
    assert split_words("a'b'" * 200_000) == ["ab" * 200_000]
