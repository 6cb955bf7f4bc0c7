"""A worker process of `classgate serve`: what the supervisor hands over, and what becomes of it.

Imports little: a metric has to be made after the process knows where its metrics are kept.
"""

import asyncio
import multiprocessing
import os
import shutil
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from litestar.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from classgate.cli.garbage_collection import exempt_existing_objects, paused_collection
from classgate.errors import ConfigurationError
from classgate.logs import configure_logs
from classgate.server.draining import DrainingHttpProtocol
from classgate.server.listeners import Listener, stop_listeners, uvicorn_config
from classgate.server.worker_metrics import WorkerMetrics, claim_slot
from classgate.settings.loading import Settings


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Builds the application in a process of its own. The supervisor's end of `lifeline` closes
    when the whole service stops, or when the supervisor is killed.
    """

    settings: Settings
    operations: socket.socket
    lifeline: Connection
    metrics: Path

    def __call__(self) -> ASGIApp:
        """Build the application, with the operations listener in its lifespan.

        What a person has to change is printed, and ends the process with `STARTUP_FAILURE`.
        """
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the supervisor's; a terminal sends it to all
        configure_logs(self.settings.log.level, self.settings.log.format)
        DrainingHttpProtocol.drain.begin_on_sigterm()
        slot = claim_slot(self.metrics)
        try:
            with paused_collection():
                app = self._build(WorkerMetrics(self.metrics, slot))
        except ConfigurationError as error:
            for fault in error.faults:
                print(f"classgate: {fault}", file=sys.stderr)
            sys.exit(STARTUP_FAILURE)
        exempt_existing_objects()
        return app

    def _build(self, metrics: WorkerMetrics) -> ASGIApp:
        from classgate.cli import startup  # noqa: PLC0415 — they make metrics
        from classgate.server.application import create_app, create_operations_app  # noqa: PLC0415

        def check() -> None:
            startup.wait_for_database(lambda: startup.require_migrated(self.settings), self._sleep)
            startup.wait_for_database(lambda: startup.require_audit_key(self.settings), self._sleep)

        with ThreadPoolExecutor(1) as outside_of_the_loop:
            outside_of_the_loop.submit(check).result()
        application = startup.open_application(self.settings)
        operations = create_operations_app(application, metrics.registry())
        return self._with_lifespan(
            create_app(application, self.settings),
            Listener(uvicorn_config(operations), self.operations),
        )

    def _sleep(self, seconds: float) -> None:
        if self.lifeline.poll(seconds):
            raise SystemExit

    def _with_lifespan(self, app: ASGIApp, operations: Listener) -> ASGIApp:
        """Serve the operations listener as long as the application, and watch the lifeline."""

        async def serve(scope: Any, receive: Any, send: Any) -> None:  # the types lack lifespan
            if scope["type"] != "lifespan":
                await app(scope, receive, send)
                return
            asyncio.get_running_loop().add_reader(self.lifeline.fileno(), self._end)
            serving = asyncio.create_task(operations.serve(sockets=[operations.bound]))

            async def receive_when_unseen() -> Any:
                message = await receive()
                if message["type"] == "lifespan.shutdown":
                    stop_listeners([operations])
                    await serving
                return message

            async def send_or_exit(message: Any) -> None:
                await send(message)
                if message["type"] == "lifespan.startup.failed":
                    os._exit(1)  # it may do better the next time

            await app(scope, receive_when_unseen, send_or_exit)
            self._clean_up()

        return serve

    def _end(self) -> None:
        """Stop with the whole service."""
        asyncio.get_running_loop().remove_reader(self.lifeline.fileno())
        DrainingHttpProtocol.drain.end()
        signal.raise_signal(signal.SIGTERM)

    def _clean_up(self) -> None:
        """Delete the folder of the metrics if the supervisor was killed, so that it could not."""
        supervisor = multiprocessing.parent_process()
        if supervisor is not None and not supervisor.is_alive():
            shutil.rmtree(self.metrics, ignore_errors=True)
