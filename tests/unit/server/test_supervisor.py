"""How workers are watched and stopped; `tests/e2e/test_workers.py` has real ones under load."""

import select
import signal
import socket
from collections.abc import Iterator
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from typing import cast

import pytest
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from classgate.server.listeners import bind
from classgate.server.supervisor import CreateApp, Supervisor, worker_config


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """One whose new workers are not started."""
    monkeypatch.setattr(Process, "start", lambda worker: None)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}  # it sets its own
    watched, lifeline = Pipe(duplex=False)
    with bind("http", "127.0.0.1", 0) as bound, watched, lifeline:
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_supervisor_that_stops_leaves_the_socket_to_the_workers(
    supervisor: Supervisor, number: signal.Signals
) -> None:
    (bound,) = supervisor.sockets
    address = bound.getsockname()
    with bound.dup():  # a worker's
        signal.raise_signal(number)
        socket.create_connection(address).close()
    # Nobody accepts any more: the system must not take connections for nobody.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address).close()
    # A worker that is just being started gets a socket all the same, and stops at once.
    with socket.socket(fileno=socket.dup(bound.fileno())) as of_late_worker:
        of_late_worker.listen()
