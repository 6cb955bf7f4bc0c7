"""CRC-64/XZ, beside the one that the standard library writes into .xz files but does not offer."""

import lzma
import os

import pytest

from classgate.emulator.cos.crc64 import combine, crc64


def reference(content: bytes) -> int:
    """The check of the only block of an .xz file, which stands before its index."""
    written = lzma.compress(content, lzma.FORMAT_XZ, lzma.CHECK_CRC64)
    footer = written[-12:]
    index_size = (int.from_bytes(footer[4:8], "little") + 1) * 4
    return int.from_bytes(written[-12 - index_size - 8 : -12 - index_size], "little")


@pytest.mark.parametrize("size", [1, 2, 3, 9, 1000, 65_537])
def test_crc_is_that_of_the_xz_format(size: int) -> None:
    content = os.urandom(size)
    assert crc64(content) == reference(content)


def test_crc_of_nothing_is_zero() -> None:
    assert crc64(b"") == 0


@pytest.mark.parametrize(("first", "second"), [(0, 5), (5, 0), (1, 1), (70_001, 333)])
def test_crc_of_two_pieces_needs_only_theirs(first: int, second: int) -> None:
    one, two = os.urandom(first), os.urandom(second)
    assert crc64(two, crc64(one)) == crc64(one + two)
    assert combine(crc64(one), crc64(two), second) == crc64(one + two)
