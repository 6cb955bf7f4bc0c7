"""Cursors of lists."""

from datetime import UTC, datetime

import pytest

from classgate.errors import InvalidRequest
from classgate.storage.cursors import (
    CursorFormat,
    read_number,
    read_time_and_id,
    split_page,
    write_time_and_id,
)

ID = "[A-Za-z0-9_-]{1,40}"
MOMENT = datetime(2026, 9, 1, 8, 30, 0, 250_000, tzinfo=UTC)


def test_no_cursor_is_the_first_page() -> None:
    assert read_number(None) is None
    assert read_time_and_id(None, ID) is None


def test_cursor_of_time_and_id() -> None:
    assert write_time_and_id(MOMENT, "s-1_a") == "1788251400250000-s-1_a"
    assert read_time_and_id("1788251400250000-s-1_a", ID) == (MOMENT, "s-1_a")


def test_cursor_of_numbers() -> None:
    assert read_number("0") == 0
    assert read_number("999999999999999999") == 999_999_999_999_999_999


@pytest.mark.parametrize(
    "cursor", ["", "-1", "1000000000000000000", " 1", "1\n", "١", "1.5", "0x1", "1-a"]
)
def test_other_text_is_no_number(cursor: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_number(cursor)
    (fault,) = caught.value.fields
    assert fault.field == "cursor"
    assert fault.message == "this is not a cursor that this list gave"


@pytest.mark.parametrize(
    "cursor",
    ["", "1", "1-", "-a", "123456789012345678-a", "1-" + "a" * 41, "1-a b", "1-a\n", "1-é"],
)
def test_other_text_is_no_time_and_id(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        read_time_and_id(cursor, ID)


def test_format_reads_the_whole_text() -> None:
    cursors = CursorFormat(r"([a-z]{1,3})-([0-9])")
    assert cursors.read("abc-1") == ("abc", "1")
    assert not cursors.accepts("abc-12")
    assert cursors.accepts("a-0")


def test_page_with_more_behind_it_has_a_cursor() -> None:
    assert split_page([1, 2, 3], 2, str) == ([1, 2], "2")
    assert split_page([1, 2], 2, str) == ([1, 2], None)
    assert split_page([], 2, str) == ([], None)
