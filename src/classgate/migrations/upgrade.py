"""Upgrades a database to the newest schema. `revisions` reads its current one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from classgate.migrations.engines import create_postgresql_engine, create_sqlite_engine
from classgate.migrations.revisions import (
    SchemaFault,
    current_revision,
    find_schema_fault,
    newest_revision,
)
from classgate.storage.database_url import is_postgresql
from classgate.storage.sqlite import create_private_file, sqlite_path

__all__ = ["SchemaFault", "current_revision", "find_schema_fault", "newest_revision", "upgrade"]

T = TypeVar("T")

# The key of the advisory lock: an arbitrary number, the same in every version.
_MIGRATION_LOCK = 0x636C6173


def upgrade(url: str, revision: str = "head") -> None:
    """Upgrade the schema to the newest or the given revision, in one transaction.

    A missing SQLite file is created; a PostgreSQL database must exist.
    """
    if is_postgresql(url):
        _in_postgresql(url, lambda connection: _upgrade_alone(connection, revision))
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
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _upgrade_alone(connection: Connection, revision: str) -> None:
    """Upgrade after waiting for other processes that upgrade the same database."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
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
