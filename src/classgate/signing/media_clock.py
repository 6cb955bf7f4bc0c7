"""The clock of media packets: the low 32 bits of the millisecond clock."""

from datetime import datetime

_LOW_32_BITS = 2**32


def media_clock(at: datetime) -> int:
    """Return the low 32 bits of the time in milliseconds; never 0.

    Legacy clients send their own value. This one is used where a client sends none.
    """
    return int(at.timestamp() * 1000) % _LOW_32_BITS or 1
