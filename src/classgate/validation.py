"""Validation of text from people: titles, display names, file names, addresses."""

import re
import unicodedata
from urllib.parse import urlsplit

from classgate.errors import FieldFault, InvalidRequest

# Control characters, surrogates, line and paragraph separators, and bidirectional marks: `gpj.exe`
# must not be displayed as `exe.jpg`.
_FORBIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
_FORBIDDEN = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")

# How browsers find the scheme. Characters that browsers strip before or within it are rejected.
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.ASCII | re.IGNORECASE)
_WEB_SCHEMES = {"http", "https"}


def clean_line(field: str, text: str, maximum: int) -> str:
    """Return the text in NFC, stripped. InvalidRequest: empty, too long, or control characters."""
    # Normalization time grows with the square of the length and seldom shortens the text much.
    if len(text) > 4 * maximum + 100:
        raise field_error(field, f"expected at most {maximum} characters")
    clean = unicodedata.normalize("NFC", text).strip()
    if not clean:
        raise field_error(field, f"expected 1 to {maximum} characters")
    return require_line(field, clean, maximum)


def require_line(field: str, text: str, maximum: int) -> str:
    """Return the text unchanged; it may be empty. InvalidRequest: too long, or controls."""
    if len(text) > maximum:
        raise field_error(field, f"expected at most {maximum} characters")
    if any(
        character in _FORBIDDEN or unicodedata.category(character) in _FORBIDDEN_CATEGORIES
        for character in text
    ):
        raise field_error(field, "control characters are not allowed here")
    return text


def require_text(field: str, text: str, maximum: int) -> str:
    """Return the text unchanged; it may have several lines. InvalidRequest: too long, or a null.

    Lone surrogates are rejected where JSON is parsed.
    """
    if len(text) > maximum:
        raise field_error(field, f"expected at most {maximum} characters")
    if "\0" in text:
        raise field_error(field, "a null character is not allowed here")
    return text


def require_web_reference(field: str, text: str, maximum: int) -> str:
    """Return the text unchanged: an http(s) address, or a relative reference. InvalidRequest.

    No browser executes it, wherever it is inserted.
    """
    scheme = _SCHEME.match(require_line(field, text, maximum))
    if scheme and scheme[1].lower() not in _WEB_SCHEMES:
        raise field_error(field, "expected an http:// or https:// address, or a path")
    return text


def clean_web_address(field: str, text: str, maximum: int = 500) -> str:
    """Return an http or https address, stripped of surrounding blanks. InvalidRequest.

    It is stored and never fetched. It is otherwise unchanged: NFC could make it refer to another
    object. Legacy clients send file names with blanks in them.
    """
    clean = require_line(field, text.strip(), maximum)
    try:
        parts = urlsplit(clean)
        host = parts.hostname if parts.scheme in _WEB_SCHEMES else None
    except ValueError:
        host = None
    if not host or " " in host:
        raise field_error(field, "expected an http:// or https:// address")
    return clean


def field_error(field: str, message: str) -> InvalidRequest:
    """Build an InvalidRequest that names the field."""
    return InvalidRequest(f"{field}: {message}", [FieldFault(field, message)])
