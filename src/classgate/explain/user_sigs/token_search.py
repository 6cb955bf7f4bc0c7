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
    find_surroundings,
    labelled_values,
    members_of,
    normalized,
    read_json,
)

_MOST_TOKENS: Final = 4
_SHORTEST: Final = 10
_SHORTEST_WITHOUT_SIGN: Final = 40
_LONGEST_NAME: Final = 60

# The first bytes of a zlib stream with a window of 32 KiB, at each level, in base64.
_ZLIB: Final = r"e(?:J[w-z]|A[E-H]|N[o-r]|F[4-7])"
_RUN: Final = r"[A-Za-z0-9*_+/=%\\-]"
_TOKEN = re.compile(rf"(?<![A-Za-z0-9*_+/=%-]){_ZLIB}{_RUN}*+")
_ALONE = re.compile(r"[A-Za-z0-9*_+/=%\\\s-]{40,}")
_NAME_BEFORE = re.compile(
    r"""([A-Za-z][A-Za-z0-9_.-]{1,40})\\?["']?[ \t]{0,3}[:=][ \t]{0,3}\\?["']?$"""
)
# What other encoders make of `{"TLS.`: base64 without compression, and gzip.
_OTHER_STARTS: Final = ("eyJUTFMu", "ewogICAi", "eyAiVExT", "ewoiVExT", "H4sI")
_IN_ONE_CASE = re.compile(r"ej[a-z0-9*_+/=-]{60,}|EJ[A-Z0-9*_+/=-]{60,}")


def find_tokens(text: str) -> list[PastedToken]:
    """Return the credentials in the text; at most four, those with a name first."""
    members = read_json(text)
    if members is not None:
        surroundings = find_surroundings(members_of(members))
        found = islice(_members(members), _MOST_TOKENS)
    else:
        surroundings = find_surroundings(labelled_values(text))
        found = islice(_in_text(text), _MOST_TOKENS)
    return [replace(each, surroundings=surroundings) for each in found]


def has_empty_user_sig(text: str) -> bool:
    """Return whether the text names a UserSig, and has nothing there (70002)."""
    members = read_json(text)
    pairs = labelled_values(text) if members is None else members_of(members)
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


def _members(members: dict[str, object]) -> Iterator[PastedToken]:
    for name, value in members_of(members):
        if isinstance(value, str) and _is_token(name, value.strip()):
            yield PastedToken(value.strip(), name)


def _is_token(name: str, value: str) -> bool:
    if len(value) < _SHORTEST or len(value) > MAX_TEXT_CHARACTERS:
        return False
    if _TOKEN.match(value):
        return True
    return name in KEY_NAMES or (name in TOKEN_NAMES and name != "sig")


def _in_text(text: str) -> Iterator[PastedToken]:
    stripped = text.strip()
    is_found = False
    for found in _TOKEN.finditer(stripped):
        if len(found[0]) >= _SHORTEST:
            is_found = True
            yield _placed(stripped, found.start(), found.end())
    if is_found:
        return
    for found in re.finditer(rf"(?<=[=:\s\"']){_RUN}{{{_SHORTEST},}}+", stripped):
        named = _NAME_BEFORE.search(stripped, max(0, found.start() - _LONGEST_NAME), found.start())
        if named is not None and _is_token(normalized(named[1]), found[0]):
            yield _placed(stripped, found.start(), found.end())


def _placed(text: str, start: int, end: int) -> PastedToken:
    """Return the token with its name, or with the text around it when it has none."""
    named = _NAME_BEFORE.search(text, max(0, start - _LONGEST_NAME), start)
    if text[end - 1] == "\\" and text[end : end + 1] in {'"', "'"}:
        end -= 1  # the escape of the quotation mark behind it
    before, after = text[:start], text[end:]
    if named is not None:
        is_url_value = text[named.start() - 1 : named.start()] in {"?", "&"}
        return PastedToken(
            text[start:end], normalized(named[1]), after=after, is_url_value=is_url_value
        )
    return PastedToken(text[start:end], before=before, after=after)
