"""Whole numbers of the command line."""

import re
from collections.abc import Callable

import typer


def whole_number(minimum: int = 0, maximum: int = 2**63 - 1) -> Callable[[str | int], int]:
    """A reader of whole numbers within bounds, written with the digits 0 to 9 alone.

    `int` takes more: `٣`, `1_000`, ` 7 `. Who pastes such a text means something else.
    """

    def read(text: str | int) -> int:
        number = int(text) if re.fullmatch(r"[0-9]{1,19}", str(text)) else None
        if number is None or not minimum <= number <= maximum:
            raise typer.BadParameter(
                f"{text!r} is not a whole number from {minimum} to {maximum}, in the digits 0 to 9"
            )
        return number

    return read
