"""Processes over one PostgreSQL: what one changes invalidates what another keeps, or nothing is
kept.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
import pytest
from tests.support.captured_log import CapturedLog
from tests.support.eventually import eventually
from tests.support.postgresql_proxy import listening_proxy
from tests.support.postgresql_server import Server

from classgate.storage.changes import Changed
from classgate.storage.listening import (
    NAME,
    NOT_DELIVERED,
    PROVEN_FOR,
    ListeningConnection,
    NotListening,
)
from classgate.storage.postgresql import PostgresqlDatabase
from classgate.storage.ttl_cache import TtlCache

NOW = datetime(2026, 11, 29, tzinfo=UTC)


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def url(postgresql_server: Server) -> str:
    return postgresql_server.new()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresqlDatabase]:
    """The other process."""
    opened = PostgresqlDatabase(url)
    yield opened
    await opened.close()


@pytest.fixture
async def listening(url: str, seconds: Seconds) -> AsyncIterator[ListeningConnection]:
    """A connection that listens, and is probed by the test alone."""
    opened = ListeningConnection(url, seconds)
    await opened.open()
    yield opened
    await opened.stop()


class Kept:
    """Counts what a cache of this process still has."""

    def __init__(self, listening: ListeningConnection) -> None:
        self._cache: TtlCache[int, str] = listening.caches.create(Changed.ACCOUNT, lambda: NOW)
        self.fill()

    def fill(self) -> None:
        for number in (5, 6):
            self._cache.put(number, "kept", number, self._cache.version)

    @property
    def numbers(self) -> list[int]:
        return [number for number in (5, 6) if self._cache.get(number) is not None]


def end_listening(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
            " AND datname = current_database()",
            [NAME],
        ).fetchall()
    assert ended


def notify(url: str, payload: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_notify('classgate', %s)", [payload])


async def announce(database: PostgresqlDatabase, *numbers: int) -> None:
    async with database.transaction() as connection:
        connection.announce(Changed.ACCOUNT, *numbers)


class Undone(Exception):
    pass


async def test_other_process_is_told_on_commit_and_not_before(
    listening: ListeningConnection, database: PostgresqlDatabase
) -> None:
    kept = Kept(listening)
    async with database.transaction() as connection:
        connection.announce(Changed.ACCOUNT, 5)
        await listening.probe()
        assert kept.numbers == [5, 6]
    await eventually(lambda: kept.numbers == [6])


async def test_nobody_is_told_of_what_was_undone(
    listening: ListeningConnection, database: PostgresqlDatabase
) -> None:
    kept = Kept(listening)
    with suppress(Undone):
        async with database.transaction() as connection:
            connection.announce(Changed.ACCOUNT, 5)
            raise Undone
    await announce(database, 6)
    await eventually(lambda: kept.numbers == [5])


async def test_transaction_sends_one_notification_whatever_it_announced(
    listening: ListeningConnection, database: PostgresqlDatabase, url: str
) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("LISTEN classgate")
        async with database.transaction() as connection:
            for _ in range(3):
                connection.announce(Changed.ACCOUNT, 5)
                connection.announce(Changed.CLASSROOM, 7, 8)
        await announce(database, 6)
        told = [each.payload for each in other.notifies(timeout=60, stop_after=2)]
    assert told == ['{"account":[5],"class":[7,8]}', '{"account":[6]}']


async def test_transaction_that_announces_nothing_sends_nothing(
    database: PostgresqlDatabase, url: str
) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("LISTEN classgate")
        async with database.transaction():
            pass
        await announce(database)
        await announce(database, 6)
        told = [each.payload for each in other.notifies(timeout=60, stop_after=1)]
    assert told == ['{"account":[6]}']


async def test_own_caches_are_invalidated_on_commit(url: str, seconds: Seconds) -> None:
    database = PostgresqlDatabase(url, seconds)
    try:
        database.start()
        await eventually(database.caches.is_current)
        cache: TtlCache[int, str] = database.caches.create(Changed.ACCOUNT, lambda: NOW)
        cache.put(5, "kept", 5, cache.version)
        async with database.transaction() as connection:
            connection.announce(Changed.ACCOUNT, 5)
            assert cache.get(5) == "kept"
        assert cache.get(5) is None
    finally:
        await database.close()
    assert not database.caches.is_current()


@pytest.mark.parametrize("payload", ["", "[" * 7000, '{"account":["5"]}', '{"unheard_of":[1]}'])
async def test_unreadable_notification_empties_every_cache(
    listening: ListeningConnection, url: str, payload: str
) -> None:
    kept = Kept(listening)
    notify(url, payload)
    await eventually(lambda: kept.numbers == [])
    kept.fill()
    assert kept.numbers == [5, 6]


async def test_test_of_another_connection_changes_nothing(
    listening: ListeningConnection, database: PostgresqlDatabase, url: str
) -> None:
    kept = Kept(listening)
    notify(url, "test 0123456789abcdef")
    await announce(database, 6)
    await eventually(lambda: kept.numbers == [5])


async def test_proof_holds_for_a_second_from_the_question(
    listening: ListeningConnection, seconds: Seconds
) -> None:
    kept = Kept(listening)
    seconds.now += PROVEN_FOR - 0.01
    assert kept.numbers == [5, 6]
    await listening.probe()
    seconds.now += PROVEN_FOR - 0.01
    assert kept.numbers == [5, 6]
    seconds.now += 0.01
    assert kept.numbers == []


async def test_lost_connection_empties_the_caches_until_there_is_another(
    listening: ListeningConnection, url: str
) -> None:
    kept = Kept(listening)
    end_listening(url)
    with pytest.raises(NotListening):
        await listening.probe()
    assert kept.numbers == []
    kept.fill()
    await listening.open()
    assert kept.numbers == []
    kept.fill()
    assert kept.numbers == [5, 6]


async def test_proof_ends_when_the_server_closes_the_connection(
    listening: ListeningConnection, url: str
) -> None:
    kept = Kept(listening)
    end_listening(url)
    await eventually(lambda: not listening.is_proven())  # nobody probes, and its time stands still
    assert kept.numbers == []


async def test_silent_connection_is_not_proven_after_a_second(url: str, seconds: Seconds) -> None:
    async with listening_proxy(url) as (proxy, behind):
        listening = ListeningConnection(behind, seconds)
        try:
            await listening.open()
            kept = Kept(listening)
            assert kept.numbers == [5, 6]
            proxy.silence()
            probe = asyncio.create_task(listening.probe())
            await proxy.heard.wait()
            seconds.now += PROVEN_FOR
            assert kept.numbers == []
            with pytest.raises(NotListening, match="the server does not answer"):
                await probe
        finally:
            await listening.stop()


async def test_connection_whose_notifications_are_kept_back_is_never_proven(
    url: str, seconds: Seconds
) -> None:
    async with listening_proxy(url) as (proxy, behind):
        proxy.keeps_notifications = True
        listening = ListeningConnection(behind, seconds)
        with pytest.raises(NotListening, match=NOT_DELIVERED):
            await listening.open()
        assert not listening.is_proven()


async def test_process_says_that_it_lost_the_connection_and_that_it_is_back(
    url: str, seconds: Seconds, captured_log: CapturedLog
) -> None:
    listening, logged = ListeningConnection(url, seconds), captured_log.getvalue
    try:
        listening.start()
        await eventually(listening.is_proven)
        assert "changes by other processes" not in logged()
        end_listening(url)
        await eventually(lambda: "changes by other processes arrive again" in logged())
        assert "changes by other processes do not arrive" in logged().partition("again")[0]
    finally:
        await listening.stop()
