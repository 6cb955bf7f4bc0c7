"""What is sent to PostgreSQL in one write: it is executed in its order, or not at all."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psycopg
import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from tests.support.postgresql_server import Server

from classgate.errors import ServiceUnavailable
from classgate.storage.changes import Changed
from classgate.storage.database import DatabaseConnection, IntegrityViolation, Lock
from classgate.storage.postgresql import PostgresqlDatabase
from classgate.storage.postgresql_transport import HoldingTransport
from classgate.storage.statements import NO_VALUES, Statement, Values, in_list

LIMIT = 60  # seconds; it only ends what hangs

_metadata = MetaData()
_notes = Table(
    "notes",
    _metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("words", String),
    Column("is_read", Boolean),
    Column("weight", Float),
)
_ADD = Statement(insert(_notes).values(n=bindparam("n")))
_ADD_ALL = Statement(
    insert(_notes).values({each.name: bindparam(each.name) for each in _notes.columns})
)
_MOVE = Statement(update(_notes).where(_notes.c.n == bindparam("old")).values(n=bindparam("new")))
_MARK_ALL = Statement(update(_notes).values(is_read=True))
_REMOVE = Statement(delete(_notes).where(in_list(_notes.c.n, "numbers")))
_RETURN = Statement(delete(_notes).returning(_notes.c.n))
_NOTE = Statement(select(_notes.c.n).where(_notes.c.n == bindparam("n")))
_NUMBERS = Statement(select(_notes.c.n).order_by(_notes.c.n))
_WORDS = Statement(select(_notes.c.words).where(_notes.c.n == bindparam("n")))


@pytest.fixture(scope="module")
def table_url(postgresql_server: Server) -> str:
    url = postgresql_server.new()
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE notes (n INTEGER PRIMARY KEY, words VARCHAR(2000), is_read BOOLEAN,"
            " weight DOUBLE PRECISION)"
        )
    return url


@pytest.fixture
def url(table_url: str) -> str:
    with psycopg.connect(table_url) as connection:
        connection.execute("TRUNCATE notes")
        connection.execute("INSERT INTO notes (n) VALUES (1), (2)")
    return table_url


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgresqlDatabase]:
    opened = PostgresqlDatabase(url)
    yield opened
    await opened.close()


def stored(url: str) -> list[int]:
    """The notes that another connection sees."""
    with psycopg.connect(url) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM notes ORDER BY n")]


def is_locked(url: str, number: int) -> bool:
    with psycopg.connect(url) as connection:
        try:
            connection.execute("SELECT n FROM notes WHERE n = %s FOR UPDATE NOWAIT", [number])
        except psycopg.errors.LockNotAvailable:
            return True
    return False


@contextmanager
def changing(url: str, number: int) -> Iterator[psycopg.Connection]:
    """Somebody else's transaction that has changed this note."""
    with psycopg.connect(url) as other:
        other.execute("UPDATE notes SET words = 'of another' WHERE n = %s", [number])
        yield other


