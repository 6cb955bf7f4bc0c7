"""`classgate serve`: the production server. One process serves a SQLite file; over PostgreSQL a
supervisor keeps workers, and replaces them on SIGHUP.

Imports little, because the supervisor does little; a process that serves imports the rest.
"""

import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import Pipe
from operator import attrgetter
from pathlib import Path
from typing import NoReturn

import structlog
import typer
from uvicorn.config import STARTUP_FAILURE

from classgate.cli.numbers import whole_number
from classgate.cli.settings_file import ConfigOption, read_settings
from classgate.cli.worker import Worker
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs
from classgate.server.bounded_http import raise_open_file_limit
from classgate.server.inherited_sockets import OPERATIONS, PUBLIC, take_inherited_sockets
from classgate.server.listeners import bind, url_of
from classgate.server.supervisor import Supervisor, worker_config
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
    # Until something else is known of it: a hangup must not end a server.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    options = {} if workers is None else {"CLASSGATE_HTTP__WORKERS": str(workers)}
    settings = read_settings(config, options)
    configure_logs(settings.log.level, settings.log.format)
    if settings.database.is_sqlite:
        from classgate.cli.single_process import serve_sqlite  # noqa: PLC0415 — it imports much

        has_served = serve_sqlite(settings, lambda: _sockets(settings, host, port))
        _leave(0 if has_served else 1)
    public, operations = _sockets(settings, host, port)
    _leave(_supervise(settings, public, operations, lambda: read_settings(config, options)))


def _leave(code: int) -> NoReturn:
    """End the process at once: everything is written and closed.

    Python would take apart every module first, for up to some seconds in which nobody serves.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _sockets(
    settings: Settings, host: str | None, port: int | None
) -> tuple[socket.socket, socket.socket]:
    """Return the listening sockets of the API and of operations."""
    inherited = take_inherited_sockets(os.environ)
    public = inherited.get(PUBLIC) or bind(
        "http", host or settings.http.host, settings.http.port if port is None else port
    )
    operations = inherited.get(OPERATIONS) or bind(
        "operations", settings.operations.host, settings.operations.port
    )
    return public, operations


def _supervise(
    settings: Settings,
    public: socket.socket,
    operations: socket.socket,
    read_again: Callable[[], Settings],
) -> int:
    """Until a signal. Return the exit code."""
    raise_open_file_limit()
    workers = settings.http.workers
    watched, lifeline = Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="classgate-metrics-") as metrics:
        worker = Worker(
            settings=settings, operations=operations, lifeline=watched, metrics=Path(metrics)
        )

        def reload() -> Worker | None:
            try:
                new = read_again()
                _require_postgresql(new)
            except ConfigurationError as error:
                log.error("settings not reloaded", faults=error.faults)
                return None
            left = _left_for_a_restart(settings, new)
            if left:
                log.warning("settings need a restart", settings=left)
            return replace(worker, settings=new)

        def say_so() -> None:
            api, own = url_of(public), url_of(operations)
            log.info("serving", api=api, operations=own, workers=workers)

        supervisor = Supervisor(
            worker_config(worker, workers), public, lifeline, reload=reload, when_started=say_so
        )
        supervisor.run()
    return 2 if supervisor.start_failure == STARTUP_FAILURE else supervisor.start_failure


def _left_for_a_restart(old: Settings, new: Settings) -> list[str]:
    """Return the settings that a reload cannot change, and that have changed."""
    names = ("http.host", "http.port", "http.workers", "operations.host", "operations.port")
    return [name for name in names if attrgetter(name)(old) != attrgetter(name)(new)]


def _require_postgresql(settings: Settings) -> None:
    if settings.database.is_sqlite:
        raise ConfigurationError(["database.url: a reload cannot change to SQLite; restart"])
