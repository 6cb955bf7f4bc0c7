"""Characters that no secret has: what copying, editors and input methods add without showing it.

A fault says at which character, and names the character only if it cannot be part of a secret.
"""

import unicodedata

_QUOTES = "\"'`‘’“”「」"
_NAMES = {
    "\n": "a line end",
    "\r": "a line end",
    "\t": "a tab",
    " ": "a blank",
    "\u00a0": "a no-break space",
    "\u200b": "a zero-width space",
    "\u3000": "a full-width space",
    "\ufeff": "a byte order mark",
}


def find_foreign_character(text: str) -> str | None:
    """Return the place of the first character that is not visible ASCII, or of a quotation mark
    around the whole, in words; None if there is none. UnicodeError: it is not text.
    """
    text.encode()
    for place, character in enumerate(text, 1):
        if not "!" <= character <= "~":
            return f"character {place} of {len(text)} is {_describe(character)}"
    for place in (1, len(text)):
        if text[place - 1 : place] in tuple(_QUOTES):
            return f"character {place} of {len(text)} is a quotation mark"
    return None


def find_invisible_character(text: str) -> str | None:
    """Return the place of the first character that nobody sees, in words; None if there is none.

    Blanks, which are seen between others, count at both ends only. UnicodeError: it is not text.
    """
    text.encode()
    for place, character in enumerate(text, 1):
        at_end = place in {1, len(text)}
        if _is_invisible(character) and (character != " " or at_end):
            return f"character {place} of {len(text)} is {_describe(character)}"
    return None


def describe_foreign_character(character: str) -> str | None:
    """Describe a character that is neither visible ASCII nor a blank; None if it is one."""
    return None if not character or " " <= character <= "~" else _describe(character)


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}


def _describe(character: str) -> str:
    if character in _QUOTES:
        return "a quotation mark"
    if _is_invisible(character):
        code = f"U+{ord(character):04X}"
        return f"{_NAMES[character]} ({code})" if character in _NAMES else f"invisible ({code})"
    if unicodedata.east_asian_width(character) == "F":
        return "a full-width character"
    return "not an ASCII character"