async def until_it_waits(url: str) -> None:
    """Until a connection to the database waits for a lock."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(LIMIT):
        with psycopg.connect(url, autocommit=True) as connection:
            while connection.execute(waiting).fetchone() == (0,):  # noqa: ASYNC110 — the server's
                await asyncio.sleep(0.01)


@contextmanager
def counted_writes() -> Iterator[list[int]]:
    """The lengths of what is written to sockets of asyncpg."""
    written: list[int] = []
    write = HoldingTransport.write

    def count_and_write(self: HoldingTransport, data: bytes | memoryview) -> None:
        written.append(len(data))
        write(self, data)

    with patch.object(HoldingTransport, "write", count_and_write):
        yield written


async def write_one(database: PostgresqlDatabase, number: int) -> int:
    """Store a note after a lock and a read; return the number of the connection."""
    async with database.transaction() as connection:
        await connection.lock(_NOTE, {"n": 1}, Lock.EXCLUSIVE)
        await connection.fetch_one(_NOTE, {"n": 1})
        await connection.write(_ADD, {"n": number})
        await connection.write(_MOVE, {"old": number, "new": number + 1}, must_match=True)
        connection.announce(Changed.ACCOUNT, number)
        return connection.writer_id


# ── round trips ─────────────────────────────────────────────────────────────────────────────────


async def test_transaction_with_one_read_takes_two_round_trips(
    database: PostgresqlDatabase, url: str
) -> None:
    await write_one(database, 10)  # connects, and prepares the statements
    with counted_writes() as written:
        await write_one(database, 20)
    assert len(written) == 2
    assert stored(url) == [1, 2, 11, 21]


async def test_transaction_that_only_writes_takes_one(
    database: PostgresqlDatabase, url: str
) -> None:
    for number in (10, 20):
        with counted_writes() as written:
            async with database.transaction() as connection:
                await connection.write(_ADD, {"n": number})
                await connection.write(_ADD, {"n": number + 1})
                assert stored(url) == ([1, 2] if number == 10 else [1, 2, 10, 11])
    assert len(written) == 1
    assert stored(url) == [1, 2, 10, 11, 20, 21]


@pytest.mark.parametrize("fails", [False, True])
async def test_transaction_without_a_statement_takes_none(
    database: PostgresqlDatabase, fails: bool
) -> None:
    await write_one(database, 10)
    ended: list[str] = []
    with counted_writes() as written, suppress(ZeroDivisionError):
        async with database.transaction() as connection:
            connection.on_commit(lambda: ended.append("committed"))
            connection.on_rollback(lambda: ended.append("rolled back"))
            if fails:
                raise ZeroDivisionError
    assert written == []
    assert ended == (["rolled back"] if fails else ["committed"])


# ── what is sent ahead ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "is_read"),
    [
        ("plain", True),
        ('it\'s "quoted" \\ and 100 %\n{a,b} $1 NULL', False),
        ("王小明 🎓 é", None),
        ("", None),
        (None, True),
        ("x" * 2000, False),
    ],
)
async def test_values_of_a_postponed_write_arrive_as_they_are(
    database: PostgresqlDatabase, url: str, words: str | None, is_read: bool | None
) -> None:
    async with database.transaction() as connection:
        values = {"n": -2_147_483_648, "words": words, "is_read": is_read, "weight": None}
        await connection.write(_ADD_ALL, values)
    with psycopg.connect(url) as other:
        assert other.execute("SELECT * FROM notes WHERE n < 0").fetchall() == [
            (-2_147_483_648, words, is_read, None)
        ]


async def test_write_with_another_kind_of_value_keeps_its_place(
    database: PostgresqlDatabase, url: str
) -> None:
    async with database.transaction() as connection:
        await connection.write(_ADD, {"n": 3})
        await connection.write(_REMOVE, {"numbers": [1, 3]})
        await connection.write(_ADD, {"n": 1})
        await connection.write(_ADD_ALL, {"n": 4, "words": "", "is_read": None, "weight": 0.5})
        await connection.write(_ADD, {"n": 3})
    assert stored(url) == [1, 2, 3, 4]


async def test_text_that_no_database_takes_stores_nothing(
    database: PostgresqlDatabase, url: str
) -> None:
    async def write(words: str) -> None:
        async with database.transaction() as connection:
            await connection.write(_ADD, {"n": 3})
            values = {"n": 4, "words": words, "is_read": None, "weight": None}
            await connection.write(_ADD_ALL, values)

    with pytest.raises(asyncpg.CharacterNotInRepertoireError):
        await write("cut\0short")
    with pytest.raises(ServiceUnavailable):
        await write("half a pair: \ud800")
    assert stored(url) == [1, 2]
    assert await write_one(database, 10) == 0


async def test_statement_whose_rows_nobody_gets_is_refused(database: PostgresqlDatabase) -> None:
    async with database.transaction() as connection:
        with pytest.raises(TypeError, match="nobody would get the rows"):
            await connection.write(_RETURN, NO_VALUES)


async def test_announcement_is_sent_with_the_commit(database: PostgresqlDatabase, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("LISTEN classgate")
        await write_one(database, 10)
        heard = [each.payload for each in other.notifies(timeout=LIMIT, stop_after=1)]
    assert heard == ['{"account":[10]}']


async def test_each_row_of_a_lock_is_locked(database: PostgresqlDatabase, url: str) -> None:
    async with database.transaction() as connection:
        await connection.lock(_NUMBERS, NO_VALUES, Lock.SHARED)
        await connection.fetch_one(_NOTE, {"n": 7})
        assert [is_locked(url, number) for number in (1, 2)] == [True, True]


async def test_write_that_must_match_changes_each_row_that_matches(
    database: PostgresqlDatabase, url: str
) -> None:
    async with database.transaction() as connection:
        await connection.write(_MARK_ALL, NO_VALUES, must_match=True)
    with psycopg.connect(url) as other:
        assert other.execute("SELECT n, is_read FROM notes ORDER BY n").fetchall() == [
            (1, True),
            (2, True),
        ]


async def test_read_sees_what_the_lock_ahead_of_it_waited_for(
    database: PostgresqlDatabase, url: str
) -> None:
    async def lock_and_read() -> object:
        async with database.transaction() as connection:
            await connection.lock(_NOTE, {"n": 1}, Lock.EXCLUSIVE)
            return await connection.fetch_one(_WORDS, {"n": 1})

    with changing(url, 1) as other:
        reading = asyncio.create_task(lock_and_read())
        await until_it_waits(url)
        other.commit()
    assert await reading == ("of another",)


# ── what fails ──────────────────────────────────────────────────────────────────────────────────


async def test_write_that_matches_no_row_undoes_the_transaction(
    database: PostgresqlDatabase, url: str
) -> None:
    ended: list[str] = []

    async def write() -> None:
        async with database.transaction() as connection:
            connection.on_commit(lambda: ended.append("committed"))
            connection.on_rollback(lambda: ended.append("rolled back"))
            await connection.write(_ADD, {"n": 3})
            await connection.write(_MOVE, {"old": 7, "new": 8}, must_match=True)
            await connection.write(_ADD, {"n": 4})

    with pytest.raises(ServiceUnavailable):
        await write()
    assert ended == ["rolled back"]
    assert stored(url) == [1, 2]
    assert await write_one(database, 10) == 0  # on the same connection


async def test_failed_lock_ahead_of_a_read_fails_the_read_and_all_that_follows(
    database: PostgresqlDatabase, url: str
) -> None:
    answers: list[object] = []

    async def go_on(connection: DatabaseConnection) -> None:
        with suppress(ServiceUnavailable):
            answers.append(await connection.fetch_one(_NOTE, {"n": 2}))

    async def lock() -> None:
        async with database.transaction() as connection:
            await connection.write(_ADD, {"n": 3})
            await connection.lock(_NOTE, {"n": 1}, Lock.EXCLUSIVE)
            await go_on(connection)
            await go_on(connection)
            await connection.write(_ADD, {"n": 4})

    with changing(url, 1):
        locking = asyncio.create_task(lock())
        await until_it_waits(url)
        with psycopg.connect(url, autocommit=True) as operator:
            operator.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        with pytest.raises(ServiceUnavailable):
            await locking
    assert answers == []
    assert stored(url) == [1, 2]
    assert await write_one(database, 10) == 0


async def test_value_that_the_driver_refuses_leaves_nothing_behind(
    database: PostgresqlDatabase, url: str
) -> None:
    """The lock waits to be sent when the driver fails; it is sent with the rollback."""

    async def lock_and_fail() -> None:
        async with database.transaction() as connection:
            await connection.lock(_NOTE, {"n": 1}, Lock.EXCLUSIVE)
            await connection.write(_ADD, {"n": 3})
            await connection.fetch_one(_NOTE, {"n": "not a number"})

    assert await write_one(database, 10) == 0
    with pytest.raises(asyncpg.DataError):
        await lock_and_fail()
    assert not is_locked(url, 1)
    assert stored(url) == [1, 2, 11]
    assert await write_one(database, 20) == 0


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (_REMOVE, {"numbers": [2**40]}),
        (_ADD_ALL, {"n": 4, "words": "half a pair: \ud800", "is_read": None, "weight": None}),
    ],
)
async def test_write_that_cannot_be_sent_is_not_left_for_the_next_transaction(
    database: PostgresqlDatabase, url: str, statement: Statement, values: Values
) -> None:
    """Nothing was sent yet: the server knows of no transaction that could be rolled back."""

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.write(_ADD, {"n": 3})
            await connection.write(statement, values)

    for number in (10, 20):
        with pytest.raises((asyncpg.DataError, ServiceUnavailable)):
            await write()
        assert await write_one(database, number) == 0
    assert stored(url) == [1, 2, 11, 21]


@pytest.mark.parametrize("goes_on", [True, False])
async def test_transaction_that_the_driver_rolled_back_does_not_end_well(
    database: PostgresqlDatabase, url: str, goes_on: bool
) -> None:
    async def write() -> None:
        async with database.transaction() as connection:
            await connection.write(_ADD, {"n": 3})
            with pytest.raises(asyncpg.DataError):
                await connection.execute_many(_ADD, [{"n": 4}, {"n": "not a number"}])
            if goes_on:
                await connection.execute(_ADD, {"n": 5})

    with pytest.raises(RuntimeError, match="rolled back"):
        await write()
    assert stored(url) == [1, 2]
    assert await write_one(database, 10) == 0
    assert stored(url) == [1, 2, 11]


async def test_going_on_after_the_driver_failed_is_still_one_transaction(
    database: PostgresqlDatabase, url: str
) -> None:
    async def go_on() -> None:
        async with database.transaction() as connection:
            await connection.write(_ADD, {"n": 3})
            with pytest.raises(asyncpg.DataError):
                await connection.fetch_one(_NOTE, {"n": "not a number"})
            await connection.fetch_one(_NOTE, {"n": 1})
            assert stored(url) == [1, 2]
            await connection.execute(_ADD, {"n": 1})

    with pytest.raises(IntegrityViolation):
        await go_on()
    assert stored(url) == [1, 2]
    assert await write_one(database, 10) == 0


def end_connections(url: str) -> None:
    """As a server does that is restarted."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )


