"""Structured logs on stderr: one JSON object per line, or text for a terminal.

Logs of libraries use the same format. Callers must not pass secrets; a test searches all output for
marked secrets.
"""

import logging
import sys
from contextvars import ContextVar
from typing import Any, Literal, TextIO

import structlog

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""The id of the request that is being served; empty outside of requests."""


def configure_logs(level: str, form: Literal["json", "text"], stream: TextIO = sys.stderr) -> None:
    """Configure logging for the process, once, at start-up."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
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
