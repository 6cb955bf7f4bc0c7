"""Runs the real service in processes of its own on loopback, with a temporary folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

from bench.postgresql import PostgresqlServer
from bench.processes import started, wait_for
from bench.targets import Target

CLASSGATE: Final = Path(sys.executable).parent / "classgate"
SDK_APP_ID: Final = 1400000001
APP_ID: Final = "1250000000"
SDK_SECRET_KEY: Final = "7c1e90f3b6a2485dd03f51e8a96b7c24e58d0b13f7a96c42805ed1b7493f6ca8"
AUDIT_KEY: Final = "d81b3fa06e92c7541f0a8d6ce3b97240"
_NOWHERE: Final = "127.0.0.1:9"  # no call measured here needs the cloud

# Throwaway keys of the benchmark. Members stay present without heartbeats, so that a call costs the
# same in each round.
SETTINGS: Final[Mapping[str, str]] = {
    "CLASSGATE_IM__SDK_APP_ID": str(SDK_APP_ID),
    "CLASSGATE_IM__SECRET_KEY": SDK_SECRET_KEY,
    "CLASSGATE_CLOUD__SECRET_ID": "AKID0123456789abcdefghijklmnopqrst",
    "CLASSGATE_CLOUD__SECRET_KEY": "Qk7vXo2TzR9mBp4LhJ8wNc5YdG1sFa6E",
    "CLASSGATE_CLOUD__SCHEME": "http",
    "CLASSGATE_CLOUD__STS_ENDPOINT": _NOWHERE,
    "CLASSGATE_CLOUD__COS_ENDPOINT": _NOWHERE,
    "CLASSGATE_CLOUD__COS_JSON_ENDPOINT": _NOWHERE,
    "CLASSGATE_CLOUD__VOD_ENDPOINT": _NOWHERE,
    "CLASSGATE_COS__APP_ID": APP_ID,
    "CLASSGATE_COS__BUCKET": f"courseware-{APP_ID}",
    "CLASSGATE_COS__REGION": "ap-guangzhou",
    "CLASSGATE_AUDIT__KEY": AUDIT_KEY,
    "CLASSGATE_LEGACY__ENABLED": "true",
    "CLASSGATE_CLASSROOMS__MEMBER_TIMEOUT": "86400",
    "CLASSGATE_CLASSROOMS__HOST_TIMEOUT": "86400",
    "CLASSGATE_OPERATIONS__PORT": "0",
    "CLASSGATE_LOG__FORMAT": "json",
}


def environment_for(database: str) -> dict[str, str]:
    """Return the environment of a service over this database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLASSGATE_")}
    return {**kept, **SETTINGS, "CLASSGATE_DATABASE__URL": database}


def migrate(database: str) -> None:
    """Create the schema. CalledProcessError with the reason on standard error."""
    subprocess.run(
        [CLASSGATE, "db", "upgrade"],
        check=True,
        env=environment_for(database),
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Return a folder that is deleted when the block ends."""
    with TemporaryDirectory(prefix="classgate-bench-") as name:
        yield Path(name)


@contextmanager
def new_database(server: PostgresqlServer | None) -> Iterator[str]:
    """Return the URL of an empty database with the schema: of that server, or a SQLite file."""
    with temporary_folder() as folder:
        url = f"sqlite:///{folder / 'classgate.db'}" if server is None else server.new_database()
        migrate(url)
        yield url


@contextmanager
def serving(
    database: str, server: PostgresqlServer | None = None, *, workers: int = 1
) -> Iterator[Target]:
    """Serve a filled database until the block ends."""
    with temporary_folder() as folder:
        log = folder / "log"
        command = [str(CLASSGATE), "serve", "--port", "0", "--workers", str(workers)]
        environment = environment_for(database)
        with started(command, environment=environment, folder=folder, log=log) as process:
            address = urlsplit(json.loads(wait_for(log, process, '"api":'))["api"])
            ids = (process.pid, *(() if server is None else (server.process_id,)))
            yield Target(str(address.hostname), int(address.port or 0), ids)


@contextmanager
def demo() -> Iterator[Target]:
    """Run `classgate demo` without stories: the service and the emulator in one process."""
    with temporary_folder() as folder:
        log = folder / "log"
        command = [str(CLASSGATE), "demo", "--no-story", "--json", "--port", "0"]
        with started(command, folder=folder, log=log) as process:
            address = urlsplit(json.loads(wait_for(log, process, '"api":'))["api"])
            yield Target(str(address.hostname), int(address.port or 0), (process.pid,))


def seconds_of(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun
