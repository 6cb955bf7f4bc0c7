"""SQLAlchemy's engines for the migrations. The service uses none, see `storage.statements`."""

import sqlite3
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from classgate.storage.postgresql_connections import connect
from classgate.storage.sqlite import prepare


def create_sqlite_engine(path: Path) -> Engine:
    """Create an engine in autocommit mode; the migration's transaction is explicit."""
    engine = create_engine(
        f"sqlite:///{path}",
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": 0},
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        prepare(connection)

    return engine


def create_postgresql_engine(url: str) -> AsyncEngine:
    """Create an engine that waits for locks and answers without a timeout, as a migration must."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: connect(url, unlimited_wait=True),
        hide_parameters=True,
    )
