"""Size bounds for untrusted input, checked before anything is decoded.

Decoders have no such bounds: 64 KiB can become tens of thousands of values, and one thread serves
all classes. The caller decides which error a violation becomes.
"""

import re
from dataclasses import dataclass
from typing import Final

MAX_QUERY_BYTES: Final = 4096
MAX_QUERY_PARAMETERS: Final = 32

# A string ends at its quote or at the end of the text. All quantifiers are possessive, so no text
# is scanned twice.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]|[^\s"\[\]{},:]++', re.DOTALL)


@dataclass(frozen=True)
class JsonBounds:
    """The bounds of one JSON text."""

    size: int
    """Bytes."""
    values: int
    """Counts lists, objects, strings, numbers, literals and member names."""
    levels: int = 12
    """The nesting depth; the outermost value is at level 1."""

    def allows(self, text: bytes) -> bool:
        """Return whether the text is within the bounds, up to the first syntax error.

        Nothing is decoded, and scanning stops at the first violation.
        """
        if len(text) > self.size:
            return False
        containers = text.count(b"[") + text.count(b"{")
        # Between two commas there is one value, or a name and a value.
        if containers < self.levels and 2 * (containers + text.count(b",")) < self.values:
            return True
        return self._count(text)

    def _count(self, text: bytes) -> bool:
        left, level = self.values, 1
        for token in _TOKEN.finditer(text):
            match text[token.start()]:
                case 0x5D | 0x7D:  # ] }
                    level -= 1
                    continue
                case 0x5B | 0x7B:  # [ {
                    opens = 1
                case _:
                    opens = 0
            left -= 1
            if left < 0 or level > self.levels:
                return False
            level += opens
        return True


def allows_query(query: bytes) -> bool:
    """Return whether the query string is within the limit that all known clients keep."""
    return len(query) <= MAX_QUERY_BYTES and query.count(b"&") < MAX_QUERY_PARAMETERS
