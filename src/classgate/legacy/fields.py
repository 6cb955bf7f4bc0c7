"""The fields of a request, checked in the order of the 2017 backend.

Each check raises InvalidRequest, which is 10003 in the legacy API. Present means: there, and not
null.
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
    """Parse a 64-bit JSON integer; 1.0, "1" and true are not integers."""
    return isinstance(value, int) and not isinstance(value, bool) and value in _INT_64


class Fields:
    """The fields of one object of a request."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        """Return whether the field is present."""
        return self.values.get(name) is not None

    def is_missing(self, name: str) -> bool:
        """Return whether the field is absent, or empty in the sense of PHP."""
        return is_empty(self.values.get(name))

    def integer(self, name: str, minimum: int | None = None, maximum: int | None = None) -> int:
        """Return a required integer within bounds."""
        value = self._present(name)
        if not is_integer(value):
            raise field_error(name, "expected an integer")
        number: int = value
        if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
            raise field_error(name, "is out of range")
        return number

    def optional_integer(self, name: str) -> int | None:
        """Return an optional integer."""
        return self.integer(name) if self.has(name) else None

    def text(self, name: str) -> str:
        """Return a required string; it may be empty."""
        value = self._present(name)
        if not isinstance(value, str):
            raise field_error(name, "expected a string")
        return value

    def optional_text(self, name: str) -> str | None:
        """Return an optional string."""
        return self.text(name) if self.has(name) else None

    def non_empty_text(self, name: str) -> str:
        """Return a required string other than "" and "0", which count as empty."""
        if self.is_missing(name):
            raise field_error(name, "is missing")
        return self.text(name)

    def nested(self, name: str) -> "Fields":
        """Return a required object, or list, as fields."""
        value = self._present(name)
        if isinstance(value, list):  # PHP does not distinguish them; a list has no names
            return Fields({})
        if not isinstance(value, dict):
            raise field_error(name, "expected an object")
        return Fields(value)

    def room(self, name: str = "roomnum") -> int:
        """Return a class's number: an integer, or a string that begins with one; other strings
        are 0.
        """
        value = self._present(name)
        if isinstance(value, str):
            found = _LEADING_NUMBER.match(value)
            return int(found[1]) if found else 0
        return self.integer(name)

    def _present(self, name: str) -> Any:
        value = self.values.get(name)
        if value is None:
            raise field_error(name, "is missing")
        return value


def page_of(fields: Fields) -> tuple[int, int]:
    """Return the requested rows: `index` is an offset, `size` at most 50."""
    return fields.integer("index", 0), fields.integer("size", 0, _MAX_ROWS)


def time_range_of(
    fields: Fields, *, refuse_reversed: bool = False
) -> tuple[datetime | None, datetime | None]:
    """`from_time`, and the end of the second `to_time`; 0 means none."""
    first, last = fields.optional_integer("from_time"), fields.optional_integer("to_time")
    if refuse_reversed and first and last and first > last:
        raise field_error("from_time", "is later than to_time")
    return _moment(first) if first else None, _moment(last + 1) if last else None


def _moment(seconds: int) -> datetime:
    """Parse seconds since 1970, within the calendar."""
    return datetime.fromtimestamp(min(max(seconds, 0), _YEAR_9999), UTC)
