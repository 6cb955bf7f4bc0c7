"""CRC-64/XZ, the checksum in `x-cos-hash-crc64ecma`, in decimal.

The polynomial is that of ECMA-182, with reflected bits, inverted before and after. The standard
library has no CRC-64. A table of two bytes computes about 15 MB a second.
"""

import sys
from array import array
from functools import cache
from typing import Final

_POLYNOMIAL: Final = 0xC96C5795D7870F42
_INVERTED: Final = 0xFFFFFFFFFFFFFFFF
_ONE: Final = 1 << 63  # the polynomial 1, with its bits reflected


def crc64(content: bytes | bytearray, before: int = 0) -> int:
    """Return the CRC of data with the CRC `before` followed by `content`."""
    table = _table()
    crc = before ^ _INVERTED
    even = len(content) & ~1
    pairs = array("H", bytes(content[:even]))
    if sys.byteorder == "big":
        pairs.byteswap()
    for pair in pairs:
        crc = table[(crc ^ pair) & 0xFFFF] ^ (crc >> 16)
    for byte in content[even:]:
        crc = _shifted((crc ^ byte) & 0xFF, 8) ^ (crc >> 8)
    return crc ^ _INVERTED


def combine(first: int, second: int, second_size: int) -> int:
    """Return the CRC of two concatenated pieces from their CRCs and the size of the second."""
    return _product(_power(8 * second_size), first) ^ second


@cache
def _table() -> list[int]:
    # Built on first use: it takes a tenth of a second.
    single = [_shifted(byte, 8) for byte in range(256)]
    return [
        single[(single[pair & 0xFF] ^ (pair >> 8)) & 0xFF] ^ (single[pair & 0xFF] >> 8)
        for pair in range(1 << 16)
    ]


def _shifted(remainder: int, bits: int) -> int:
    for _ in range(bits):
        remainder = (remainder >> 1) ^ (_POLYNOMIAL if remainder & 1 else 0)
    return remainder


def _product(left: int, right: int) -> int:
    """Return the product of two polynomials, modulo that of the CRC."""
    product = 0
    while left:
        if left & _ONE:
            product ^= right
        left = (left << 1) & _INVERTED
        right = _shifted(right, 1)
    return product


def _power(exponent: int) -> int:
    """Return x to this power, modulo the polynomial of the CRC."""
    power, square = _ONE, _ONE >> 1
    while exponent:
        if exponent & 1:
            power = _product(power, square)
        square = _product(square, square)
        exponent >>= 1
    return power
