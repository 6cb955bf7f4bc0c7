"""No statement reads a whole table that grows, or sorts rows without a bound.

The plans are those of an empty database: they depend on the indexes alone, as in a new school.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from tests.support.databases import Databases
from tests.support.every_statement import SHAPES, cached_makers, every_statement
from tests.support.school import School

from classgate.migrations.tables import metadata
from classgate.storage import postgresql_transactions, sqlite_connections

# By the beginning of a statement's name: why it may read a table in its order, or all of it.
MAY_SCAN = {
    "accounts.repository._SELECT_ADMIN_IDS": "the index of the admins, who are few",
    "accounts.repository._COUNT_ADMINS": "the index of the admins, who are few",
    "accounts.repository._LIST_HOLDS_BY_KEY": "for `classgate keys`; few identifiers are held",
    "accounts.second_factors.repository._LIST_SEALED": "for `classgate keys`; admins are few",
    "audit.head_repository.": "chains are as many as connections wrote at one time",
    "audit.chain_repository._READ_NOTHING": "its condition is false: it reads no row",
    "audit.repository._COUNT_ROWS": "chains are as many as processes that wrote",
    "audit.repository._LIST_HEADS": "audit verify",
    "audit.repository._FIND_ANY_CHAIN": "one row",
    "audit.repository._newest_statements(False, False, False": "a page in the order of the index",
    "classrooms.presence.host_heartbeats.": "live classes",
    "audit.retention_repository._LIST_CHAINS": "chains are as many as processes that wrote",
    "audit.retention_repository._LIST_SEALS": "the index of the seals",
    "classrooms.list_repository._LIST_NEWEST_OPEN": "a page in the order of the index",
    "classrooms.presence.repository.CONNECTION_PROBE": "no row",
    "classrooms.presence.repository._COUNT_ALL_PRESENT": "the index of those present",
    "leases.key_repository._LIST": "for `classgate keys`, on the command line",
    "legacy.classroom_list.newest_repository._COUNT_OPEN": "no further than the reach",
    "legacy.classroom_list.newest_repository._LIST_OPEN": "a page in the order of the index",
    "legacy.classroom_list.repository._list": "a page in the order of the index",
    "legacy.classroom_list.repository._count_": "no further than the reach of the count",
    "outbox.admin_repository._LIST_REFUSED_CLASSES": "what the cloud did not take yet; for doctor",
    "outbox.admin_repository._COUNT_BY_KIND": "what the cloud did not take yet",
    "outbox.admin_repository._RETRY_ALL": "the index of the failed messages, of which few are kept",
    "outbox.admin_repository._DROP_ALL": "the index of the failed messages, of which few are kept",
    "outbox.delivery_repository._COUNT": "what the cloud did not take yet",
    "outbox.delivery_repository._DELETE_OLD": "the index of the failed messages",
    "processes.repository.": "as many as serve",
    "refusal_log.repository._list(-)": "a page in the order of the index",
}
# Why the rows to sort are few.
MAY_SORT = {
    "accounts.session_repository._LIST_OF_CHANNEL": "open sessions of one account",
    "accounts.session_repository._LIST_OTHERS": "open sessions of one account",
    "audit.repository._newest_statements(True": "two pages",
    "classrooms.list_repository._list": "two pages, or the classes of the times asked for",
    "classrooms.presence.attendance_repository._list_members": "the members of one class",
    "classrooms.presence.repository._SELECT_AHEAD": "those present",
    "classrooms.presence.repository._end_open": "those present in one class",
    "classrooms.presence.room_presence_repository._SELECT_OF_ACCOUNTS": "those present in a class",
    "courseware.repository._CLAIM_EXPIRED": "open uploads, which end in a day",
    "courseware.repository._CLAIM_FOR_CLEAN_UP": "uploads whose clean-up is due",
    "leases.repository._end_statements": "the leases of one account, class, session or upload",
    "outbox.delivery_repository._in_lane": "what is due in one lane",
    "outbox.delivery_repository._select_ahead": "what the cloud did not take yet",
    "refusal_log.repository._list(before_id identifier_digests": "one name, in a rotation",
    "refusal_log.repository._list(identifier_digests": "one name, while an audit key is changed",
    "legacy.classroom_list.repository._list": "two pages, or a viewer's own thousand classes",
    "legacy.file_bindings.repository._list": "the files of one class",
}


def _is_allowed(name: str, allowed: dict[str, str]) -> bool:
    return any(name.startswith(beginning) for beginning in allowed)


Plans = list[tuple[str, list[str]]]


@pytest.fixture
def plans(databases: Databases, template: School, school_url: str) -> Iterator[Plans]:
    """The plan of each statement, with its name."""
    del template
    if school_url.startswith("sqlite"):
        with closing(sqlite3.connect(school_url.removeprefix("sqlite:///"))) as connection:
            yield list(_sqlite_plans(connection))
    else:
        with psycopg.connect(school_url) as connection:
            connection.execute("SET enable_seqscan = off")
            yield list(_postgresql_plans(connection))


def _sqlite_plans(connection: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    for name, statement in every_statement():
        compiled = statement.compiled(sqlite_connections.DIALECT)
        nothing = [None] * compiled.text.count("?")
        rows = connection.execute(f"EXPLAIN QUERY PLAN {compiled.text}", nothing)
        yield name, [row[3] for row in rows]


def _postgresql_plans(
    connection: psycopg.Connection[tuple[str]],
) -> Iterator[tuple[str, list[str]]]:
    for name, statement in every_statement():
        text = statement.compiled(postgresql_transactions.DIALECT).text
        rows = connection.execute(f"EXPLAIN (GENERIC_PLAN) {text}".encode())
        yield name, [row[0].strip() for row in rows]


def test_no_statement_reads_a_table_that_grows(plans: Plans) -> None:
    starts = tuple(
        f"{beginning}{table}"
        for table in metadata.tables
        for beginning in ("SCAN ", "Seq Scan on ", "->  Seq Scan on ")
    )
    assert len(plans) > 300
    assert [
        (name, line)
        for name, lines in plans
        for line in lines
        if line.startswith(starts) and not _is_allowed(name, MAY_SCAN)
    ] == []


# The name of an index, or of that of a primary key.
STATUS_INDEXES = {
    "audit.rate_repository._COUNT_EVENTS": "ix_audit_rows_at",
    "refusal_log.rate_repository._COUNT_REASONS": "sqlite_autoindex_refusals_1|pk_refusals",
    "courseware.repository._COUNT_FOR_CLEAN_UP": "ix_uploads_state_cleaned_up_at",
    "classrooms.replays.repository._COUNT_DUE": "ix_replays_due_at",
}


def test_what_the_status_page_counts_is_found_by_an_index(plans: Plans) -> None:
    found = {name: "\n".join(lines) for name, lines in plans if name in STATUS_INDEXES}
    assert found.keys() == STATUS_INDEXES.keys()
    for name, index in STATUS_INDEXES.items():
        assert re.search(index, found[name]), found[name]


@pytest.mark.on_sqlite
def test_no_statement_sorts_rows_without_a_bound(plans: Plans) -> None:
    assert {
        name
        for name, lines in plans
        if "USE TEMP B-TREE FOR ORDER BY" in lines and not _is_allowed(name, MAY_SORT)
    } == set()


def test_every_shape_of_a_statement_is_looked_at() -> None:
    assert {name for name, maker in cached_makers() if maker not in SHAPES} == set()


@pytest.mark.on_sqlite
def test_every_exception_is_needed(plans: Plans) -> None:
    tables = tuple(f"SCAN {table}" for table in metadata.tables)
    scans = {name for name, lines in plans if any(each.startswith(tables) for each in lines)}
    sorts = {name for name, lines in plans if "USE TEMP B-TREE FOR ORDER BY" in lines}
    assert [
        beginning
        for allowed, names in ((MAY_SCAN, scans), (MAY_SORT, sorts))
        for beginning in allowed
        if not any(name.startswith(beginning) for name in names)
    ] == []
