"""The statements that reach a database."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import patch

from classgate.storage.database import Database
from classgate.storage.postgresql import PostgresqlDatabase
from classgate.storage.postgresql_pipeline import PipelinedConnection, PreparedStatement
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
    with _sent_to_server(note):
        yield seen


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
def _sent_to_server(note: Callable[[str], None]) -> Iterator[None]:
    get_prepared = PipelinedConnection.get_prepared

    async def get_and_note(self: PipelinedConnection, text: str) -> PreparedStatement:
        note(text)
        return await get_prepared(self, text)

    with patch.object(PipelinedConnection, "get_prepared", get_and_note):
        yield
