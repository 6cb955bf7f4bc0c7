"""Structured logs on stderr: one JSON object per line, or text for a terminal.

classgate's own events are rendered once and written as they are; libraries log through `logging`,
whose handler uses the same format. The line of an answered request is written most often; as JSON
it is put together without structlog. Callers must not pass secrets; a test searches all output for
marked secrets.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""The id of the request that is being served; empty outside of requests."""


# What JSON has no form for is written as its `repr`.
_JSON = json.JSONEncoder(ensure_ascii=False, default=repr)


class _Output:
    """Where the lines go. It outlives a configuration, because loggers are kept."""

    stream: TextIO = sys.stderr
    json_level: int | None = None  # the lowest that is written; None: the lines are not JSON


class _Writer:
    """What a logger writes to; every level goes to the same stream."""

    def __init__(self, name: str = "classgate") -> None:
        self.name = name

    def write(self, line: str) -> None:
        _write(line)

    debug = info = warning = error = critical = exception = write


def _write(line: str) -> None:
    _Output.stream.write(f"{line}\n")
    _Output.stream.flush()


_HTTP = "classgate.http"


def log_request(
    method: str, route: str, status: int, milliseconds: float, *, is_routine: bool
) -> None:
    """Log an answered request; a routine one as `debug`.

    There are few methods, routes and statuses: they must not contain text of the client.
    """
    name, level = ("debug", logging.DEBUG) if is_routine else ("info", logging.INFO)
    request_id = current_request_id.get()
    if _Output.json_level is None or not request_id:
        logger = structlog.get_logger(_HTTP)
        say = logger.debug if is_routine else logger.info
        say("request", method=method, route=route, status=status, milliseconds=milliseconds)
    elif level >= _Output.json_level:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        _write(
            f'{_beginning_of(method, route, status)}, "milliseconds": {milliseconds!r}, '
            f'"event": "request", "request_id": "{request_id}", "level": "{name}", '
            f'"timestamp": "{now}", "logger": "{_HTTP}"}}'
        )


@cache
def _beginning_of(method: str, route: str, status: int) -> str:
    return _JSON.encode({"method": method, "route": route, "status": status})[:-1]


def configure_logs(level: str, form: Literal["json", "text"], stream: TextIO = sys.stderr) -> None:
    """Configure logging for the process, once, at start-up."""
    number = logging.getLevelNamesMapping()[level.upper()]
    _Output.stream, _Output.json_level = stream, number if form == "json" else None
    shared: list[Processor] = [
        _add_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = structlog.processors.JSONRenderer(serializer=_to_json)
    if form == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty())
    structlog.configure(
        processors=[*shared, _add_name, structlog.processors.format_exc_info, renderer],
        logger_factory=_Writer,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # classgate writes its own start, stop and reload messages; `server` logs requests.
    for noisy in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    request_id = current_request_id.get()
    if request_id:
        event["request_id"] = request_id
    return event


def _add_name(logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["logger"] = logger.name
    return event


def _to_json(event: EventDict, **_options: Any) -> str:
    return _JSON.encode(event)
