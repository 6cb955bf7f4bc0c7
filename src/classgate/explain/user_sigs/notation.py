"""Tells what people and programs write around a credential from what became a part of it."""

import re
from typing import Final

_PAIRS: Final = frozenset(
    {
        '""', "''", "``", "<>", "()", "[]", "{}",
        "\u201c\u201d", "\u2018\u2019", "\u300c\u300d", "\u3010\u3011", "\uff08\uff09",
    }
)  # fmt: skip
_BRACKETS: Final = "([{<"
_OTHER_LINE_BEFORE: Final = re.compile(r"\n\s*\Z")
_OTHER_LINE_AFTER: Final = re.compile(r"\s*\n")
# A label, a column or an element ends before the credential; a new one begins after it.
_ENDS_BEFORE: Final = re.compile(r".*[:=,;|>(\[{]", re.DOTALL)
_BEGINS_AFTER: Final = re.compile(r"[,;|<)\]}]\s*\S.*", re.DOTALL)


def without_notation(before: str, after: str) -> tuple[str, str]:
    """Return what stands before and after a credential as if it were a part of it.

    Left out are pairs of quotation marks and brackets, columns, elements, other lines, and what
    has a character beyond ASCII or is several words: a sentence or a line of a log.
    """
    before = "" if _OTHER_LINE_BEFORE.search(before) else before.strip()
    after = "" if _OTHER_LINE_AFTER.match(after) else after.strip()
    while before and after and before[-1] + after[0] in _PAIRS:
        is_bracket = before[-1] in _BRACKETS
        # Before a bracket stands a name, and elsewhere in quotation marks another value.
        before = "" if is_bracket or before[-2:-1].isspace() else before[:-1]
        after = "" if is_bracket or after[1:2].isspace() else after[1:]
    if len(before.split()) > 1 or _is_prose(before):
        return "", ""
    if _ENDS_BEFORE.fullmatch(before):
        before = ""
    if _BEGINS_AFTER.fullmatch(after) or _is_prose(after):
        after = ""
    return before, after


def _is_prose(text: str) -> bool:
    """Return whether a letter or a sign of another script is in the text."""
    return any(each.isprintable() and not each.isascii() for each in text)
