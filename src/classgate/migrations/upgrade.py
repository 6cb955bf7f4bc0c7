"""Upgrades a database to the newest schema, and reads its current one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from classgate.migrations.engines import create_postgresql_engine, create_sqlite_engine
from classgate.storage.database_url import is_postgresql
from classgate.storage.sqlite import create_private_file, sqlite_path

T = TypeVar("T")

# The key of the advisory lock: an arbitrary number, the same in every version.
_MIGRATION_LOCK = 0x636C6173


def newest_revision() -> str:
    """Return the revision that this version of the program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package contains no migrations")
    return head


def current_revision(url: str) -> str | None:
    """Return the revision of the database; None if it is empty or its file is missing."""
    if is_postgresql(url):
        return _in_postgresql(url, _revision)
    path = sqlite_path(url)
    if not path.exists():
        return None
    engine = create_sqlite_engine(path)
    try:
        with engine.connect() as connection:
            return _revision(connection)
    finally:
        engine.dispose()


@dataclass(frozen=True)
class SchemaFault:
    """Why this version cannot use a database, and what to do."""

    what: str
    fix: str
    is_upgradable: bool = True


def find_schema_fault(url: str) -> SchemaFault | None:
    """What keeps this version from using the database; None if its schema is the newest."""
    current, newest = current_revision(url), newest_revision()
    if current == newest:
        return None
    if current is None:
        return SchemaFault(
            f"is empty or missing; this version needs schema {newest}", "classgate db upgrade"
        )
    if current > newest and not _is_known(current):
        return SchemaFault(
            f"has schema {current}, which is newer than this version of classgate, whose newest "
            f"is {newest}",
            "install the version that upgraded the database, or a newer one",
            is_upgradable=False,
        )
    copy = "pg_dump, see docs/how-to/back-up.md" if is_postgresql(url) else "classgate db backup"
    return SchemaFault(
        f"has schema {current}; this version needs schema {newest}",
        f"classgate db upgrade (before it: {copy})",
    )


def _is_known(revision: str) -> bool:
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision)
    except CommandError:
        return False
    return True


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


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


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
