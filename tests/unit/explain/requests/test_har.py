"""HAR files: which of their requests is explained, and what is read of it."""

import base64
import json
from datetime import UTC, datetime

import pytest
from tests.support.pasted_requests import Sent, as_har

from classgate.explain.requests.har import read_har

SENT = Sent("PUT", "https://b.example/a", {":authority": "b.example", "X-A": "1"}, "body")


def test_request_and_answer_are_read() -> None:
    answered = {"Date": "Sun, 29 Nov 2026 09:00:05 GMT"}
    requests = read_har(as_har(SENT, 403, "<Error/>", answered))
    assert requests is not None
    request = requests[1]
    assert (request.method, request.host, request.header("x-a")) == ("PUT", "b.example", "1")
    assert (request.body, request.answer.status, request.answer.body) == ("body", 403, "<Error/>")
    assert request.answer.server_time == datetime(2026, 11, 29, 9, 0, 5, tzinfo=UTC)
    assert request.sent_at == datetime(2026, 11, 29, 9, tzinfo=UTC)


def test_encoded_body_and_fields_of_a_form_are_read() -> None:
    document = json.loads(as_har(SENT))
    entry = document["log"]["entries"][1]
    content = base64.b64encode("错".encode()).decode()
    entry["response"]["content"] = {"text": content, "encoding": "base64"}
    entry["request"]["postData"] = {
        "mimeType": "multipart/form-data; boundary=x",
        "text": '--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nb\r\n--x--\r\n',
    }
    requests = read_har(json.dumps(document))
    assert requests is not None
    assert requests[1].answer.body == "错"
    assert requests[1].form == (("key", "a"),)


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", '{"log": {"entries": 7}}', '{"log": [], "entries": []}', '{"log" "entries"',
        '{"log":{"entries":[' + "[" * 100_000, '{"log":{"entries":[' + "1," * 300_000 + "1]}}",
    ],
)  # fmt: skip
def test_what_is_no_har_is_none(text: str) -> None:
    assert not read_har(text)


@pytest.mark.parametrize("entry", [7, None, [], {}, {"request": 7}, {"request": {"url": 7}}])
def test_entries_that_cannot_be_read_are_left_out(entry: object) -> None:
    assert read_har(json.dumps({"log": {"entries": [entry]}})) == []
