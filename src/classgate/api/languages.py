"""PURE: selects the language of error messages from `Accept-Language` (RFC 9110, 12.5.4)."""

import re
from collections.abc import Sequence
from enum import StrEnum

MAX_HEADER_CHARACTERS = 500
"""A browser sends fewer than a hundred; what is longer is not read."""


class Language(StrEnum):
    """As `Content-Language` names it. The first is what everybody gets who wants neither."""

    ENGLISH = "en"
    CHINESE = "zh"


_RANGE = re.compile(
    r"(?P<range>\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)"
    r"(?:[ \t]*;[ \t]*[qQ]=(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)


def preferred_language(headers: Sequence[str]) -> Language:
    """Return the language of the highest quality in `Accept-Language`, or English.

    Of two that are wanted alike, the one that is named first. What cannot be read counts for
    nothing.
    """
    text = ",".join(headers)
    if len(text) > MAX_HEADER_CHARACTERS:
        return Language.ENGLISH
    wanted: dict[str, float] = {}  # the best quality of a primary tag, in the order of the header
    for part in text.split(","):
        found = _RANGE.fullmatch(part.strip(" \t"))
        if found is not None:
            primary = found["range"].partition("-")[0].lower()
            quality = float(found["quality"] or 1)
            wanted[primary] = max(quality, wanted.get(primary, 0))
    anything = wanted.get("*", 0)
    named = [Language(tag) for tag in wanted if tag in set(Language)]
    candidates = named + [each for each in Language if each not in named]
    best = max(candidates, key=lambda each: wanted.get(each, anything))  # the first of equals
    return best if wanted.get(best, anything) > 0 else Language.ENGLISH