async def test_connection_that_is_lost_between_the_round_trips_stores_nothing(
    database: PostgresqlDatabase, url: str
) -> None:
    ended: list[str] = []

    async def lose_it() -> None:
        async with database.transaction() as connection:
            connection.on_commit(lambda: ended.append("committed"))
            connection.on_rollback(lambda: ended.append("rolled back"))
            await connection.lock(_NOTE, {"n": 1}, Lock.EXCLUSIVE)
            await connection.fetch_one(_NOTE, {"n": 1})
            await connection.write(_ADD, {"n": 3})
            end_connections(url)

    with pytest.raises(ServiceUnavailable):
        await lose_it()
    assert ended == ["rolled back"]
    assert stored(url) == [1, 2]
    assert await write_one(database, 10) > 0  # a new connection


# ── who is cancelled ────────────────────────────────────────────────────────────────────────────


async def test_cancelled_wait_for_a_lock_ends_with_a_usable_connection(
    database: PostgresqlDatabase, url: str
) -> None:
    assert await write_one(database, 10) == 0
    with changing(url, 1):
        locking = asyncio.create_task(write_one(database, 20))
        await until_it_waits(url)
        locking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await locking
    assert stored(url) == [1, 2, 11]
    assert not is_locked(url, 1)
    async with asyncio.timeout(LIMIT):
        assert await write_one(database, 30) == 0


