"""PURE: detect secrets that can be guessed, such as samples, words and keyboard patterns.

A secret is split into as few pieces as possible. A common word, a keyboard row, a sequence, a
repeated character and a repetition of earlier text are one piece each; any other character is a
piece of its own. A random secret has nearly as many pieces as characters.
"""

import hashlib
from itertools import pairwise

MIN_PIECES = 10
"""A secret with fewer pieces can be guessed. 16 random characters have fewer once in millions."""

_SHORTEST_RUN = 4
_LOOKED_AT = 256  # characters
_ROWS = (
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiop",
    "azertyuiop",
    "qsdfghjklm",
    "yxcvbnm",
    "1234567890-=",
    "abcdefghijklmnopqrstuvwxyzabcdef",
    "0123456789abcdef0123456789",
    "!@#$%^&*()",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1q2w3e4r5t6y7u8i9o0p",
)
_ALL_ROWS = "\n".join([*_ROWS, *(row[::-1] for row in _ROWS)])
_WORDS = frozenset(
    """
    access account admin administrator and api apikey app audit babe backup battery beef cafe
    change changeit changeme class classes classgate classroom cloud company computer config
    correct dead deadbeef debug default demo dev dragon education english example fake feed foo
    foobar football for from gateway good hello horse house iloveyou index insecure key letmein
    live local localhost login long master mima monkey must never none not nothing null only open
    our pass passphrase passwd password placeholder please princess private prod production public
    qingdao qwerty random real replace root sample school secret secure security server service
    shadow shared sign signing simple some staging staple string student sunshine super superman
    system teacher temp temporary tencent test tests testing that the this token trustno undefined
    unknown update use user value very welcome with woaini word world your zhongguo
    """.split()  # noqa: SIM905 — a list of words is read as one
)
_LENGTHS = sorted(set(map(len, _WORDS)))
_LEET = str.maketrans("0134578@$!", "oieastbasi")
# Well-known texts that look random.
_DIGESTED = (
    *_WORDS,
    "",
    "1",
    "123",
    "1234",
    "12345",
    "123456",
    "12345678",
    "123456789",
    "admin123",
)
_DIGESTS = frozenset(
    hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
    for name in ("md5", "sha1", "sha256")
    for text in _DIGESTED
)


def is_guessable(secret: str) -> bool:
    """Return whether a secret repeats itself, consists of patterns or words, or is a digest of
    them.
    """
    text = secret.casefold()
    if text in _DIGESTS or _is_repeated(text):
        return True
    text = text[:_LOOKED_AT]
    woven = _count_pieces(text[::2]) + _count_pieces(text[1::2])  # as in a1b2c3d4…
    return min(_count_pieces(text), woven) < MIN_PIECES


def _is_repeated(text: str) -> bool:
    """Return whether it is a shorter text repeated, the last time perhaps truncated."""
    return any(text[period:] == text[:-period] for period in range(1, len(text) // 2 + 1))


def _count_pieces(text: str) -> int:
    """Return the smallest number of pieces that make up a text."""
    spelled = text.translate(_LEET)
    fewest = [0]
    for end in range(1, len(text) + 1):
        near = (end - length for length in _LENGTHS if length <= end)
        words = (at for at in near if not _WORDS.isdisjoint((text[at:end], spelled[at:end])))
        starts = [end - 1, *words]
        for start in range(end - _SHORTEST_RUN, -1, -1):
            if not _is_run(text, start, end):  # then no longer one is either
                break
            starts.append(start)
        fewest.append(1 + min(fewest[start] for start in starts))
    return fewest[-1]


def _is_run(text: str, start: int, end: int) -> bool:
    """Return whether the piece is predictable from its beginning or from earlier text."""
    piece = text[start:end]
    # The copy may overlap itself: a repeated character is copied from the one before.
    if piece in _ALL_ROWS or piece in text[: end - 1] or piece[::-1] in text[:start]:
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(piece)}
    return len(steps) == 1 and abs(min(steps)) <= 2
