"""The HTTP client of the load generator."""

import pytest
from bench.http_client import Response, ResponseParser, UnexpectedAnswer, request_text

TWO = (
    b"HTTP/1.1 200 OK\r\ndate: now\r\nContent-Length: 5\r\n\r\nhello"
    b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\r\nno"
)
EXPECTED = [Response(200, b"hello"), Response(429, b"no")]


def test_answers_that_arrive_together_are_told_apart() -> None:
    assert ResponseParser().feed(TWO) == EXPECTED


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40])
def test_answers_are_the_same_in_any_pieces(size: int) -> None:
    parser, found = ResponseParser(), []
    for start in range(0, len(TWO), size):
        found += parser.feed(TWO[start : start + size])
    assert found == EXPECTED


def test_answer_is_awaited_until_its_last_byte() -> None:
    parser = ResponseParser()
    assert parser.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell") == []
    assert parser.feed(b"o") == [Response(200, b"hello")]


def test_204_has_no_body() -> None:
    assert ResponseParser().feed(b"HTTP/1.1 204 No Content\r\n\r\n") == [Response(204, b"")]


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "no Content-Length"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "no Content-Length"),
        (b"SSH-2.0-server\r\n\r\n", "no HTTP/1.1 answer"),
        (b"HTTP/1.1 OK\r\n\r\n", "no HTTP/1.1 answer"),
    ],
)
def test_other_answers_are_an_error(head: bytes, message: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=message):
        ResponseParser().feed(head)


def test_request_has_a_token_and_a_counted_body() -> None:
    text = request_text("POST", "/v1/x", token="cgt_1", body={"name": "数学"})
    head, _, body = text.partition("\r\n\r\n")
    assert head.split("\r\n") == [
        "POST /v1/x HTTP/1.1",
        "Host: localhost",
        "Accept: */*",
        "Authorization: Bearer cgt_1",
        "Content-Type: application/json",
        "Content-Length: 24",
    ]
    assert body == '{"name": "\\u6570\\u5b66"}'


def test_get_has_no_length_and_an_empty_post_has_zero() -> None:
    assert "Content-Length" not in request_text("GET", "/")
    assert "Content-Length: 0" in request_text("POST", "/v1/user-sig")
