"""Cursors of lists: where the next page of a list begins.

A cursor is text that only its own list reads. A client gives it back unchanged.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from classgate.errors import InvalidRequest
from classgate.storage.database import from_microseconds, to_microseconds
from classgate.validation import field_error

T = TypeVar("T")


def invalid_cursor() -> InvalidRequest:
    """Return the error for a cursor that the list did not give."""
    return field_error("cursor", "this is not a cursor that this list gave")


class CursorFormat:
    """The format of one list's cursors: a pattern with one group for each part."""

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern, re.ASCII)

    def read(self, cursor: str) -> tuple[str, ...]:
        """Return the parts of a cursor. InvalidRequest: this list did not give it."""
        found = self._pattern.fullmatch(cursor)
        if found is None:
            raise invalid_cursor()
        return found.groups()

    def accepts(self, cursor: str) -> bool:
        """Return whether `read` takes the cursor."""
        return self._pattern.fullmatch(cursor) is not None


_NUMBER = CursorFormat(r"([0-9]{1,18})")


def read_number(cursor: str | None) -> int | None:
    """Return the number of a cursor of a list that is ordered by numbers. InvalidRequest."""
    return None if cursor is None else int(_NUMBER.read(cursor)[0])


def write_time_and_id(moment: datetime, item_id: str) -> str:
    """Return the cursor of a list that is ordered by time, then by id."""
    return f"{to_microseconds(moment)}-{item_id}"


def read_time_and_id(cursor: str | None, id_pattern: str) -> tuple[datetime, str] | None:
    """Return the time and the id of such a cursor. InvalidRequest."""
    if cursor is None:
        return None
    microseconds, item_id = CursorFormat(rf"([0-9]{{1,17}})-({id_pattern})").read(cursor)
    return from_microseconds(int(microseconds)), item_id


def split_page(
    found: Sequence[T], limit: int, cursor_of: Callable[[T], str]
) -> tuple[list[T], str | None]:
    """Return the items of a page, and the cursor of the next page.

    Args:
        found: Up to `limit + 1` items; one more than `limit` says that there is a next page.
        limit: Maximum number of items on the page.
        cursor_of: Returns the cursor that continues after an item.
    """
    page = list(found[:limit])
    return page, cursor_of(page[-1]) if len(found) > limit else None
