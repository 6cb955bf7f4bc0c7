"""Single lines of text that people give: titles, display names, file names, addresses."""

import unicodedata
from urllib.parse import urlsplit

from classgate.errors import FieldFault, InvalidRequest

# Control characters, surrogates, line and paragraph separators, and the marks that turn the
# direction of writing: `gpj.exe` must not show as `exe.jpg`.
_FORBIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_FORBIDDEN = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def clean_line(field: str, text: str, most: int) -> str:
    """The text in NFC, without blanks around it. InvalidRequest: empty, too long, or controls."""
    # To normalise takes time that grows with the square of the length, and seldom shortens much.
    if len(text) > 4 * most + 100:
        raise fault(field, f"at most {most} characters are wanted here")
    clean = unicodedata.normalize("NFC", text).strip()
    if not clean:
        raise fault(field, f"1 to {most} characters are wanted here")
    return require_line(field, clean, most)


def require_line(field: str, text: str, most: int) -> str:
    """The text as it is, which may be empty. InvalidRequest: too long, or controls."""
    if len(text) > most:
        raise fault(field, f"at most {most} characters are wanted here")
    if any(
        character in _FORBIDDEN or unicodedata.category(character) in _FORBIDDEN_CATEGORIES
        for character in text
    ):
        raise fault(field, "control characters are not allowed here")
    return text


def clean_web_address(field: str, text: str, most: int = 500) -> str:
    """An http or https address without blanks around it. InvalidRequest.

    It is stored and never fetched. Otherwise it stays as it is: written in NFC, it might lead to
    another object. Old clients give names of files with the blanks in them.
    """
    clean = require_line(field, text.strip(), most)
    try:
        parts = urlsplit(clean)
        host = parts.hostname if parts.scheme in {"http", "https"} else None
    except ValueError:
        host = None
    if not host or " " in host:
        raise fault(field, "an http:// or https:// address is wanted here")
    return clean


def fault(field: str, message: str) -> InvalidRequest:
    """One field is wrong."""
    return InvalidRequest(f"{field}: {message}", [FieldFault(field, message)])
