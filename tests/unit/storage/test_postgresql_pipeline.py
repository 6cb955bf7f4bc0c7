"""The messages that are sent ahead, byte by byte as the PostgreSQL protocol has them."""

from typing import cast

import asyncpg
import pytest

from classgate.storage.postgresql_pipeline import PreparedStatement
from classgate.storage.postgresql_transport import HoldingTransport


class Prepared:
    def get_name(self) -> str:
        return "s7"


STATEMENT = PreparedStatement(cast("asyncpg.prepared_stmt.PreparedStatement", Prepared()))
EXECUTE = b"E\0\0\0\x09\0\0\0\0\0"  # length, portal, rows: all


def test_message_binds_and_executes() -> None:
    assert STATEMENT.to_message(()) == (
        # length, portal, statement, formats of parameters, parameters, formats of columns
        b"B\0\0\0\x0e\0s7\0\0\0\0\0\0\0" + EXECUTE
    )
    assert STATEMENT.to_message(["é", -12, None, True, False, ""]) == (
        b"B"
        b"\0\0\0\x2d"
        b"\0"
        b"s7\0"
        b"\0\0"
        b"\0\x06"
        b"\0\0\0\x02\xc3\xa9"
        b"\0\0\0\x03-12"
        b"\xff\xff\xff\xff"
        b"\0\0\0\x011"
        b"\0\0\0\x010"
        b"\0\0\0\0"
        b"\0\0" + EXECUTE
    )


@pytest.mark.parametrize("value", [1.5, b"raw", ["a", "b"], (1,), object()])
def test_value_that_is_neither_text_nor_number_is_left_to_the_driver(value: object) -> None:
    assert STATEMENT.to_message(["text", value]) is None


class Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return True


def test_what_is_held_back_is_written_once_with_the_next_write() -> None:
    inner = Transport()
    transport = HoldingTransport(inner)
    transport.write(memoryview(b"a"))
    transport.hold(b"b")
    transport.hold(b"c")
    assert inner.written == [b"a"]
    transport.write(memoryview(b"d"))
    transport.writelines([b"e", memoryview(b"f")])
    transport.hold(b"g")
    transport.writelines([b"h"])
    assert inner.written == [b"a", b"bcd", b"ef", b"gh"]
    assert transport.is_closing()
