"""The fields of a request, asked for in the order in which the old backend checked them.

Each raises InvalidRequest, which is 10003 at this door. Present means: there, and not null.
"""

import re
from datetime import UTC, datetime
from typing import Any

from classgate.legacy.protocol import is_empty
from classgate.validation import field_error

_MAX_ROWS = 50
_YEAR_9999 = 253_400_000_000
_INT_64 = range(-(2**63), 2**63)
_LEADING_NUMBER = re.compile(r"[ \t\n\r\v\f]*([+-]?[0-9]{1,18})", re.ASCII)


def is_integer(value: object) -> bool:
    """A JSON integer of 64 bits; 1.0, "1" and true are none."""
    return isinstance(value, int) and not isinstance(value, bool) and value in _INT_64


class Fields:
    """One request's object."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        """Whether it is present."""
        return self.values.get(name) is not None

    def is_missing(self, name: str) -> bool:
        """Whether it is absent or what PHP calls empty."""
        return is_empty(self.values.get(name))

    def integer(self, name: str, minimum: int | None = None, maximum: int | None = None) -> int:
        """A present integer within bounds."""
        value = self._present(name)
        if not is_integer(value):
            raise field_error(name, "an integer is wanted here")
        number: int = value
        if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
            raise field_error(name, "is out of range")
        return number

    def optional_integer(self, name: str) -> int | None:
        """An integer, if it is present."""
        return self.integer(name) if self.has(name) else None

    def text(self, name: str) -> str:
        """A present text; it may be empty."""
        value = self._present(name)
        if not isinstance(value, str):
            raise field_error(name, "a text is wanted here")
        return value

    def optional_text(self, name: str) -> str | None:
        """A text, if it is present."""
        return self.text(name) if self.has(name) else None

    def filled_text(self, name: str) -> str:
        """A text that is neither empty nor "0", which counts as empty."""
        if self.is_missing(name):
            raise field_error(name, "is missing")
        return self.text(name)

    def part(self, name: str) -> "Fields":
        """A present object, or list, with its own fields."""
        value = self._present(name)
        if isinstance(value, list):  # PHP does not tell them apart; a list has no names
            return Fields({})
        if not isinstance(value, dict):
            raise field_error(name, "an object is wanted here")
        return Fields(value)

    def room(self, name: str = "roomnum") -> int:
        """A class's number: an integer, or a text that begins with one; any other text is 0."""
        value = self._present(name)
        if isinstance(value, str):
            found = _LEADING_NUMBER.match(value)
            return int(found[1]) if found else 0
        return self.integer(name)

    def _present(self, name: str) -> Any:
        if not self.has(name):
            raise field_error(name, "is missing")
        return self.values[name]


def page_of(fields: Fields) -> tuple[int, int]:
    """Which rows are wanted: `index` is an offset, `size` at most 50."""
    return fields.integer("index", 0), fields.integer("size", 0, _MAX_ROWS)


def span_of(
    fields: Fields, *, refuse_reversed: bool = False
) -> tuple[datetime | None, datetime | None]:
    """`from_time`, and the end of the second `to_time`; 0 means none."""
    first, last = fields.optional_integer("from_time"), fields.optional_integer("to_time")
    if refuse_reversed and first and last and first > last:
        raise field_error("from_time", "is later than to_time")
    return _moment(first) if first else None, _moment(last + 1) if last else None


def _moment(seconds: int) -> datetime:
    """Seconds since 1970, as far as a calendar goes."""
    return datetime.fromtimestamp(min(max(seconds, 0), _YEAR_9999), UTC)
