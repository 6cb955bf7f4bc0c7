"""Finds UserSigs and PrivateMapKeys in pasted text, also those that were damaged on the way."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from classgate.explain.pasted_text import (
    KEY_NAMES,
    MAX_TEXT_CHARACTERS,
    TOKEN_NAMES,
    PastedToken,
    normalized,
    read_json,
)
from classgate.explain.surroundings import (
    NAME,
    SEPARATOR,
    find_labels,
    in_objects,
    in_text,
    members_of,
)

_MOST_TOKENS: Final = 4
_SHORTEST: Final = 10
_SHORTEST_WITHOUT_SIGN: Final = 40
_LONGEST_NAME: Final = 100

# The first bytes of a zlib stream with a window of 32 KiB, at each level, in base64.
_ZLIB: Final = r"e(?:J[w-z]|A[E-H]|N[o-r]|F[4-7])"
_RUN: Final = r"[A-Za-z0-9*_+/=%\\-]"
_TOKEN = re.compile(rf"(?<![A-Za-z0-9*_+/%-]){_ZLIB}{_RUN}*+")
_ALONE = re.compile(r"[A-Za-z0-9*_+/=%\\\s-]{40,}")
_NAME_BEFORE = re.compile(rf"({NAME})(?:{SEPARATOR}|>)$")
_NAMED = re.compile(rf"(?P<name>{NAME}){SEPARATOR}(?P<token>{_RUN}{{{_SHORTEST},}}+)")
# What other encoders make of `{"TLS.`: base64 without compression, and gzip.
_OTHER_STARTS: Final = ("eyJUTFMu", "ewogICAi", "eyAiVExT", "ewoiVExT", "H4sI")
_IN_ONE_CASE = re.compile(r"ej[a-z0-9*_+/=-]{60,}|EJ[A-Z0-9*_+/=-]{60,}")


def find_tokens(text: str) -> list[PastedToken]:
    """Return the credentials in the text; at most four, those with a name first."""
    members = read_json(text)
    if members is not None:
        return list(islice(_members([members]), _MOST_TOKENS))
    stripped = text.strip()
    places = list(islice(_in_text(stripped), _MOST_TOKENS))
    around = in_text(stripped, find_labels(stripped), places)
    return [
        replace(_placed(stripped, start, end), surroundings=each)
        for (start, end), each in zip(places, around, strict=True)
    ]


def has_empty_user_sig(text: str) -> bool:
    """Return whether the text names a UserSig, and has nothing there (70002)."""
    members = read_json(text)
    pairs = (
        members_of(members)
        if members is not None
        else ((each.name, each.value) for each in find_labels(text))
    )
    return any(name in TOKEN_NAMES - {"sig"} and value == "" for name, value in pairs)


def may_be_token(text: str) -> bool:
    """Return whether text without a name and without the usual beginning is worth decoding."""
    stripped = text.strip()
    return (
        stripped.startswith(_OTHER_STARTS)
        or _IN_ONE_CASE.fullmatch(stripped) is not None
        or (len(stripped) >= _SHORTEST_WITHOUT_SIGN and _ALONE.fullmatch(stripped) is not None)
    )


def is_in_one_case(text: str) -> bool:
    """Return whether the text is long enough to have letters of both cases, and has not."""
    return _IN_ONE_CASE.fullmatch(text) is not None


def _members(enclosing: list[dict[str, object]]) -> Iterator[PastedToken]:
    """Yield the credentials in the last of the objects, which the others enclose."""
    for name, value in enclosing[-1].items():
        if isinstance(value, str) and _is_token(normalized(name), value.strip()):
            yield PastedToken(value.strip(), normalized(name), surroundings=in_objects(enclosing))
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from _members([*enclosing, each])


def _is_token(name: str, value: str) -> bool:
    if len(value) < _SHORTEST or len(value) > MAX_TEXT_CHARACTERS:
        return False
    if _TOKEN.match(value):
        return True
    return name in KEY_NAMES or (name in TOKEN_NAMES and name != "sig")


def _in_text(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the credentials stand."""
    is_found = False
    for found in _TOKEN.finditer(text):
        if len(found[0]) >= _SHORTEST:
            is_found = True
            yield found.span()
    if is_found:
        return
    for found in _NAMED.finditer(text):
        if _is_token(normalized(found["name"]), found["token"]):
            yield found.span("token")


def _placed(text: str, start: int, end: int) -> PastedToken:
    """Return the token with its name, or with the text around it when it has none."""
    named = _NAME_BEFORE.search(text, max(0, start - _LONGEST_NAME), start)
    if text[end : end + 1] in {'"', "'"}:
        end = start + len(text[start:end].rstrip("\\"))  # the escape of the quotation mark
    before, after = text[:start], text[end:]
    if named is not None:
        is_url_value = text[named.start() - 1 : named.start()] in {"?", "&"}
        return PastedToken(
            text[start:end], normalized(named[1]), after=after, is_url_value=is_url_value
        )
    return PastedToken(text[start:end], before=before, after=after)
