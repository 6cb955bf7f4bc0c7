"""Canonical strings side by side, with the first difference marked."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from classgate.explain.cos.signed_text import hide_tokens

MAX_LINES: Final = 200
_MAX_CHARACTERS: Final = 2000


def compare(title: str, left_name: str, left: str, right_name: str, right: str) -> list[str]:
    """Return two texts line by line: `<` marks the left one, `>` the right one, `^` the place.

    Lines that agree stand once. Session tokens are hidden; where only they differ, it says so.
    """
    head = [f"{title}: < {left_name}, > {right_name}"]
    shown_left, shown_right = hide_tokens(left), hide_tokens(right)
    if left == right:
        return [*head, *(f"  {line}" for line in _lines(shown_left)), "  ="]
    lines = list(_differences(_lines(shown_left), _lines(shown_right)))
    if shown_left == shown_right:
        lines.append("^ a hidden value differs")
    elif _lines(shown_left) == _lines(shown_right):
        lines.append("^ only the last line end differs")
    return head + lines[:MAX_LINES]


def show(title: str, name: str, text: str) -> list[str]:
    """Return one text, when there is nothing to compare it with."""
    return [f"{title}: {name}", *(f"  {line}" for line in _lines(hide_tokens(text)))]


def _lines(text: str) -> list[str]:
    # Control characters would not be seen, and could change a terminal.
    lines = text.removesuffix("\n").split("\n")
    return [_visible(line)[:_MAX_CHARACTERS] for line in lines[:MAX_LINES]]


def _visible(line: str) -> str:
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in line)


def _differences(left: list[str], right: list[str]) -> Iterator[str]:
    is_first = True
    for one, other in zip_longest(left, right):
        if one == other:
            yield f"  {one}"
            continue
        if one is not None:
            yield f"< {one}"
        if other is not None:
            yield f"> {other}"
        if is_first:
            yield "  " + " " * _common_length(one or "", other or "") + "^"
            is_first = False


def _common_length(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
