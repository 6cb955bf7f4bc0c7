"""Upgrades a database to the newest schema. `revisions` reads its current one."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from classgate.errors import ServiceUnavailable
from classgate.migrations.engines import create_postgresql_engine, create_sqlite_engine
from classgate.migrations.revisions import (
    SchemaFault,
    compatibility_mark,
    current_revision,
    find_schema_fault,
    newest_revision,
    version_of,
)
from classgate.storage.database_url import is_postgresql
from classgate.storage.sqlite import create_private_file, sqlite_path

__all__ = [
    "Patience",
    "SchemaFault",
    "current_revision",
    "find_schema_fault",
    "newest_revision",
    "upgrade",
]

T = TypeVar("T")

# The key of the advisory lock: an arbitrary number, the same in every version.
_MIGRATION_LOCK = 0x636C6173
_LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True)
class Patience:
    """How long a migration waits for a table that the replicas use.

    Who waits for a table lets nobody else have it. So it gives up soon, and tries again later.
    """

    lock_timeout: timedelta = timedelta(seconds=2)
    attempts: int = 10
    pause: timedelta = timedelta(seconds=3)


_PATIENCE = Patience()


def upgrade(url: str, revision: str = "head", *, patience: Patience = _PATIENCE) -> None:
    """Upgrade the schema to the newest or the given revision, in one transaction.

    A missing SQLite file is created; a PostgreSQL database must exist. A schema that a later
    version made for this one too is left as it is. ServiceUnavailable: a table was in use.
    """
    if is_postgresql(url):
        _upgrade_server(url, revision, patience)
        return
    path = sqlite_path(url)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_private_file(path)
    engine = create_sqlite_engine(path)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                _upgrade(connection, revision)
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    if _is_later_and_serves(connection):
        return
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    _mark_compatibility(connection, ScriptDirectory.from_config(config))


def _is_later_and_serves(connection: Connection) -> bool:
    """Return whether a later version upgraded it, and this one may use it."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    row = connection.execute(text("SELECT * FROM alembic_version")).mappings().first()
    return version_of(None if row is None else dict(row)).serves(newest_revision())


def _mark_compatibility(connection: Connection, scripts: ScriptDirectory) -> None:
    """Write down which programs may use the schema that was reached, see `needs_stop`."""
    columns = {each["name"] for each in inspect(connection).get_columns("alembic_version")}
    current = MigrationContext.configure(connection).get_current_revision()
    if current is None or "oldest_program" not in columns:
        return
    passed = list(scripts.iterate_revisions(current, "base"))  # the newest first
    breaking = (each for each in passed if getattr(each.module, "needs_stop", False))
    oldest = next(breaking, passed[-1]).revision
    connection.execute(
        text("UPDATE alembic_version SET oldest_program = :mark"),
        {"mark": compatibility_mark(current, oldest)},
    )


def _upgrade_server(url: str, revision: str, patience: Patience) -> None:
    for attempt in range(1, patience.attempts + 1):
        try:
            _in_postgresql(url, lambda connection: _upgrade_alone(connection, revision, patience))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            if attempt == patience.attempts:
                raise ServiceUnavailable(
                    "the schema was not changed: a table that it changes was in use all the time; "
                    "try again, best while few are in class"
                ) from error
            time.sleep(patience.pause.total_seconds())
        else:
            return


def _upgrade_alone(connection: Connection, revision: str, patience: Patience) -> None:
    """Upgrade after waiting for other processes that upgrade the same database."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
    milliseconds = patience.lock_timeout // timedelta(milliseconds=1)
    connection.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))
    _upgrade(connection, revision)


def _in_postgresql(url: str, use: Callable[[Connection], T]) -> T:
    """Run `use` in one transaction, on an event loop in a thread: the caller may have a loop."""

    async def run() -> T:
        engine = create_postgresql_engine(url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(use)
        finally:
            await engine.dispose()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
