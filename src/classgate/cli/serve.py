"""`classgate serve`: the production server."""

import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

import structlog
import typer

from classgate.cli.garbage_collection import exempt_existing_objects, paused_collection
from classgate.cli.numbers import whole_number
from classgate.cli.startup import (
    ConfigOption,
    lock_database,
    open_application,
    read_settings,
    require_audit_key,
    require_migrated,
    wait_for_database,
)
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs
from classgate.server.application import create_app, create_operations_app
from classgate.server.inherited_sockets import OPERATIONS, PUBLIC, take_inherited_sockets
from classgate.server.listeners import (
    Listener,
    bind,
    run_listeners,
    uvicorn_config,
)
from classgate.settings.groups import ONE_PROCESS
from classgate.settings.loading import Settings

log = structlog.get_logger("classgate")


app = typer.Typer()


@app.command()
def serve(
    host: str | None = typer.Option(None, help="Address to listen on, instead of http.host."),
    port: int | None = typer.Option(
        None, metavar="N", parser=whole_number(), help="Port to listen on, instead of http.port."
    ),
    workers: int | None = typer.Option(
        None, metavar="N", parser=whole_number(), help="Processes, instead of http.workers."
    ),
    config: Path | None = ConfigOption,
) -> None:
    """Serve the API, and the operations listener beside it.

    Refuses to start on weak or missing settings, naming all of them, on a database that is not
    migrated, with another audit.key than the one that the audit was written with, and on a SQLite
    file that others can read or that another server has. Waits for a PostgreSQL server that cannot
    be reached yet. Takes over sockets that systemd holds open (LISTEN_FDS).

    Example: classgate serve --port 8000
    """
    settings = read_settings(config)
    if workers not in {None, 1}:
        raise ConfigurationError([f"http.workers: {ONE_PROCESS}"])
    configure_logs(settings.log.level, settings.log.format)
    wait_for_database(lambda: require_migrated(settings))
    with lock_database(settings):
        wait_for_database(lambda: require_audit_key(settings))
        has_served = _serve(settings, host, port)
    _leave(0 if has_served else 1)


def _leave(code: int) -> NoReturn:
    """End the process at once: everything is written and closed.

    Python would take apart every module first, for up to some seconds in which nobody serves.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve(settings: Settings, host: str | None, port: int | None) -> bool:
    """Until a signal. False when a listener could not start."""
    inherited = take_inherited_sockets(os.environ)
    public = inherited.get(PUBLIC) or bind(
        "http", host or settings.http.host, settings.http.port if port is None else port
    )
    private = inherited.get(OPERATIONS) or bind(
        "operations", settings.operations.host, settings.operations.port
    )
    with paused_collection():
        application = open_application(settings)
        app = create_app(application, settings)
        listeners = [
            Listener(uvicorn_config(app), public),
            Listener(uvicorn_config(create_operations_app(application)), private),
        ]
    exempt_existing_objects()

    async def say_so() -> None:
        log.info("serving", api=listeners[0].url, operations=listeners[1].url)

    return run_listeners(listeners, say_so)
