"""How much of what a stranger sends is looked at. It is counted before anything is decoded.

Decoders have no such bounds: of 64 KiB they make tens of thousands of values, and one thread serves
all classes. Which error it is when a bound is broken is for the caller to say.
"""

import re
from dataclasses import dataclass
from typing import Final

MAX_QUERY_BYTES: Final = 4096
MAX_QUERY_PARAMETERS: Final = 32

# A string ends at its quote, or where the text does. Everything is possessive: no text is read
# twice, however it is made.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]|[^\s"\[\]{},:]++', re.DOTALL)


@dataclass(frozen=True)
class JsonBounds:
    """What one JSON text may have at most."""

    size: int
    """Bytes."""
    values: int
    """Lists, objects, strings, numbers, literals, and the names of members."""
    levels: int = 12
    """How deep values lie. The outermost is on level 1, what is in it on level 2."""

    def allows(self, text: bytes) -> bool:
        """Whether it keeps all of them, as far as a decoder reads it: to the first fault.

        Nothing is decoded for that, and no more is read than the bounds allow.
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
    """Whether the query of an address is as short as those of all our clients."""
    return len(query) <= MAX_QUERY_BYTES and query.count(b"&") < MAX_QUERY_PARAMETERS
