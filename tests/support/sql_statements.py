"""The statements that reach a database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch

import asyncpg

from classgate.storage.database import Database
from classgate.storage.postgresql import PostgresqlDatabase
from classgate.storage.postgresql_connections import ConnectionSlots, Slot
from classgate.storage.sqlite import SqliteDatabase


@asynccontextmanager
async def counted(database: Database, word: str) -> AsyncIterator[list[str]]:
    """The statements that begin with the word, as the driver of this database gets them."""
    seen: list[str] = []

    def note(statement: str) -> None:
        if statement.startswith(word):
            seen.append(statement)

    if isinstance(database, SqliteDatabase):
        with _sent_to_file(database, note):
            yield seen
        return
    assert isinstance(database, PostgresqlDatabase)
    with _sent_to_server(database._writers, note), _sent_to_server(database._readers, note):
        yield seen
        await asyncio.sleep(0)  # the driver reports a statement in the loop's next round


@contextmanager
def _sent_to_file(database: SqliteDatabase, note: Callable[[str], None]) -> Iterator[None]:
    connections = (database._write_connection, database._read_connection)
    for connection in connections:
        connection.set_trace_callback(note)
    try:
        yield
    finally:
        for connection in connections:
            connection.set_trace_callback(None)


@contextmanager
def _sent_to_server(slots: ConnectionSlots, note: Callable[[str], None]) -> Iterator[None]:
    open_slot = slots.open

    def log(record: asyncpg.connection.LoggedQuery) -> None:
        note(record.query)

    async def open_and_log(slot: Slot) -> asyncpg.Connection:
        connection = await open_slot(slot)
        connection.add_query_logger(log)
        return connection

    try:
        with patch.object(slots, "open", open_and_log):
            yield
    finally:
        for slot in slots._slots:
            if slot.connection is not None:
                slot.connection.remove_query_logger(log)