async def test_commit_of_a_cancelled_caller_is_completed(
    database: PostgresqlDatabase, url: str
) -> None:
    """The write that is sent with the commit waits for somebody else's."""
    ended = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as connection:
            connection.on_commit(ended.set)
            await connection.write(_MOVE, {"old": 1, "new": 3}, must_match=True)

    with changing(url, 1) as other:
        writing = asyncio.create_task(write())
        await until_it_waits(url)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert not ended.is_set()
        other.commit()
    async with asyncio.timeout(LIMIT):
        await ended.wait()
    assert stored(url) == [2, 3]


async def test_failed_commit_of_a_cancelled_caller_gives_the_connection_back(
    database: PostgresqlDatabase, url: str
) -> None:
    ended = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as connection:
            connection.on_rollback(ended.set)
            await connection.write(_MOVE, {"old": 1, "new": 2})  # which exists

    with changing(url, 1) as other:
        writing = asyncio.create_task(write())
        await until_it_waits(url)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        other.commit()
    async with asyncio.timeout(LIMIT):
        await ended.wait()
        assert stored(url) == [1, 2]
        # Each of the eight connections is free.
        assert await asyncio.gather(*(write_one(database, 10 * n) for n in range(1, 9)))


# ── other connections ───────────────────────────────────────────────────────────────────────────


