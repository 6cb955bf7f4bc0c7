"""Statements on both databases: values go in and come out as the columns say."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    not_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from tests.support.databases import Databases

from classgate.storage.database import Database, Instant, IntegrityViolation
from classgate.storage.database_url import open_database
from classgate.storage.statements import LIMIT, EnumText, Statement, in_list, one_of, to_dataclass


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Ball:
    number: int
    colour: Colour | None
    bought_at: datetime


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 5, 1, 13, 30, 0, 7, tzinfo=UTC)

balls = Table(
    "balls",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("colour", EnumText(Colour, 10)),
    Column("bought_at", Instant, nullable=False),
    Column("flat", Boolean, nullable=False),
    Column("name", String(20), nullable=False),
)
BALL = [balls.c.number, balls.c.colour, balls.c.bought_at]
CREATE = (
    "CREATE TABLE balls (number INTEGER PRIMARY KEY, colour VARCHAR(10), bought_at BIGINT NOT NULL,"
    " flat BOOLEAN NOT NULL, name VARCHAR(20) NOT NULL)"
)
ADD = Statement(insert(balls))
NUMBERS = select(balls.c.number).order_by(balls.c.number)
ROWS: list[dict[str, Any]] = [
    {"number": 1, "colour": Colour.RED, "bought_at": NOON, "flat": False, "name": "one"},
    {"number": 2, "colour": "blue", "bought_at": LATER, "flat": True, "name": "it's two"},
    {"number": 3, "colour": None, "bought_at": LATER, "flat": False, "name": "三"},
]


@pytest.fixture
def url(databases: Databases) -> str:
    url = databases.new()
    databases.raw_database(url).change(CREATE)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = open_database(url)
    try:
        async with opened.transaction() as connection:
            await connection.execute_many(ADD, ROWS)
        yield opened
    finally:
        await opened.close()


async def numbers(database: Database, statement: Statement, **values: object) -> list[int]:
    return [row.number for row in await database.reader.fetch_all(statement, values)]


# ── values ──────────────────────────────────────────────────────────────────────────────────────


async def test_rows_have_the_types_and_the_names_of_their_columns(database: Database) -> None:
    ordered = Statement(select(balls).order_by(balls.c.number))
    found = await database.reader.fetch_all(ordered)
    assert [row._asdict() for row in found] == ROWS
    assert [row.colour for row in found] == [Colour.RED, Colour.BLUE, None]
    assert all(isinstance(row.colour, Colour) for row in found[:2])
    assert [row.flat for row in found] == [False, True, False]
    assert found[1][1:3] == (Colour.BLUE, LATER)


async def test_columns_are_stored_as_texts_and_numbers(
    database: Database, databases: Databases, url: str
) -> None:
    raw = databases.raw_database(url)
    stored = raw.query("SELECT colour, bought_at FROM balls ORDER BY number")
    assert stored == [
        ("red", 1_777_636_800_000_000),
        ("blue", 1_777_642_200_000_007),
        (None, 1_777_642_200_000_007),
    ]


async def test_row_becomes_a_dataclass_that_leaves_over_what_follows(database: Database) -> None:
    wanted = Statement(select(*BALL, balls.c.name).where(balls.c.number == bindparam("number")))
    row = await database.reader.fetch_one(wanted, {"number": 2})
    assert row is not None
    assert to_dataclass(Ball, row) == Ball(2, Colour.BLUE, LATER)
    assert await database.reader.fetch_one(wanted, {"number": 4}) is None


def test_row_that_is_too_short_becomes_no_dataclass() -> None:
    with pytest.raises(IndexError, match="2 values for the 3 fields of Ball"):
        to_dataclass(Ball, (2, Colour.BLUE))


@dataclass(frozen=True)
class Checked:
    """Would be made without its check."""

    number: int

    def __post_init__(self) -> None:
        assert self.number > 0


def test_dataclass_with_more_than_plain_fields_is_not_made_of_a_row() -> None:
    with pytest.raises(TypeError, match="Checked cannot be made of a row"):
        to_dataclass(Checked, (2,))


async def test_unknown_member_in_the_database_is_an_error(
    database: Database, databases: Databases, url: str
) -> None:
    databases.raw_database(url).change("UPDATE balls SET colour = 'green' WHERE number = 1")
    with pytest.raises(ValueError, match="'green' is not a valid Colour"):
        await database.reader.fetch_all(Statement(select(balls)))


async def test_constants_are_part_of_the_statement(database: Database) -> None:
    red_before = Statement(
        NUMBERS.where(balls.c.colour == Colour.RED, balls.c.bought_at < LATER).limit(5)
    )
    assert await numbers(database, red_before) == [1]
    flatten = Statement(
        update(balls)
        .where(balls.c.number == bindparam("wanted"))
        .values(flat=True, bought_at=NOON, colour=Colour.BLUE)
    )
    async with database.transaction() as connection:
        assert await connection.execute(flatten, {"wanted": 3}) == 1
        assert await connection.execute(flatten, {"wanted": 4}) == 0
    blue_at_noon = Statement(
        NUMBERS.where(balls.c.colour == Colour.BLUE, balls.c.bought_at == NOON, balls.c.flat)
    )
    assert await numbers(database, blue_at_noon) == [3]


async def test_one_parameter_may_stand_in_several_places(database: Database) -> None:
    move = Statement(
        update(balls).where(balls.c.bought_at < bindparam("at")).values(bought_at=bindparam("at"))
    )
    async with database.transaction() as connection:
        assert await connection.execute(move, {"at": LATER}) == 1
    assert await numbers(database, Statement(NUMBERS.where(balls.c.bought_at == LATER))) == [
        1,
        2,
        3,
    ]


async def test_parameters_of_pages_and_tuples(database: Database) -> None:
    after = tuple_(bindparam("after_at", type_=Instant), bindparam("after", type_=Integer))
    page = Statement(
        NUMBERS.where(tuple_(balls.c.bought_at, balls.c.number) > after)
        .limit(LIMIT)
        .offset(bindparam("offset", type_=Integer))
    )
    given = {"after_at": NOON, "after": 1}
    assert await numbers(database, page, **given, limit=9, offset=0) == [2, 3]
    assert await numbers(database, page, **given, limit=1, offset=1) == [3]


async def test_missing_value_is_an_error_and_nothing_is_executed(database: Database) -> None:
    remove = Statement(delete(balls).where(balls.c.name == bindparam("name")))
    with pytest.raises(KeyError, match="name"):
        await database.reader.fetch_all(Statement(NUMBERS.where(balls.c.name == bindparam("name"))))
    async with database.transaction() as connection:
        with pytest.raises(KeyError, match="name"):
            await connection.execute(remove, {"number": 1})
    assert await numbers(database, Statement(NUMBERS)) == [1, 2, 3]


# ── lists ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wanted", "found"),
    [([], []), ([2], [2]), ([3, 1, 99], [1, 3]), (list(range(2000)), [1, 2, 3])],
    ids=["none", "one", "some", "many"],
)
async def test_list_of_any_length_is_one_parameter(
    database: Database, wanted: list[int], found: list[int]
) -> None:
    statement = Statement(NUMBERS.where(in_list(balls.c.number, "numbers")))
    assert await numbers(database, statement, numbers=wanted) == found


async def test_list_of_texts(database: Database) -> None:
    statement = Statement(NUMBERS.where(in_list(balls.c.name, "names")))
    assert await numbers(database, statement, names={"三", "it's two", 'a "b"'}) == [2, 3]
    assert await numbers(database, statement, names=["one', 'it''s two"]) == []


async def test_list_may_choose_what_is_changed(database: Database) -> None:
    remove = Statement(delete(balls).where(in_list(balls.c.number, "numbers")))
    async with database.transaction() as connection:
        assert await connection.execute(remove, {"numbers": [1, 3]}) == 2
    assert await numbers(database, Statement(NUMBERS)) == [2]


async def test_list_of_constants(database: Database) -> None:
    either = one_of(balls.c.colour, [Colour.RED, Colour.BLUE])
    assert await numbers(database, Statement(NUMBERS.where(either))) == [1, 2]
    assert await numbers(database, Statement(NUMBERS.where(one_of(balls.c.colour, Colour)))) == [
        1,
        2,
    ]
    neither = not_(one_of(balls.c.colour, [Colour.RED]))
    assert await numbers(database, Statement(NUMBERS.where(neither))) == [2]  # not NULL either


def test_list_with_its_values_is_refused() -> None:
    statement = Statement(NUMBERS.where(balls.c.number.in_([1, 2])))
    with pytest.raises(TypeError, match="in_list"):
        statement.compiled(sqlite.dialect(paramstyle="qmark"))


# ── texts, and what is no query ─────────────────────────────────────────────────────────────────


async def test_text_gives_its_columns_the_names_that_the_driver_says(database: Database) -> None:
    statement = Statement(
        text(
            "SELECT number, name AS called, count(*) OVER () FROM balls WHERE number > :n"
        ).bindparams(bindparam("n", type_=Integer))
    )
    rows = await database.reader.fetch_all(statement, {"n": 1})
    assert sorted((row.number, row.called, row[2]) for row in rows) == [
        (2, "it's two", 2),
        (3, "三", 2),
    ]
    row = await database.reader.fetch_one(statement, {"n": 2})
    assert row is not None
    assert row.called == "三"
    assert await database.reader.fetch_one(statement, {"n": 3}) is None
    with pytest.raises(KeyError, match="n"):
        await database.reader.fetch_one(statement)


def test_only_the_rows_of_a_query_are_locked() -> None:
    statement = Statement(NUMBERS)
    dialect: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]
    shared, own = (statement.locking(shared=each).compiled(dialect) for each in (True, False))
    assert shared.text.endswith("ORDER BY balls.number FOR SHARE")
    assert own.text.endswith("ORDER BY balls.number FOR NO KEY UPDATE")
    with pytest.raises(TypeError, match="only the rows of a SELECT can be locked"):
        Statement(delete(balls)).locking(shared=False)


async def test_only_a_change_is_written(database: Database) -> None:
    assert ADD.changed_table == "balls"
    assert Statement(NUMBERS).changed_table is None
    assert Statement(text("DELETE FROM balls")).changed_table is None


async def test_row_that_may_not_be_is_a_violation_without_its_values(database: Database) -> None:
    async def add_again() -> None:
        async with database.transaction() as connection:
            await connection.execute(ADD, {**ROWS[0], "name": "zq"})

    with pytest.raises(IntegrityViolation) as refused:
        await add_again()
    assert "balls" in str(refused.value)
    assert "zq" not in str(refused.value)
    assert await numbers(database, Statement(NUMBERS)) == [1, 2, 3]
