"""`classgate serve`: the production server."""

from pathlib import Path

import structlog
import typer

from classgate.cli.numbers import whole_number
from classgate.cli.opening import ConfigOption, read_settings, require_audit_key, require_migrated
from classgate.cli.running import Listener, bind, product_config, run_listeners
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs
from classgate.server import create_app, create_operations_app
from classgate.wiring import build

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
    migrated, and with another audit.key than the one that the audit was written with.

    Example: classgate serve --port 8000
    """
    settings = read_settings(config)
    if workers not in {None, 1}:
        raise ConfigurationError(["http.workers: one process is what SQLite allows; set it to 1"])
    require_migrated(settings)
    require_audit_key(settings)
    configure_logs(settings.log.level, settings.log.format)
    public = bind("http", host or settings.http.host, settings.http.port if port is None else port)
    private = bind("operations", settings.operations.host, settings.operations.port)
    application = build(settings)
    app = create_app(application, settings)
    listeners = [
        Listener(product_config(app), public),
        Listener(product_config(create_operations_app(application)), private),
    ]

    async def say_so() -> None:
        log.info("serving", api=listeners[0].url, operations=listeners[1].url)

    if not run_listeners(listeners, say_so):
        raise typer.Exit(1)