async def test_column_of_another_type_is_read_after_the_statement_is_prepared_anew(
    database: PostgresqlDatabase, url: str
) -> None:
    async def read_in_transaction() -> object:
        async with database.transaction() as connection:
            return await connection.fetch_one(_WORDS, {"n": 1})

    with psycopg.connect(url, autocommit=True) as other:
        other.execute("UPDATE notes SET words = 'kept' WHERE n = 1")
        for read in (read_in_transaction, lambda: database.reader.fetch_one(_WORDS, {"n": 1})):
            assert await read() == ("kept",)
        for length in (3000, 2000):
            other.execute(f"ALTER TABLE notes ALTER words TYPE VARCHAR({length})")
            assert await database.reader.fetch_one(_WORDS, {"n": 1}) == ("kept",)
            with pytest.raises(asyncpg.InvalidCachedStatementError):
                await read_in_transaction()
            assert await read_in_transaction() == ("kept",)


@asynccontextmanager
async def tls_before(url: str, folder: Path) -> AsyncIterator[str]:
    """The address of a TLS server on loopback, before the server on its socket."""
    certificate, key = folder / "server.crt", folder / "server.key"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    command = ("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", *subject)
    files = ("-keyout", str(key), "-out", str(certificate))
    await asyncio.to_thread(subprocess.run, [*command, *files], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    (socket_folder,) = parse_qs(urlsplit(url).query)["host"]

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(8) == bytes.fromhex("0000000804d2162f")  # SSLRequest
        writer.write(b"S")
        await writer.start_tls(context)
        inner, outer = await asyncio.open_unix_connection(f"{socket_folder}/.s.PGSQL.5432")
        await asyncio.gather(pass_on(reader, outer), pass_on(inner, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        name = urlsplit(url).path
        yield (
            f"postgresql://postgres@localhost:{port}{name}"
            f"?sslmode=verify-full&sslrootcert={certificate}"
        )
    finally:
        server.close()


async def test_over_tls_the_round_trips_are_the_same(url: str, tmp_path: Path) -> None:
    async with tls_before(url, tmp_path) as secured:
        database = PostgresqlDatabase(secured)
        assert await write_one(database, 10) == 0
        with counted_writes() as written:
            assert await write_one(database, 20) == 0
        async with database.transaction() as connection:
            await connection.write(_ADD, {"n": 3})
            await connection.execute_many(_ADD, [{"n": n} for n in range(30, 40)])
            assert len(await connection.fetch_all(_NUMBERS)) == 15
        await database.close()
    assert len(written) == 2
    assert stored(url) == [1, 2, 3, 11, 21, *range(30, 40)]
