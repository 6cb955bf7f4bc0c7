"""A school of any size, inserted in bulk: accounts with sessions, classes, rosters.

Every account has the same password and so the same hash. Tokens follow from the number of the
account. `CALLERS` accounts, evenly spread over all, make the calls; each fifth is a teacher.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import time_ns
from typing import Any, Final

import psycopg
from argon2 import PasswordHasher

PASSWORD: Final = "battery staple, correct horse"
CALLERS: Final = 1000
LIVE_CLASSES: Final = 10
_DAY: Final = 86_400 * 1_000_000

Row = Sequence[object]


@dataclass(frozen=True)
class School:
    """What is in a database. Accounts and classes count from 1."""

    accounts: int
    classes: int
    members: int = CALLERS
    """How many of the callers are on the rosters of the live classes."""
    live_classes: int = LIVE_CLASSES
    are_present: bool = True
    """Whether the members have entered."""

    def callers(self) -> list[int]:
        """Return the accounts that make the calls."""
        step = self.accounts // self.members
        return [1 + step * number for number in range(self.members)]

    def hosts(self) -> list[int]:
        """Return the host of each live class."""
        return self.teachers()[: self.live_classes]

    def teachers(self) -> list[int]:
        """Return the callers that are teachers: hosts or assistants."""
        return self.callers()[::5]

    def class_of(self, account: int) -> int:
        """Return the live class in which this caller is a member."""
        return 1 + self.callers_index(account) // 5 % self.live_classes

    def callers_index(self, account: int) -> int:
        """Return the position of the account among the callers."""
        return (account - 1) // (self.accounts // self.members)


def identifier(account: int) -> str:
    """Return the identifier of an account."""
    return f"person{account:08d}"


def api_token(account: int) -> str:
    """Return the access token of an account's open session."""
    return f"cgt_{account:043d}"


def legacy_token(account: int) -> str:
    """Return the token of an account's open session at the legacy API."""
    return f"cgl_{account:043d}"


def fill(database: str, school: School) -> None:
    """Insert the school into an empty database with the schema."""
    now = time_ns() // 1000
    tables = {
        "accounts": (_ACCOUNTS, _accounts(school, now)),
        "sessions": (_SESSIONS, _sessions(school, now)),
        "classrooms": (_CLASSROOMS, _classrooms(school, now)),
        "host_heartbeats": (
            ("classroom_id", "last_seen_at"),
            ((number, now) for number in range(1, school.live_classes + 1)),
        ),
        "memberships": (_MEMBERSHIPS, _memberships(school, now)),
        "presences": (_PRESENCES, _presences(school, now)),
    }
    insert = _insert_sqlite if database.startswith("sqlite:") else _insert_postgresql
    insert(database, {name: (columns, rows) for name, (columns, rows) in tables.items()})


_ACCOUNTS: Final = (
    *("account_id", "identifier", "identifier_folded", "display_name", "role"),
    *("password_hash", "disabled", "created_at", "signatures_after", "has_personal_folder"),
)
_SESSIONS: Final = (
    *("session_id", "account_id", "token_digest", "created_at", "last_used_at"),
    *("expires_at", "channel"),
)
_CLASSROOMS: Final = (
    *("classroom_id", "title", "state", "host_id", "open", "started_at", "ended_at"),
    *("created_at", "recent_at"),
)
_MEMBERSHIPS: Final = ("classroom_id", "account_id", "role", "on_stage", "added_at")
_PRESENCES: Final = (
    *("classroom_id", "account_id", "session_id", "role"),
    *("entered_at", "last_seen_at"),
)


def _accounts(school: School, now: int) -> Iterator[Row]:
    password_hash = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
    teachers = set(school.teachers())
    for account in range(1, school.accounts + 1):
        name = identifier(account)
        role = "teacher" if account in teachers else "student"
        yield account, name, name, name, role, password_hash, False, now, 0, False


def _session_id(channel: str, account: int) -> str:
    return f"s{channel[0]}{account:022d}"


def _sessions(school: School, now: int) -> Iterator[Row]:
    for account in range(1, school.accounts + 1):
        for channel, token in (("api", api_token(account)), ("legacy", legacy_token(account))):
            yield (
                _session_id(channel, account),
                account,
                hashlib.sha256(token.encode()).hexdigest(),
                now,
                now,
                now + 7 * _DAY,
                channel,
            )


def _classrooms(school: School, now: int) -> Iterator[Row]:
    """The first classes are live, the rest has ended; all are open, so that all are listed."""
    teachers, hosts = school.teachers(), school.hosts()
    for number in range(1, school.classes + 1):
        is_live = number <= school.live_classes
        host = hosts[number - 1] if is_live else teachers[number % len(teachers)]
        at = now - number * 1000
        title = f"Class {number}"
        state = "live" if is_live else "ended"
        yield number, title, state, host, True, at, None if is_live else at, at, at


def _memberships(school: School, now: int) -> Iterator[Row]:
    for account, role in _members(school):
        yield school.class_of(account), account, role, False, now
    teachers = school.teachers()
    for number in range(school.live_classes + 1, school.classes + 1):
        yield number, teachers[number % len(teachers)], "host", False, now


def _presences(school: School, now: int) -> Iterator[Row]:
    for account, role in _members(school) if school.are_present else ():
        session = _session_id("api", account)
        yield school.class_of(account), account, session, role, now, now


def _members(school: School) -> Iterator[tuple[int, str]]:
    """Return the members of the live classes with their roles."""
    hosts = set(school.hosts())
    for account in school.callers():
        role = "student" if school.callers_index(account) % 5 else "assistant"
        yield account, "host" if account in hosts else role


Tables = dict[str, tuple[Sequence[str], Iterable[Row]]]


def _insert_sqlite(database: str, tables: Tables) -> None:
    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    try:
        with connection:
            for name, (columns, rows) in tables.items():
                marks = ", ".join("?" * len(columns))
                statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
                connection.executemany(statement, rows)
        connection.execute("ANALYZE")
    finally:
        connection.close()


def _insert_postgresql(database: str, tables: Tables) -> None:
    with psycopg.connect(database, autocommit=False) as connection:
        for name, (columns, rows) in tables.items():
            command = f"COPY {name} ({', '.join(columns)}) FROM STDIN"
            with connection.cursor().copy(command.encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        for table, key in (("accounts", "account_id"), ("classrooms", "classroom_id")):
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'), "  # noqa: S608
                f"(SELECT max({key}) FROM {table}))".encode()
            )
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def fetch_number(database: str, query: str) -> int:
    """Return the number that a query answers."""
    found: Any
    if database.startswith("sqlite:"):
        connection = sqlite3.connect(database.removeprefix("sqlite:///"))
        try:
            found = connection.execute(query).fetchone()
        finally:
            connection.close()
    else:
        with psycopg.connect(database) as server:
            found = server.execute(query.encode()).fetchone()
    return int(found[0])
