"""Single lines of text that people give: titles, display names, file names, addresses."""

import re
import unicodedata
from urllib.parse import urlsplit

from classgate.errors import FieldFault, InvalidRequest

# Control characters, surrogates, line and paragraph separators, and the marks that turn the
# direction of writing: `gpj.exe` must not show as `exe.jpg`.
_FORBIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_FORBIDDEN = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")

# How browsers find an address's scheme; what they leave out before that, or within it, is refused.
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.ASCII | re.IGNORECASE)
_WEB_SCHEMES = {"http", "https"}


def clean_line(field: str, text: str, maximum: int) -> str:
    """The text in NFC, without blanks around it. InvalidRequest: empty, too long, or controls."""
    # To normalise takes time that grows with the square of the length, and seldom shortens much.
    if len(text) > 4 * maximum + 100:
        raise field_error(field, f"at most {maximum} characters are wanted here")
    clean = unicodedata.normalize("NFC", text).strip()
    if not clean:
        raise field_error(field, f"1 to {maximum} characters are wanted here")
    return require_line(field, clean, maximum)


def require_line(field: str, text: str, maximum: int) -> str:
    """The text as it is, which may be empty. InvalidRequest: too long, or controls."""
    if len(text) > maximum:
        raise field_error(field, f"at most {maximum} characters are wanted here")
    if any(
        character in _FORBIDDEN or unicodedata.category(character) in _FORBIDDEN_CATEGORIES
        for character in text
    ):
        raise field_error(field, "control characters are not allowed here")
    return text


def require_text(field: str, text: str, maximum: int) -> str:
    """The text as it is, several lines too. InvalidRequest: too long, or no database keeps it.

    That no half of a surrogate pair is in it is seen to where JSON is read.
    """
    if len(text) > maximum:
        raise field_error(field, f"at most {maximum} characters are wanted here")
    if "\0" in text:
        raise field_error(field, "a null character is not allowed here")
    return text


def require_web_reference(field: str, text: str, maximum: int) -> str:
    """The text as it is: an http or https address, or a part of one, as a path. InvalidRequest.

    A browser takes it for nothing that runs, wherever it is put.
    """
    scheme = _SCHEME.match(require_line(field, text, maximum))
    if scheme and scheme[1].lower() not in _WEB_SCHEMES:
        raise field_error(field, "an http:// or https:// address, or a path, is wanted here")
    return text


def clean_web_address(field: str, text: str, maximum: int = 500) -> str:
    """An http or https address without blanks around it. InvalidRequest.

    It is stored and never fetched. Otherwise it stays as it is: written in NFC, it might lead to
    another object. Old clients give names of files with the blanks in them.
    """
    clean = require_line(field, text.strip(), maximum)
    try:
        parts = urlsplit(clean)
        host = parts.hostname if parts.scheme in _WEB_SCHEMES else None
    except ValueError:
        host = None
    if not host or " " in host:
        raise field_error(field, "an http:// or https:// address is wanted here")
    return clean


def field_error(field: str, message: str) -> InvalidRequest:
    """One field is wrong."""
    return InvalidRequest(f"{field}: {message}", [FieldFault(field, message)])
