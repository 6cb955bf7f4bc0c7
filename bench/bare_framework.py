"""The yardstick of the HTTP calls: Litestar with one handler of 5 bytes, in one process.

Uvicorn runs it with httptools and uvloop, as it runs classgate, and does nothing else.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from litestar import Litestar, MediaType, get

from bench.processes import started, wait_for
from bench.targets import Target


@get("/", media_type=MediaType.TEXT, sync_to_thread=False)
def answer() -> str:
    """Answer 5 bytes."""
    return "hello"


def main() -> None:
    """Listen on a free port of loopback, and print it."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"port {listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        Litestar([answer], openapi_config=None),
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run([listener])


@contextmanager
def bare_framework() -> Iterator[Target]:
    """Run it until the block ends."""
    with TemporaryDirectory(prefix="classgate-bench-") as name:
        log = Path(name) / "log"
        command = [sys.executable, "-m", "bench.bare_framework"]
        with started(command, folder=Path(__file__).parent.parent, log=log) as process:
            port = wait_for(log, process, "port ").removeprefix("port ")
            yield Target("127.0.0.1", int(port), (process.pid,))


if __name__ == "__main__":
    main()
