"""A server that vanished, or a connection that was forgotten on the way: none waits again."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, literal, select

from classgate.errors import ServiceUnavailable
from classgate.storage.changes import CacheRegistry
from classgate.storage.database import DatabaseConnection
from classgate.storage.health import Health
from classgate.storage.postgresql import _Reader
from classgate.storage.postgresql_connections import ConnectionSlots
from classgate.storage.postgresql_errors import ErrorTranslation
from classgate.storage.postgresql_pipeline import PipelinedConnection
from classgate.storage.postgresql_transactions import PostgresqlTransaction
from classgate.storage.statements import NO_VALUES, Statement

READ = Statement(select(literal(1)))
WRITE = Statement(insert(Table("silence", MetaData(), Column("number", Integer))).values(number=1))


class SilentConnection:
    """A connection, and each of its prepared statements. There is no answer in time."""

    def __init__(self, *, begins: bool) -> None:
        self.driver = self
        self.asked = 0
        self._begins = begins
        self.is_terminated = False

    async def get_prepared(self, _text: str) -> "SilentConnection":
        return self

    def to_message(self, _parameters: object) -> bytes:
        return b""

    def send_ahead(self, _message: bytes) -> None:
        return None

    async def fetch(self, *_parameters: object) -> Any:
        self.asked += 1
        raise TimeoutError

    fetchrow = fetch

    def is_closed(self) -> bool:
        return self.is_terminated

    def is_in_transaction(self) -> bool:
        return self._begins and self.asked > 0

    def terminate(self) -> None:
        self.is_terminated = True


async def slots_of(connection: SilentConnection) -> ConnectionSlots:
    slots = ConnectionSlots("postgresql://", 1)
    slot = await slots.acquire()
    slot.connection = cast("PipelinedConnection", connection)
    slots.release(slot)
    return slots


async def read(connection: DatabaseConnection) -> None:
    await connection.fetch_one(READ)


async def write(connection: DatabaseConnection) -> None:
    await connection.write(WRITE, NO_VALUES)


async def test_read_without_an_answer_gives_the_connection_up() -> None:
    silent = SilentConnection(begins=False)
    reader = _Reader(await slots_of(silent), Health())
    with pytest.raises(ServiceUnavailable):
        await reader.fetch_one(READ)
    assert silent.is_terminated


@pytest.mark.parametrize("use", [read, write], ids=["in a read", "in the commit"])
async def test_transaction_without_an_answer_asks_for_nothing_more(
    use: Callable[[DatabaseConnection], Any],
) -> None:
    silent, health = SilentConnection(begins=True), Health()
    slots = await slots_of(silent)
    with pytest.raises(ServiceUnavailable):
        async with PostgresqlTransaction(
            slots, set(), health, ErrorTranslation(health), CacheRegistry()
        ) as connection:
            await use(connection)
    assert silent.is_terminated
    assert silent.asked == 1
