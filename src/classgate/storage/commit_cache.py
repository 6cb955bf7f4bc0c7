"""Copies that are used until anybody commits anything.

A query selects `COMMIT_MARK` beside its rows. Two queries of one process that got the same mark saw
the same data: no transaction of any process was committed between them. What was read after the
first one is therefore as good as read again. So a copy is never outdated, and needs no announcement
of what changed. It helps where many ask the same between two commits.
"""

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import String

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _CommitMark(ColumnElement[Any]):
    inherit_cache = True
    type = String()


COMMIT_MARK = _CommitMark()
"""The column. Its values are only compared."""


@compiles(_CommitMark, "sqlite")
def _number_of_changes(_element: _CommitMark, _compiler: SQLCompiler, **_words: Any) -> str:
    """Return what counts the commits of all other connections: nobody writes on the reader's."""
    return "(SELECT data_version FROM pragma_data_version)"


@compiles(_CommitMark, "postgresql")
def _visible_transactions(_element: _CommitMark, _compiler: SQLCompiler, **_words: Any) -> str:
    """Return which transactions the query sees: each one that writes has a number of its own."""
    return "CAST(pg_current_snapshot() AS VARCHAR)"


class CommitCache(Generic[K, V]):
    """Values by key, all of one mark."""

    def __init__(self) -> None:
        self._mark: object = None
        self._values: dict[K, V] = {}

    def get(self, mark: object, key: K) -> V | None:
        """Return the value, if nothing was committed since."""
        return self._values.get(key) if mark == self._mark else None

    def put(self, mark: object, key: K, value: V) -> None:
        """Store a value that was read after the query that returned the mark."""
        if mark != self._mark:
            self._values.clear()
            self._mark = mark
        self._values[key] = value
