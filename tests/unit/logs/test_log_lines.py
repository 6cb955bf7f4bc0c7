"""One event is one line, whatever it holds."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from classgate import logs
from classgate.logs import configure_logs, current_request_id, log_request


@contextmanager
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before, output = structlog.get_config(), (logs._Output.stream, logs._Output.json_level)
    yield
    root.handlers[:], root.level = handlers, level
    logs._Output.stream, logs._Output.json_level = output
    structlog.configure(**before)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    written = io.StringIO()
    with _restored():
        configure_logs("info", "json", written)
        yield written


def _only(stream: io.StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    decoded: dict[str, object] = json.loads(line)
    return decoded


def test_an_event_has_its_fields_name_level_time_and_request(stream: io.StringIO) -> None:
    token = current_request_id.set("r1")
    try:
        structlog.get_logger("classgate.http").info("request", status=200)
    finally:
        current_request_id.reset(token)
    event = _only(stream)
    assert str(event.pop("timestamp")).endswith("Z")
    assert event == {
        "event": "request",
        "status": 200,
        "level": "info",
        "logger": "classgate.http",
        "request_id": "r1",
    }


def test_an_event_outside_of_a_request_has_no_request_id(stream: io.StringIO) -> None:
    structlog.get_logger("classgate.storage").warning("something")
    assert "request_id" not in _only(stream)


def test_events_below_the_level_are_not_written(stream: io.StringIO) -> None:
    structlog.get_logger("classgate.http").debug("request")
    assert stream.getvalue() == ""


def test_an_exception_is_written_with_its_traceback(stream: io.StringIO) -> None:
    try:
        raise ValueError("broken")  # noqa: TRY301 - it is what the log is about
    except ValueError:
        structlog.get_logger("classgate.api").exception("failed")
    event = _only(stream)
    assert event["level"] == "error"
    assert str(event["exception"]).endswith("ValueError: broken")


def test_what_libraries_log_has_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("library").warning("hello %s", "world")
    event = _only(stream)
    assert (event["event"], event["logger"], event["level"]) == (
        "hello world",
        "library",
        "warning",
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("高数", "高数"),
        ("\ud800", "\ud800"),
        (2**70, 2**70),
        (b"x".__class__, "<class 'bytes'>"),
        ("a\nb", "a\nb"),
    ],
)
def test_any_value_is_written_on_one_line(
    stream: io.StringIO, value: object, written: object
) -> None:
    structlog.get_logger("classgate.http").info("event", value=value)
    assert _only(stream)["value"] == written


def test_the_line_of_a_request_is_like_every_other(stream: io.StringIO) -> None:
    token = current_request_id.set("r1")
    try:
        log_request("GET", "/v1/me", 200, 1.5, is_routine=False)
        structlog.get_logger("classgate.http").info(
            "request", method="GET", route="/v1/me", status=200, milliseconds=1.5
        )
    finally:
        current_request_id.reset(token)
    time = re.compile(r"[0-9-]{10}T[0-9:]{8}(\.[0-9]{6})?Z")
    written, expected = (time.sub("…", line) for line in stream.getvalue().splitlines())
    assert written == expected


def test_a_routine_request_is_logged_below_info(stream: io.StringIO) -> None:
    token = current_request_id.set("r1")
    try:
        log_request("GET", "/v1/me", 200, 1.5, is_routine=True)
        assert stream.getvalue() == ""
        configure_logs("debug", "json", stream)
        log_request("GET", "/v1/me", 200, 1.5, is_routine=True)
    finally:
        current_request_id.reset(token)
    assert _only(stream)["level"] == "debug"


def test_a_request_without_an_id_is_logged_too(stream: io.StringIO) -> None:
    log_request("GET", "/v1/me", 200, 1.5, is_routine=False)
    event = _only(stream)
    assert (event["event"], event["logger"]) == ("request", "classgate.http")
    assert "request_id" not in event


def test_a_request_is_logged_as_text_for_a_terminal() -> None:
    written = io.StringIO()
    with _restored():
        configure_logs("info", "text", written)
        log_request("GET", "/v1/me", 200, 1.5, is_routine=False)
    assert "request" in written.getvalue()
    assert "route=/v1/me" in written.getvalue()
