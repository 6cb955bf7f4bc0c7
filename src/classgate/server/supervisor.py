"""Worker processes over the same listening socket, which uvicorn starts, watches and replaces."""

import os
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import FrameType

import structlog
import uvicorn
from litestar.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from classgate.server.draining import DrainingHttpProtocol
from classgate.server.listeners import uvicorn_config

log = structlog.get_logger("classgate")

_POLL_INTERVAL = 0.05  # seconds
_START_TIMEOUT = 60  # seconds for the successor of a worker, and to answer a health check
_DRAIN_TIMEOUT = 15  # seconds: `IDLE_GRACE` and a call to the cloud

CreateApp = Callable[[], ASGIApp]
"""Builds the application in a worker process; it has to be picklable."""


class Supervisor(Multiprocess):
    """Keeps workers running until SIGTERM or SIGINT; SIGHUP replaces them, one by one.

    A worker is replaced when its successor serves, so that one always does. The first worker starts
    alone: what is wrong is then said once, and ends the command.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        bound: socket.socket,
        lifeline: Connection,
        *,
        reload: Callable[[], CreateApp | None],
        when_started: Callable[[], None],
    ) -> None:
        """`lifeline`: the workers hold its other end, and stop when it is closed, also by a kill.

        `reload` returns the application for new workers, or None to keep those that serve.
        """
        super().__init__(config, [bound])
        self._bound = bound
        self._lifeline = lifeline
        self._reload = reload
        self._when_started = when_started
        self.start_failure = 0
        """The exit code of a worker that did not start."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        # Workers hear it at once, also while the supervisor waits for one of them.
        _stop_listening(self._bound)
        self._lifeline.close()
        self.signal_queue.append(number)

    def init_processes(self) -> None:
        """Start the first worker and wait until it serves, then the others."""
        for numbers in (range(1), range(1, self.processes_num)):
            started = [Process(self.config, self.sockets) for _ in numbers]
            self.processes += started
            for process in started:
                process.start()
            if not all(map(self._wait_for, started)):
                self.should_exit.set()
                return
        self._when_started()

    def _wait_for(self, process: Process) -> bool:
        """Wait as long as it takes: the worker itself waits for a database that is late."""
        while process.exitcode is None:
            if process.is_ready(timeout=1):
                return True
            time.sleep(_POLL_INTERVAL)
        self.start_failure = process.exitcode
        return False

    def keep_subprocess_alive(self) -> None:
        """Replace workers that have died."""
        before = list(self.processes)
        for worker in before:
            # The worker's end. With both ends open here, one that dies just when it is asked for a
            # sign of life would be waited for.
            worker.child_conn.close()
        super().keep_subprocess_alive()
        for old in before:
            if old.exitcode == STARTUP_FAILURE:
                self.start_failure = STARTUP_FAILURE
            elif old not in self.processes:
                log.error("worker died and is replaced", pid=old.pid, exit_code=old.exitcode)

    def handle_hup(self) -> None:
        """Replace the workers, with settings and key files as they are now."""
        app = self._reload()
        if app is None:
            return
        old_app, old_workers = self.config.app, list(self.processes)
        self.config.app = app
        super().handle_hup()
        if self.processes[0] is old_workers[0]:
            self.config.app = old_app  # none could start with the new one; its log says why
        left = len(set(old_workers) & set(self.processes))
        if not left:
            log.info("workers replaced", workers=len(self.processes))
        elif not self.signal_queue:
            log.error("workers not replaced", old=left, new=len(self.processes) - left)


def _stop_listening(bound: socket.socket) -> None:
    """Hold the socket no longer: the system would take connections that no worker accepts.

    Its number stays valid, for a worker that is just being started and will stop at once.
    """
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        os.dup2(nobody.fileno(), bound.fileno(), inheritable=False)


def worker_config(create_app: CreateApp, workers: int) -> uvicorn.Config:
    """Return uvicorn's configuration for workers."""
    config = uvicorn_config(create_app)
    config.factory = True
    config.workers = workers
    config.http = DrainingHttpProtocol
    config.timeout_worker_healthcheck = _START_TIMEOUT
    config.timeout_graceful_shutdown = _DRAIN_TIMEOUT
    return config
