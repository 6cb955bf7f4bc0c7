"""A restart in a lesson: the service ends at once, and connections wait for the next one."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.program import SETTINGS, Run, clean_environment

# As systemd does: the sockets are 3 and 4, and the variables name the process itself. What Python
# does at the end of a process shows on stdout.
START = """
import atexit, os, sys
for number, inherited in enumerate(sys.argv[2].split(","), 3):
    os.dup2(int(inherited), number, inheritable=True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2",
               "LISTEN_FDNAMES": "http:operations"}
atexit.register(print, "Python takes itself apart")
sys.argv = ["classgate", "serve", "--port", "1"]
from classgate.cli.main import main
main()
"""


@pytest.fixture
def migrated(run: Run, tmp_path: Path) -> Path:
    assert run("db", "upgrade", environment=SETTINGS).returncode == 0
    return tmp_path


@contextmanager
def started(folder: Path, *sockets: socket.socket) -> Iterator[subprocess.Popen[str]]:
    """Starts `serve` on these sockets; it serves when the block begins."""
    numbers = [each.fileno() for each in sockets]
    with subprocess.Popen(
        [sys.executable, "-c", START, "-", ",".join(map(str, numbers))],
        cwd=folder,
        env=clean_environment(SETTINGS),
        pass_fds=numbers,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            events = (json.loads(line)["event"] for line in process.stderr if line[:1] == "{")
            assert "serving" in events
            yield process
        finally:
            process.kill()


def ask(bound: socket.socket) -> socket.socket:
    """A connection with a request on it."""
    connection = socket.create_connection(bound.getsockname(), timeout=60)
    connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    return connection


def read(connection: socket.socket) -> bytes:
    with connection, connection.makefile("rb") as stream:
        return stream.read()


def test_connections_wait_while_the_service_restarts(migrated: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as public,
        socket.create_server(("127.0.0.1", 0)) as operations,
    ):
        with started(migrated, public, operations) as first:
            assert read(ask(operations)).startswith(b"HTTP/1.1 200 OK")
            first.send_signal(signal.SIGTERM)
            assert first.wait(60) == 0
        waiting = ask(operations)  # nobody serves; the socket is open
        with started(migrated, public, operations):
            assert read(waiting).startswith(b"HTTP/1.1 200 OK")


def test_service_ends_as_soon_as_everything_is_written(migrated: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as public,
        socket.create_server(("127.0.0.1", 0)) as operations,
        started(migrated, public, operations) as process,
    ):
        idle = socket.create_connection(public.getsockname(), timeout=60)
        with idle:
            process.send_signal(signal.SIGTERM)
            output, errors = process.communicate(timeout=60)
            assert idle.recv(1) == b""
    assert process.returncode == 0
    assert json.loads(errors.splitlines()[-1])["event"] == "audit checkpoint"
    assert output == ""  # Python's own end, which takes seconds, is left out
