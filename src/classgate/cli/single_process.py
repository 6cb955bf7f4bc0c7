"""`classgate serve` over a SQLite file: one process, without a supervisor."""

import asyncio
import signal
import socket
from collections.abc import Callable

import structlog

from classgate.cli.garbage_collection import exempt_existing_objects, paused_collection
from classgate.cli.startup import (
    lock_database,
    open_application,
    require_audit_key,
    require_migrated,
)
from classgate.server.application import create_app, create_operations_app
from classgate.server.listeners import Listener, run_listeners, uvicorn_config
from classgate.settings.loading import Settings

log = structlog.get_logger("classgate")

OpenSockets = Callable[[], tuple[socket.socket, socket.socket]]


def serve_sqlite(settings: Settings, open_sockets: OpenSockets) -> bool:
    """Until a signal. False when a listener could not start. ConfigurationError."""
    require_migrated(settings)
    with lock_database(settings):
        require_audit_key(settings)
        public, operations = open_sockets()
        with paused_collection():
            application = open_application(settings)
            app = create_app(application, settings)
            listeners = [
                Listener(uvicorn_config(app), public),
                Listener(uvicorn_config(create_operations_app(application)), operations),
            ]
        exempt_existing_objects()

        async def say_so() -> None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _decline_reload)
            log.info("serving", api=listeners[0].url, operations=listeners[1].url)

        return run_listeners(listeners, say_so)


def _decline_reload() -> None:
    log.warning(
        "SIGHUP changes nothing: one process serves a SQLite file; "
        "restart it, and let systemd hold its sockets"
    )
