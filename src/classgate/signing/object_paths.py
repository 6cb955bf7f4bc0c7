"""Validation of object paths in signatures.

A path that a store, a proxy or a browser could interpret differently is refused.
"""

import unicodedata
from typing import Final

from classgate.errors import InvalidObjectPath
from classgate.signing.encoding import encode_utf8

MAX_PATH_BYTES: Final = 850
"""COS refuses longer keys with InvalidURI (COS error code document)."""


def require_object_path(path: str) -> str:
    """Return the path with its leading slash. InvalidObjectPath unless it names one object.

    Control and other invisible characters, empty segments (including a trailing slash) and the
    segments `.` and `..` are refused.
    """
    slashed = path if path.startswith("/") else f"/{path}"
    if not is_printable(slashed):
        raise InvalidObjectPath("an object path must not contain control or invisible characters")
    if len(encode_utf8(slashed)) > MAX_PATH_BYTES:
        raise InvalidObjectPath("an object path must have at most 850 bytes")
    segments = slashed.split("/")[1:]
    if "" in segments:
        raise InvalidObjectPath("an object path must not contain '//' or end with a slash")
    if not {".", ".."}.isdisjoint(segments):
        raise InvalidObjectPath("an object path must not contain the segments '.' and '..'")
    return slashed


def is_printable(text: str) -> bool:
    """Return whether all characters are visible or plain spaces.

    False for control, format, surrogate, private and unassigned characters and line separators.
    """
    return text.isprintable() or all(
        unicodedata.category(character)[0] != "C"
        and unicodedata.category(character) not in {"Zl", "Zp"}
        for character in text
    )
