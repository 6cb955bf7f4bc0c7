"""Copies that are used until anybody commits anything.

A query selects `COMMIT_MARK` beside its rows. Two queries of one process that got the same mark saw
the same data: no transaction of any process was committed between them. What was read after the
first one is therefore as good as read again. So a copy is never outdated, and needs no announcement
of what changed. It helps where many ask the same between two commits.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import String

T = TypeVar("T")


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


class CommitCache(Generic[T]):
    """Copies of one mark, in whatever holds them: `create` makes it empty."""

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create
        self._mark: object = None
        self._copies = create()
        self.is_quiet = False
        """Whether nothing was committed between the last two queries."""

    def at(self, mark: object) -> T:
        """Return the copies that are as good as read by the query that returned the mark.

        What was read after it can be added.
        """
        self.is_quiet = mark == self._mark
        if not self.is_quiet:
            # Not emptied: another task may still add what it read for the mark before.
            self._copies = self._create()
            self._mark = mark
        return self._copies
