"""`classgate serve`: the production server."""

from pathlib import Path

import structlog
import typer

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
from classgate.server.listeners import (
    Listener,
    bind,
    product_config,
    run_listeners,
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
    be reached yet.

    Example: classgate serve --port 8000
    """
    settings = read_settings(config)
    if workers not in {None, 1}:
        raise ConfigurationError([f"http.workers: {ONE_PROCESS}"])
    configure_logs(settings.log.level, settings.log.format)
    wait_for_database(lambda: require_migrated(settings))
    with lock_database(settings):
        wait_for_database(lambda: require_audit_key(settings))
        if not _serve(settings, host, port):
            raise typer.Exit(1)


def _serve(settings: Settings, host: str | None, port: int | None) -> bool:
    """Until a signal. False when a listener could not start."""
    public = bind("http", host or settings.http.host, settings.http.port if port is None else port)
    private = bind("operations", settings.operations.host, settings.operations.port)
    application = open_application(settings)
    app = create_app(application, settings)
    listeners = [
        Listener(product_config(app), public),
        Listener(product_config(create_operations_app(application)), private),
    ]

    async def say_so() -> None:
        log.info("serving", api=listeners[0].url, operations=listeners[1].url)

    return run_listeners(listeners, say_so)
