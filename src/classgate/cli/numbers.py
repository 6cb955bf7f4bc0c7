"""Integers of the command line."""

import re
from collections.abc import Callable

import typer


def whole_number(minimum: int = 0, maximum: int = 2**63 - 1) -> Callable[[str | int], int]:
    """Return a parser of integers within bounds, in the digits 0 to 9 only.

    `int` accepts more: `٣`, `1_000`, ` 7 `. Such input is a mistake.
    """

    def read(text: str | int) -> int:
        number = int(text) if re.fullmatch(r"[0-9]{1,19}", str(text)) else None
        if number is None or not minimum <= number <= maximum:
            raise typer.BadParameter(
                f"{text!r} is not a whole number from {minimum} to {maximum}, in the digits 0 to 9"
            )
        return number

    return read
