"""How workers are watched; `tests/e2e/test_workers.py` has real ones under load."""

import select
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from typing import cast

import pytest
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from classgate.server.supervisor import CreateApp, Supervisor, worker_config


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """One whose new workers are not started."""
    monkeypatch.setattr(Process, "start", lambda worker: None)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}  # it sets its own
    watched, lifeline = Pipe(duplex=False)
    with closing(socket.socket()) as bound, watched, lifeline:
        config = worker_config(cast("CreateApp", None), workers=1)
        yield Supervisor(config, bound, lifeline, reload=lambda: None, when_started=lambda: None)
    for number, handler in handlers.items():
        signal.signal(number, handler)


class Question:
    """The supervisor's end of a worker's pipe. The worker dies when it was asked."""

    def __init__(self, worker: Process, connection: Connection) -> None:
        self._worker = worker
        self._connection = connection
        self.send, self.recv, self.close = connection.send, connection.recv, connection.close
        self.noticed = False

    def poll(self, timeout: float) -> bool:
        self._worker.process.kill()
        self._worker.join()
        self.noticed = self._connection.poll(timeout)
        return self.noticed


def test_worker_that_dies_when_it_is_asked_is_replaced_without_waiting(
    supervisor: Supervisor,
) -> None:
    worker = Process(supervisor.config, supervisor.sockets)
    # It has its end of the pipe, and waits for what never happens.
    worker.process = get_context("spawn").Process(
        target=select.select, args=([], [], [worker.child_conn])
    )
    worker.process.start()
    question = Question(worker, worker.parent_conn)
    worker.parent_conn = cast("Connection", question)
    supervisor.processes = [worker]

    supervisor.keep_subprocess_alive()

    assert question.noticed  # by the end of the pipe, not by the end of the time
    assert supervisor.processes != [worker]
    for end in (supervisor.processes[0].parent_conn, supervisor.processes[0].child_conn):
        end.close()
