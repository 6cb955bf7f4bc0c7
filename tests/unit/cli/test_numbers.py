"""Whole numbers on the command line: the digits 0 to 9, and nothing that `int` adds."""

import pytest
import typer

from classgate.cli.numbers import whole_number


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("7", 7), ("90", 90), ("007", 7), (7, 7)])
def test_digits_are_read(text: str | int, number: int) -> None:
    assert whole_number(1, 90)(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "٣", "３", "𝟑", "²", "1_0", " 7 ", "7\n", "+7", "-7", "7.0", "0x7", "1e1", "9" * 20],
    ids=ascii,
)
def test_what_only_int_takes_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        whole_number()(text)


@pytest.mark.parametrize("text", ["0", "91"])
def test_bounds_are_kept(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        whole_number(1, 90)(text)
