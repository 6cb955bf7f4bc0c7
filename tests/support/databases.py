"""The kinds of database that every integration test runs on."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol

from tests.support.postgresql_server import Server
from tests.support.raw_database import PostgresqlAccess, RawDatabase, SqliteAccess
from tests.support.restored_database import RestoredDatabase

KINDS = ("sqlite", "postgresql")


class Databases(Protocol):
    """Makes databases of one kind."""

    def new(self) -> str:
        """The address of one that is empty."""

    def copy(self, url: str) -> str:
        """The address of a copy of one that nobody uses."""

    def lend(self, url: str) -> AbstractContextManager[str]:
        """The address of a copy for one test; only one is lent at a time."""

    def raw_database(self, url: str) -> RawDatabase:
        """The way into it past the product."""


class SqliteFiles:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    def new(self) -> str:
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        return f"sqlite:///{folder / 'classgate.db'}"

    def copy(self, url: str) -> str:
        copied = self.new()
        shutil.copy(_path(url), _path(copied))
        return copied

    @contextmanager
    def lend(self, url: str) -> Iterator[str]:
        copied = self.copy(url)
        yield copied
        shutil.rmtree(_path(copied).parent)

    def raw_database(self, url: str) -> RawDatabase:
        return RawDatabase(SqliteAccess(_path(url)))


class PostgresqlDatabases:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._lent: RestoredDatabase | None = None

    def new(self) -> str:
        return self._server.new()

    def copy(self, url: str) -> str:
        return self._server.new(template=url)

    @contextmanager
    def lend(self, url: str) -> Iterator[str]:
        if self._lent is None or not self._lent.restore():
            self._lent = RestoredDatabase(self._server.new(template=url))
        yield self._lent.url

    def raw_database(self, url: str) -> RawDatabase:
        return RawDatabase(PostgresqlAccess(url))


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))
