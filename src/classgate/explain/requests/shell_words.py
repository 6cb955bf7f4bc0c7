"""Splits a pasted command line into words, as a POSIX shell or Windows' cmd would.

Only quotes and escapes are undone. Variables, substitutions, pipes and redirections mean nothing
here: their characters stay as they are.
"""

import re
from typing import Final

MAX_WORDS: Final = 2000

_SIMPLE: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
                  "e": "\x1b"}  # fmt: skip
_BYTE: Final = re.compile(r"\\x([0-9A-Fa-f]{1,2})|\\([0-7]{1,3})")
_ANSI_C: Final = re.compile(
    r"\\u(?P<u>[0-9A-Fa-f]{1,4})|\\U(?P<U>[0-9A-Fa-f]{1,8})"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{1,2}|\\[0-7]{1,3})++)|\\(?P<other>.)",
    re.DOTALL,
)
_CARET: Final = re.compile(r"\^(\r?\n|.)", re.DOTALL)
# One unquoted run, or one quoted piece. Every piece is consumed once.
_PIECE: Final = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|\\\r?\n"
    r"|\$'(?P<ansi>(?:[^'\\]|\\.)*+)'?"
    r"|'(?P<single>[^']*+)'?"
    r'|"(?P<double>(?:[^"\\]|\\.)*+)"?'
    r"|\\(?P<escaped>.)"
    r"|(?P<plain>[^ \t\r\n'\"\\$]++|\$|\\)",
    re.DOTALL,
)
_IN_DOUBLE: Final = re.compile(r"\\(\r?\n|[\\\"$`])")


def split_words(command: str) -> list[str]:
    """Return the words of a command, at most `MAX_WORDS`."""
    if _is_windows(command):
        return _split(_CARET.sub(_without_caret, command), escapes_outside=False)
    return _split(command, escapes_outside=True)


def _is_windows(command: str) -> bool:
    """Return whether a caret escapes line ends or quotes, as in "Copy as cURL (cmd)"."""
    return re.search(r"\^\r?\n|\^\"|\^ *\Z", command) is not None


def _without_caret(found: re.Match[str]) -> str:
    return "" if found[1].endswith("\n") else found[1]


def _split(command: str, *, escapes_outside: bool) -> list[str]:
    words: list[str] = []
    parts: list[str] = []
    for piece in _PIECE.finditer(command):
        if piece["space"] is None:
            part = _part(piece, escapes_outside=escapes_outside)
            if part is not None:
                parts.append(part)
        elif parts:
            words.append("".join(parts))
            parts = []
            if len(words) >= MAX_WORDS:
                return words
    return [*words, "".join(parts)] if parts else words


def _part(piece: re.Match[str], *, escapes_outside: bool) -> str | None:
    """Return what a piece stands for; None for the continuation of a line."""
    if piece["ansi"] is not None:
        return _ansi_c(piece["ansi"])
    if piece["single"] is not None:
        return piece["single"]
    if piece["double"] is not None:
        return _IN_DOUBLE.sub(lambda found: "" if "\n" in found[1] else found[1], piece["double"])
    if piece["escaped"] is not None:
        return piece["escaped"] if escapes_outside else piece[0]
    return piece["plain"]


def _ansi_c(text: str) -> str:
    """Undo the escapes of `$'…'`. Escaped bytes are UTF-8."""
    return _ANSI_C.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    if found["bytes"]:
        pairs = _BYTE.findall(found["bytes"])
        data = bytes(int(x, 16) if x else int(octal, 8) & 0xFF for x, octal in pairs)
        return data.decode(errors="replace")
    if digits := found["u"] or found["U"]:
        code = int(digits, 16)
        is_character = code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
        return chr(code) if is_character else "\ufffd"
    return _SIMPLE.get(found["other"], found["other"])
